// Compiles assembly/ twice, for plain and for relaxed SIMD, and inlines both as base64 in a TypeScript file, so that no bundler needs a loader
// and no file is fetched: the second deflated, the first as changes of it. Beside it the types of what they export are written. `--quick` compiles once, with few optimisations: for tests of many small changes.
import { mkdirSync, writeFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import asc from 'assemblyscript/asc';
import { declareExports } from './exports.mjs';
import { makePatch } from './patch.mjs';

const quick = process.argv.includes('--quick');
const lines = ['/** The compiled kernels, deflated, in base64; written by scripts/kernels.mjs. */'];

function inline(name, bytes) {
  const packed = deflateRawSync(bytes, { level: 9 });
  lines.push(`export const ${name} =\n  '${packed.toString('base64')}';`);
  console.log(`${name}: ${bytes.length} bytes, deflated ${packed.length}`);
}

const relaxed = await compile(['--enable', 'relaxed-simd']);
inline('relaxed', relaxed);
if (quick) lines.push("export const simd = '';");
else inline('simd', makePatch(relaxed, await compile([])));
const folder = new URL('../src/backend/wasm/', import.meta.url);
mkdirSync(new URL('module/', folder), { recursive: true });
writeFileSync(new URL('binaries.ts', folder), `${lines.join('\n')}\n`);
writeFileSync(new URL('module/exports.ts', folder), declareExports());

async function compile(features) {
  let binary;
  const { error, stderr } = await asc.main(
    [
      'assembly/index.ts',
      '--outFile',
      'kernels.wasm',
      ...(quick ? ['-O1'] : ['-O3', '--converge']),
      '--noAssert',
      '--runtime',
      'stub',
      '--importMemory',
      '--sharedMemory',
      '--initialMemory',
      '1',
      '--maximumMemory',
      '65536',
      '--enable',
      'simd',
      '--enable',
      'threads',
      ...features,
    ],
    {
      writeFile(file, contents) {
        if (file.endsWith('.wasm')) binary = contents;
      },
    },
  );
  if (error) {
    console.error(stderr.toString());
    throw error;
  }
  return Buffer.from(binary);
}

// Compiles assembly/ twice, for plain and for relaxed SIMD, and inlines both, deflated, as base64 in a TypeScript file, so that no
// bundler needs a loader and no file is fetched. `--quick` compiles once, with few optimisations: for tests of many small changes.
import { mkdirSync, writeFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import asc from 'assemblyscript/asc';

const quick = process.argv.includes('--quick');
const variants = { simd: [], relaxed: ['--enable', 'relaxed-simd'] };
const lines = ['/** The compiled kernels, deflated, in base64; written by scripts/kernels.mjs. */'];

for (const [name, features] of Object.entries(variants)) {
  if (quick && name === 'simd') {
    lines.push("export const simd = '';");
    continue;
  }
  const { error, stderr, binary } = await compile(features);
  if (error) {
    console.error(stderr);
    throw error;
  }
  const packed = deflateRawSync(binary, { level: 9 });
  lines.push(`export const ${name} =\n  '${packed.toString('base64')}';`);
  console.log(`${name}: ${binary.length} bytes, deflated ${packed.length}`);
}
const target = new URL('../src/backend/wasm/binaries.ts', import.meta.url);
mkdirSync(new URL('.', target), { recursive: true });
writeFileSync(target, `${lines.join('\n')}\n`);

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
  return { error, stderr: stderr.toString(), binary };
}

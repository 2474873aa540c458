/** Building the benchmark's page: a folder that any server of files can serve. */

import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const require = createRequire(import.meta.url);
const source = fileURLToPath(new URL('../src/browser/', import.meta.url));

/** The folder of an installed package. */
function folderOf(name: string): string {
  const file = require.resolve(name);
  return file.slice(0, file.lastIndexOf(`node_modules/${name}/`) + `node_modules/${name}/`.length);
}

/** WebAssembly that others fetch. */
const FILES = {
  '@tensorflow/tfjs-backend-wasm': [
    'wasm-out/tfjs-backend-wasm.wasm',
    'wasm-out/tfjs-backend-wasm-simd.wasm',
  ],
  'onnxruntime-web': ['dist/ort-wasm-simd-threaded.mjs', 'dist/ort-wasm-simd-threaded.wasm'],
} as const;

/** Writes the page and all that it needs into a folder. Our packages are taken from their sources. */
export async function buildPage(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const { version } = JSON.parse(
    readFileSync(join(folderOf('@jax-js/jax'), 'package.json'), 'utf8'),
  ) as { version: string };
  await build({
    entryPoints: ['page.ts', 'worker.ts'].map((name) => join(source, name)),
    outdir: folder,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    conditions: ['@dl/source'],
    define: { JAX_VERSION: JSON.stringify(version) },
    // Names of classes appear in errors.
    keepNames: true,
    logLevel: 'error',
  });
  cpSync(join(source, 'index.html'), join(folder, 'index.html'));
  for (const [name, files] of Object.entries(FILES)) {
    for (const file of files) {
      const from = join(folderOf(name), file);
      cpSync(from, join(folder, from.slice(dirname(from).length + 1)));
    }
  }
}

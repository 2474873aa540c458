import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { declareExports } from '../../scripts/exports.mjs';
import { Heap } from '../../src/backend/wasm/memory/heap';
import { engine } from '../../src/backend/wasm/module/engine';
import { loadModule } from '../../src/backend/wasm/module/load';
import { ThreadPool } from '../../src/backend/wasm/threads/thread-pool';

const file = new URL('../../src/backend/wasm/module/exports.ts', import.meta.url);

function load() {
  if (!engine) throw new Error('no WebAssembly');
  const heap = new Heap(engine);
  const module = loadModule(() => heap.memory);
  if (!module) throw new Error('no SIMD');
  return { heap, module };
}

it('declares what the sources of the kernels export', () => {
  // `npm run kernels` in packages/tensor writes the file.
  expect(readFileSync(file, 'utf8')).toBe(declareExports());
});

it('declares every kernel of the compiled module with the number of its parameters', () => {
  const { kernels } = load().module;
  const declared = [...readFileSync(file, 'utf8').matchAll(/^ {2}(\w+)\((.*)\): \w+;$/gm)];
  const counts = declared.map(([, name, list]) => [name, list === '' ? 0 : list.split(',').length]);
  expect(Object.fromEntries(counts)).toEqual(
    Object.fromEntries(Object.entries(kernels).map(([name, kernel]) => [name, kernel.length])),
  );
});

it('lets no wrong name or number of arguments compile', () => {
  const { heap, module } = load();
  const pool = new ThreadPool(module, heap);
  const { kernels } = module;
  const neverCalled = () => {
    // @ts-expect-error: there is no such kernel.
    kernels.negate(0, 0, 1);
    // @ts-expect-error: a count is missing.
    kernels.neg(0, 0);
    // @ts-expect-error: there is no such kernel.
    pool.share('negate', 1, 1, 1, () => [0, 0, 1]);
    // @ts-expect-error: a count is missing.
    pool.share('neg', 1, 1, 1, () => [0, 0]);
    // @ts-expect-error: there is one number too many.
    pool.run('neg', 1, () => [0, 0, 1, 1]);
  };
  expect(neverCalled).toBeTypeOf('function');
});

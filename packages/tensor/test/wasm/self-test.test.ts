import { expect, it } from 'vitest';
import type { Machine } from '../../src/backend/wasm/machine';
import { Heap } from '../../src/backend/wasm/memory/heap';
import { engine } from '../../src/backend/wasm/module/engine';
import { loadModule, wantsWideVectors } from '../../src/backend/wasm/module/load';
import { passesSelfTest } from '../../src/backend/wasm/module/self-test';

function machine(
  change: (kernels: Record<string, (...args: number[]) => number>) => object,
): Machine {
  if (!engine) throw new Error('no WebAssembly');
  const heap = new Heap(engine);
  const module = loadModule(() => heap.memory);
  if (!module) throw new Error('no SIMD');
  module.kernels.setWorkspace(heap.allocate(module.workspaceBytes()));
  const kernels = { ...module.kernels, ...change(module.kernels) };
  return { kernels, heap } as unknown as Machine;
}

it('lets kernels pass that compute what they should', () => {
  expect(passesSelfTest(machine(() => ({})))).toBe(true);
});

it.each([
  [
    'products',
    (k: Record<string, (...args: number[]) => number>) => ({
      matmul: (...args: number[]) => k.matmul(...args.slice(0, 13), 76, 1, 0),
    }),
  ],
  ['exponentials', (k: Record<string, (...args: number[]) => number>) => ({ exp: k.tanh })],
  ['sums', (k: Record<string, (...args: number[]) => number>) => ({ sumRows: k.maxRows })],
])('refuses wrong %s', (_, change) => {
  expect(passesSelfTest(machine(change))).toBe(false);
});

it('asks for wide vectors only where the program did', () => {
  expect(wantsWideVectors()).toBe(false);
});

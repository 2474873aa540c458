import { expect, it } from 'vitest';
import type { Machine } from '../../src/backend/wasm/machine';
import { Heap } from '../../src/backend/wasm/memory/heap';
import { engine } from '../../src/backend/wasm/module/engine';
import type { KernelExports } from '../../src/backend/wasm/module/exports';
import { loadModule, wantsWideVectors } from '../../src/backend/wasm/module/load';
import { passesSelfTest } from '../../src/backend/wasm/module/self-test';

function machine(change: (kernels: KernelExports) => Partial<KernelExports>): Machine {
  if (!engine) throw new Error('no WebAssembly');
  const heap = new Heap(engine);
  const module = loadModule(() => heap.memory);
  if (!module) throw new Error('no SIMD');
  module.kernels.setWorkspace(heap.allocate(module.kernels.workspaceBytes()));
  const kernels = { ...module.kernels, ...change(module.kernels) };
  return { kernels, heap } as unknown as Machine;
}

it('lets kernels pass that compute what they should', () => {
  expect(passesSelfTest(machine(() => ({})))).toBe(true);
});

/** A product that leaves out the last column of a. */
function shallow(k: KernelExports): Partial<KernelExports> {
  return {
    matmul: (...args) => {
      args[13] = 76;
      k.matmul(...args);
    },
  };
}

it.each([
  ['products', shallow],
  ['exponentials', (k: KernelExports) => ({ exp: k.tanh })],
  ['sums', (k: KernelExports) => ({ sumRows: k.maxRows })],
])('refuses wrong %s', (_, change) => {
  expect(passesSelfTest(machine(change))).toBe(false);
});

it('asks for wide vectors only where the program did', () => {
  expect(wantsWideVectors()).toBe(false);
});

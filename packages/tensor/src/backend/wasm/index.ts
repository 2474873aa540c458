/** The CPU backend in WebAssembly. Its buffers are views of one memory, so the reference kernels work on them too. */

import type { TypedArray } from '../../core/dtype';
import { DTYPES } from '../../core/dtype';
import { rescue } from '../../core/reclaim';
import type { Kernels } from '../../ops/table';
import type { Backend, Device } from '../backend';
import { createReferenceBackend, referenceKernels } from '../reference';
import { binaryKernels } from './binary';
import { convKernels, fusedConvKernels } from './conv';
import { fusedKernels } from './fused';
import { indexingKernels } from './indexing';
import type { Machine } from './machine';
import { matmulKernels } from './matmul';
import { CheckedHeap, wantsCheckedHeap } from './memory/checked-heap';
import { Heap } from './memory/heap';
import { Views } from './memory/views';
import type { Engine } from './module/engine';
import { engine } from './module/engine';
import { loadModule, setWideVectors, wantsWideVectors } from './module/load';
import { passesSelfTest } from './module/self-test';
import { movementKernels } from './movement';
import { normKernels } from './norm';
import { optimizerKernels } from './optimizer';
import { poolKernels } from './pool';
import { randomKernels } from './random';
import { recurrentKernels } from './recurrent';
import { reduceKernels } from './reduce';
import { scanKernels } from './scan';
import { sortKernels } from './sort';
import { ThreadPool } from './threads/thread-pool';
import { unaryKernels } from './unary';

/** Bytes of a description of a convolution. */
const SIZES_BYTES = 64;

/** The machine; with 256-bit vectors where they were asked for and pass the test. */
function start(): Machine | null {
  if (!wantsWideVectors()) return assemble();
  setWideVectors(true);
  const machine = assemble();
  if (machine && passesSelfTest(machine)) return machine;
  setWideVectors(false);
  return assemble();
}

function assemble(): Machine | null {
  if (!engine) return null;
  let heap: Heap | undefined;
  const module = loadModule(() => {
    heap = new (wantsCheckedHeap() ? CheckedHeap : Heap)(engine as Engine);
    return heap.memory;
  });
  if (!module || !heap) return null;
  const sizes = heap.allocate(SIZES_BYTES);
  module.kernels.setWorkspace(heap.allocate(module.kernels.workspaceBytes()));
  return {
    kernels: module.kernels,
    heap,
    pool: new ThreadPool(module, heap),
    sizes,
    sizeFields: new Int32Array(heap.memory.buffer, sizes, SIZES_BYTES / 4),
  };
}

/** The WebAssembly backend under the name of a device; the reference backend where the engine lacks SIMD or shared memory. */
export function createCpuBackend(name: Device): Backend {
  const machine = start();
  if (!machine) return createReferenceBackend(name);
  const { heap } = machine;
  const views = new Views(heap, !wantsCheckedHeap());
  heap.onPressure = (bytes) => views.drain() || rescue(bytes);
  return {
    name,
    dtypes: DTYPES,
    overwrites: true,
    hostMemory: true,
    movable: true,
    allocate: (dtype, length) => views.allocate(dtype, length),
    constant: (dtype, value) => views.lend(dtype, value),
    free: (buffer, dtype, length) => views.free(buffer as TypedArray, dtype, length),
    write(buffer, data) {
      (buffer as TypedArray).set(data);
    },
    readSync: (buffer, _, first, count) => (buffer as TypedArray).slice(first, first + count),
    read: async (buffer, _, first, count) => (buffer as TypedArray).slice(first, first + count),
    kernels: {
      ...referenceKernels,
      ...unaryKernels(machine),
      ...binaryKernels(machine),
      ...movementKernels(machine),
      ...reduceKernels(machine),
      ...scanKernels(machine),
      ...sortKernels(machine),
      ...indexingKernels(machine),
      ...matmulKernels(machine),
      ...convKernels(machine),
      ...poolKernels(machine),
      ...randomKernels(machine),
    } as Kernels,
    fused: {
      ...fusedKernels(machine),
      ...fusedConvKernels(machine),
      ...normKernels(machine),
      ...recurrentKernels(machine),
      ...optimizerKernels(machine),
    },
    threads: machine.pool,
  };
}

/** The CPU backend in WebAssembly. Its buffers are views of one memory, so the reference kernels work on them too. */

import type { DType, TypedArray } from '../../core/dtype';
import { bytesPerElement, DTYPES } from '../../core/dtype';
import { rescue } from '../../core/reclaim';
import type { DeviceBuffer } from '../../core/storage';
import type { Kernels } from '../../ops/table';
import type { Backend, Device } from '../backend';
import { createReferenceBackend, referenceKernels } from '../reference';
import { convKernels, fusedConvKernels } from './conv';
import { fusedKernels } from './fused';
import { indexingKernels } from './indexing';
import type { Machine } from './machine';
import { simpleKernels } from './machine';
import { matmulKernels } from './matmul';
import { CheckedHeap, wantsCheckedHeap } from './memory/checked-heap';
import { Heap } from './memory/heap';
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

/** Bytes of a description of a convolution. */
const SIZES_BYTES = 64;

const VIEWS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

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
  module.kernels.setWorkspace(heap.allocate(module.workspaceBytes()));
  return {
    kernels: module.kernels,
    heap,
    pool: new ThreadPool(module, heap),
    sizes,
    sizeFields: new Int32Array(heap.memory.buffer, sizes, SIZES_BYTES / 4),
  };
}

/** Numbers that are lent at a time, and the bytes from one to the next. */
const LENT = 16;
const SLOT = 64;

/** Lends memory for single numbers: each place comes back after `LENT` others. */
function lender(heap: Heap): (dtype: DType, value: number) => DeviceBuffer {
  const start = heap.allocate(LENT * SLOT);
  const views: Partial<Record<DType, readonly TypedArray[]>> = {};
  let next = 0;
  return (dtype, value) => {
    views[dtype] ??= Array.from(
      { length: LENT },
      (_, i) => new VIEWS[dtype](heap.memory.buffer, start + i * SLOT, 1),
    );
    const cell = (views[dtype] as readonly TypedArray[])[next++ % LENT];
    cell[0] = value;
    return cell;
  };
}

/** The WebAssembly backend under the name of a device; the reference backend where the engine lacks SIMD or shared memory. */
export function createCpuBackend(name: Device): Backend {
  const machine = start();
  if (!machine) return createReferenceBackend(name);
  const { heap } = machine;
  heap.onPressure = rescue;
  return {
    name,
    dtypes: DTYPES,
    overwrites: true,
    hostMemory: true,
    movable: true,
    allocate(dtype: DType, length: number): DeviceBuffer {
      const block = heap.allocate(length * bytesPerElement(dtype));
      return new VIEWS[dtype](heap.buffer, block, length);
    },
    constant: lender(heap),
    free(buffer, dtype, length) {
      heap.release((buffer as TypedArray).byteOffset, length * bytesPerElement(dtype));
    },
    write(buffer, data) {
      (buffer as TypedArray).set(data);
    },
    readSync: (buffer, _, first, count) => (buffer as TypedArray).slice(first, first + count),
    read: async (buffer, _, first, count) => (buffer as TypedArray).slice(first, first + count),
    kernels: {
      ...referenceKernels,
      ...simpleKernels(machine),
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

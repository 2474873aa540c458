/** The backend in plain TypeScript. It runs everywhere and says what the others must compute. */

import type { DType, TypedArray } from '../../core/dtype';
import { allocateArray, DTYPES } from '../../core/dtype';
import type { DeviceBuffer } from '../../core/storage';
import type { Kernels } from '../../ops/table';
import type { Backend, Device } from '../backend';
import { binaryKernels } from './binary';
import { convKernels } from './conv';
import { referenceFused } from './fused';
import { indexingKernels } from './indexing';
import { matmulKernels } from './matmul';
import { movementKernels } from './movement';
import { poolKernels } from './pool';
import { randomKernels } from './random';
import { reduceKernels } from './reduce';
import { scanKernels } from './scan';
import { sortKernels } from './sort';
import { unaryKernels } from './unary';

export { referenceFused };

/** A kernel in plain TypeScript for every primitive. */
export const referenceKernels = {
  ...movementKernels,
  ...unaryKernels,
  ...binaryKernels,
  ...reduceKernels,
  ...scanKernels,
  ...indexingKernels,
  ...sortKernels,
  ...matmulKernels,
  ...convKernels,
  ...poolKernels,
  ...randomKernels,
} satisfies Kernels;

function read(buffer: DeviceBuffer, _dtype: DType, start: number, count: number): TypedArray {
  return (buffer as TypedArray).slice(start, start + count);
}

/** The plain TypeScript backend under the name of a device: its memory is typed arrays. */
export function createReferenceBackend(name: Device): Backend {
  return {
    name,
    dtypes: DTYPES,
    overwrites: true,
    hostMemory: true,
    allocate: allocateArray,
    constant: (dtype, value) => allocateArray(dtype, 1).fill(value),
    // The garbage collector frees typed arrays.
    free() {},
    write(buffer, data) {
      (buffer as TypedArray).set(data);
    },
    readSync: read,
    async read(buffer, dtype, start, count) {
      return read(buffer, dtype, start, count);
    },
    kernels: referenceKernels,
    fused: referenceFused,
  };
}

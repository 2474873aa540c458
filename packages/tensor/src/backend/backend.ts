/** What a device must offer. */

import type { DType, TypedArray } from '../core/dtype';
import type { DeviceBuffer } from '../core/storage';
import type { FusedKernels, Kernels } from '../ops/table';

/** The name of a device. `cpu` is always there; `reference` is the plain TypeScript one that specifies the others. */
export type Device = 'cpu' | 'reference' | 'webgl';

/** The threads that compute for a backend. */
export interface Threads {
  /** How many, the caller included. */
  readonly threads: number;
  /** Asks for `count` of them. */
  resize(count: number): void;
}

/**
 * Memory and kernels of one device. A backend that lacks a primitive does not compile; fused kernels may be left out,
 * then the operation's definition runs.
 */
export interface Backend {
  readonly name: Device;
  /** Whether elementwise and scattering kernels may write where their first input lies. Default: they may not. */
  readonly overwrites?: boolean;
  /** Whether buffers lie in the program's own memory: then `readSync` waits for nothing, and operations look at values to check them. Default no. */
  readonly hostMemory?: boolean;
  /** Its threads, where it has any. */
  readonly threads?: Threads;
  /** Whether storages may leave its memory for an array, by `readSync`, and come back to another place, by `write`. Default no. */
  readonly movable?: boolean;
  /** Memory for `length` elements; the contents are arbitrary. */
  allocate(dtype: DType, length: number): DeviceBuffer;
  /** Takes back what `allocate` gave. */
  free(buffer: DeviceBuffer, dtype: DType, length: number): void;
  /** Copies `data` to the start of `buffer`. */
  write(buffer: DeviceBuffer, data: TypedArray): void;
  /** Copies `count` elements from position `start` into a new array. */
  readSync(buffer: DeviceBuffer, dtype: DType, start: number, count: number): TypedArray;
  /** As `readSync`, without blocking where the device can do that. */
  read(buffer: DeviceBuffer, dtype: DType, start: number, count: number): Promise<TypedArray>;
  /** One kernel for every primitive. */
  readonly kernels: Kernels;
  /** Kernels for fused operations and their gradients, where they pay. */
  readonly fused: FusedKernels;
}

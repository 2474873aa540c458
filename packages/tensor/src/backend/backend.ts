/** What a device must offer. */

import type { DType, TypedArray } from '../core/dtype';
import type { DeviceBuffer } from '../core/storage';
import type { FusedKernels, Kernels } from '../ops/table';

/**
 * The name of a device. `cpu` is always there; `reference` is the plain TypeScript one that specifies the others; packages register
 * more under names of their own.
 */
export type Device = 'cpu' | 'reference' | (string & {});

/** The threads that compute for a backend. */
export interface Threads {
  /** How many, the caller included. */
  readonly threads: number;
  /** Asks for `count` of them. */
  resize(count: number): void;
}

/** The memory of one device: blocks of elements that only its own kernels look into. */
export interface DeviceMemory {
  /** What the device is called in `x.to(name)`. */
  readonly name: Device;
  /** The dtypes that the device can hold. Tensors of another are refused by a DTypeError that names a device for it. */
  readonly dtypes: readonly DType[];
  /**
   * Room for `length` elements, which may be 0; the contents are arbitrary.
   *
   * @throws OutOfMemoryError where there is not so much memory; the device must be usable afterwards.
   */
  allocate(dtype: DType, length: number): DeviceBuffer;
  /**
   * Memory for one element that holds `value`, lent to the kernel that runs: sixteen of them are valid together. It serves kernels that ask
   * for the `buffer` of a number (`x.mul(2)`) in place of using `storage.constant`. Without it such numbers are allocated, and kept.
   */
  constant?(dtype: DType, value: number): DeviceBuffer;
  /** Takes back what `allocate` gave, with the same dtype and length. Not called after the device was lost. */
  free(buffer: DeviceBuffer, dtype: DType, length: number): void;
  /** Copies `data`, which may be shorter than the buffer, to its start. */
  write(buffer: DeviceBuffer, data: TypedArray): void;
  /**
   * Copies `count` elements from position `start` into a new array. A device that can only be read by waiting for it leaves this out:
   * then `item()`, `dataSync()` and printing are refused with what to call instead.
   */
  readSync?(buffer: DeviceBuffer, dtype: DType, start: number, count: number): TypedArray;
  /** As `readSync`, without blocking where the device can do that. The buffer may be freed before the promise is fulfilled. */
  read(buffer: DeviceBuffer, dtype: DType, start: number, count: number): Promise<TypedArray>;
  /**
   * Whether storages may leave its memory for an array, by `readSync`, and come back to another place, by `write`. Default: they
   * may not.
   */
  readonly movable?: boolean;
  /** Whether buffers lie in the program's own memory: then `readSync` waits for nothing, and operations look at values to check them. Default no. */
  readonly hostMemory?: boolean;
}

/**
 * Memory and kernels of one device. A backend that lacks a primitive does not compile; fused kernels may be left out,
 * then the operation's definition runs. What a kernel gets is checked, allocated and, unless it is marked `strided`, without gaps:
 * it has nothing to do but compute.
 */
export interface Backend extends DeviceMemory {
  /** One kernel for every primitive. */
  readonly kernels: Kernels;
  /** Kernels for fused operations and their gradients, where they pay. */
  readonly fused: FusedKernels;
  /** Whether elementwise and scattering kernels may write where their first input lies. Default: they may not. */
  readonly overwrites?: boolean;
  /** Its threads, where it has any. */
  readonly threads?: Threads;
}

/**
 * What all kernels of the WebAssembly backend share. A kernel that is fast for some inputs only returns false for the others: the
 * reference kernels see the same memory.
 */

import type { TypedArray } from '../../core/dtype';
import { isContiguous } from '../../core/layout';
import type { Tensor } from '../../core/tensor';
import type { Kernel, Kernels, OpName } from '../../ops/table';
import { referenceKernels } from '../reference';
import type { Heap } from './memory/heap';
import type { Address } from './module/exports';
import type { Module } from './module/load';
import type { ThreadPool } from './threads/thread-pool';

/** The kernels, the memory they work on, and the threads that run them. */
export interface Machine {
  readonly kernels: Module['kernels'];
  readonly heap: Heap;
  readonly pool: ThreadPool;
  /** Where the sizes of a convolution stand, see `Source` in assembly/pack.ts. */
  readonly sizes: number;
  readonly sizeFields: Int32Array;
}

/** The address of a tensor's first element. */
export function address(x: Tensor): number {
  const array = x.storage.buffer as TypedArray;
  return array.byteOffset + x.offset * array.BYTES_PER_ELEMENT;
}

/** Whether all tensors are float32 without gaps. */
export function plain(...tensors: readonly Tensor[]): boolean {
  for (const x of tensors) if (x.dtype !== 'float32' || !isContiguous(x)) return false;
  return true;
}

/** The inputs that were given. */
export const present = (inputs: readonly (Tensor | undefined)[]) =>
  inputs.filter((x): x is Tensor => x !== undefined);
/** As many addresses as there are tensors. */
export type Addresses<T extends readonly unknown[]> = { readonly [K in keyof T]: Address };
/** The addresses of tensors, 0 for none. */
export function addresses<const T extends readonly (Tensor | undefined)[]>(
  ...tensors: T
): Addresses<T> {
  return tensors.map(addressOf) as unknown as Addresses<T>;
}
/** The address of a tensor, 0 for none. */
export const addressOf = (x: Tensor | undefined) => (x ? address(x) : 0);

/** A kernel for float32 without gaps; the definition runs for the rest. */
export function forPlain<K extends OpName>(
  kernel: Kernel<K>,
  also: (inputs: readonly Tensor[]) => boolean = () => true,
): Kernel<K> {
  kernel.supports = (inputs) => {
    const given = present(inputs as readonly (Tensor | undefined)[]);
    return plain(...given) && also(given);
  };
  return kernel;
}

type Name = keyof Kernels & keyof typeof referenceKernels;
/** A kernel that may decline. */
export type Attempt<K extends Name> = (...args: Parameters<Kernel<K>>) => boolean;

/** `attempt`, and the reference kernel where it declines. */
export function attempting<K extends Name>(name: K, attempt: Attempt<K>): Kernel<K> {
  const reference = referenceKernels[name] as unknown as Kernel<K>;
  const kernel: Kernel<K> = (inputs, attributes, outputs) => {
    if (!attempt(inputs, attributes, outputs)) reference(inputs, attributes, outputs);
  };
  kernel.strided = reference.strided;
  return kernel;
}

/** Elements that one thread handles in some ten microseconds: of cheap functions, and of costly ones. */
export const CHEAP = 32768;
export const COSTLY = 8192;

/** Element types, their storage and their promotion. */

import { OutOfMemoryError } from './errors';

/** The element types of a tensor. `bool` is stored as one byte, 0 or 1. */
export type DType = 'float32' | 'float64' | 'int32' | 'uint8' | 'bool';

/** The JavaScript arrays that hold elements on the CPU. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

interface ArrayOf {
  float32: Float32Array;
  float64: Float64Array;
  int32: Int32Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

/** The typed array that stores elements of dtype `D`. */
export type TypedArrayOf<D extends DType> = ArrayOf[D];

const CONSTRUCTORS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

/** Every dtype, from the lowest to the highest in promotion order. */
export const DTYPES: readonly DType[] = ['bool', 'uint8', 'int32', 'float32', 'float64'];

/** Bytes that one element of `dtype` takes. */
export function bytesPerElement(dtype: DType): number {
  return CONSTRUCTORS[dtype].BYTES_PER_ELEMENT;
}

/** A zero-filled typed array of `length` elements of `dtype`. @throws OutOfMemoryError where there is no room for it. */
export function allocateArray<D extends DType>(dtype: D, length: number): TypedArrayOf<D> {
  try {
    return new CONSTRUCTORS[dtype](length) as TypedArrayOf<D>;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new OutOfMemoryError('allocate', `no room for ${length} elements of ${dtype}`, {
      args: { bytes: length * bytesPerElement(dtype) },
    });
  }
}

/** The dtype that a typed array holds (a `Uint8Array` is `uint8`). */
export function dtypeOfArray(array: TypedArray): DType {
  if (array instanceof Float32Array) return 'float32';
  if (array instanceof Float64Array) return 'float64';
  if (array instanceof Int32Array) return 'int32';
  return 'uint8';
}

/** True for `float32` and `float64`. */
export function isFloat(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64';
}

/**
 * The dtype of an operation on two tensors: the higher of bool < uint8 < int32 < float32 < float64, as in PyTorch.
 *
 * @example promoteTypes('int32', 'float32') // 'float32'
 */
export function promoteTypes(a: DType, b: DType): DType {
  if (a === b) return a;
  return DTYPES.indexOf(a) >= DTYPES.indexOf(b) ? a : b;
}

/**
 * The dtype of an operation on a tensor and a plain number. A number is weak: it takes the tensor's dtype where that
 * can express its kind, so `int32 + 1` stays int32 and `int32 + 0.5` becomes float32.
 */
export function promoteWithNumber(dtype: DType, value: number): DType {
  if (isFloat(dtype)) return dtype;
  if (!Number.isInteger(value)) return 'float32';
  return dtype === 'bool' ? 'int32' : dtype;
}

/** `dtype` if it is floating point, otherwise float32: what functions such as `exp` return for integers. */
export function toFloat(dtype: DType): DType {
  return isFloat(dtype) ? dtype : 'float32';
}

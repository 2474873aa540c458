/** Element types of files, and their conversion to and from the dtypes of @dl/tensor. */

import type { DType, TypedArray } from '@dl/tensor';
import { OutOfMemoryError } from '@dl/tensor';
import { FormatError, quote } from './errors';
import type { TabledFloat } from './small-floats';
import { floatTable, fromBfloat16 } from './small-floats';

/** Bytes of each element type that files hold. */
const BYTES = {
  bool: 1,
  uint8: 1,
  int8: 1,
  float8_e5m2: 1,
  float8_e4m3fn: 1,
  float8_e5m2fnuz: 1,
  float8_e4m3fnuz: 1,
  float8_e8m0: 1,
  int16: 2,
  uint16: 2,
  float16: 2,
  bfloat16: 2,
  int32: 4,
  uint32: 4,
  float32: 4,
  float64: 8,
  int64: 8,
  uint64: 8,
} as const;

/** The element types that files hold, under PyTorch's names. */
export type ElementType = keyof typeof BYTES;

/** Bytes that one element of `type` takes in a file. */
export function elementBytes(type: ElementType): number {
  return BYTES[type];
}

/** How a reader turns file elements into tensors. */
export interface ConvertOptions {
  /**
   * What becomes of 32- and 64-bit integers that do not fit int32: `'error'` (the default) refuses the file, `'float64'` makes the
   * tensor float64, exact up to 2^53 and rounded beyond.
   */
  readonly wideIntegers?: 'error' | 'float64';
}

/** A tensor on its way from a file: `data` has one element for each position of `shape`, row-major. */
export interface TensorRecord {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TypedArray;
}

/** Elements of a file, with what is needed to read them and to complain about them. */
export interface RawElements {
  readonly type: ElementType;
  readonly bytes: Uint8Array;
  /** Byte order in the file; true where absent. */
  readonly littleEndian?: boolean;
  readonly format: string;
  readonly name: string;
}

const HOST_IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * Converts file elements: 8- and 16-bit floats to float32, small integers to int32, wide ones to int32 where every value fits.
 * Elements that need no conversion may share memory with `bytes`.
 *
 * @throws FormatError where a wide integer does not fit and `wideIntegers` is not `'float64'`.
 */
export function decodeElements(
  raw: RawElements,
  options: ConvertOptions = {},
): Omit<TensorRecord, 'shape'> {
  const { type } = raw;
  const bytes = inHostOrder(raw.bytes, BYTES[type], raw.littleEndian ?? true);
  const { buffer, byteOffset } = bytes;
  const count = bytes.length / BYTES[type];
  switch (type) {
    case 'float32':
      return { dtype: 'float32', data: new Float32Array(buffer, byteOffset, count) };
    case 'float64':
      return { dtype: 'float64', data: new Float64Array(buffer, byteOffset, count) };
    case 'int32':
      return { dtype: 'int32', data: new Int32Array(buffer, byteOffset, count) };
    case 'uint8':
      return { dtype: 'uint8', data: bytes };
    case 'bool':
      return { dtype: 'bool', data: Uint8Array.from(bytes, (value) => (value === 0 ? 0 : 1)) };
    case 'int8':
      return { dtype: 'int32', data: Int32Array.from(new Int8Array(buffer, byteOffset, count)) };
    case 'int16':
      return { dtype: 'int32', data: Int32Array.from(new Int16Array(buffer, byteOffset, count)) };
    case 'uint16':
      return { dtype: 'int32', data: Int32Array.from(new Uint16Array(buffer, byteOffset, count)) };
    case 'uint32':
    case 'int64':
    case 'uint64':
      return narrow(new Uint32Array(buffer, byteOffset, bytes.length / 4), raw, options);
    case 'bfloat16': {
      const data = allocate(Float32Array, count);
      fromBfloat16(new Uint16Array(buffer, byteOffset, count), data);
      return { dtype: 'float32', data };
    }
    case 'float16':
      return { dtype: 'float32', data: lookUp(new Uint16Array(buffer, byteOffset, count), type) };
    default:
      return { dtype: 'float32', data: lookUp(bytes, type) };
  }
}

function lookUp(patterns: Uint8Array | Uint16Array, type: TabledFloat): Float32Array {
  const table = floatTable(type);
  const out = allocate(Float32Array, patterns.length);
  for (let i = 0; i < out.length; i++) out[i] = table[patterns[i]];
  return out;
}

/** uint32, int64 and uint64, given as 32-bit words in host order, as int32, or float64 where the options allow it. */
function narrow(
  words: Uint32Array,
  { type, format, name }: RawElements,
  { wideIntegers = 'error' }: ConvertOptions,
): Omit<TensorRecord, 'shape'> {
  const step = type === 'uint32' ? 1 : 2;
  const low = step === 2 && !HOST_IS_LITTLE_ENDIAN ? 1 : 0;
  const count = words.length / step;
  const valueAt = (i: number): number => {
    if (step === 1) return words[i];
    const high = words[i * 2 + 1 - low];
    return (type === 'int64' ? high | 0 : high) * 2 ** 32 + words[i * 2 + low];
  };
  const narrowed = allocate(Int32Array, count);
  for (let i = 0; i < count; i++) {
    const value = valueAt(i);
    narrowed[i] = value;
    if (narrowed[i] === value) continue;
    if (wideIntegers === 'float64') {
      const data = allocate(Float64Array, count);
      for (let j = 0; j < count; j++) data[j] = valueAt(j);
      return { dtype: 'float64', data };
    }
    throw new FormatError(
      format,
      `the ${type} tensor ${quote(name)} holds ${value}, which does not fit int32`,
      {
        hint: "pass { wideIntegers: 'float64' } to read it as float64",
      },
    );
  }
  return { dtype: 'int32', data: narrowed };
}

/** The bytes with each element in the machine's order, at an address that a typed array accepts; a copy only where needed. */
function inHostOrder(bytes: Uint8Array, width: number, littleEndian: boolean): Uint8Array {
  if (width === 1) return bytes;
  const swap = littleEndian !== HOST_IS_LITTLE_ENDIAN;
  // 64-bit integers are read as 32-bit words, but every width divides 8, so aligning to the width serves all.
  if (!swap && bytes.byteOffset % width === 0) return bytes;
  const copy = allocate(Uint8Array, bytes.length);
  copy.set(bytes);
  if (swap) for (let i = 0; i < copy.length; i += width) copy.subarray(i, i + width).reverse();
  return copy;
}

/** The bytes of a tensor's elements in little-endian order; a view where the machine is little-endian. */
export function encodeElements(data: TypedArray): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return HOST_IS_LITTLE_ENDIAN ? bytes : inHostOrder(bytes, data.BYTES_PER_ELEMENT, true);
}

/** A zero-filled typed array, with a typed error where the engine cannot give one so long. */
export function allocate<T extends TypedArray>(make: new (length: number) => T, length: number): T {
  try {
    return new make(length);
  } catch {
    throw new OutOfMemoryError('allocate', `no memory for ${length} elements of ${make.name}`);
  }
}

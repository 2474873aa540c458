/** One NumPy array: npy files. */

import type { DType, Tensor } from '@dl/tensor';
import type { ConvertOptions } from '../elements';
import { allocate, decodeElements, elementBytes, encodeElements } from '../elements';
import { FormatError } from '../errors';
import type { Reading } from '../reading';
import { readMemory, take } from '../reading';
import { takes } from '../signatures';
import { denseStrides, gather } from '../strided';
import type { DecodeOptions, Make } from '../tensors';
import { makingTensors } from '../tensors';
import { FORMAT, npyHeaderBytes, readNpyHeader } from './header';

const DESCR: Record<DType, string> = {
  float32: '<f4',
  float64: '<f8',
  int32: '<i4',
  uint8: '|u1',
  bool: '|b1',
};

/** Reads an npy file of `size` bytes; `name` is for messages. */
export function* readNpy<T>(
  size: number,
  make: Make<T>,
  options: ConvertOptions = {},
  name = 'array',
): Reading<T> {
  const header = yield* readNpyHeader(size);
  const { type, littleEndian, fortranOrder, shape, dataStart } = header;
  const length = header.size * elementBytes(type);
  const bytes = yield* take(dataStart, length, { format: FORMAT, what: 'the array', size });
  if (dataStart + length !== size) {
    throw new FormatError(FORMAT, 'there are bytes after the array', {
      offset: dataStart + length,
    });
  }
  const { dtype, data } = decodeElements(
    { type, bytes, littleEndian, format: FORMAT, name },
    options,
  );
  const layout = { shape, strides: denseStrides(shape, fortranOrder), offset: 0 };
  return make({ dtype, shape, data: gather(data, layout, header.size) });
}

/** As `readNpy`, into a tensor. */
export function readNpyTensor(size: number, options: DecodeOptions): Reading<Tensor> {
  return makingTensors(options, (make) => readNpy(size, make, options));
}

/**
 * Reads an npy file, row- or column-major, of either byte order. float16 becomes float32; integers other than uint8 become int32.
 *
 * Source: the format description in numpy.lib.format. Differs from `np.load` in the dtypes named above.
 *
 * @param bytes - the whole file.
 * @param options - `device` (default: the default device), `wideIntegers` (default `'error'`).
 * @throws FormatError where the file is damaged, or holds objects, text, complex numbers or records.
 * @example decodeNpy(bytes).shape; // [2, 3]
 */
export function decodeNpy(bytes: Uint8Array, options: DecodeOptions = {}): Tensor {
  takes('decodeNpy', arguments);
  return readMemory(bytes, readNpyTensor(bytes.length, options));
}

/**
 * Writes a tensor as an npy file, byte for byte as `np.save` does for a row-major array.
 *
 * @param tensor - any tensor; views are written row-major.
 * @returns the file.
 * @example encodeNpy(tensor([[1, 2], [3, 4]]))
 */
export function encodeNpy(tensor: Tensor): Uint8Array {
  takes('encodeNpy', arguments);
  const header = npyHeaderBytes(DESCR[tensor.dtype], tensor.shape);
  const data = encodeElements(tensor.dataSync());
  const file = allocate(Uint8Array, header.length + data.length);
  file.set(header);
  file.set(data, header.length);
  return file;
}

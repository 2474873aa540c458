/** Reading safetensors. */

import type { Tensor } from '@dl/tensor';
import type { ConvertOptions } from '../elements';
import { decodeElements } from '../elements';
import type { Reading } from '../reading';
import { readMemory, take } from '../reading';
import { takes } from '../signatures';
import type { DecodeOptions, Make } from '../tensors';
import { makingTensors } from '../tensors';
import type { SafetensorsHeader } from './header';
import { FORMAT, readHeader, SAFETENSORS_DTYPES } from './header';

/** The contents of a safetensors file. */
export interface Safetensors<T = Tensor> {
  /** The tensors by name, in file order (JavaScript puts names that are whole numbers first). */
  readonly tensors: Record<string, T>;
  /** The free-form strings of the file; empty where it has none. */
  readonly metadata: Record<string, string>;
}

/** Reads the tensors of a file of `size` bytes, one range a tensor. */
export function* readSafetensors<T>(
  size: number,
  make: Make<T>,
  options: ConvertOptions = {},
): Reading<Safetensors<T>> {
  const header = yield* readHeader(size);
  const tensors: [string, T][] = [];
  for (const { name, dtype, shape, start, end } of header.tensors) {
    const bytes = yield* take(start, end - start, { format: FORMAT, what: 'a tensor', size });
    const type = SAFETENSORS_DTYPES[dtype];
    tensors.push([
      name,
      make({ ...decodeElements({ type, bytes, format: FORMAT, name }, options), shape }),
    ]);
  }
  // fromEntries defines properties, so that a tensor called __proto__ is only a tensor.
  return { tensors: Object.fromEntries(tensors), metadata: header.metadata };
}

/** As `readSafetensors`, into tensors. */
export function readTensors(size: number, options: DecodeOptions): Reading<Safetensors> {
  return makingTensors(options, (make) => readSafetensors(size, make, options));
}

/**
 * Reads a safetensors file. F16, BF16 and the F8 types become float32, I8, I16 and U16 int32, wider integers int32 where
 * every value fits.
 *
 * Source: the format section of the safetensors README. Differs from `safetensors.torch.load` in the dtypes named above.
 *
 * @param bytes - the whole file.
 * @param options - `device` (default: the default device), `wideIntegers` (default `'error'`).
 * @throws FormatError where the file is damaged or does not obey the format; nothing is allocated before the header is checked.
 * @example
 * const { tensors, metadata } = decodeSafetensors(bytes);
 * tensors['fc.weight'].shape; // [10, 84]
 */
export function decodeSafetensors(bytes: Uint8Array, options: DecodeOptions = {}): Safetensors {
  takes('decodeSafetensors', arguments);
  return readMemory(bytes, readTensors(bytes.length, options));
}

/**
 * Reads what a safetensors file says about itself, without its tensors.
 *
 * @param bytes - the whole file.
 * @throws FormatError as `decodeSafetensors`.
 */
export function decodeSafetensorsHeader(bytes: Uint8Array): SafetensorsHeader {
  takes('decodeSafetensorsHeader', arguments);
  return readMemory(bytes, readHeader(bytes.length));
}

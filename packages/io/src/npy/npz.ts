/** Several NumPy arrays by name: npz files, which are ZIP archives of npy files. */

import type { Tensor } from '@dl/tensor';
import { ValueError } from '@dl/tensor';
import type { Zippable } from 'fflate';
import { zipSync } from 'fflate';
import type { ConvertOptions } from '../elements';
import { FormatError, quote } from '../errors';
import type { Reading } from '../reading';
import { readMemory } from '../reading';
import type { NamedTensors } from '../safetensors/encode';
import { takes } from '../signatures';
import type { DecodeOptions, Make } from '../tensors';
import { makingTensors } from '../tensors';
import type { ArchiveLimits } from '../zip';
import { readZipDirectory, readZipMember } from '../zip';
import { encodeNpy, readNpy } from './npy';

const FORMAT = 'npz';
const SUFFIX = '.npy';
/** The first date that ZIP can express; equal arrays give equal files. */
const NO_DATE = new Date(1980, 0, 1);

/** Reads an npz file of `size` bytes, one member after the other. */
export function* readNpz<T>(
  size: number,
  make: Make<T>,
  options: ConvertOptions & ArchiveLimits = {},
): Reading<Record<string, T>> {
  const entries = yield* readZipDirectory(size, options);
  const arrays: [string, T][] = [];
  for (const entry of entries.values()) {
    if (!entry.name.endsWith(SUFFIX)) {
      throw new FormatError(FORMAT, `the member ${quote(entry.name)} is not an array`, {
        expected: `names that end in ${SUFFIX}`,
      });
    }
    const name = entry.name.slice(0, -SUFFIX.length);
    const bytes = yield* readZipMember(entry, size);
    arrays.push([name, readMember(bytes, name, make, options)]);
  }
  return Object.fromEntries(arrays);
}

function readMember<T>(bytes: Uint8Array, name: string, make: Make<T>, options: ConvertOptions): T {
  try {
    return readMemory(bytes, readNpy(bytes.length, make, options, name));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new FormatError(FORMAT, `in the array ${quote(name)}: ${error.problem}`, error.details);
  }
}

/** Options of `decodeNpz`. */
export interface NpzDecodeOptions extends DecodeOptions, ArchiveLimits {}

/** As `readNpz`, into tensors. */
export function readNpzTensors(
  size: number,
  options: NpzDecodeOptions,
): Reading<Record<string, Tensor>> {
  return makingTensors(options, (make) => readNpz(size, make, options));
}

/**
 * Reads an npz file, as `np.savez` and `np.savez_compressed` write it.
 *
 * @param bytes - the whole file.
 * @param options - as `decodeNpy`, and `maxBytes`, the most that compressed arrays unpack to (default 256 MiB and 16 times the file).
 * @returns the tensors by name.
 * @throws FormatError where the archive or an array is damaged, fails its checksum, is larger than `maxBytes`, or holds what `decodeNpy`
 * refuses.
 * @example decodeNpz(bytes).weight.shape; // [2, 3]
 */
export function decodeNpz(
  bytes: Uint8Array,
  options: NpzDecodeOptions = {},
): Record<string, Tensor> {
  takes('decodeNpz', arguments);
  return readMemory(bytes, readNpzTensors(bytes.length, options));
}

/** Options of `encodeNpz`. */
export interface NpzOptions {
  /** Deflate the arrays, as `np.savez_compressed`; default false. */
  readonly compressed?: boolean;
}

/**
 * Writes tensors as an npz file that `np.load` reads. Limited to 4 GiB, as it is written without ZIP64.
 *
 * @param tensors - a record or a map from names to tensors.
 * @param options - `compressed` (default false).
 * @returns the file; equal tensors give equal bytes.
 * @throws ValueError above 4 GiB.
 * @example encodeNpz({ x: tensor([1, 2]) }, { compressed: true })
 */
export function encodeNpz(tensors: NamedTensors, options: NpzOptions = {}): Uint8Array {
  takes('encodeNpz', arguments);
  const { compressed = false } = options;
  const named =
    tensors instanceof Map ? [...tensors] : Object.entries(tensors as Record<string, Tensor>);
  const files: [string, Uint8Array][] = named.map(([name, tensor]) => [
    name + SUFFIX,
    encodeNpy(tensor),
  ]);
  const total = files.reduce((sum, [name, bytes]) => sum + bytes.length + 2 * name.length + 128, 0);
  if (total >= 2 ** 32) {
    throw new ValueError('encodeNpz', 'the arrays take more than 4 GiB', {
      hint: 'use encodeSafetensors, or encodeNpy for each array',
    });
  }
  return zipSync(Object.fromEntries(files) as Zippable, {
    level: compressed ? 6 : 0,
    mtime: NO_DATE,
  });
}

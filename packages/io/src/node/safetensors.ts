/** safetensors on disk. */

import { encodeElements } from '../elements';
import type { Safetensors } from '../safetensors/decode';
import { readTensors } from '../safetensors/decode';
import type { NamedTensors, SafetensorsPlan } from '../safetensors/encode';
import { planSafetensors } from '../safetensors/encode';
import type { SafetensorsHeader } from '../safetensors/header';
import { readHeader } from '../safetensors/header';
import { takes } from '../signatures';
import type { DecodeOptions } from '../tensors';
import { readFile } from './read';
import { writeFileAtomic } from './write';

/**
 * Loads a safetensors file: the header is read and checked first, then one tensor after the other.
 *
 * @param path - the file.
 * @param options - as `decodeSafetensors`.
 * @throws FormatError that names the file, as `decodeSafetensors`; FileError where it cannot be read.
 * @example
 * model.loadStateDict((await loadSafetensors('model.safetensors')).tensors);
 */
export function loadSafetensors(path: string, options: DecodeOptions = {}): Promise<Safetensors> {
  takes('loadSafetensors', arguments);
  return readFile(path, (size) => readTensors(size, options));
}

/**
 * Reads names, dtypes, shapes and metadata of a safetensors file without its data.
 *
 * @param path - the file.
 * @throws FormatError as `loadSafetensors`.
 */
export function readSafetensorsHeader(path: string): Promise<SafetensorsHeader> {
  takes('readSafetensorsHeader', arguments);
  return readFile(path, readHeader);
}

/**
 * Saves tensors as a safetensors file, atomically: a crash leaves the old file or the new one. One tensor at a time is copied.
 *
 * @param path - the file; its folder must exist.
 * @param tensors - as `encodeSafetensors`. They must not change until the promise is settled.
 * @param metadata - strings to keep beside them.
 * @throws ValueError as `encodeSafetensors`; FileError where the file cannot be written.
 * @example
 * await saveSafetensors('model.safetensors', model.stateDict());
 */
export async function saveSafetensors(
  path: string,
  tensors: NamedTensors,
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  takes('saveSafetensors', arguments);
  await writeFileAtomic(path, chunksOf(planSafetensors(tensors, metadata)));
}

async function* chunksOf({ head, tensors }: SafetensorsPlan): AsyncIterable<Uint8Array> {
  yield head;
  for (const tensor of tensors) yield encodeElements(await tensor.data());
}

/**
 * Files that torch.save wrote before version 1.6, many published weights among them: four pickles one after the other (a magic
 * number, the version of the layout, the machine, the value), a pickle with the keys of the storages, then each storage.
 */

import { decodeElements, elementBytes } from '../elements';
import { FormatError, quote } from '../errors';
import type { Reading } from '../reading';
import { readUint64, take, viewOf } from '../reading';
import type { PickleValue, StorageRef } from './objects';
import { FORMAT } from './objects';
import type { Source, StorageReader } from './source';
import { unpickleAt } from './unpickle';

/** What the first pickle holds. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
/** The only version of the layout there ever was. */
const VERSION = 1001;
/** Pickles hold names and layouts only. */
const MAX_PICKLE_BYTES = 64 * 2 ** 20;

/** Whether a file begins as these do: with a pickle. */
export function beginsAsLegacy(first: number): boolean {
  return first === 0x80;
}

/** Reads the pickles of a file of `size` bytes; the storages are read when they are asked for. */
export function* openLegacy(size: number): Reading<Source> {
  const stretch = { format: FORMAT, what: 'the pickles', size };
  const bytes = yield* take(0, Math.min(size, MAX_PICKLE_BYTES), stretch);
  let at = 0;
  let storages = new Map<string, StorageRef>();
  const next = (): PickleValue => {
    const result = unpickleAt(bytes, at);
    at = result.end;
    // Only the pickle of the value names any.
    if (result.storages.size > 0) storages = result.storages;
    return result.value;
  };
  expect('magic number', next(), MAGIC);
  expect('version', next(), VERSION);
  const machine = next();
  const little = machine instanceof Map ? machine.get('little_endian') : undefined;
  if (typeof little !== 'boolean') {
    throw new FormatError(FORMAT, 'the file does not tell in which byte order it was written');
  }
  const value = next();
  const keys = next();
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === 'string')) {
    throw new FormatError(FORMAT, 'the file has no list of its storages');
  }
  const places = yield* place(keys, storages, at, size);
  return { value, readStorage: reader(places, little, size) };
}

function expect(what: string, found: PickleValue, wanted: number | bigint): void {
  if (found === wanted) return;
  throw new FormatError(FORMAT, `the file has another ${what} than torch.save wrote`, {
    expected: String(wanted),
  });
}

/** Where each storage begins; before each stands how many elements it has. */
function* place(
  keys: readonly string[],
  storages: ReadonlyMap<string, StorageRef>,
  start: number,
  size: number,
): Reading<Map<string, number>> {
  const places = new Map<string, number>();
  let at = start;
  for (const key of keys) {
    const storage = storages.get(key);
    if (!storage || places.has(key)) {
      throw new FormatError(FORMAT, `the storage ${quote(key)} belongs to no tensor`);
    }
    const stretch = { format: FORMAT, what: `the storage ${quote(key)}`, size };
    const length = readUint64(viewOf(yield* take(at, 8, stretch)), 0);
    if (length !== storage.length) {
      throw new FormatError(
        FORMAT,
        `the storage ${quote(key)} has not as many elements as the pickle claims`,
        {
          args: { length },
          expected: String(storage.length),
        },
      );
    }
    places.set(key, at + 8);
    at += 8 + length * elementBytes(storage.type);
    if (at > size) throw new FormatError(FORMAT, 'the file ends before its storages do');
  }
  return places;
}

function reader(
  places: ReadonlyMap<string, number>,
  littleEndian: boolean,
  size: number,
): StorageReader {
  return function* ({ key, type, length }, options) {
    const start = places.get(key);
    if (start === undefined) {
      throw new FormatError(FORMAT, `the storage ${quote(key)} is not in the file`);
    }
    const stretch = { format: FORMAT, what: `the storage ${quote(key)}`, size };
    const bytes = yield* take(start, length * elementBytes(type), stretch);
    return decodeElements(
      { type, bytes, littleEndian, format: FORMAT, name: `storage ${key}` },
      options,
    );
  };
}

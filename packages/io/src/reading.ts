/**
 * Readers are generators that ask for byte ranges, so that one reader serves bytes in memory and files too large for it,
 * and no reader sees data before it has checked the header that announces it.
 */

import { FormatError } from './errors';

/** The bytes from `start` up to, not including, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A reader: it yields ranges within the file's size, is resumed with their bytes, and returns `T`. */
export type Reading<T> = Generator<ByteRange, T, Uint8Array>;

/** Runs a reader over bytes in memory; ranges are views, not copies. */
export function readMemory<T>(bytes: Uint8Array, reading: Reading<T>): T {
  // A Buffer is a Uint8Array whose slice() shares memory; from here on there are only plain ones.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  let step = reading.next();
  while (!step.done) step = reading.next(plain.subarray(step.value.start, step.value.end));
  return step.value;
}

/** What a range belongs to, for the message where it does not fit. */
export interface Stretch {
  readonly format: string;
  readonly what: string;
  readonly size: number;
}

/**
 * Asks for `length` bytes at `start`.
 *
 * @throws FormatError where the file ends before them.
 */
export function* take(
  start: number,
  length: number,
  { format, what, size }: Stretch,
): Reading<Uint8Array> {
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(length) || start < 0 || length < 0) {
    throw new FormatError(format, `${what} has an impossible position or length`, {
      args: { start, length },
    });
  }
  if (length > size - start) {
    throw new FormatError(format, `the file ends before ${what} does`, {
      offset: start,
      args: { 'bytes needed': length, 'bytes left': Math.max(0, size - start) },
      hint: 'the file is cut off or damaged; fetch it again',
    });
  }
  return yield { start, end: start + length };
}

/** An unsigned 64-bit little-endian number; Infinity where it exceeds what a JavaScript number can count. */
export function readUint64(view: DataView, offset: number): number {
  const value = view.getUint32(offset + 4, true) * 2 ** 32 + view.getUint32(offset, true);
  return Number.isSafeInteger(value) ? value : Number.POSITIVE_INFINITY;
}

/** A view of the bytes for reading numbers. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

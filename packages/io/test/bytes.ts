/** Helpers that build and damage files. */

import type { Tensor, TypedArray } from '@dl/tensor';
import fc from 'fast-check';
import { expect } from 'vitest';
import { FormatError } from '../src/index';

/** Bytes of a string (UTF-8), of numbers, or of other bytes, one after the other. */
export function concat(...parts: (string | readonly number[] | Uint8Array)[]): Uint8Array {
  const encoder = new TextEncoder();
  const bytes = parts.map((part) =>
    typeof part === 'string' ? encoder.encode(part) : Uint8Array.from(part),
  );
  return new Uint8Array(Buffer.concat(bytes));
}

/** The little-endian bytes of a typed array or of a 64-bit integer. */
export function littleEndian(value: TypedArray | bigint): Uint8Array {
  if (typeof value !== 'bigint') return new Uint8Array(value.buffer.slice(0));
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
  return bytes;
}

/** What a test compares of a tensor. */
export function contents(tensor: Tensor): { dtype: string; shape: number[]; values: number[] } {
  return { dtype: tensor.dtype, shape: [...tensor.shape], values: [...tensor.dataSync()] };
}

/** The FormatError that `read` throws. */
export function failure(read: () => unknown): FormatError {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return error as FormatError;
  }
  throw new Error('nothing was thrown');
}

type Change = (bytes: Uint8Array) => Uint8Array;

/** Damage as it happens and as it is made: flipped bytes, extreme numbers, cuts, repeats, other digits in text. */
export function damage(length: number): fc.Arbitrary<Change> {
  const at = fc.nat(Math.max(0, length - 1));
  const flip = fc.tuple(at, fc.integer({ min: 1, max: 255 })).map(
    ([i, mask]): Change =>
      (bytes) => {
        const copy = bytes.slice();
        copy[Math.min(i, copy.length - 1)] ^= mask;
        return copy;
      },
  );
  const extreme = fc
    .tuple(at, fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.constantFrom(1, 2, 4, 8))
    .map(
      ([i, value, width]): Change =>
        (bytes) =>
          bytes.slice().fill(value, i, i + width),
    );
  const cut = at.map(
    (i): Change =>
      (bytes) =>
        bytes.slice(0, i),
  );
  const remove = fc.tuple(at, fc.nat(16)).map(
    ([i, n]): Change =>
      (bytes) =>
        concat(bytes.slice(0, i), bytes.slice(i + n)),
  );
  const repeat = fc.tuple(at, fc.nat(64)).map(
    ([i, n]): Change =>
      (bytes) =>
        concat(bytes.slice(0, i + n), bytes.slice(i)),
  );
  const digit = fc.tuple(at, fc.constantFrom(...'0123456789[]{},":-e.')).map(
    ([i, text]): Change =>
      (bytes) => {
        const copy = bytes.slice();
        let where = i;
        while (where < copy.length && (copy[where] < 0x30 || copy[where] > 0x39)) where++;
        if (where < copy.length) copy[where] = text.charCodeAt(0);
        return copy;
      },
  );
  return fc
    .array(fc.oneof(flip, extreme, cut, remove, repeat, digit), { minLength: 1, maxLength: 4 })
    .map((changes) => (bytes) => changes.reduce((result, change) => change(result), bytes));
}

/** Bytes that a result of a reader holds, counted over its tensors. */
export function tensorBytes(tensors: Iterable<Tensor>): number {
  let total = 0;
  for (const tensor of tensors) total += tensor.dataSync().byteLength;
  return total;
}

/** Runs `read` on damaged copies of each file: it returns something, or throws FormatError. */
export function survivesDamage(
  files: readonly Uint8Array[],
  read: (bytes: Uint8Array) => unknown,
  runs: number,
): { read: number; refused: number } {
  const counts = { read: 0, refused: 0 };
  for (const file of files) {
    const check = (change: Change) => {
      try {
        read(change(file));
        counts.read++;
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        counts.refused++;
      }
    };
    fc.assert(fc.property(damage(file.length), check), { numRuns: runs, seed: 5 });
  }
  return counts;
}

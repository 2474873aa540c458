/** IDX files, the format of MNIST: a magic number that tells type and axes, big-endian sizes, then the elements. */

import type { TypedArray } from '@dl/tensor';
import { DataError } from '../errors';
import { takes } from '../signatures';

/** An array read from an IDX file. */
export interface IdxArray {
  /** Sizes of the axes. */
  readonly shape: readonly number[];
  /** The elements in row-major order; 8- and 16-bit signed integers and shorts are widened to int32. */
  readonly data: TypedArray;
}

interface ElementType {
  readonly name: string;
  readonly bytes: number;
  make(length: number): TypedArray;
  read(view: DataView, at: number): number;
}

const TYPES: Readonly<Record<number, ElementType>> = {
  8: { name: 'uint8', bytes: 1, make: (n) => new Uint8Array(n), read: (v, at) => v.getUint8(at) },
  9: { name: 'int8', bytes: 1, make: (n) => new Int32Array(n), read: (v, at) => v.getInt8(at) },
  11: { name: 'int16', bytes: 2, make: (n) => new Int32Array(n), read: (v, at) => v.getInt16(at) },
  12: { name: 'int32', bytes: 4, make: (n) => new Int32Array(n), read: (v, at) => v.getInt32(at) },
  13: {
    name: 'float32',
    bytes: 4,
    make: (n) => new Float32Array(n),
    read: (v, at) => v.getFloat32(at),
  },
  14: {
    name: 'float64',
    bytes: 8,
    make: (n) => new Float64Array(n),
    read: (v, at) => v.getFloat64(at),
  },
};

/**
 * Reads an IDX file that is not compressed. Sizes are checked against the length before anything is allocated.
 *
 * @param bytes - the whole file. @param name - what errors call it.
 * @throws DataError where the file is truncated, too long, or not IDX.
 */
export function readIdx(bytes: Uint8Array, name = 'the file'): IdxArray {
  takes('readIdx', arguments);
  const refuse = (problem: string, expected?: string) =>
    new DataError('readIdx', `${name} ${problem}`, { expected });
  if (bytes.length < 4) throw refuse(`is too short for an IDX file (${bytes.length} bytes)`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = TYPES[bytes[2]];
  if (bytes[0] !== 0 || bytes[1] !== 0 || !type) {
    const magic = view.getUint32(0).toString(16).padStart(8, '0');
    throw refuse(
      `is not an IDX file: it begins with 0x${magic}`,
      'two zero bytes and an element type',
    );
  }
  const rank = bytes[3];
  const start = 4 + 4 * rank;
  if (bytes.length < start)
    throw refuse(`ends inside its header (${bytes.length} of ${start} bytes)`);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const size = shape.reduce((a, b) => a * b, 1);
  const length = start + size * type.bytes;
  if (bytes.length !== length) {
    const fault = bytes.length < length ? 'is truncated' : 'has bytes left over';
    throw refuse(
      `${fault}: ${bytes.length} bytes`,
      `${length} bytes for ${type.name}[${shape.join(', ')}]`,
    );
  }
  const data = type.make(size);
  if (type.bytes === 1 && data instanceof Uint8Array) data.set(bytes.subarray(start));
  else for (let i = 0; i < size; i++) data[i] = type.read(view, start + i * type.bytes);
  return { shape, data };
}

/** The two arrays of a set of labelled images. */
export interface IdxPair {
  readonly images: IdxArray;
  readonly labels: IdxArray;
}

/**
 * Checks that images and labels belong together.
 *
 * @param names - what errors call the two files.
 * @throws DataError where one is of the wrong kind (files swapped, say), the counts differ, or a label is not a class id.
 */
export function checkPair(
  pair: IdxPair,
  names: { images: string; labels: string },
  classes = 10,
): void {
  takes('checkPair', arguments);
  const { images, labels } = pair;
  if (images.shape.length !== 3 || !(images.data instanceof Uint8Array)) {
    throw new DataError('readIdx', `${names.images} does not hold images`, {
      args: { shape: images.shape },
      expected: 'uint8[count, rows, columns]',
    });
  }
  if (labels.shape.length !== 1 || !(labels.data instanceof Uint8Array)) {
    throw new DataError('readIdx', `${names.labels} does not hold labels`, {
      args: { shape: labels.shape },
      expected: 'uint8[count]',
    });
  }
  if (images.shape[0] !== labels.shape[0]) {
    throw new DataError('readIdx', `${names.images} and ${names.labels} do not belong together`, {
      args: { images: images.shape[0], labels: labels.shape[0] },
      expected: 'as many labels as images',
    });
  }
  const bad = labels.data.find((label) => label >= classes);
  if (bad !== undefined) {
    throw new DataError('readIdx', `${names.labels} has a label ${bad}`, {
      expected: `0 to ${classes - 1}`,
    });
  }
}

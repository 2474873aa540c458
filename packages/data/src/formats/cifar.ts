/** CIFAR's binary files: records of label bytes and 3072 pixels (Krizhevsky 2009). */

import { DataError } from '../errors';
import { takes } from '../signatures';

/** The images of a CIFAR file. */
export interface CifarImages {
  /** Red, green and blue planes, [N, 3, 32, 32]. */
  readonly pixels: Uint8Array;
  /** A class id an image; the fine one of CIFAR-100. */
  readonly labels: Uint8Array;
}

const PIXELS = 3 * 32 * 32;

/**
 * Reads a binary file of CIFAR-10, or of CIFAR-100, whose records begin with a coarse and a fine label.
 *
 * @param bytes - the whole file. @param classes - 10 or 100. @param name - what errors call it.
 * @throws DataError where it is not of whole records, or a label is not a class.
 */
export function readCifar(
  bytes: Uint8Array,
  classes: 10 | 100 = 10,
  name = 'the file',
): CifarImages {
  takes('readCifar', arguments);
  const head = classes === 100 ? 2 : 1;
  const size = head + PIXELS;
  const count = bytes.length / size;
  if (!Number.isInteger(count) || count === 0) {
    throw new DataError('readCifar', `${name} is not of whole records (${bytes.length} bytes)`, {
      expected: `a multiple of ${size} bytes`,
    });
  }
  const pixels = new Uint8Array(count * PIXELS);
  const labels = new Uint8Array(count);
  for (let n = 0; n < count; n++) {
    const label = bytes[n * size + head - 1];
    if (label >= classes) {
      throw new DataError('readCifar', `${name} has a label ${label} in record ${n}`, {
        expected: `0 to ${classes - 1}`,
      });
    }
    labels[n] = label;
    pixels.set(bytes.subarray(n * size + head, (n + 1) * size), n * PIXELS);
  }
  return { pixels, labels };
}

/** MNIST and sets in its form. */

import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { ArrayDataset } from '../dataset';
import { DataError } from '../errors';
import type { IdxArray } from '../formats/idx';
import { checkPair, readIdx } from '../formats/idx';
import { takes } from '../signatures';
import type { UnpackOptions } from './files';
import { findFile, readBytes } from './files';

/** Training and test part of a data set. */
export interface Split {
  readonly train: ArrayDataset;
  readonly test: ArrayDataset;
}

/**
 * Reads an IDX file, compressed with gzip or not.
 *
 * @param options - `maxBytes`, the most that a compressed file may unpack to.
 * @throws DataError where it is not there, does not unpack, or is not an IDX file.
 */
export async function loadIdx(path: string, options: UnpackOptions = {}): Promise<IdxArray> {
  takes('loadIdx', arguments);
  return readIdx(await readBytes('loadIdx', path, options), basename(path));
}

const FILES = {
  train: ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte'],
  test: ['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'],
} as const;

/**
 * Reads MNIST, or a set in its form (Fashion-MNIST), from a folder with its four IDX files, gzipped or not. Images become
 * [1, rows, columns] with mean 0.1307 subtracted and divided by 0.3081, the figures of MNIST's training images.
 *
 * @throws DataError with one sentence that names the folder or file at fault.
 */
export async function loadMnist(folder: string): Promise<Split> {
  takes('loadMnist', arguments);
  if (!existsSync(folder)) throw new DataError('loadMnist', `there is no folder ${folder}`);
  return { train: await loadPart(folder, 'train'), test: await loadPart(folder, 'test') };
}

async function loadPart(folder: string, part: keyof typeof FILES): Promise<ArrayDataset> {
  const [imageFile, labelFile] = FILES[part].map((name) => findFile('loadMnist', folder, name));
  const images = await loadIdx(imageFile);
  const labels = await loadIdx(labelFile);
  checkPair({ images, labels }, { images: basename(imageFile), labels: basename(labelFile) });
  const [, rows, columns] = images.shape;
  return new ArrayDataset({
    inputs: images.data,
    labels: labels.data as Uint8Array,
    shape: [1, rows, columns],
    mean: 0.1307,
    std: 0.3081,
  });
}

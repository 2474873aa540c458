/**
 * Data sets from the file system, for Node.
 *
 * @packageDocumentation
 */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { ArrayDataset } from '../dataset';
import { DataError } from '../errors';
import type { IdxArray } from '../idx';
import { checkPair, readIdx } from '../idx';

/** Larger than any IDX file of images in use; a few bytes of gzip could ask for much more. */
const MAX_BYTES = 2 ** 31 - 1;

/** Training and test part of a data set. */
export interface Split {
  readonly train: ArrayDataset;
  readonly test: ArrayDataset;
}

/**
 * Reads an IDX file, compressed with gzip or not.
 *
 * @throws DataError where it is not there, does not unpack, or is not an IDX file.
 */
export async function loadIdx(path: string): Promise<IdxArray> {
  const name = basename(path);
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new DataError('loadIdx', `cannot read ${path}: ${error.code ?? error.message}`);
  });
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (!packed) return readIdx(bytes, name);
  const plain = await promisify(gunzip)(bytes, { maxOutputLength: MAX_BYTES }).catch(
    (error: Error) => {
      throw new DataError('loadIdx', `${name} does not unpack: ${error.message}`);
    },
  );
  return readIdx(plain, name);
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
  if (!existsSync(folder)) throw new DataError('loadMnist', `there is no folder ${folder}`);
  return { train: await loadPart(folder, 'train'), test: await loadPart(folder, 'test') };
}

function find(folder: string, name: string): string {
  const found = [name, `${name}.gz`].map((file) => join(folder, file)).find(existsSync);
  if (found) return found;
  throw new DataError('loadMnist', `${folder} has no ${name} and no ${name}.gz`);
}

async function loadPart(folder: string, part: keyof typeof FILES): Promise<ArrayDataset> {
  const [imageFile, labelFile] = FILES[part].map((name) => find(folder, name));
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

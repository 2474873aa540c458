/** CIFAR-10 from a folder. */

import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ArrayDataset } from '../dataset';
import { DataError } from '../errors';
import type { CifarImages } from '../formats/cifar';
import { readCifar } from '../formats/cifar';
import { takes } from '../signatures';
import { readBytes, readText, refuse } from './files';
import type { Split } from './mnist';

/** Means and deviations of the channels of CIFAR-10's 50,000 training images, from 0 to 1. */
export const CIFAR10_MEAN: readonly number[] = [0.4914, 0.4822, 0.4465];
/** Deviations of the channels of CIFAR-10's training images; see `CIFAR10_MEAN`. */
export const CIFAR10_STD: readonly number[] = [0.247, 0.2435, 0.2616];

/** Options of `loadCifar10`. */
export interface LoadCifarOptions {
  /** Subtract the channels' means and divide by their deviations. Default true; without it values are from 0 to 1, as augmentation wants them. */
  readonly normalize?: boolean;
}

const TRAIN = /^(train|data_batch).*\.bin(\.gz)?$/;
const TEST = /^test.*\.bin(\.gz)?$/;

/**
 * Reads CIFAR-10 from a folder with its binary files, gzipped or not: `data_batch_1.bin` … (or any `train*.bin`) and
 * `test_batch.bin` (or `test*.bin`); names of classes from `batches.meta.txt`. Images are [3, 32, 32].
 *
 * @throws DataError with one sentence that names the folder or file at fault.
 */
export async function loadCifar10(folder: string, options: LoadCifarOptions = {}): Promise<Split> {
  takes('loadCifar10', arguments);
  const { normalize = true } = options;
  if (!existsSync(folder)) throw new DataError('loadCifar10', `there is no folder ${folder}`);
  const meta = join(folder, 'batches.meta.txt');
  const classNames = existsSync(meta)
    ? (await readText(meta)).split(/\r?\n/).filter((line) => line !== '')
    : undefined;
  const load = async (pattern: RegExp, example: string) => {
    const { pixels, labels } = await readAll(folder, pattern, example);
    const scaling = normalize ? { mean: CIFAR10_MEAN, std: CIFAR10_STD } : {};
    return new ArrayDataset({ inputs: pixels, labels, shape: [3, 32, 32], classNames, ...scaling });
  };
  return { train: await load(TRAIN, 'data_batch_1.bin'), test: await load(TEST, 'test_batch.bin') };
}

async function readAll(folder: string, pattern: RegExp, example: string): Promise<CifarImages> {
  const names = await readdir(folder).catch((error) => {
    throw refuse('loadCifar10', folder, error);
  });
  const files = names.filter((name) => pattern.test(name)).sort();
  if (files.length === 0) throw new DataError('loadCifar10', `${folder} has no ${example}`);
  const parts: CifarImages[] = [];
  for (const name of files) {
    const bytes = await readBytes('loadCifar10', join(folder, name));
    parts.push(readCifar(bytes, 10, basename(name)));
  }
  return {
    pixels: join8(parts.map(({ pixels }) => pixels)),
    labels: join8(parts.map(({ labels }) => labels)),
  };
}

function join8(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

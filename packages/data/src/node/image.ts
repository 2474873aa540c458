/** Pictures from files. */

import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DataError } from '../errors';
import type { DecodedImage, DecodeImageOptions } from '../images/decode';
import { decodeImage } from '../images/decode';
import { takes } from '../signatures';
import { readBytes, refuse } from './files';

/**
 * Reads a PNG or JPEG file; see `decodeImage`.
 *
 * @throws DataError where it cannot be read.
 */
export async function readImage(
  path: string,
  options: DecodeImageOptions = {},
): Promise<DecodedImage> {
  takes('readImage', arguments);
  const bytes = await readBytes('readImage', path);
  return decodeImage(bytes, { name: basename(path), ...options });
}

/** Pictures in folders that are their classes. */
export interface ImageFolder {
  /** Names of the classes, in alphabetical order; a class id is a position here. */
  readonly classNames: readonly string[];
  readonly files: readonly { readonly path: string; readonly label: number }[];
}

const PICTURE = /\.(png|jpe?g)$/i;

/**
 * Lists the PNG and JPEG files of a folder whose folders are classes; read them with a `StreamLoader`.
 *
 * @throws DataError where there are none.
 * @example
 * const { files } = await listImageFolder('flowers');
 * new StreamLoader(() => files, { transform: async ({ path, label }) => [await readImage(path), label] });
 */
export async function listImageFolder(folder: string): Promise<ImageFolder> {
  takes('listImageFolder', arguments);
  const entries = await readdir(folder, { withFileTypes: true }).catch((error) => {
    throw refuse('listImageFolder', folder, error);
  });
  const classNames = entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  const files: { path: string; label: number }[] = [];
  for (const [label, name] of classNames.entries()) {
    const inside = await readdir(join(folder, name)).catch((error) => {
      throw refuse('listImageFolder', join(folder, name), error);
    });
    const own = inside.filter((file) => PICTURE.test(file)).sort();
    files.push(...own.map((file) => ({ path: join(folder, name, file), label })));
  }
  if (files.length > 0) return { classNames, files };
  throw new DataError('listImageFolder', `${folder} has no folders with PNG or JPEG files`);
}

/** Making folders. */

import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { codeOf, FileError } from '../errors';
import { takes } from '../signatures';

/**
 * Makes a folder, with those above it, unless it is there. Node's own recursive `mkdir` never returns where a parent takes no
 * folders, such as `/proc`.
 *
 * @param path - the folder.
 * @throws FileError where there cannot be one.
 * @example makeFolder('runs/today');
 */
export function makeFolder(path: string): void {
  takes('makeFolder', arguments);
  try {
    make(resolve(path));
  } catch (error) {
    throw new FileError('makeFolder', 'make the folder', path, error);
  }
}

function make(path: string): void {
  if (isFolder(path)) return;
  const parent = dirname(path);
  if (parent !== path) make(parent);
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (codeOf(error) !== 'EEXIST' || !isFolder(path)) throw error;
  }
}

/** False also where the path leads through a file: making the folder will say so. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Running a reader over a file: only the ranges that it asks for are read. */

import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { allocate } from '../elements';
import { codeOf, FileError, FormatError } from '../errors';
import type { ByteRange, Reading } from '../reading';

/** The most bytes asked of the system in one call (Linux gives at most 2^31 − 4096). */
const CHUNK = 2 ** 30;

/**
 * Runs a reader, made for the file's size, over the file at `path`.
 *
 * @throws FormatError and FileError, which name the file.
 */
export async function readFile<T>(path: string, reader: (size: number) => Reading<T>): Promise<T> {
  try {
    return await readOpened(await open(path, 'r'), reader);
  } catch (error) {
    if (error instanceof FormatError) throw error.inFile(path);
    throw codeOf(error) === undefined ? error : new FileError('readFile', 'read', path, error);
  }
}

async function readOpened<T>(file: FileHandle, reader: (size: number) => Reading<T>): Promise<T> {
  try {
    const reading = reader((await file.stat()).size);
    let step = reading.next();
    while (!step.done) {
      const bytes = await readRange(file, step.value).catch((error: unknown) => ({ error }));
      step = bytes instanceof Uint8Array ? reading.next(bytes) : reading.throw(bytes.error);
    }
    return step.value;
  } finally {
    await file.close();
  }
}

async function readRange(file: FileHandle, { start, end }: ByteRange): Promise<Uint8Array> {
  const bytes = allocate(Uint8Array, end - start);
  let done = 0;
  while (done < bytes.length) {
    const length = Math.min(CHUNK, bytes.length - done);
    const { bytesRead } = await file.read(bytes, done, length, start + done);
    if (bytesRead === 0) {
      throw new FormatError('file', 'the file became shorter while it was read', {
        offset: start + done,
      });
    }
    done += bytesRead;
  }
  return bytes;
}

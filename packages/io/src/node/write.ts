/** Writing files so that a crash leaves the old contents or the new ones, never a part. */

import type { FileHandle } from 'node:fs/promises';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, FileError } from '../errors';
import { takes } from '../signatures';
import { removeAbandoned, temporaryName } from './temporary';

/**
 * Writes a file atomically: a temporary file beside it, fsync, rename. What killed processes left in the folder under such
 * temporary names is removed at the first call.
 *
 * @param path - where the file shall be; its folder must exist.
 * @param chunks - the contents; they are written one after the other, so a generator never holds all at once.
 * @throws FileError where the system refuses, and what `chunks` throws; the temporary file is then removed, and what was at `path`
 * is untouched.
 * @example
 * await writeFileAtomic('runs/state.json', [new TextEncoder().encode(json)]);
 */
export async function writeFileAtomic(
  path: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  takes('writeFileAtomic', arguments);
  try {
    await removeAbandoned(dirname(path));
    await replace(path, chunks);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    throw new FileError('writeFileAtomic', 'write', path, error);
  }
}

async function replace(
  path: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const temporary = temporaryName(path);
  try {
    const file = await open(temporary, 'wx');
    try {
      for await (const chunk of chunks) await writeAll(file, chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    // The fault that led here is the one to tell; what stays is removed by the next process.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(path));
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  let done = 0;
  while (done < chunk.length) {
    const { bytesWritten } = await file.write(chunk, done, Math.min(2 ** 30, chunk.length - done));
    done += bytesWritten;
  }
}

/** What systems answer that cannot open or sync folders; Windows is one. */
const NO_FOLDER_SYNC = new Set(['EACCES', 'EBADF', 'EINVAL', 'EISDIR', 'ENOTSUP', 'EPERM']);

/** Makes the rename itself durable, where the system can. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch (error) {
    if (!NO_FOLDER_SYNC.has(codeOf(error) ?? '')) throw error;
  }
}

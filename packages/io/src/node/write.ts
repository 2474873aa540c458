/** Writing files so that a crash leaves the old contents or the new ones, never a part. */

import { randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a file atomically: a temporary file beside it, fsync, rename.
 *
 * @param path - where the file shall be; its folder must exist.
 * @param chunks - the contents; they are written one after the other, so a generator never holds all at once.
 * @throws the system's error; the temporary file is then removed, and what was at `path` is untouched.
 * @example
 * await writeFileAtomic('runs/state.json', [new TextEncoder().encode(json)]);
 */
export async function writeFileAtomic(
  path: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const temporary = `${path}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`;
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
    await rm(temporary, { force: true });
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

/** Makes the rename itself durable, where the system lets a folder be opened (Windows does not). */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  if (!handle) return;
  await handle.sync().catch(() => undefined);
  await handle.close();
}

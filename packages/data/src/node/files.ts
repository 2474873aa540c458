/** Files, compressed with gzip or not. */

import { createReadStream, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Duplex, pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGunzip, gunzip } from 'node:zlib';
import { DataError } from '../errors';

/** Larger than any file of examples that is read at once; a few bytes of gzip could ask for much more. */
const MAX_BYTES = 2 ** 31 - 1;

function refuse(op: string, path: string, error: NodeJS.ErrnoException): DataError {
  return new DataError(op, `cannot read ${path}: ${error.code ?? error.message}`);
}

/** Whether the bytes begin as gzip's do. */
function isPacked(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** Unpacks gzip; other bytes are given back. @throws DataError where it does not unpack. */
export async function unpack(op: string, bytes: Uint8Array, name: string): Promise<Uint8Array> {
  if (!isPacked(bytes)) return bytes;
  return promisify(gunzip)(bytes, { maxOutputLength: MAX_BYTES }).catch((error: Error) => {
    throw new DataError(op, `${name} does not unpack: ${error.message}`);
  });
}

/** Reads a file, and unpacks it where it is gzip. @throws DataError where it is not there or does not unpack. */
export async function readBytes(op: string, path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((error) => {
    throw refuse(op, path, error);
  });
  return unpack(op, bytes, basename(path));
}

/** Reads a text in UTF-8, compressed with gzip or not. @throws DataError where it is not there, does not unpack or is not UTF-8. */
export async function readText(path: string): Promise<string> {
  const bytes = await readBytes('readText', path);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new DataError('readText', `${path} is not UTF-8`);
  }
}

/** What comes out of `transform` when `source` goes in; errors of both are met when it is read. */
export function piped<T extends Duplex>(source: Readable, transform: T): T {
  // The callback has nothing to do: pipeline destroys the transform with the error.
  pipeline(source, transform, () => {});
  return transform;
}

/** The file as a stream of bytes, unpacked where it is gzip. */
export async function* streamBytes(op: string, path: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path);
  try {
    const chunks = file[Symbol.asyncIterator]();
    const first = await chunks.next();
    if (first.done) return;
    const whole = Readable.from(
      (async function* () {
        yield first.value;
        yield* { [Symbol.asyncIterator]: () => chunks };
      })(),
    );
    yield* isPacked(first.value) ? piped(whole, createGunzip()) : whole;
  } catch (error) {
    // The consumer's own errors do not come this way, only those of reading.
    throw refuse(op, path, error as NodeJS.ErrnoException);
  } finally {
    file.destroy();
  }
}

/**
 * The lines of a text, compressed with gzip or not, one after the other: it may be larger than memory.
 *
 * @throws DataError where it cannot be read or does not unpack.
 * @example for await (const line of streamLines('corpus.txt.gz')) count(line.split(' '));
 */
export async function* streamLines(path: string): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  for await (const bytes of streamBytes('streamLines', path)) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() as string;
    for (const line of lines) yield withoutReturn(line);
  }
  rest += decoder.decode();
  if (rest !== '') yield withoutReturn(rest);
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

/** A file in a folder, or the same with `.gz`. @throws DataError where neither is there. */
export function findFile(op: string, folder: string, name: string): string {
  if (!existsSync(folder)) throw new DataError(op, `there is no folder ${folder}`);
  const found = [name, `${name}.gz`].map((file) => join(folder, file)).find(existsSync);
  if (found) return found;
  throw new DataError(op, `${folder} has no ${name} and no ${name}.gz`);
}

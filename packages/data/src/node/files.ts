/** Files, compressed with gzip or not. */

import { constants } from 'node:buffer';
import { createReadStream, existsSync, mkdirSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type Duplex, pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGunzip, gunzip } from 'node:zlib';
import { DataError } from '../errors';
import { takes } from '../signatures';

/** The most bytes in one piece of memory that Node reads a file into. */
const MAX_BYTES = 2 ** 31 - 1;
const MIB = 2 ** 20;

/** The bound on what gzip may unpack to. */
export interface UnpackOptions {
  /** The most bytes that a compressed file may unpack to. Default 256 MiB and 16 for each byte of the file. */
  readonly maxBytes?: number;
}

/** The bound on lines. */
export interface LineOptions {
  /** The most characters in a line. Default 2²⁴, some 16 million. */
  readonly maxLine?: number;
}

function unpackLimit(packed: number): number {
  return Math.min(MAX_BYTES, 256 * MIB + 16 * packed);
}

/** The default of `maxBytes` for a file. @throws DataError where it is not there. */
export async function unpackLimitOf(op: string, path: string): Promise<number> {
  const { size } = await stat(path).catch((error) => {
    throw refuse(op, path, error);
  });
  return unpackLimit(size);
}

/** The error for a file that the system does not let be read; others are passed on. */
export function refuse(op: string, path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  return new DataError(op, `cannot read ${path}: ${error.code}`, { hint: error.message });
}

function tooMuch(op: string, name: string, maxBytes: number): DataError {
  return new DataError(op, `${name} unpacks to more than ${maxBytes} bytes`, {
    hint: 'pass { maxBytes } if you trust the file, or unpack it yourself',
  });
}

/** Makes a folder and those above it; Node's recursive `mkdir` never returns where a parent takes none. @throws DataError. */
export function makeFolder(op: string, path: string): void {
  const make = (folder: string): void => {
    if (existsSync(folder) && statSync(folder).isDirectory()) return;
    if (dirname(folder) !== folder) make(dirname(folder));
    mkdirSync(folder);
  };
  try {
    make(resolve(path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new DataError(op, `cannot make the folder ${path}: ${code}`);
  }
}

/** Whether the bytes begin as gzip's do. */
function isPacked(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** Unpacks gzip; other bytes are given back. @throws DataError where it does not unpack, or to more than `maxBytes`. */
export async function unpack(
  op: string,
  bytes: Uint8Array,
  name: string,
  maxBytes = unpackLimit(bytes.length),
): Promise<Uint8Array> {
  if (!isPacked(bytes)) return bytes;
  const maxOutputLength = Math.min(maxBytes, MAX_BYTES);
  return promisify(gunzip)(bytes, { maxOutputLength }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ERR_BUFFER_TOO_LARGE') throw tooMuch(op, name, maxOutputLength);
    throw new DataError(op, `${name} does not unpack: ${error.message}`);
  });
}

/** Reads a file, and unpacks it where it is gzip. @throws DataError where it is not there or does not unpack. */
export async function readBytes(
  op: string,
  path: string,
  { maxBytes }: UnpackOptions = {},
): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((error) => {
    throw refuse(op, path, error);
  });
  return unpack(op, bytes, basename(path), maxBytes);
}

/**
 * Reads a text in UTF-8, compressed with gzip or not.
 *
 * @param options - `maxBytes`, the most that a compressed text may unpack to.
 * @throws DataError where it is not there, does not unpack, is not UTF-8, or is longer than a string can be (2²⁹ characters).
 */
export async function readText(path: string, options: UnpackOptions = {}): Promise<string> {
  takes('readText', arguments);
  const bytes = await readBytes('readText', path, options);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    if (bytes.length <= constants.MAX_STRING_LENGTH)
      throw new DataError('readText', `${path} is not UTF-8`);
    throw new DataError('readText', `${path} is longer than a string can be, or not UTF-8`, {
      args: { bytes: bytes.length },
      hint: 'read it line by line with streamLines',
    });
  }
}

/** What comes out of `transform` when `source` goes in; errors of both are met when it is read. */
export function piped<T extends Duplex>(source: Readable, transform: T): T {
  // The callback has nothing to do: pipeline destroys the transform with the error.
  pipeline(source, transform, () => {});
  return transform;
}

/** The file as a stream of bytes, unpacked where it is gzip, to `maxBytes` at most. */
export async function* streamBytes(
  op: string,
  path: string,
  maxBytes = Number.POSITIVE_INFINITY,
): AsyncGenerator<Buffer> {
  let count = 0;
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
    const packed = isPacked(first.value);
    for await (const bytes of packed ? piped(whole, createGunzip()) : whole) {
      count += bytes.length;
      if (packed && count > maxBytes) throw tooMuch(op, basename(path), maxBytes);
      yield bytes;
    }
  } catch (error) {
    // The consumer's own errors do not come this way, only those of reading.
    throw refuse(op, path, error);
  } finally {
    file.destroy();
  }
}

/**
 * The lines of a text, compressed with gzip or not, one after the other: it may be larger than memory, which holds one line.
 *
 * @param options - `maxLine`, the most characters in a line (default 2²⁴).
 * @throws DataError where it cannot be read, does not unpack, or has a longer line.
 * @example for await (const line of streamLines('corpus.txt.gz')) count(line.split(' '));
 */
export async function* streamLines(
  path: string,
  options: LineOptions = {},
): AsyncGenerator<string, void, undefined> {
  takes('streamLines', arguments);
  const { maxLine = 2 ** 24 } = options;
  const decoder = new TextDecoder('utf-8');
  let number = 0;
  // The parts of a line that has not ended: joined once, so that a long one takes no more than its length.
  let parts: string[] = [];
  let length = 0;
  const add = (text: string) => {
    parts.push(text);
    length += text.length;
    if (length <= maxLine) return;
    throw new DataError(
      'streamLines',
      `${basename(path)} has too long a line: line ${number + 1}`,
      {
        expected: `at most ${maxLine} characters`,
        hint: 'pass { maxLine } if lines are that long',
      },
    );
  };
  const take = () => {
    const line = parts.length === 1 ? parts[0] : parts.join('');
    [parts, length] = [[], 0];
    number++;
    return withoutReturn(line);
  };
  for await (const bytes of streamBytes('streamLines', path)) {
    const lines = decoder.decode(bytes, { stream: true }).split('\n');
    for (let i = 0; i < lines.length - 1; i++) {
      add(lines[i]);
      yield take();
    }
    add(lines[lines.length - 1]);
  }
  add(decoder.decode());
  if (length > 0) yield take();
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

/** Files from the network, kept for the next time. */

import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { DataError } from '../errors';
import { takes } from '../signatures';
import { makeFolder } from './files';

/** What a file must be. */
export interface Checksum {
  readonly algorithm: 'sha256' | 'md5';
  /** In hexadecimal digits. */
  readonly digest: string;
}

/** Options of `download`. */
export interface DownloadOptions {
  /** What the file must be; a file that is not is deleted. Default anything. */
  readonly checksum?: Checksum;
  /** How often to go on after an answer that breaks off. Default 3. */
  readonly retries?: number;
  /** Milliseconds without a byte after which an answer counts as broken off. Default 30,000. */
  readonly timeout?: number;
  /** Called as bytes arrive. @param total - undefined where the server does not say. */
  readonly onProgress?: (received: number, total: number | undefined) => void;
  /** Stops the download; what has arrived stays for the next time. */
  readonly signal?: AbortSignal;
}

/** Where data sets are kept: `DL_CACHE`, or `dl` in the user's folder for caches. */
export function cacheFolder(): string {
  const { DL_CACHE, XDG_CACHE_HOME } = process.env;
  return DL_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'dl');
}

/**
 * Downloads a file, unless it is there and is what it must be. It arrives under another name and is renamed when it is complete
 * and right, so nobody reads half a file; what broke off goes on where it ended, also in another process.
 *
 * @param path - where the file shall be. @throws DataError where the server refuses, the answers keep breaking off, or the file is
 * not what it must be.
 * @example await download('https://…/train.gz', 'cache/train.gz', { checksum: { algorithm: 'sha256', digest: '440f…' } });
 */
export async function download(
  url: string | URL,
  path: string,
  options: DownloadOptions = {},
): Promise<string> {
  takes('download', arguments);
  try {
    return await bring(url, path, options);
  } catch (error) {
    // Of the disk, not of the network: those are told already.
    if (!(error instanceof Error) || !('errno' in error && 'code' in error)) throw error;
    throw new DataError('download', `cannot write ${path}: ${error.code}`, { hint: error.message });
  }
}

async function bring(
  url: string | URL,
  path: string,
  { checksum, retries = 3, timeout = 30_000, onProgress, signal }: DownloadOptions,
): Promise<string> {
  if (existsSync(path) && (!checksum || (await digestOf(path, checksum)) === checksum.digest)) {
    return path;
  }
  makeFolder('download', dirname(path));
  const part = `${path}.part`;
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    try {
      await receive(new URL(url), part, { timeout, onProgress, signal });
      break;
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof DataError) throw error;
      if (attempt < retries) continue;
      // What fetch throws says nothing; its cause does.
      const { message, cause } = error as Error;
      const reason = cause instanceof Error ? cause.message : message;
      throw new DataError('download', `${basename(path)} did not arrive: ${reason}`, {
        args: { url: String(url), attempts: attempt + 1 },
      });
    }
  }
  if (checksum) {
    const found = await digestOf(part, checksum);
    if (found !== checksum.digest) {
      await rm(part);
      throw new DataError('download', `${basename(path)} is not the file that it should be`, {
        args: { url: String(url), [checksum.algorithm]: found },
        expected: checksum.digest,
      });
    }
  }
  await rename(part, path);
  return path;
}

async function digestOf(path: string, { algorithm }: Checksum): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

type Receiving = Pick<DownloadOptions, 'onProgress' | 'signal'> & { readonly timeout: number };

/** Appends to `part` what it lacks. */
async function receive(
  url: URL,
  part: string,
  { timeout, onProgress, signal }: Receiving,
): Promise<void> {
  const have = existsSync(part) ? (await stat(part)).size : 0;
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new Error('no byte for too long')), timeout);
  try {
    const response = await fetch(url, {
      // Compressed on the way, ranges and lengths would be of other bytes.
      headers: { 'accept-encoding': 'identity', ...(have > 0 && { range: `bytes=${have}-` }) },
      signal: signal ? AbortSignal.any([signal, silence.signal]) : silence.signal,
    });
    if (response.status === 416) {
      // Nothing lies behind what is there: it is complete, or of another file; the checksum tells.
      await response.body?.cancel();
      return;
    }
    if (!response.ok || !response.body) {
      const { status } = response;
      const text = `the server answers ${status} for ${url}`;
      // The faults of servers pass, others do not.
      throw status >= 500 ? new Error(text) : new DataError('download', text);
    }
    const goesOn = response.status === 206;
    const length = response.headers.get('content-length');
    const start = goesOn ? have : 0;
    const total = length === null ? undefined : start + Number(length);
    let received = start;
    const file = await open(part, goesOn ? 'a' : 'w');
    try {
      for await (const chunk of response.body) {
        timer.refresh();
        await file.writeFile(chunk);
        received += chunk.length;
        onProgress?.(received, total);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    if (total !== undefined && received < total) {
      throw new Error(`the answer broke off after ${received} of ${total} bytes`);
    }
  } finally {
    clearTimeout(timer);
  }
}

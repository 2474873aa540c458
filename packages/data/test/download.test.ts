import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createTar } from 'nanotar';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DataError } from '../src/index';
import { download, loadNamed } from '../src/node/index';
import { unpackArchive } from '../src/node/named';

const content = Buffer.from(Uint8Array.from({ length: 50_000 }, (_, i) => (i * 31) % 256));
const digest = createHash('sha256').update(content).digest('hex');
const checksum = { algorithm: 'sha256', digest } as const;

let server: Server;
let url = '';
let folder = '';
let asked: (string | undefined)[] = [];
let answer: (request: IncomingMessage, response: ServerResponse) => void;
/** Breaks off the answer at work when all that it sent has arrived. */
let breakOff: ((received: number) => void) | undefined;
const onProgress = (received: number) => breakOff?.(received);

/** Answers with what is asked for, and breaks off after so many bytes; the download must tell its progress. */
function serve(bytes: Uint8Array, { cut = bytes.length, ranges = true } = {}): typeof answer {
  return (request, response) => {
    const range = ranges ? /^bytes=(\d+)-$/.exec(request.headers.range ?? '') : null;
    const start = range ? Number(range[1]) : 0;
    if (start >= bytes.length) {
      response.writeHead(416).end();
      return;
    }
    response.writeHead(range ? 206 : 200, { 'content-length': bytes.length - start });
    response.write(bytes.subarray(start, Math.min(start + cut, bytes.length)));
    breakOff = undefined;
    if (start + cut >= bytes.length) response.end();
    else breakOff = (received) => received === start + cut && response.destroy();
  };
}

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.headers.range);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file.bin`;
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dl-download-'));
  asked = [];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const file = () => join(folder, 'file.bin');

describe('download', () => {
  it('brings a file, says how far it is, and does not bring it twice', async () => {
    answer = serve(content);
    const steps: [number, number | undefined][] = [];
    await download(url, file(), { checksum, onProgress: (...step) => steps.push(step) });
    expect(readFileSync(file())).toEqual(content);
    expect(steps.at(-1)).toEqual([50_000, 50_000]);
    await download(url, file(), { checksum });
    expect(asked.length).toBe(1);
    expect(existsSync(`${file()}.part`)).toBe(false);
  });

  it('goes on where an answer broke off', async () => {
    answer = serve(content, { cut: 20_000 });
    await download(url, file(), { checksum, onProgress });
    expect(readFileSync(file())).toEqual(content);
    expect(asked).toEqual([undefined, 'bytes=20000-', 'bytes=40000-']);
  });

  it('goes on in another call, and begins anew where the server knows no ranges', async () => {
    answer = serve(content, { cut: 20_000 });
    const options = { checksum, retries: 0, onProgress };
    await expect(download(url, file(), options)).rejects.toThrow(DataError);
    expect(existsSync(file())).toBe(false);
    expect(statSync(`${file()}.part`).size).toBe(20_000);
    answer = serve(content, { ranges: false });
    await download(url, file(), { checksum });
    expect(readFileSync(file())).toEqual(content);
    expect(asked).toEqual([undefined, 'bytes=20000-']);
  });

  it('refuses a wrong file and leaves nothing of it', async () => {
    answer = serve(content.subarray(1));
    await expect(download(url, file(), { checksum })).rejects.toThrow(
      /not the file that it should be/,
    );
    expect([existsSync(file()), existsSync(`${file()}.part`)]).toEqual([false, false]);
    // A beginning that is of another file is found out by the checksum, and the next try is clean.
    writeFileSync(`${file()}.part`, Buffer.alloc(60_000));
    answer = serve(content);
    await expect(download(url, file(), { checksum })).rejects.toThrow(DataError);
    await download(url, file(), { checksum });
    expect(readFileSync(file())).toEqual(content);
  });

  it('replaces a damaged file in the cache', async () => {
    writeFileSync(file(), 'rubbish');
    answer = serve(content);
    await download(url, file(), { checksum });
    expect(readFileSync(file())).toEqual(content);
  });

  it('tries faults of the server again, and not its refusals', async () => {
    answer = (_, response) => {
      if (asked.length < 3) response.writeHead(503).end();
      else serve(content)(_, response);
    };
    await download(url, file(), { checksum });
    expect(asked.length).toBe(3);
    answer = (_, response) => response.writeHead(404).end();
    await expect(download(url, join(folder, 'b'))).rejects.toThrow(/404/);
    expect(asked.length).toBe(4);
  });

  it('gives up on silence, and stops when it is told to', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': 10 }).write('abc');
    };
    await expect(download(url, file(), { timeout: 50, retries: 1 })).rejects.toThrow(
      /did not arrive.*\n.*attempts: 2/,
    );
    const control = new AbortController();
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': 10 }).write('abc');
      control.abort(new Error('enough'));
    };
    await expect(download(url, file(), { signal: control.signal })).rejects.toThrow('enough');
    await expect(download('http://127.0.0.1:1/x', file(), { retries: 0 })).rejects.toThrow(
      DataError,
    );
  });
});

describe('named data sets', () => {
  it('are refused where the files are others', async () => {
    answer = serve(content);
    await expect(loadNamed('mnist', { cache: folder, url })).rejects.toThrow(/train-images/);
    await expect(loadNamed('imagenet' as never)).rejects.toThrow(/mnist, fashion-mnist, cifar10/);
    await expect(loadNamed('mnist', { folder: join(folder, 'no') })).rejects.toThrow(/no folder/);
  });

  it('are unpacked from archives, whose names cannot lead out of the folder', async () => {
    const tar = createTar([
      { name: 'set/a.bin', data: 'A' },
      { name: 'set/../../evil.bin', data: 'E' },
      { name: 'other/b.bin', data: 'B' },
    ]);
    const path = join(folder, 'set.tar.gz');
    writeFileSync(path, gzipSync(tar));
    const target = join(folder, 'ready');
    await unpackArchive(path, 'set/', target);
    expect(readFileSync(join(target, 'a.bin'), 'utf8')).toBe('A');
    expect(existsSync(join(folder, 'evil.bin'))).toBe(false);
    expect(existsSync(join(folder, '..', 'evil.bin'))).toBe(false);
    expect(existsSync(join(target, 'b.bin'))).toBe(false);
    writeFileSync(path, 'no archive');
    await expect(unpackArchive(path, 'set/', target)).rejects.toThrow(/does not unpack/);
    rmSync(folder, { recursive: true });
  });
});

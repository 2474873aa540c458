/** The readers of this package, with files that they take and files made to be expensive. */

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import type { Target } from '@dl/testing/fuzz';
import type * as decode from '../src/images/decode';
import type * as data from '../src/index';
import type * as node from '../src/node/index';

const fixtures = (...names: string[]) =>
  names.map((name) => new Uint8Array(readFileSync(new URL(`fixtures/${name}`, import.meta.url))));
const join8 = (...parts: (Uint8Array | readonly number[])[]) =>
  new Uint8Array(Buffer.concat(parts.map((part) => Uint8Array.from(part))));
const text = (content: string) => new TextEncoder().encode(content);
const big = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);

const TABLE = Int32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});
function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 255];
  return ~crc;
}

function chunk(type: string, content: Uint8Array | readonly number[]): Uint8Array {
  const named = join8(text(type), content);
  return join8(big(named.length - 4), named, big(crc32(named)));
}
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const png = (
  [width, height]: readonly [number, number],
  [depth, colour, interlaced = 0]: readonly [number, number, number?],
  packed: Uint8Array,
  ...extra: Uint8Array[]
) =>
  join8(
    PNG,
    chunk('IHDR', [...big(width), ...big(height), depth, colour, 0, 0, interlaced]),
    ...extra,
    chunk('IDAT', packed),
    chunk('IEND', []),
  );

/** The file with right checksums, so that damage goes on to what lies behind them. */
function withChecksums(file: Uint8Array): Uint8Array {
  const copy = file.slice();
  const view = new DataView(copy.buffer);
  for (let at = 8; at + 12 <= copy.length; ) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > copy.length) break;
    view.setInt32(end, crc32(copy.subarray(at + 4, end)));
    at = end + 4;
  }
  return copy;
}

/** A JPEG file that claims another size, cut off behind `keep` bytes of its data. */
function claiming(file: Uint8Array, width: number, height: number, keep: number): Uint8Array {
  const copy = file.slice();
  const frame = copy.findIndex(
    (byte, i) => byte === 0xff && copy[i + 1] >= 0xc0 && copy[i + 1] <= 0xc2,
  );
  copy.set([height >> 8, height & 255, width >> 8, width & 255], frame + 5);
  const scan = copy.findIndex((byte, i) => byte === 0xff && copy[i + 1] === 0xda);
  return join8(copy.subarray(0, Math.min(copy.length - 2, scan + 14 + keep)), [0xff, 0xd9]);
}

/** A progressive file whose last scan is there again and again. */
function scanningAgain(file: Uint8Array, times: number): Uint8Array {
  const last = Buffer.from(file).lastIndexOf(Uint8Array.of(0xff, 0xda));
  const scan = file.subarray(last, -2);
  return join8(file.subarray(0, last), ...Array<Uint8Array>(times).fill(scan), [0xff, 0xd9]);
}

const idx = (shape: readonly number[], size: number) =>
  join8([0, 0, 8, shape.length, ...shape.flatMap(big)], new Uint8Array(size));

const MAX_PIXELS = 2 ** 20;
const LIMIT = 2 ** 22;
const CSV = 'name,price,text\na,1,"one, two"\nb,2,"he said ""no"""\nc,3,plain\n';
const CONLL = 'EU NNP B-NP B-ORG\nrejects VBZ B-VP O\n\nPeter NNP B-NP B-PER\n';
const LINES = '{"text":"a film","label":1}\n\n{"text":"ä","label":[0,{"x":null}]}\n';

/** @param index - the package's index. @param images - `@dl/data/images`. @param files - `@dl/data/node`. */
export function targets(index: typeof data, images: typeof decode, files: typeof node): Target[] {
  const typed = (error: unknown) => error instanceof index.DataError;
  const folder = mkdtempSync(join(tmpdir(), 'dl-fuzz-'));
  /** Readers of files on disk. */
  const onDisk = (read: (path: string) => unknown, name: string) => async (file: Uint8Array) => {
    const path = join(folder, name);
    writeFileSync(path, file);
    const result = read(path);
    if (result === null || typeof result !== 'object' || !(Symbol.asyncIterator in result))
      return result;
    for await (const _ of result as AsyncIterable<unknown>);
  };
  const picture = (file: Uint8Array) => images.decodeImage(file, { maxPixels: MAX_PIXELS });
  const ofPixels = (perPixel: number) => (length: number) =>
    1e6 + 4 * length + perPixel * MAX_PIXELS;
  const plain = (length: number) => 1e6 + 8 * length;
  const row = (again: string) => () => text(`a,b\n${again.repeat(2e7 / again.length)}`);
  const kinds = JSON.parse(new TextDecoder().decode(fixtures('png.json')[0])) as { file: string }[];
  const pngs = [
    ...fixtures('rgb.png', 'rgba.png', 'gray.png', 'palette.png', 'bits.png'),
    ...kinds.map(({ file }) => new Uint8Array(Buffer.from(file, 'base64'))),
  ];
  const jpegs = fixtures('color.jpg', 'gray.jpg', 'progressive.jpg');
  return [
    {
      name: 'PNG',
      files: pngs,
      attacks: {
        'one-pixel rows': () => png([1, MAX_PIXELS], [8, 2], deflateSync(new Uint8Array(10))),
        'one-pixel rows of zeros': () =>
          png([1, MAX_PIXELS], [1, 0], deflateSync(Buffer.alloc(2 * MAX_PIXELS))),
        'a profile that inflates': () => {
          const profile = join8(text('name\0'), [0], deflateSync(Buffer.alloc(3e7)));
          const rows = deflateSync(new Uint8Array(4));
          return png([1, 1], [8, 2], rows, ...Array<Uint8Array>(5).fill(chunk('iCCP', profile)));
        },
        'data that goes on': () => png([1, 1], [8, 2], deflateSync(Buffer.alloc(3e7))),
        'data behind its end': () =>
          png([1, 1], [8, 2], join8(deflateSync(new Uint8Array(4)), new Uint8Array(2e7))),
        'data of empty blocks': () => {
          const none = Buffer.alloc(2e7, Uint8Array.of(0, 0, 0, 0xff, 0xff));
          return png([1, 1], [8, 2], join8([0x78, 1, 0, 4, 0, 0xfb, 0xff, 0, 0, 0, 0], none));
        },
        'data in crumbs': () => {
          const crumbs = [...deflateSync(new Uint8Array(4))].map((byte) => chunk('IDAT', [byte]));
          const empty = Buffer.alloc(12 * 2e5, chunk('IDAT', []));
          return png([1, 1], [8, 2], new Uint8Array(0), ...crumbs, empty);
        },
        'interlaced one-pixel rows': () =>
          png(
            [1, MAX_PIXELS],
            [1, 3, 1],
            deflateSync(Buffer.alloc(2 * MAX_PIXELS)),
            chunk('PLTE', [0, 0, 0]),
          ),
      },
      read: picture,
      typed,
      allowed: ofPixels(40),
    },
    {
      name: 'PNG behind valid checksums',
      files: pngs,
      read: (file) => picture(withChecksums(file)),
      typed,
      allowed: ofPixels(40),
    },
    {
      name: 'JPEG',
      files: jpegs,
      attacks: {
        'a header without data': () => claiming(jpegs[0], 1000, 1000, 0),
        'a progressive header without data': () => claiming(jpegs[2], 1000, 1000, 0),
        'some data': () => claiming(jpegs[0], 1024, 1024, 1e4),
        'scan after scan': () => scanningAgain(jpegs[2], 2e4),
      },
      read: picture,
      typed,
      allowed: ofPixels(30),
    },
    {
      name: 'IDX',
      files: [idx([2, 3, 4], 24), idx([5], 5)],
      attacks: { zeros: () => gzipSync(idx([3e7], 3e7)) },
      read: onDisk((path) => files.loadIdx(path, { maxBytes: LIMIT }), 'data-idx'),
      typed,
      allowed: plain,
    },
    {
      name: 'CIFAR',
      files: [new Uint8Array(3073 * 2)],
      read: (file) => index.readCifar(file),
      typed,
      allowed: plain,
    },
    {
      name: 'CSV',
      files: [text(CSV), new Uint8Array(gzipSync(CSV))],
      attacks: {
        'one row': row('x'),
        'one row of entries': row(','),
        'one row of quotes': row('"'),
        'a header of columns': () => text('a,'.repeat(1e5)),
        zeros: () => gzipSync(Buffer.alloc(3e7)),
        'many rows': () => gzipSync('1,2\n'.repeat(2e6)),
      },
      read: onDisk(
        (path) => files.readTable(path, { maxBytes: LIMIT / 4, maxRow: LIMIT / 16 }),
        'table.csv',
      ),
      typed,
      allowed: plain,
    },
    {
      name: 'TSV',
      files: [text(CSV.replaceAll(',', '\t'))],
      attacks: { 'one row': row('\t') },
      read: onDisk((path) => files.streamTable(path, { maxRow: LIMIT / 16 }), 'table.tsv'),
      typed,
      allowed: plain,
    },
    {
      name: 'lines',
      files: [text(LINES), new Uint8Array(gzipSync(CONLL))],
      attacks: { 'one line': row('x'), zeros: () => gzipSync(Buffer.alloc(3e7)) },
      read: onDisk((path) => files.streamLines(path), 'lines'),
      typed,
      allowed: plain,
    },
    {
      name: 'text',
      files: [text(LINES), new Uint8Array(gzipSync('ä ö ü'.repeat(100)))],
      attacks: { zeros: () => gzipSync(Buffer.alloc(3e7)) },
      read: onDisk((path) => files.readText(path, { maxBytes: LIMIT }), 'text'),
      typed,
      allowed: plain,
    },
    {
      name: 'CoNLL',
      files: [text(CONLL)],
      attacks: { 'one row': row(' x'), 'one word': row('x') },
      read: (file) => {
        const columns = ['token', 'pos', 'chunk', 'ner'] as const;
        return [...index.readConll(new TextDecoder().decode(file), { columns })];
      },
      typed,
      allowed: plain,
    },
    {
      name: 'JSON lines',
      files: [text(LINES)],
      attacks: { nested: row('['), 'one text': () => text(`"${'x'.repeat(4e7)}`) },
      read: (file) => [...index.readJsonLines(new TextDecoder().decode(file))],
      typed,
      allowed: plain,
    },
  ];
}

/**
 * PNG files (W3C PNG specification, third edition), decoded by `fast-png` after what they claim was compared with what they hold: every
 * depth and colour type, interlaced or not.
 */

import type { DecodedPng } from 'fast-png';
import { convertIndexedToRgb, decode } from 'fast-png';
import { Unzlib, unzlibSync, zlibSync } from 'fflate';
import { DataError } from '../errors';
import type { Pixels } from './pixels';
import { concatenate, runDecoder } from './pixels';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Deflate cannot expand more than this (RFC 1951: 258 bytes from 2 bits). */
const MAX_EXPANSION = 1032;
/** So much is inflated at a time, so that what is too long is found out before it is all there, and by the decoder with little to spare. */
const PIECE = 2 ** 14;

/** Channels of each colour type, and the depths that it may have. */
const COLOURS: Readonly<Record<number, { channels: number; depths: readonly number[] }>> = {
  0: { channels: 1, depths: [1, 2, 4, 8, 16] },
  2: { channels: 3, depths: [8, 16] },
  3: { channels: 1, depths: [1, 2, 4, 8] },
  4: { channels: 2, depths: [8, 16] },
  6: { channels: 4, depths: [8, 16] },
};
const PALETTE = 3;

/** First column and row of each pass of Adam7, and the steps between them. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colour: number;
  /** In the file; a colour of the palette is one. */
  readonly channels: number;
  readonly interlaced: boolean;
}

/** Rows of pixels that are stored one after the other: the picture, or one pass of an interlaced one. */
interface Pass {
  readonly columns: number;
  readonly rows: number;
  /** Of all rows, with a byte for the filter of each. */
  readonly bytes: number;
  readonly x: number;
  readonly y: number;
  readonly stepX: number;
  readonly stepY: number;
}

const refuse = (problem: string) => new DataError('decodeImage', problem);

/** Reads a PNG file; samples become bytes, colours of a palette red, green and blue. @throws DataError. */
export function decodePng(bytes: Uint8Array, maxPixels: number): Pixels {
  if (SIGNATURE.some((byte, i) => bytes[i] !== byte)) throw refuse('the signature is damaged');
  const { header, palette, data } = readChunks(bytes, maxPixels);
  const passes = passesOf(header);
  const length = passes.reduce((sum, pass) => sum + pass.bytes, 0);
  const packed = checkData(concatenate(data), length);
  return runDecoder(() =>
    // fast-png takes samples of interlaced pictures for whole bytes.
    header.interlaced && header.depth < 8
      ? decodePasses(header, palette, passes, unzlibSync(packed, { out: new Uint8Array(length) }))
      : decodeChecked(header, palette, packed),
  );
}

interface Chunks {
  readonly header: Header;
  readonly palette: Uint8Array | undefined;
  readonly data: readonly Uint8Array[];
}

/** What counts for the pixels; other chunks are only checked. */
function readChunks(bytes: Uint8Array, maxPixels: number): Chunks {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let header: Header | undefined;
  let palette: Uint8Array | undefined;
  const data: Uint8Array[] = [];
  for (let at = 8; ; ) {
    if (at + 12 > bytes.length) throw refuse('the file ends before its last chunk');
    const length = view.getUint32(at);
    if (length > bytes.length - at - 12) throw refuse(`the file ends inside a chunk at byte ${at}`);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const content = bytes.subarray(at + 8, at + 8 + length);
    const crc = view.getUint32(at + 8 + length);
    if (!header && type !== 'IHDR') throw refuse('the header is missing');
    if (!/^[A-Za-z]{4}$/.test(type)) throw refuse(`there is no chunk at byte ${at}`);
    if (crc32(bytes.subarray(at + 4, at + 8 + length)) !== crc)
      throw refuse(`the chunk ${type} at byte ${at} fails its checksum`);
    if (type === 'IHDR') {
      if (header) throw refuse('there are two headers');
      header = readHeader(content, maxPixels);
    } else if (type === 'PLTE') {
      if (length % 3 !== 0 || length === 0 || length > 768) throw refuse('the palette is damaged');
      palette = content;
    } else if (type === 'IDAT') data.push(content);
    else if (type === 'IEND') break;
    // A capital at the beginning: it must be understood.
    else if (bytes[at + 4] < 0x61) throw refuse(`the chunk ${type} is not known`);
    at += 12 + length;
  }
  if (header?.colour !== PALETTE) palette = undefined;
  else if (!palette) throw refuse('the palette is missing');
  return { header: header as Header, palette, data };
}

function readHeader(content: Uint8Array, maxPixels: number): Header {
  if (content.length !== 13) throw refuse('the header has a wrong length');
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, colour, compression, filter, interlace] = content.subarray(8);
  if (width === 0 || height === 0) throw refuse('the picture has no pixels');
  checkPixels(width, height, maxPixels);
  const kind = COLOURS[colour];
  if (!kind?.depths.includes(depth)) {
    throw refuse(`there is no colour type ${colour} with a depth of ${depth} bits`);
  }
  if (compression !== 0 || filter !== 0 || interlace > 1) {
    throw refuse('compression, filter or interlacing is of an unknown kind');
  }
  return { width, height, depth, colour, channels: kind.channels, interlaced: interlace === 1 };
}

/** @throws DataError for a picture of more than `maxPixels`. */
export function checkPixels(width: number, height: number, maxPixels: number): void {
  if (width * height <= maxPixels) return;
  throw new DataError('decodeImage', `${width} × ${height} are more than ${maxPixels} pixels`, {
    hint: 'pass { maxPixels } if you trust the file',
  });
}

function passesOf({ width, height, depth, channels, interlaced }: Header): Pass[] {
  return (interlaced ? ADAM7 : [[0, 0, 1, 1] as const])
    .map(([x, y, stepX, stepY]) => {
      const columns = Math.max(0, Math.ceil((width - x) / stepX));
      const rows = columns === 0 ? 0 : Math.max(0, Math.ceil((height - y) / stepY));
      const bytes = rows * (1 + Math.ceil((columns * channels * depth) / 8));
      return { columns, rows, bytes, x, y, stepX, stepY };
    })
    .filter(({ rows }) => rows > 0);
}

/**
 * Inflates the data and keeps nothing.
 *
 * @returns the data, without what comes long after its end.
 * @throws DataError where it is no zlib stream of exactly `length` bytes.
 */
function checkData(packed: Uint8Array, length: number): Uint8Array {
  if (length > packed.length * MAX_EXPANSION)
    throw refuse('there is less data than so many pixels need');
  let done = 0;
  const stream = new Unzlib((chunk) => {
    done += chunk.length;
  });
  let at = 0;
  try {
    // When all bytes are there, the mark of the end may still be in the next piece.
    for (let last = false; at < packed.length && !last && done <= length; at += PIECE) {
      last = done === length;
      stream.push(packed.subarray(at, at + PIECE), false);
    }
  } catch {
    throw refuse('the data does not unpack');
  }
  if (done > length) throw refuse('there is more data than the pixels need');
  if (done < length) throw refuse('there is less data than the pixels need');
  return packed.subarray(0, at);
}

/** Decodes data that was checked. */
function decodeChecked(
  header: Header,
  palette: Uint8Array | undefined,
  packed: Uint8Array,
): Pixels {
  const { width, height, depth, colour } = header;
  // Grey of a few bits is a palette, too: fast-png spreads bits only for these.
  const colours = palette ?? (depth < 8 ? greys(2 ** depth) : undefined);
  const kind = colours ? PALETTE : colour;
  const image = decode(cleanFile({ ...header, colour: kind }, colours, packed));
  if (colours) return { width, height, channels: 3, data: convertIndexedToRgb(image) };
  return { width, height, channels: image.channels, data: bytesOf(image) };
}

/** Decodes each pass as a picture of its own, and puts its pixels where they belong. */
function decodePasses(
  header: Header,
  palette: Uint8Array | undefined,
  passes: readonly Pass[],
  data: Uint8Array,
): Pixels {
  const { width, height } = header;
  const pixels = new Uint8Array(3 * width * height);
  let from = 0;
  for (const { columns, rows, bytes, x, y, stepX, stepY } of passes) {
    const packed = zlibSync(data.subarray(from, from + bytes), { level: 0 });
    const own = { ...header, width: columns, height: rows, interlaced: false };
    const part = decodeChecked(own, palette, packed);
    for (let row = 0, i = 0; row < rows; row++) {
      let to = 3 * ((y + row * stepY) * width + x);
      for (let column = 0; column < columns; column++, to += 3 * stepX) {
        for (let c = 0; c < 3; c++) pixels[to + c] = part.data[i++];
      }
    }
    from += bytes;
  }
  return { width, height, channels: 3, data: pixels };
}

/** A palette from black to white. */
function greys(count: number): Uint8Array {
  return Uint8Array.from({ length: 3 * count }, (_, i) => (255 / (count - 1)) * Math.floor(i / 3));
}

/** Samples as bytes; of 16 bits the first eight count. */
function bytesOf({ data, depth }: DecodedPng): Uint8Array {
  if (depth !== 16) return new Uint8Array(data.buffer, data.byteOffset, data.length);
  const bytes = new Uint8Array(data.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = data[i] >> 8;
  return bytes;
}

/** A file of nothing but what counts for the pixels, without checksums, so that the decoder sees no other chunk. */
function cleanFile(
  { width, height, depth, colour, interlaced }: Header,
  palette: Uint8Array | undefined,
  packed: Uint8Array,
): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([depth, colour, 0, 0, interlaced ? 1 : 0], 8);
  const parts = [Uint8Array.from(SIGNATURE), ...chunk('IHDR', header)];
  if (palette) parts.push(...chunk('PLTE', palette));
  for (let at = 0; at < packed.length; at += PIECE) {
    parts.push(...chunk('IDAT', packed.subarray(at, at + PIECE)));
  }
  return concatenate([...parts, ...chunk('IEND', new Uint8Array(0))]);
}

function chunk(type: string, content: Uint8Array): Uint8Array[] {
  const head = new Uint8Array(8);
  new DataView(head.buffer).setUint32(0, content.length);
  for (let i = 0; i < 4; i++) head[4 + i] = type.charCodeAt(i);
  return [head, content, new Uint8Array(4)];
}

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ bytes[i]) & 0xff];
  return ~crc >>> 0;
}

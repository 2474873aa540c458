/**
 * PNG files (W3C PNG specification, third edition): every depth and colour type, interlaced or not. Memory is taken only after the
 * header has been compared with the limit and with the length of the data, which bounds what can be in it.
 */

import { Inflate } from 'fflate';
import { DataError } from '../errors';
import type { Pixels } from './pixels';
import { concatenate } from './pixels';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Deflate cannot expand more than this (RFC 1951: 258 bytes from 2 bits). */
const MAX_EXPANSION = 1032;
/** So much is inflated at a time, so that what is too long is found out before it is all there. */
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
  /** Without the byte of the filter. */
  readonly rowBytes: number;
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
  const length = passes.reduce((sum, { rows, rowBytes }) => sum + rows * (rowBytes + 1), 0);
  const rows = inflate(data, length);
  const { width, height, colour, channels } = header;
  const shown = colour === PALETTE ? 3 : channels;
  const pixels = new Uint8Array(width * height * shown);
  let at = 0;
  for (const pass of passes) {
    unfilter(rows, at, pass, Math.max(1, (channels * header.depth) >> 3));
    if (palette) spreadPalette(rows, at, pass, header, palette, pixels);
    else spread(rows, at, pass, header, pixels);
    at += pass.rows * (pass.rowBytes + 1);
  }
  return { width, height, channels: shown, data: pixels };
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
      const rowBytes = Math.ceil((columns * channels * depth) / 8);
      return { columns, rows, rowBytes, x, y, stepX, stepY };
    })
    .filter(({ rows }) => rows > 0);
}

/** The data as one zlib stream of exactly `length` bytes. */
function inflate(parts: readonly Uint8Array[], length: number): Uint8Array {
  const packed = parts.length === 1 ? parts[0] : concatenate(parts);
  if (length > packed.length * MAX_EXPANSION)
    throw refuse('there is less data than so many pixels need');
  // The header of zlib: deflate, and no dictionary.
  if ((packed[0] & 15) !== 8 || (packed[1] & 32) !== 0) throw refuse('the data is no zlib stream');
  const out = new Uint8Array(length);
  let done = 0;
  let tooLong = false;
  const stream = new Inflate((chunk) => {
    tooLong = done + chunk.length > length;
    if (!tooLong) out.set(chunk, done);
    done += chunk.length;
  });
  try {
    for (let at = 2; at < packed.length && done < length; at += PIECE) {
      stream.push(packed.subarray(at, at + PIECE), false);
    }
  } catch {
    throw refuse('the data does not unpack');
  }
  if (tooLong) throw refuse('there is more data than the pixels need');
  if (done < length) throw refuse('there is less data than the pixels need');
  return out;
}

/** Undoes the filters of a pass in place; `bpp` is the distance to the byte of the pixel before. */
function unfilter(data: Uint8Array, start: number, { rows, rowBytes }: Pass, bpp: number): void {
  for (let y = 0; y < rows; y++) {
    const row = start + y * (rowBytes + 1) + 1;
    const end = row + rowBytes;
    const filter = data[row - 1];
    // Of the row above the first one, and left of a row, all is 0.
    const up = y > 0 ? rowBytes + 1 : 0;
    if (filter > 4) throw refuse(`a row has the unknown filter ${filter}`);
    if (filter === 0 || (filter === 2 && up === 0)) continue;
    for (let i = row; i < end; i++) {
      const left = i - row >= bpp ? data[i - bpp] : 0;
      const above = up > 0 ? data[i - up] : 0;
      if (filter === 1) data[i] += left;
      else if (filter === 2) data[i] += above;
      else if (filter === 3) data[i] += (left + above) >> 1;
      else data[i] += paeth(left, above, up > 0 && i - row >= bpp ? data[i - up - bpp] : 0);
    }
  }
}

function paeth(left: number, above: number, corner: number): number {
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

/** The value of the `i`-th sample of a row, of 1 to 8 bits. */
function sampleAt(data: Uint8Array, row: number, i: number, depth: number): number {
  if (depth === 8) return data[row + i];
  const bit = i * depth;
  return (data[row + (bit >> 3)] >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
}

/** Puts the samples of a pass where they belong, as bytes. */
function spread(
  data: Uint8Array,
  start: number,
  pass: Pass,
  { width, depth, channels }: Header,
  pixels: Uint8Array,
): void {
  const scale = depth < 8 ? 255 / (2 ** depth - 1) : 1;
  for (let y = 0; y < pass.rows; y++) {
    const row = start + y * (pass.rowBytes + 1) + 1;
    let to = ((pass.y + y * pass.stepY) * width + pass.x) * channels;
    const step = (pass.stepX - 1) * channels;
    for (let x = 0, i = 0; x < pass.columns; x++, to += step) {
      for (let c = 0; c < channels; c++, i++, to++) {
        // Of 16 bits the first eight count.
        pixels[to] = depth === 16 ? data[row + 2 * i] : sampleAt(data, row, i, depth) * scale;
      }
    }
  }
}

/** As `spread`, with colours of a palette. */
function spreadPalette(
  data: Uint8Array,
  start: number,
  pass: Pass,
  { width, depth }: Header,
  palette: Uint8Array,
  pixels: Uint8Array,
): void {
  for (let y = 0; y < pass.rows; y++) {
    const row = start + y * (pass.rowBytes + 1) + 1;
    for (let x = 0; x < pass.columns; x++) {
      const colour = 3 * sampleAt(data, row, x, depth);
      if (colour >= palette.length) throw refuse('a pixel has a colour that the palette lacks');
      const to = 3 * ((pass.y + y * pass.stepY) * width + pass.x + x * pass.stepX);
      for (let c = 0; c < 3; c++) pixels[to + c] = palette[colour + c];
    }
  }
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

/**
 * Pictures from PNG and JPEG files. The decoders are `fast-png` and `jpeg-js`, which need nothing native: this works in Node
 * and in browsers.
 *
 * @packageDocumentation
 */

import type { DecodedPng } from 'fast-png';
import { convertIndexedToRgb, decode as decodePng } from 'fast-png';
import jpeg from 'jpeg-js';
import { DataError } from '../errors';
import type { ImageBatch } from './batch';

/** A picture of bytes: rows from the top, in each row pixels, in each pixel channels. */
export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  /** 1 for grey, 3 for red, green, blue. */
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** Options of `decodeImage`. */
export interface DecodeImageOptions {
  /** What to make of the picture: 'rgb' or 'gray' whatever the file has. Transparency is left out. Default 'rgb'. */
  readonly mode?: 'rgb' | 'gray';
  /** Larger pictures are refused before their pixels are unpacked. Default 2²⁶, a picture of 8192². */
  readonly maxPixels?: number;
  /** What errors call the file. Default "the picture". */
  readonly name?: string;
}

/** Red, green and blue pixels, or grey ones. */
interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  at(pixel: number, channel: number): number;
}

/**
 * Reads a PNG or JPEG file.
 *
 * @param bytes - the whole file. @throws DataError where it is neither, is damaged, or has too many pixels.
 * @example const { width, height, data } = decodeImage(await readFile('cat.jpg'));
 */
export function decodeImage(
  bytes: Uint8Array,
  { mode = 'rgb', maxPixels = 2 ** 26, name = 'the picture' }: DecodeImageOptions = {},
): DecodedImage {
  const png = bytes[0] === 0x89 && bytes[1] === 0x50;
  const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8;
  if (!png && !isJpeg) {
    throw new DataError('decodeImage', `${name} is neither PNG nor JPEG`, {
      args: { begins: Array.from(bytes.subarray(0, 4)) },
    });
  }
  let pixels: Pixels;
  try {
    pixels = png ? fromPng(bytes, maxPixels) : fromJpeg(bytes, maxPixels);
  } catch (error) {
    throw new DataError('decodeImage', `${name} cannot be read`, { hint: String(error) });
  }
  return toMode(pixels, mode);
}

function fromPng(bytes: Uint8Array, maxPixels: number): Pixels {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 33) throw new RangeError('the file ends inside its header');
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  if (width * height > maxPixels) {
    throw new RangeError(`${width} × ${height} are more than ${maxPixels} pixels`);
  }
  const image = decodePng(bytes, { checkCrc: true });
  if (image.palette) {
    const data = convertIndexedToRgb(image);
    const channels = data.length / (width * height);
    return { width, height, channels, at: (i, c) => data[i * channels + c] };
  }
  return { width, height, channels: image.channels, at: sampler(image) };
}

/** The value of a channel as a byte, whatever the depth of the file. */
function sampler({ data, depth, channels, width }: DecodedPng): Pixels['at'] {
  if (depth === 8) return (i, c) => data[i * channels + c];
  if (depth === 16) return (i, c) => data[i * channels + c] >> 8;
  // One, two and four bits of grey; each row begins with a new byte.
  const perByte = 8 / depth;
  const rowBytes = Math.ceil(width / perByte);
  const most = 2 ** depth - 1;
  return (i) => {
    const [y, x] = [Math.floor(i / width), i % width];
    const byte = data[y * rowBytes + Math.floor(x / perByte)];
    return (((byte >> (8 - depth * ((x % perByte) + 1))) & most) * 255) / most;
  };
}

/** What a decoder may use beside the pixels. */
const JPEG_MEMORY_MB = 1024;

function fromJpeg(bytes: Uint8Array, maxPixels: number): Pixels {
  const { width, height, data } = jpeg.decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP: maxPixels / 1e6,
    maxMemoryUsageInMB: JPEG_MEMORY_MB,
  });
  const channels = data.length / (width * height);
  return { width, height, channels, at: (i, c) => data[i * channels + c] };
}

/** The grey of a colour as Pillow computes it (ITU-R 601-2, in fixed point). */
function grey(r: number, g: number, b: number): number {
  return (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16;
}

function toMode({ width, height, channels, at }: Pixels, mode: 'rgb' | 'gray'): DecodedImage {
  const size = width * height;
  const colored = channels >= 3;
  if (mode === 'gray') {
    const value = (i: number) => (colored ? grey(at(i, 0), at(i, 1), at(i, 2)) : at(i, 0));
    return {
      width,
      height,
      channels: 1,
      data: Uint8Array.from({ length: size }, (_, i) => value(i)),
    };
  }
  const data = new Uint8Array(3 * size);
  for (let i = 0; i < size; i++) {
    for (let c = 0; c < 3; c++) data[3 * i + c] = at(i, colored ? c : 0);
  }
  return { width, height, channels: 3, data };
}

/** A picture of bytes as an image of numbers from 0 to 1, as transforms take it. */
export function imageToBatch({ width, height, channels, data }: DecodedImage): ImageBatch {
  const plane = width * height;
  const planes = new Float32Array(channels * plane);
  for (let i = 0; i < plane; i++) {
    for (let c = 0; c < channels; c++) planes[c * plane + i] = data[i * channels + c] / 255;
  }
  return { data: planes, shape: [1, channels, height, width] };
}

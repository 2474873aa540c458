/**
 * Pictures from PNG and JPEG files. Nothing native is needed: this works in Node and in browsers.
 *
 * @packageDocumentation
 */

import { DataError } from '../errors';
import { takes } from '../signatures';
import type { ImageBatch } from './batch';
import { decodeJpeg } from './jpeg';
import type { Pixels } from './pixels';
import { decodePng } from './png';

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
  /**
   * Larger pictures are refused before their pixels are unpacked, as by Pillow's limit against decompression bombs. A pixel takes up to 40
   * bytes of memory while a PNG file of four channels of 16 bits is read, some 20 for others and for JPEG. Default 2²⁶, a picture of
   * 8192².
   */
  readonly maxPixels?: number;
  /** What errors call the file. Default "the picture". */
  readonly name?: string;
}

/**
 * Reads a PNG or JPEG file.
 *
 * Time and memory are in proportion to the pixels, and these to the file: a header that claims more pixels than its data can hold
 * (1032 bytes of PNG, four blocks of JPEG for each byte) is refused at once.
 *
 * @param bytes - the whole file. @throws DataError where it is neither, is damaged, or has too many pixels.
 * @example const { width, height, data } = decodeImage(await readFile('cat.jpg'));
 */
export function decodeImage(bytes: Uint8Array, options: DecodeImageOptions = {}): DecodedImage {
  takes('decodeImage', arguments);
  const { mode = 'rgb', maxPixels = 2 ** 26, name = 'the picture' } = options;
  const png = bytes[0] === 0x89 && bytes[1] === 0x50;
  const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8;
  if (!png && !isJpeg) {
    throw new DataError('decodeImage', `${name} is neither PNG nor JPEG`, {
      args: { begins: Array.from(bytes.subarray(0, 4)) },
    });
  }
  let pixels: Pixels;
  try {
    pixels = png ? decodePng(bytes, maxPixels) : decodeJpeg(bytes, maxPixels);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const problem = error.message.replace(/^decodeImage: /, '').split('\n')[0];
    const { hint } = error.details;
    throw new DataError('decodeImage', `${name} cannot be read: ${problem}`, { hint });
  }
  return toMode(pixels, mode);
}

/** The grey of a colour as Pillow computes it (ITU-R 601-2, in fixed point). */
function grey(r: number, g: number, b: number): number {
  return (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16;
}

function toMode({ width, height, channels, data }: Pixels, mode: 'rgb' | 'gray'): DecodedImage {
  const size = width * height;
  const colored = channels >= 3;
  if (channels === 3 && mode === 'rgb') return { width, height, channels, data };
  const shown = mode === 'gray' ? 1 : 3;
  const out = new Uint8Array(shown * size);
  for (let i = 0; i < size; i++) {
    const from = i * channels;
    if (shown === 1) {
      out[i] = colored ? grey(data[from], data[from + 1], data[from + 2]) : data[from];
    } else {
      for (let c = 0; c < 3; c++) out[3 * i + c] = data[from + (colored ? c : 0)];
    }
  }
  return { width, height, channels: shown, data: out };
}

/** A picture of bytes as an image of numbers from 0 to 1, as transforms take it. */
export function imageToBatch(image: DecodedImage): ImageBatch {
  takes('imageToBatch', arguments);
  const { width, height, channels, data } = image;
  const plane = width * height;
  const planes = new Float32Array(channels * plane);
  for (let i = 0; i < plane; i++) {
    for (let c = 0; c < channels; c++) planes[c * plane + i] = data[i * channels + c] / 255;
  }
  return { data: planes, shape: [1, channels, height, width] };
}

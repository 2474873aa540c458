/** Sizes of images: resizing, cropping, padding. */

import { ValueError } from '@dl/tensor';
import { takes } from '../signatures';
import type { ImageBatch, ImageTransform } from './batch';
import { mapImages } from './batch';

/** Options of `resize`. */
export interface ResizeOptions {
  /** Average over what falls into a pixel of a smaller image, as Pillow and torchvision do. Default true. */
  readonly antialias?: boolean;
  /**
   * Compute as Pillow does for images of bytes: values are multiples of 1/255 before and after, and between the two passes.
   * Default false: exact, as torchvision for tensors.
   */
  readonly bytes?: boolean;
}

/** How a line of pixels becomes another: each new pixel is a weighted sum of neighbours. */
interface Taps {
  /** The first neighbour of each new pixel. */
  readonly first: Int32Array;
  /** How many neighbours each has. */
  readonly counts: Int32Array;
  /** `width` weights for each new pixel. */
  readonly weights: Float64Array;
  readonly width: number;
}

/** Triangular weights around the place of each new pixel in the old line. */
function triangle(from: number, to: number, antialias: boolean): Taps {
  const scale = from / to;
  const reach = antialias ? Math.max(scale, 1) : 1;
  const width = 2 * Math.ceil(reach) + 1;
  const taps = {
    first: new Int32Array(to),
    counts: new Int32Array(to),
    weights: new Float64Array(to * width),
    width,
  };
  for (let i = 0; i < to; i++) {
    const center = scale * (i + 0.5);
    const first = Math.max(Math.trunc(center - reach + 0.5), 0);
    const end = Math.min(Math.trunc(center + reach + 0.5), from);
    let sum = 0;
    for (let j = first; j < end; j++) {
      const weight = Math.max(0, 1 - Math.abs((j - center + 0.5) / reach));
      taps.weights[i * width + j - first] = weight;
      sum += weight;
    }
    for (let j = 0; j < end - first; j++) taps.weights[i * width + j] /= sum;
    taps.first[i] = first;
    taps.counts[i] = end - first;
  }
  return taps;
}

/** The fixed point of Pillow's weights for bytes. */
const FIXED = 2 ** 22;

/** The size of a smaller edge, or height and width. */
export type ImageSize = number | readonly [height: number, width: number];

/** @throws ValueError for a size that is not of positive whole numbers. */
function checkSize(op: string, size: ImageSize): void {
  const sizes = typeof size === 'number' ? [size] : size;
  if (sizes.every((n) => Number.isInteger(n) && n > 0)) return;
  throw new ValueError(op, 'sizes must be positive whole numbers', { args: { size } });
}

/**
 * Resizes images by bilinear interpolation. A single number is the size of the smaller edge, as in torchvision.
 *
 * @throws ValueError for a size that is not of positive whole numbers.
 * @example resize(256)(images, random).shape; // [N, 3, 256, 341] for pictures of 480 × 640
 */
export function resize(size: ImageSize, options: ResizeOptions = {}): ImageTransform {
  takes('resize', arguments);
  const { antialias = true, bytes = false } = options;
  checkSize('resize', size);
  return (images) => {
    const [, channels, height, width] = images.shape;
    const [newHeight, newWidth] = newSize(size, height, width);
    if (newHeight === height && newWidth === width) return images;
    const across = triangle(width, newWidth, antialias);
    const down = triangle(height, newHeight, antialias);
    const between = new Float32Array(channels * height * newWidth);
    const lines = channels * height;
    return mapImages(images, [newHeight, newWidth], (target, to, from) => {
      const row = { step: 1, lines, lineStep: width, toStep: 1, toLineStep: newWidth };
      apply(across, images.data, from, between, 0, row, bytes);
      for (let c = 0; c < channels; c++) {
        const column = {
          step: newWidth,
          lines: newWidth,
          lineStep: 1,
          toStep: newWidth,
          toLineStep: 1,
        };
        const plane = to + c * newHeight * newWidth;
        apply(down, between, c * height * newWidth, target, plane, column, bytes);
      }
    });
  };
}

/** How lines lie in the source and in the target. */
interface Lines {
  readonly lines: number;
  readonly step: number;
  readonly lineStep: number;
  readonly toStep: number;
  readonly toLineStep: number;
}

function apply(
  { first, counts, weights, width }: Taps,
  source: Float32Array,
  from: number,
  target: Float32Array,
  to: number,
  { lines, step, lineStep, toStep, toLineStep }: Lines,
  bytes: boolean,
): void {
  for (let i = 0; i < first.length; i++) {
    const own = weights.subarray(i * width, i * width + counts[i]);
    const taps = bytes ? own.map((w) => Math.floor(0.5 + w * FIXED)) : own;
    for (let line = 0; line < lines; line++) {
      let at = from + line * lineStep + first[i] * step;
      let sum = 0;
      for (let j = 0; j < taps.length; j++, at += step) {
        sum += taps[j] * (bytes ? Math.round(source[at] * 255) : source[at]);
      }
      const value = bytes ? Math.min(255, Math.floor((sum + FIXED / 2) / FIXED)) / 255 : sum;
      target[to + i * toStep + line * toLineStep] = value;
    }
  }
}

function newSize(size: ImageSize, height: number, width: number): readonly [number, number] {
  if (typeof size !== 'number') return size;
  const long = Math.trunc((size * Math.max(height, width)) / Math.min(height, width));
  return height <= width ? [size, long] : [long, size];
}

/** A rectangle of each image; what lies outside is `fill`. */
export function cut(
  images: ImageBatch,
  size: readonly [number, number],
  place: () => readonly [top: number, left: number],
  fill = 0,
): ImageBatch {
  const [, channels, height, width] = images.shape;
  const { data } = images;
  return mapImages(images, size, (target, to, from) => {
    const [top, left] = place();
    const x0 = Math.max(0, -left);
    const x1 = Math.min(size[1], width - left);
    for (let c = 0; c < channels; c++) {
      for (let y = 0; y < size[0]; y++) {
        const row = to + (c * size[0] + y) * size[1];
        const inside = y + top >= 0 && y + top < height && x0 < x1;
        if (fill !== 0) target.fill(fill, row, row + size[1]);
        if (!inside) continue;
        const start = from + (c * height + y + top) * width + left;
        target.set(data.subarray(start + x0, start + x1), row + x0);
      }
    }
  });
}

/** Half to even, as Python rounds the corner of a centre crop. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  return x - floor === 0.5 ? floor + (floor % 2) : Math.round(x);
}

/** The middle of each image, as torchvision's CenterCrop; smaller images get zeros around. @throws ValueError for a bad size. */
export function centerCrop(size: ImageSize): ImageTransform {
  takes('centerCrop', arguments);
  checkSize('centerCrop', size);
  return (images) => {
    const [, , height, width] = images.shape;
    const [h, w] = typeof size === 'number' ? [size, size] : size;
    // An image that is too small is padded by half of what it lacks, rounded down.
    const corner = (have: number, want: number) =>
      have < want ? -Math.floor((want - have) / 2) : roundHalfEven((have - want) / 2);
    return cut(images, [h, w], () => [corner(height, h), corner(width, w)]);
  };
}

/** Options of `randomCrop`. */
export interface RandomCropOptions {
  /** Pixels of `fill` on each side before cropping. Default 0. */
  readonly padding?: number;
  /** The value of padding. Default 0. */
  readonly fill?: number;
}

/**
 * A random rectangle of each image. The usual augmentation of CIFAR is `randomCrop(32, { padding: 4 })`.
 *
 * @throws ValueError for a bad size, or one that is larger than the padded images.
 */
export function randomCrop(size: ImageSize, options: RandomCropOptions = {}): ImageTransform {
  takes('randomCrop', arguments);
  const { padding = 0, fill = 0 } = options;
  checkSize('randomCrop', size);
  return (images, random) => {
    const [, , height, width] = images.shape;
    const [h, w] = typeof size === 'number' ? [size, size] : size;
    const [free, freeAcross] = [height + 2 * padding - h, width + 2 * padding - w];
    if (free < 0 || freeAcross < 0) {
      throw new ValueError('randomCrop', 'the images are too small', {
        args: { images: images.shape, size, padding },
      });
    }
    const place = (room: number) => Math.floor(random.random() * (room + 1)) - padding;
    return cut(images, [h, w], () => [place(free), place(freeAcross)], fill);
  };
}

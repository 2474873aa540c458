/** Random changes that leave a picture what it is, so that a model learns from more pictures than there are. */

import type { Generator } from '@dl/tensor';
import { ValueError } from '@dl/tensor';
import { takes } from '../signatures';
import type { ImageBatch, ImageTransform } from './batch';
import { mapImages } from './batch';
import type { ImageSize, ResizeOptions } from './resize';
import { resize } from './resize';

/** A random number from `low` to `high`. */
function between(random: Generator, low: number, high: number): number {
  return low + (high - low) * random.random();
}

/** @throws ValueError for what is no probability. */
function checkProbability(op: string, p: number): void {
  if (!(p >= 0 && p <= 1)) {
    throw new ValueError(op, 'a probability lies between 0 and 1', { args: { p } });
  }
}

/** Mirrors each image, left to right, with probability `p`. Default 0.5. @throws ValueError for what is no probability. */
export function randomHorizontalFlip(p = 0.5): ImageTransform {
  takes('randomHorizontalFlip', arguments);
  checkProbability('randomHorizontalFlip', p);
  return (images, random) => {
    const [, channels, height, width] = images.shape;
    return mapImages(images, [height, width], (target, to, from) => {
      const rows = channels * height;
      target.set(images.data.subarray(from, from + rows * width), to);
      if (random.random() >= p) return;
      for (let row = 0; row < rows; row++) {
        target.subarray(to + row * width, to + (row + 1) * width).reverse();
      }
    });
  };
}

/** Turns each image upside down with probability `p`. Default 0.5. @throws ValueError for what is no probability. */
export function randomVerticalFlip(p = 0.5): ImageTransform {
  takes('randomVerticalFlip', arguments);
  checkProbability('randomVerticalFlip', p);
  return (images, random) => {
    const [, channels, height, width] = images.shape;
    return mapImages(images, [height, width], (target, to, from) => {
      const turned = random.random() < p;
      for (let c = 0; c < channels; c++) {
        for (let y = 0; y < height; y++) {
          const start = from + (c * height + (turned ? height - 1 - y : y)) * width;
          target.set(images.data.subarray(start, start + width), to + (c * height + y) * width);
        }
      }
    });
  };
}

/** Options of `randomAffine`. */
export interface RandomAffineOptions {
  /** The greatest rotation to either side, in degrees. Default 0. */
  readonly degrees?: number;
  /** The greatest shift, as shares of height and width. Default [0, 0]. */
  readonly translate?: readonly [vertical: number, horizontal: number];
  /** The smallest and the greatest magnification. Default [1, 1]. */
  readonly scale?: readonly [least: number, greatest: number];
  /** The greatest shear to either side, in degrees. Default 0. */
  readonly shear?: number;
  /** What comes in from outside. Default 0. */
  readonly fill?: number;
}

/** Rotates, moves, magnifies and shears each image about its middle, by bilinear interpolation. @throws ValueError for a scale that is not positive. */
export function randomAffine(options: RandomAffineOptions): ImageTransform {
  takes('randomAffine', arguments);
  const { degrees = 0, translate = [0, 0], scale = [1, 1], shear = 0, fill = 0 } = options;
  if (!(scale[0] > 0 && scale[1] >= scale[0])) {
    throw new ValueError('randomAffine', 'scale must be positive and in order', {
      args: { scale },
    });
  }
  return (images, random) => {
    const [, channels, height, width] = images.shape;
    return mapImages(images, [height, width], (target, to, from) => {
      const angle = (between(random, -degrees, degrees) * Math.PI) / 180;
      const slant = Math.tan((between(random, -shear, shear) * Math.PI) / 180);
      const size = between(random, scale[0], scale[1]);
      const down = between(random, -translate[0], translate[0]) * height;
      const right = between(random, -translate[1], translate[1]) * width;
      // Where each new pixel comes from: the inverse of shift ∘ rotation ∘ shear ∘ scale about the middle.
      const [cos, sin] = [Math.cos(angle) / size, Math.sin(angle) / size];
      const [cy, cx] = [(height - 1) / 2, (width - 1) / 2];
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const [dx, dy] = [x - cx - right, y - cy - down];
          const v = cos * dy - sin * dx;
          const u = cos * dx + sin * dy - slant * v;
          for (let c = 0; c < channels; c++) {
            const plane = from + c * height * width;
            const at = to + (c * height + y) * width + x;
            target[at] = sample(images, plane, v + cy, u + cx, fill);
          }
        }
      }
    });
  };
}

/** The value between four pixels. */
function sample(images: ImageBatch, plane: number, y: number, x: number, fill: number): number {
  const [, , height, width] = images.shape;
  const [top, left] = [Math.floor(y), Math.floor(x)];
  const at = (row: number, column: number) =>
    row < 0 || row >= height || column < 0 || column >= width
      ? fill
      : images.data[plane + row * width + column];
  const [b, r] = [y - top, x - left];
  const upper = at(top, left) * (1 - r) + at(top, left + 1) * r;
  const lower = at(top + 1, left) * (1 - r) + at(top + 1, left + 1) * r;
  return upper * (1 - b) + lower * b;
}

/** Options of `colorJitter`: each is the greatest relative change, or the least and the greatest factor. */
export interface ColorJitterOptions {
  readonly brightness?: number | readonly [number, number];
  readonly contrast?: number | readonly [number, number];
  /** For images of three channels. */
  readonly saturation?: number | readonly [number, number];
}

/** The weights of red, green and blue in a grey that looks as bright (ITU-R BT.601, as torchvision has them). */
const GREY = [0.2989, 0.587, 0.114];

/**
 * Changes brightness, contrast and saturation of each image at random, in this order; values from 0 to 1, so use it before
 * `normalize`. Brightness multiplies, contrast moves away from the mean grey, saturation away from the grey of each pixel.
 *
 * @throws ValueError for saturation of images that do not have three channels.
 */
export function colorJitter(options: ColorJitterOptions): ImageTransform {
  takes('colorJitter', arguments);
  const { brightness = 0, contrast = 0, saturation = 0 } = options;
  const [b, c, s] = [brightness, contrast, saturation].map(range);
  return (images, random) => {
    const [, channels, height, width] = images.shape;
    const plane = height * width;
    if (channels !== 3 && (s[0] !== 1 || s[1] !== 1)) {
      throw new ValueError('colorJitter', 'saturation needs red, green and blue', {
        args: { images: images.shape },
      });
    }
    return mapImages(images, [height, width], (target, to, from) => {
      const pixels = target.subarray(to, to + channels * plane);
      pixels.set(images.data.subarray(from, from + channels * plane));
      const light = between(random, b[0], b[1]);
      for (let i = 0; i < pixels.length; i++) pixels[i] = clamp(pixels[i] * light);
      blend(pixels, between(random, c[0], c[1]), meanGrey(pixels, channels, plane));
      const color = between(random, s[0], s[1]);
      if (color === 1) return;
      for (let i = 0; i < plane; i++) {
        const grey = greyAt(pixels, channels, plane, i);
        for (let ch = 0; ch < 3; ch++) {
          const at = ch * plane + i;
          pixels[at] = clamp(grey + (pixels[at] - grey) * color);
        }
      }
    });
  };
}

function range(value: number | readonly [number, number]): readonly [number, number] {
  return typeof value === 'number' ? [Math.max(0, 1 - value), 1 + value] : value;
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}

function greyAt(pixels: Float32Array, channels: number, plane: number, i: number): number {
  if (channels !== 3) return pixels[i];
  return GREY[0] * pixels[i] + GREY[1] * pixels[plane + i] + GREY[2] * pixels[2 * plane + i];
}

function meanGrey(pixels: Float32Array, channels: number, plane: number): number {
  let sum = 0;
  for (let i = 0; i < plane; i++) sum += greyAt(pixels, channels, plane, i);
  return sum / plane;
}

function blend(pixels: Float32Array, factor: number, mean: number): void {
  if (factor === 1) return;
  for (let i = 0; i < pixels.length; i++) pixels[i] = clamp(mean + (pixels[i] - mean) * factor);
}

/** Subtracts the mean of each channel and divides by its deviation; one value stands for all channels. */
export function normalize(mean: readonly number[], std: readonly number[]): ImageTransform {
  takes('normalize', arguments);
  return (images) => {
    const [, channels, height, width] = images.shape;
    for (const values of [mean, std]) {
      if (values.length === channels || values.length === 1) continue;
      throw new ValueError('normalize', 'there is not one mean and deviation for each channel', {
        args: { mean, std, images: images.shape },
      });
    }
    const plane = height * width;
    return mapImages(images, [height, width], (target, to, from) => {
      for (let i = 0; i < channels * plane; i++) {
        const c = Math.floor(i / plane);
        const shift = mean[mean.length === 1 ? 0 : c];
        target[to + i] = (images.data[from + i] - shift) / std[std.length === 1 ? 0 : c];
      }
    });
  };
}

/** Options of `randomResizedCrop`. */
export interface RandomResizedCropOptions extends ResizeOptions {
  /** The least and the greatest share of the area. Default [0.08, 1]. */
  readonly scale?: readonly [number, number];
  /** The least and the greatest ratio of width to height. Default [3/4, 4/3]. */
  readonly ratio?: readonly [number, number];
}

/**
 * A random part of each image, of random area and proportions, resized: the augmentation of ImageNet.
 *
 * Source: Szegedy et al., "Going Deeper with Convolutions" (2015), section 6.
 */
export function randomResizedCrop(
  size: number | readonly [number, number],
  options: RandomResizedCropOptions = {},
): ImageTransform {
  takes('randomResizedCrop', arguments);
  const { scale = [0.08, 1], ratio = [3 / 4, 4 / 3], ...rest } = options;
  const target: ImageSize = typeof size === 'number' ? [size, size] : size;
  const resized = resize(target, rest);
  return ({ data, shape }, random) => {
    const [count, channels, height, width] = shape;
    const area = channels * height * width;
    const parts = Array.from({ length: count }, (_, n) => {
      const one: ImageBatch = {
        data: data.subarray(n * area, (n + 1) * area),
        shape: [1, channels, height, width],
      };
      return resized(crop(one, part(random, height, width, scale, ratio)), random);
    });
    const own = channels * target[0] * target[1];
    const all = new Float32Array(count * own);
    parts.forEach((part, n) => {
      all.set(part.data, n * own);
    });
    return { data: all, shape: [count, channels, target[0], target[1]] };
  };
}

interface Rectangle {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** Ten tries for a part that fits, then the largest in the middle. */
function part(
  random: Generator,
  height: number,
  width: number,
  scale: readonly [number, number],
  ratio: readonly [number, number],
): Rectangle {
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = height * width * between(random, scale[0], scale[1]);
    const proportion = Math.exp(between(random, Math.log(ratio[0]), Math.log(ratio[1])));
    const w = Math.round(Math.sqrt(area * proportion));
    const h = Math.round(Math.sqrt(area / proportion));
    if (w < 1 || h < 1 || w > width || h > height) continue;
    const top = Math.floor(random.random() * (height - h + 1));
    return { top, left: Math.floor(random.random() * (width - w + 1)), height: h, width: w };
  }
  const proportion = Math.min(Math.max(width / height, ratio[0]), ratio[1]);
  const w = Math.min(width, Math.round(height * proportion));
  const h = Math.min(height, Math.round(width / proportion));
  const [top, left] = [(height - h) >> 1, (width - w) >> 1];
  return { top, left, height: h, width: w };
}

function crop({ data, shape }: ImageBatch, { top, left, height, width }: Rectangle): ImageBatch {
  const [, channels, oldHeight, oldWidth] = shape;
  const target = new Float32Array(channels * height * width);
  for (let row = 0; row < channels * height; row++) {
    const [c, y] = [Math.floor(row / height), row % height];
    const start = (c * oldHeight + top + y) * oldWidth + left;
    target.set(data.subarray(start, start + width), row * width);
  }
  return { data: target, shape: [1, channels, height, width] };
}

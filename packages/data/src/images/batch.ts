/** Images as numbers, and what may be done to them. */

import type { Generator, Tensor } from '@dl/tensor';
import { tensor, ValueError } from '@dl/tensor';
import { takes } from '../signatures';

/** Images of one size, one after the other; each is its channels, each channel its rows. */
export interface ImageBatch {
  readonly data: Float32Array;
  /** [N, channels, height, width]. */
  readonly shape: readonly [count: number, channels: number, height: number, width: number];
}

/** Changes images: makes new ones, and leaves those it got alone. */
export type ImageTransform = (images: ImageBatch, random: Generator) => ImageBatch;

/** Several transforms, one after the other. */
export function compose(...transforms: readonly ImageTransform[]): ImageTransform {
  takes('compose', arguments);
  return (images, random) => transforms.reduce((now, transform) => transform(now, random), images);
}

/** The images of a tensor. @param x - [N, channels, height, width] or [channels, height, width]. @throws ValueError for another rank. */
export function toImages(x: Tensor): ImageBatch {
  takes('toImages', arguments);
  if (x.ndim !== 3 && x.ndim !== 4) {
    throw new ValueError('toImages', 'these are no images', {
      args: { x },
      expected: '[N, channels, height, width] or [channels, height, width]',
    });
  }
  const [count, channels, height, width] = x.ndim === 3 ? [1, ...x.shape] : x.shape;
  return { data: Float32Array.from(x.dataSync()), shape: [count, channels, height, width] };
}

/** Images as a float32 tensor [N, channels, height, width]. */
export function fromImages(batch: ImageBatch): Tensor {
  takes('fromImages', arguments);
  const { data, shape } = batch;
  return tensor(data, { shape: [...shape] });
}

/** New images of the size given, each made by `draw`, which gets the places of the old and the new one in their arrays. */
export function mapImages(
  { shape }: ImageBatch,
  [height, width]: readonly [number, number],
  draw: (target: Float32Array, to: number, from: number) => void,
): ImageBatch {
  const [count, channels, oldHeight, oldWidth] = shape;
  const [oldSize, size] = [channels * oldHeight * oldWidth, channels * height * width];
  const target = new Float32Array(count * size);
  for (let n = 0; n < count; n++) draw(target, n * size, n * oldSize);
  return { data: target, shape: [count, channels, height, width] };
}

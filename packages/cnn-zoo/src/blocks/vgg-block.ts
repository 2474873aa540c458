import type { TensorModule } from '@dl/nn';
import { BatchNorm2d, Conv2d, MaxPool2d, ReLU, Sequential } from '@dl/nn';
import { expectCount } from '../options';
import { takes } from '../signatures';

/** Layers of a VGG block, to be strung together with others. */
export function vggLayers(
  count: number,
  inChannels: number,
  outChannels: number,
  batchNorm = false,
): TensorModule[] {
  const convolutions = Array.from({ length: count }, (_, i) => [
    new Conv2d(i === 0 ? inChannels : outChannels, outChannels, 3, { padding: 1 }),
    ...(batchNorm ? [new BatchNorm2d(outChannels)] : []),
    new ReLU(),
  ]);
  return [...convolutions.flat(), new MaxPool2d(2, { stride: 2 })];
}

/**
 * `count` 3×3 convolutions that keep the size, each with a ReLU (and batch norm before it, if asked for), then 2×2 max pooling.
 *
 * @example vggBlock(2, 64, 128) // [N, 64, H, W] to [N, 128, H/2, W/2]
 * Source: Simonyan and Zisserman 2015; Zhang et al., Dive into Deep Learning.
 */
export function vggBlock(
  count: number,
  inChannels: number,
  outChannels: number,
  options: { readonly batchNorm?: boolean } = {},
): Sequential {
  takes('vggBlock', arguments);
  expectCount('vggBlock', 'count', count);
  const { batchNorm = false } = options;
  return new Sequential(...vggLayers(count, inChannels, outChannels, batchNorm));
}

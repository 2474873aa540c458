import type { Conv2dLayerOptions } from '@dl/nn';
import { Conv2d, ReLU, Sequential } from '@dl/nn';
import { takes } from '../signatures';

/**
 * A convolution followed by two 1×1 convolutions, dense layers for each pixel; a ReLU after each.
 *
 * @param options - of the first convolution. @example ninBlock(96, 256, 5, { padding: 2 })
 * Source: Lin et al. 2014; Zhang et al., Dive into Deep Learning.
 */
export function ninBlock(
  inChannels: number,
  outChannels: number,
  kernelSize: number,
  options: Conv2dLayerOptions = {},
): Sequential {
  takes('ninBlock', arguments);
  return new Sequential(
    new Conv2d(inChannels, outChannels, kernelSize, options),
    new ReLU(),
    new Conv2d(outChannels, outChannels, 1),
    new ReLU(),
    new Conv2d(outChannels, outChannels, 1),
    new ReLU(),
  );
}

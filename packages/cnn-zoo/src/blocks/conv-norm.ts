/** A convolution, batch norm, and ReLU. */

import type { Conv2dLayerOptions } from '@dl/nn';
import { BatchNorm2d, Conv2d, Module } from '@dl/nn';
import type { Pair, Tensor } from '@dl/tensor';
import { relu } from '@dl/tensor';
import type { Foldable } from '../fold';
import { takes } from '../signatures';

/** relu(bn(conv(x))), the unit of torchvision's GoogLeNet. Parameters: those of `conv` (without bias) and `bn` (ε = 0.001). */
export class ConvNorm extends Module implements Foldable {
  conv: Conv2d;
  bn: BatchNorm2d;
  readonly foldable = { conv: 'bn' };

  /** Makes the block; see `Conv2d`. */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    options: Conv2dLayerOptions = {},
  ) {
    super();
    takes('ConvNorm', arguments);
    this.conv = new Conv2d(inChannels, outChannels, kernelSize, { ...options, bias: false });
    this.bn = new BatchNorm2d(outChannels, { eps: 0.001 });
  }

  /** Computes the output. @param x - [N, in, H, W]. @returns [N, out, OH, OW]. */
  forward(x: Tensor): Tensor {
    takes('ConvNorm.forward', arguments);
    return relu(this.bn.forward(this.conv.forward(x)));
  }
}

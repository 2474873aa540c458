/** A convolution, batch norm, and ReLU. */

import type { Conv2dLayerOptions } from '@dl/nn';
import { BatchNorm2d, Conv2d, Identity, Module } from '@dl/nn';
import type { Pair, Tensor } from '@dl/tensor';
import { letGo, relu } from '@dl/tensor';
import type { Foldable } from '../fold';

/** relu(bn(conv(x))), the unit of torchvision's GoogLeNet. Parameters: those of `conv` (without bias) and `bn` (ε = 0.001). */
export class ConvNorm extends Module implements Foldable {
  conv: Conv2d;
  bn: BatchNorm2d;
  readonly foldable = { conv: { norm: 'bn', relu: true } };

  /** Makes the block; see `Conv2d`. */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    options: Conv2dLayerOptions = {},
  ) {
    super();
    this.conv = new Conv2d(inChannels, outChannels, kernelSize, { ...options, bias: false });
    this.bn = new BatchNorm2d(outChannels, { eps: 0.001 });
  }

  /** Computes the output. @param x - [N, in, H, W]. @returns [N, out, OH, OW]. */
  forward(x: Tensor): Tensor {
    return normalized(x, this.conv, this.bn);
  }
}

/** Whether `foldBatchNorm` has put this norm, and what follows, into the convolution before it. */
export function isFolded(norm: Layer): boolean {
  return norm instanceof Identity;
}

/** A layer from images to images. */
interface Layer {
  forward(x: Tensor): Tensor;
}

/** norm(conv(x)), and relu of it unless told otherwise; nothing in between is held. A folded convolution does it all. */
export function normalized(x: Tensor, conv: Layer, norm: Layer, activation = true): Tensor {
  const sums = conv.forward(x);
  if (isFolded(norm)) return sums;
  const normal = norm.forward(sums);
  letGo(sums);
  if (!activation) return normal;
  const y = relu(normal);
  letGo(normal);
  return y;
}

/** Inverted residual blocks: many channels between few. */

import { BatchNorm2d, Conv2d, Module, ReLU6, Sequential } from '@dl/nn';
import type { Tensor } from '@dl/tensor';
import { takes } from '../signatures';

/** A convolution without bias, batch norm, and min(max(x, 0), 6); padded so that only the stride changes rows and columns. */
export function convNormReLU6(
  inChannels: number,
  outChannels: number,
  kernelSize: number,
  options: { readonly stride?: number; readonly groups?: number } = {},
): Sequential {
  takes('convNormReLU6', arguments);
  const { stride = 1, groups = 1 } = options;
  const padding = (kernelSize - 1) >> 1;
  return new Sequential(
    new Conv2d(inChannels, outChannels, kernelSize, { stride, padding, groups, bias: false }),
    new BatchNorm2d(outChannels),
    new ReLU6(),
  );
}

/**
 * A 1×1 convolution up to `expansion` times the channels, a depthwise 3×3 one, and a 1×1 one down again without activation; the input is
 * added where the shape stays. Parameters: those of `conv`, under torchvision's names.
 *
 * @example new InvertedResidual(16, 24, { stride: 2, expansion: 6 }) // [N, 16, H, W] to [N, 24, H/2, W/2]
 * Source: Sandler et al. 2018, figure 4.
 */
export class InvertedResidual extends Module {
  conv: Sequential;
  private readonly adds: boolean;

  /** Makes the block. */
  constructor(
    inChannels: number,
    outChannels: number,
    options: { readonly stride: number; readonly expansion: number },
  ) {
    takes('InvertedResidual', arguments);
    const { stride, expansion } = options;
    super();
    const hidden = Math.round(inChannels * expansion);
    this.conv = new Sequential(
      ...(expansion === 1 ? [] : [convNormReLU6(inChannels, hidden, 1)]),
      convNormReLU6(hidden, hidden, 3, { stride, groups: hidden }),
      new Conv2d(hidden, outChannels, 1, { bias: false }),
      new BatchNorm2d(outChannels),
    );
    this.adds = stride === 1 && inChannels === outChannels;
  }

  /** Computes the output. @param x - [N, in, H, W]. @returns [N, out, H / stride, W / stride]. */
  forward(x: Tensor): Tensor {
    takes('InvertedResidual.forward', arguments);
    const y = this.conv.forward(x);
    return this.adds ? x.add(y) : y;
  }
}

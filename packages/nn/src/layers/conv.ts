/** Convolution layers. */

import type { Conv2dOptions, Pair, Tensor } from '@dl/tensor';
import { conv2d, zeros } from '@dl/tensor';
import * as init from '../init';
import { Module, parameter } from '../module';
import type { LayerOptions } from './linear';

/** Options of `Conv2d`. */
export interface Conv2dLayerOptions extends Conv2dOptions, LayerOptions {}

/**
 * Convolution over images. Parameters: `weight` [out, in / groups, KH, KW], `bias` [out]; both start evenly from ±1/√fanIn, as
 * PyTorch's do.
 *
 * @example new Conv2d(1, 6, 5, { padding: 2 }).forward(images) // [N, 1, 28, 28] to [N, 6, 28, 28]
 */
export class Conv2d extends Module {
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
  private readonly options: Conv2dOptions;

  /** @param inChannels - channels of x. @param outChannels - channels of y. @param kernelSize - rows and columns of the window. */
  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    kernelSize: Pair,
    { bias = true, dtype = 'float32', ...options }: Conv2dLayerOptions = {},
  ) {
    super();
    this.options = options;
    const window = typeof kernelSize === 'number' ? [kernelSize, kernelSize] : kernelSize;
    const inputs = inChannels / (options.groups ?? 1);
    const bound = 1 / Math.sqrt(inputs * window[0] * window[1]);
    const shape = [outChannels, inputs, ...window];
    this.weight = init.uniform(parameter(zeros(shape, { dtype })), -bound, bound);
    if (bias) this.bias = init.uniform(parameter(zeros([outChannels], { dtype })), -bound, bound);
  }

  /** @param x - [N, in, H, W]. @returns [N, out, OH, OW]. @throws ShapeError where sizes do not fit. */
  forward(x: Tensor): Tensor {
    return conv2d(x, this.weight, this.bias, this.options);
  }

  override describe(): string {
    const { shape } = this.weight;
    return `${this.inChannels} → ${this.outChannels}, ${shape[2]}×${shape[3]}`;
  }
}

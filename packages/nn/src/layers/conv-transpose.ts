/** Transposed convolution layers. */

import type { ConvTranspose1dOptions, ConvTranspose2dOptions, Pair, Tensor } from '@dl/tensor';
import { convTranspose1d, convTranspose2d } from '@dl/tensor';
import { Convolution } from './conv';
import type { LayerOptions } from './linear';

/** Options of `ConvTranspose1d`. */
export interface ConvTranspose1dLayerOptions extends ConvTranspose1dOptions, LayerOptions {}

/** Options of `ConvTranspose2d`. */
export interface ConvTranspose2dLayerOptions extends ConvTranspose2dOptions, LayerOptions {}

/**
 * Transposed convolution over images; see `convTranspose2d`. Parameters: `weight` [in, out / groups, KH, KW], `bias` [out].
 *
 * @example new ConvTranspose2d(16, 8, 2, { stride: 2 }).forward(x) // twice as many rows and columns
 */
export class ConvTranspose2d extends Convolution {
  private readonly options: ConvTranspose2dOptions;

  /**
   * Makes the layer.
   * @param inChannels - channels of x. @param outChannels - channels of y. @param kernelSize - rows and columns of the window.
   * @throws ValueError where groups do not divide the channels.
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    { bias, dtype, ...options }: ConvTranspose2dLayerOptions = {},
  ) {
    const window = typeof kernelSize === 'number' ? [kernelSize, kernelSize] : kernelSize;
    super(inChannels, outChannels, window, options.groups ?? 1, { bias, dtype }, true);
    this.options = options;
  }

  /** Computes the output. @param x - [N, in, H, W]. @returns [N, out, OH, OW]. @throws ShapeError where sizes do not fit. */
  forward(x: Tensor): Tensor {
    return convTranspose2d(x, this.weight, this.bias, this.options);
  }
}

/** Transposed convolution over sequences; see `convTranspose1d`. Parameters: `weight` [in, out / groups, K], `bias` [out]. */
export class ConvTranspose1d extends Convolution {
  private readonly options: ConvTranspose1dOptions;

  /**
   * Makes the layer.
   * @param inChannels - channels of x. @param outChannels - channels of y. @param kernelSize - length of the window.
   * @throws ValueError where groups do not divide the channels.
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: number,
    { bias, dtype, ...options }: ConvTranspose1dLayerOptions = {},
  ) {
    super(inChannels, outChannels, [kernelSize], options.groups ?? 1, { bias, dtype }, true);
    this.options = options;
  }

  /** Computes the output. @param x - [N, in, L]. @returns [N, out, OL]. @throws ShapeError where sizes do not fit. */
  forward(x: Tensor): Tensor {
    return convTranspose1d(x, this.weight, this.bias, this.options);
  }
}

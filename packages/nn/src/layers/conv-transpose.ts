/** Transposed convolution layers. */

import type { ConvTranspose1dOptions, ConvTranspose2dOptions, Pair, Tensor } from '@dl/tensor';
import { convTranspose1d, convTranspose2d, ShapeError } from '@dl/tensor';
import { takes } from '../signatures';
import { Convolution } from './conv';
import type { LayerOptions } from './linear';

/** Options of `ConvTranspose1d`. */
export interface ConvTranspose1dLayerOptions extends ConvTranspose1dOptions, LayerOptions {}

/** Options of `ConvTranspose2d`. */
export interface ConvTranspose2dLayerOptions extends ConvTranspose2dOptions, LayerOptions {}

/** How much longer than the shortest an output of `size` is on each axis. */
function paddingFor(
  name: string,
  x: Tensor,
  weight: Tensor,
  { stride = 1, padding = 0, dilation = 1 }: ConvTranspose2dOptions,
  size: readonly number[],
): number[] {
  return size.map((length, i) => {
    const [steps, pads, gaps] = [stride, padding, dilation].map((value) =>
      typeof value === 'number' ? value : value[i],
    );
    const inner = x.shape[x.ndim - size.length + i];
    const window = weight.shape[weight.ndim - size.length + i];
    const least = (inner - 1) * steps - 2 * pads + gaps * (window - 1) + 1;
    const most = least + Math.max(steps, gaps) - 1;
    if (length < least || length > most) {
      throw new ShapeError(name, `the output cannot have the size ${length}`, {
        args: { x, outputSize: size },
        expected: `${least} to ${most}`,
      });
    }
    return length - least;
  });
}

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
    options: ConvTranspose2dLayerOptions = {},
  ) {
    takes('ConvTranspose2d', arguments);
    const { bias, dtype, ...rest } = options;
    const window = typeof kernelSize === 'number' ? [kernelSize, kernelSize] : kernelSize;
    super(inChannels, outChannels, window, rest.groups ?? 1, { bias, dtype }, true);
    this.options = rest;
  }

  /**
   * Computes the output.
   * @param x - [N, in, H, W]. @param outputSize - rows and columns of the output, where several sizes convolve to that of x; default what
   * `outputPadding` says.
   * @returns [N, out, OH, OW]. @throws ShapeError where sizes do not fit.
   */
  forward(x: Tensor, outputSize?: readonly [number, number]): Tensor {
    takes('ConvTranspose2d.forward', arguments);
    const { weight, bias, options } = this;
    if (!outputSize) return convTranspose2d(x, weight, bias, options);
    const [rows, columns] = paddingFor('ConvTranspose2d', x, weight, options, outputSize);
    return convTranspose2d(x, weight, bias, { ...options, outputPadding: [rows, columns] });
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
    options: ConvTranspose1dLayerOptions = {},
  ) {
    takes('ConvTranspose1d', arguments);
    const { bias, dtype, ...rest } = options;
    super(inChannels, outChannels, [kernelSize], rest.groups ?? 1, { bias, dtype }, true);
    this.options = rest;
  }

  /** Computes the output. @param x - [N, in, L]. @param outputSize - length of the output, see `ConvTranspose2d`. @returns [N, out, OL]. @throws ShapeError where sizes do not fit. */
  forward(x: Tensor, outputSize?: number): Tensor {
    takes('ConvTranspose1d.forward', arguments);
    const { weight, bias, options } = this;
    if (outputSize === undefined) return convTranspose1d(x, weight, bias, options);
    const [outputPadding] = paddingFor('ConvTranspose1d', x, weight, options, [outputSize]);
    return convTranspose1d(x, weight, bias, { ...options, outputPadding });
  }
}

/** Convolution layers. */

import type { Conv1dOptions, Conv2dOptions, PadMode, Pair, Tensor } from '@dl/tensor';
import { conv1d, conv2d, pad, ValueError, zeros } from '@dl/tensor';
import * as init from '../init';
import { Module, parameter } from '../module';
import { takes } from '../signatures';
import type { LayerOptions } from './linear';

/** Options of `Conv1d`. */
export interface Conv1dLayerOptions extends Conv1dOptions, LayerOptions {
  /** The padding mode of the sequence: 'constant' (zeros, default), 'reflect', 'replicate' or 'circular'. */
  readonly paddingMode?: PadMode | 'zeros';
}

/** Options of `Conv2d`. */
export interface Conv2dLayerOptions extends Conv2dOptions, LayerOptions {
  /** The padding mode of the image: 'constant' (zeros, default), 'reflect', 'replicate' or 'circular'. */
  readonly paddingMode?: PadMode | 'zeros';
}

interface Sizes {
  readonly stride?: Pair;
  readonly padding?: Pair | 'valid' | 'same' | 'full';
  readonly dilation?: Pair;
}

/** What the convolutions have in common: their parameters and how they start. */
export abstract class Convolution extends Module {
  weight: Tensor;
  bias: Tensor | undefined;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    window: readonly number[],
    groups: number,
    options: LayerOptions,
    transposed = false,
  ) {
    super();
    takes('Convolution', arguments, new.target.name);
    const { bias = true, dtype = 'float32' } = options;
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new ValueError(new.target.name, 'groups must divide the channels', {
        args: { inChannels, outChannels, groups },
      });
    }
    // PyTorch counts the second axis of the weight into the fan-in, in transposed convolutions too.
    const [rows, columns] = transposed
      ? [inChannels, outChannels / groups]
      : [outChannels, inChannels / groups];
    const bound = 1 / Math.sqrt(window.reduce((a, b) => a * b, columns));
    const shape = [rows, columns, ...window];
    this.weight = init.uniform(parameter(zeros(shape, { dtype })), -bound, bound);
    if (bias) this.bias = init.uniform(parameter(zeros([outChannels], { dtype })), -bound, bound);
  }

  override multiplyAdds(output: Tensor): number {
    takes('Convolution.multiplyAdds', arguments);
    return output.size * this.weight.shape.slice(1).reduce((a, b) => a * b, 1);
  }

  override describe(): string {
    return `${this.inChannels} → ${this.outChannels}, ${this.weight.shape.slice(2).join('×')}`;
  }
}

/** The widths that `pad` takes, last axis first, for what a convolution calls padding. */
function widths(sizes: Sizes, window: readonly number[]): number[] {
  const { padding = 0, dilation = 1, stride = 1 } = sizes;
  const at = (pair: Pair, axis: number) => (typeof pair === 'number' ? pair : pair[axis]);
  if (padding === 'valid') return [];
  if (padding === 'same' && window.some((_, axis) => at(stride, axis) !== 1)) {
    throw new ValueError('Conv', "padding 'same' needs stride 1", { args: { stride } });
  }
  return window
    .map((size, axis) => {
      const all = at(dilation, axis) * (size - 1);
      if (padding === 'full') return [all, all];
      if (padding !== 'same') return [at(padding, axis), at(padding, axis)];
      return [all >> 1, all - (all >> 1)];
    })
    .reverse()
    .flat();
}

/**
 * Convolution over images. Parameters: `weight` [out, in / groups, KH, KW], `bias` [out]; both start evenly from ±1/√fanIn, as
 * PyTorch's do.
 *
 * @example new Conv2d(1, 6, 5, { padding: 2 }).forward(images) // [N, 1, 28, 28] to [N, 6, 28, 28]
 */
export class Conv2d extends Convolution {
  /** Stride, padding, dilation, groups and activation. */
  readonly options: Conv2dOptions;
  /** The padding mode. */
  readonly paddingMode: PadMode;
  private readonly around: { readonly widths: readonly number[]; readonly mode: PadMode } | null;

  /**
   * Makes the layer.
   * @param inChannels - channels of x. @param outChannels - channels of y. @param kernelSize - rows and columns of the window.
   * @throws ValueError where groups do not divide the channels.
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    options: Conv2dLayerOptions = {},
  ) {
    takes('Conv2d', arguments);
    const { bias, dtype, paddingMode = 'constant', ...rest } = options;
    const window = typeof kernelSize === 'number' ? [kernelSize, kernelSize] : kernelSize;
    super(inChannels, outChannels, window, rest.groups ?? 1, { bias, dtype });
    const zeros = paddingMode === 'constant' || paddingMode === 'zeros';
    this.paddingMode = zeros ? 'constant' : paddingMode;
    this.options = zeros ? rest : { ...rest, padding: 0 };
    this.around = zeros ? null : { widths: widths(rest, window), mode: paddingMode };
  }

  /** Computes the output. @param x - [N, in, H, W]. @returns [N, out, OH, OW]. @throws ShapeError where sizes do not fit. */
  forward(x: Tensor): Tensor {
    takes('Conv2d.forward', arguments);
    const whole = this.around ? pad(x, this.around.widths, { mode: this.around.mode }) : x;
    return conv2d(whole, this.weight, this.bias, this.options);
  }

  /** Channels, window and activation, for `summary`. */
  override describe(): string {
    const { activation } = this.options;
    return activation ? `${super.describe()}, ${activation}` : super.describe();
  }
}

/**
 * Convolution over sequences. Parameters: `weight` [out, in / groups, K], `bias` [out]; both start evenly from ±1/√fanIn.
 *
 * @example new Conv1d(50, 100, 3).forward(x) // [N, 50, L] to [N, 100, L − 2]
 */
export class Conv1d extends Convolution {
  private readonly options: Conv1dOptions;
  private readonly around: { readonly widths: readonly number[]; readonly mode: PadMode } | null;

  /**
   * Makes the layer.
   * @param inChannels - channels of x. @param outChannels - channels of y. @param kernelSize - length of the window.
   * @throws ValueError where groups do not divide the channels.
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: number,
    options: Conv1dLayerOptions = {},
  ) {
    takes('Conv1d', arguments);
    const { bias, dtype, paddingMode = 'constant', ...rest } = options;
    super(inChannels, outChannels, [kernelSize], rest.groups ?? 1, { bias, dtype });
    const zeros = paddingMode === 'constant' || paddingMode === 'zeros';
    this.options = zeros ? rest : { ...rest, padding: 0 };
    this.around = zeros ? null : { widths: widths(rest, [kernelSize]), mode: paddingMode };
  }

  /** Computes the output. @param x - [N, in, L]. @returns [N, out, OL]. @throws ShapeError where sizes do not fit. */
  forward(x: Tensor): Tensor {
    takes('Conv1d.forward', arguments);
    const whole = this.around ? pad(x, this.around.widths, { mode: this.around.mode }) : x;
    return conv1d(whole, this.weight, this.bias, this.options);
  }
}

/** Pooling layers. */

import type {
  AdaptiveSize,
  AvgPool2dOptions,
  LpPoolOptions,
  Pair,
  Pool1dOptions,
  Pool2dOptions,
  Pooled,
  Tensor,
} from '@dl/tensor';
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveMaxPool1d,
  adaptiveMaxPool1dWithIndices,
  adaptiveMaxPool2d,
  adaptiveMaxPool2dWithIndices,
  avgPool1d,
  avgPool2d,
  lpPool1d,
  lpPool2d,
  maxPool1d,
  maxPool1dWithIndices,
  maxPool2d,
  maxPool2dWithIndices,
} from '@dl/tensor';
import { Module } from '../module';
import { takes } from '../signatures';

/** Whether a layer also says where it found its maxima. */
export interface WithIndices<I extends boolean> {
  /** Give `{ values, indices }` instead of the values alone, for `MaxUnpool2d` and its like. Default false. */
  readonly returnIndices?: I;
}

/** What a layer gives that may also say where it found its maxima. */
export type MaybePooled<I extends boolean> = I extends true ? Pooled : Tensor;

/**
 * The largest element of every window; see `maxPool2d`. No parameters.
 *
 * @example const { values, indices } = new MaxPool2d(2, { returnIndices: true }).forward(x);
 */
export class MaxPool2d<I extends boolean = false> extends Module {
  /** Makes the layer. @param kernelSize - rows and columns of the window. @param options - stride defaults to the kernel size. */
  constructor(
    readonly kernelSize: Pair,
    private readonly options: Pool2dOptions & WithIndices<I> = {},
  ) {
    super();
    takes('MaxPool2d', arguments);
  }

  /** Computes the output. @param x - [N, C, H, W]. @returns [N, C, OH, OW], with places where they were asked for. */
  forward(x: Tensor): MaybePooled<I> {
    takes('MaxPool2d.forward', arguments);
    const { returnIndices, ...options } = this.options;
    const pool = returnIndices ? maxPool2dWithIndices : maxPool2d;
    return pool(x, this.kernelSize, options) as MaybePooled<I>;
  }

  override describe(): string {
    return String(this.kernelSize);
  }
}

/** The mean of every window; see `avgPool2d`. No parameters. */
export class AvgPool2d extends Module {
  /** Makes the layer. @param kernelSize - rows and columns of the window. @param options - stride defaults to the kernel size. */
  constructor(
    readonly kernelSize: Pair,
    private readonly options: AvgPool2dOptions = {},
  ) {
    super();
    takes('AvgPool2d', arguments);
  }

  /** Computes the output. @param x - [N, C, H, W]. @returns [N, C, OH, OW]. */
  forward(x: Tensor): Tensor {
    takes('AvgPool2d.forward', arguments);
    return avgPool2d(x, this.kernelSize, this.options);
  }

  override describe(): string {
    return String(this.kernelSize);
  }
}

/** The largest element of every window of a sequence. No parameters. */
export class MaxPool1d<I extends boolean = false> extends Module {
  /** Makes the layer. @param kernelSize - length of the window. @param options - stride defaults to the kernel size. */
  constructor(
    readonly kernelSize: number,
    private readonly options: Pool1dOptions & WithIndices<I> = {},
  ) {
    super();
    takes('MaxPool1d', arguments);
  }

  /** Computes the output. @param x - [N, C, L]. @returns [N, C, OL], with places where they were asked for. */
  forward(x: Tensor): MaybePooled<I> {
    takes('MaxPool1d.forward', arguments);
    const { returnIndices, ...options } = this.options;
    const pool = returnIndices ? maxPool1dWithIndices : maxPool1d;
    return pool(x, this.kernelSize, options) as MaybePooled<I>;
  }

  override describe(): string {
    return String(this.kernelSize);
  }
}

/** The mean of every window of a sequence. No parameters. */
export class AvgPool1d extends Module {
  /** Makes the layer. @param kernelSize - length of the window. @param options - stride defaults to the kernel size. */
  constructor(
    readonly kernelSize: number,
    private readonly options: Omit<Pool1dOptions, 'dilation'> &
      Pick<AvgPool2dOptions, 'countIncludePad'> = {},
  ) {
    super();
    takes('AvgPool1d', arguments);
  }

  /** Computes the output. @param x - [N, C, L]. @returns [N, C, OL]. */
  forward(x: Tensor): Tensor {
    takes('AvgPool1d.forward', arguments);
    return avgPool1d(x, this.kernelSize, this.options);
  }

  override describe(): string {
    return String(this.kernelSize);
  }
}

/** The mean of each of `outputSize` pieces of a sequence; see `functional.adaptiveAvgPool1d`. No parameters. */
export class AdaptiveAvgPool1d extends Module {
  /** Makes the layer. @param outputSize - length of the output. */
  constructor(readonly outputSize: number) {
    super();
    takes('AdaptiveAvgPool1d', arguments);
  }

  /** Computes the output. @param x - [N, C, L]. @returns [N, C, outputSize]. */
  forward(x: Tensor): Tensor {
    takes('AdaptiveAvgPool1d.forward', arguments);
    return adaptiveAvgPool1d(x, this.outputSize);
  }
}

/** The mean of each of rows × columns pieces of an image; see `functional.adaptiveAvgPool2d`. No parameters. */
export class AdaptiveAvgPool2d extends Module {
  /** Makes the layer. @param outputSize - rows and columns of the output; null leaves an axis as it is. */
  constructor(readonly outputSize: AdaptiveSize) {
    super();
    takes('AdaptiveAvgPool2d', arguments);
  }

  /** Computes the output. @param x - [N, C, H, W]. @returns [N, C, rows, columns]. */
  forward(x: Tensor): Tensor {
    takes('AdaptiveAvgPool2d.forward', arguments);
    return adaptiveAvgPool2d(x, this.outputSize);
  }
}

/** The largest element of each of `outputSize` pieces of a sequence; see `adaptiveMaxPool1d`. No parameters. */
export class AdaptiveMaxPool1d<I extends boolean = false> extends Module {
  /** Makes the layer. @param outputSize - length of the output. */
  constructor(
    readonly outputSize: number,
    private readonly options: WithIndices<I> = {},
  ) {
    super();
    takes('AdaptiveMaxPool1d', arguments);
  }

  /** Computes the output. @param x - [N, C, L]. @returns [N, C, outputSize], with places where they were asked for. */
  forward(x: Tensor): MaybePooled<I> {
    takes('AdaptiveMaxPool1d.forward', arguments);
    const pool = this.options.returnIndices ? adaptiveMaxPool1dWithIndices : adaptiveMaxPool1d;
    return pool(x, this.outputSize) as MaybePooled<I>;
  }
}

/** The largest element of each of rows × columns pieces of an image; see `adaptiveMaxPool2d`. No parameters. */
export class AdaptiveMaxPool2d<I extends boolean = false> extends Module {
  /** Makes the layer. @param outputSize - rows and columns of the output; null leaves an axis as it is. */
  constructor(
    readonly outputSize: AdaptiveSize,
    private readonly options: WithIndices<I> = {},
  ) {
    super();
    takes('AdaptiveMaxPool2d', arguments);
  }

  /** Computes the output. @param x - [N, C, H, W]. @returns [N, C, rows, columns], with places where they were asked for. */
  forward(x: Tensor): MaybePooled<I> {
    takes('AdaptiveMaxPool2d.forward', arguments);
    const pool = this.options.returnIndices ? adaptiveMaxPool2dWithIndices : adaptiveMaxPool2d;
    return pool(x, this.outputSize) as MaybePooled<I>;
  }
}

/** The p-norm of every window of a sequence; see `lpPool1d`. No parameters. */
export class LPPool1d extends Module {
  /** Makes the layer. @param normType - p. @param kernelSize - length of the window. */
  constructor(
    readonly normType: number,
    readonly kernelSize: number,
    private readonly options: LpPoolOptions<number> = {},
  ) {
    super();
    takes('LPPool1d', arguments);
  }

  /** Computes the output. @param x - [N, C, L]. @returns [N, C, OL]. */
  forward(x: Tensor): Tensor {
    takes('LPPool1d.forward', arguments);
    return lpPool1d(x, this.normType, this.kernelSize, this.options);
  }
}

/** The p-norm of every window; see `lpPool2d`. No parameters. */
export class LPPool2d extends Module {
  /** Makes the layer. @param normType - p. @param kernelSize - rows and columns of the window. */
  constructor(
    readonly normType: number,
    readonly kernelSize: Pair,
    private readonly options: LpPoolOptions = {},
  ) {
    super();
    takes('LPPool2d', arguments);
  }

  /** Computes the output. @param x - [N, C, H, W]. @returns [N, C, OH, OW]. */
  forward(x: Tensor): Tensor {
    takes('LPPool2d.forward', arguments);
    return lpPool2d(x, this.normType, this.kernelSize, this.options);
  }
}

/** Pooling layers. */

import type {
  AdaptiveSize,
  AvgPool2dOptions,
  LpPoolOptions,
  Pair,
  Pool1dOptions,
  Pool2dOptions,
  Tensor,
} from '@dl/tensor';
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  avgPool1d,
  avgPool2d,
  lpPool1d,
  lpPool2d,
  maxPool1d,
  maxPool2d,
} from '@dl/tensor';
import { Module } from '../module';

/** The largest element of every window; see `maxPool2d`. No parameters. */
export class MaxPool2d extends Module {
  /** Makes the layer. @param kernelSize - rows and columns of the window. @param options - stride defaults to the kernel size. */
  constructor(
    readonly kernelSize: Pair,
    private readonly options: Pool2dOptions = {},
  ) {
    super();
  }

  /** Computes the output. @param x - [N, C, H, W]. @returns [N, C, OH, OW]. */
  forward(x: Tensor): Tensor {
    return maxPool2d(x, this.kernelSize, this.options);
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
  }

  /** Computes the output. @param x - [N, C, H, W]. @returns [N, C, OH, OW]. */
  forward(x: Tensor): Tensor {
    return avgPool2d(x, this.kernelSize, this.options);
  }

  override describe(): string {
    return String(this.kernelSize);
  }
}

/** The largest element of every window of a sequence. No parameters. */
export class MaxPool1d extends Module {
  /** Makes the layer. @param kernelSize - length of the window. @param options - stride defaults to the kernel size. */
  constructor(
    readonly kernelSize: number,
    private readonly options: Pool1dOptions = {},
  ) {
    super();
  }

  /** Computes the output. @param x - [N, C, L]. @returns [N, C, OL]. */
  forward(x: Tensor): Tensor {
    return maxPool1d(x, this.kernelSize, this.options);
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
  }

  /** Computes the output. @param x - [N, C, L]. @returns [N, C, OL]. */
  forward(x: Tensor): Tensor {
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
  }

  /** Computes the output. @param x - [N, C, L]. @returns [N, C, outputSize]. */
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool1d(x, this.outputSize);
  }
}

/** The mean of each of rows × columns pieces of an image; see `functional.adaptiveAvgPool2d`. No parameters. */
export class AdaptiveAvgPool2d extends Module {
  /** Makes the layer. @param outputSize - rows and columns of the output; null leaves an axis as it is. */
  constructor(readonly outputSize: AdaptiveSize) {
    super();
  }

  /** Computes the output. @param x - [N, C, H, W]. @returns [N, C, rows, columns]. */
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.outputSize);
  }
}

/** The largest element of each of `outputSize` pieces of a sequence; see `adaptiveMaxPool1d`. No parameters. */
export class AdaptiveMaxPool1d extends Module {
  /** Makes the layer. @param outputSize - length of the output. */
  constructor(readonly outputSize: number) {
    super();
  }

  /** Computes the output. @param x - [N, C, L]. @returns [N, C, outputSize]. */
  forward(x: Tensor): Tensor {
    return adaptiveMaxPool1d(x, this.outputSize);
  }
}

/** The largest element of each of rows × columns pieces of an image; see `adaptiveMaxPool2d`. No parameters. */
export class AdaptiveMaxPool2d extends Module {
  /** Makes the layer. @param outputSize - rows and columns of the output; null leaves an axis as it is. */
  constructor(readonly outputSize: AdaptiveSize) {
    super();
  }

  /** Computes the output. @param x - [N, C, H, W]. @returns [N, C, rows, columns]. */
  forward(x: Tensor): Tensor {
    return adaptiveMaxPool2d(x, this.outputSize);
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
  }

  /** Computes the output. @param x - [N, C, L]. @returns [N, C, OL]. */
  forward(x: Tensor): Tensor {
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
  }

  /** Computes the output. @param x - [N, C, H, W]. @returns [N, C, OH, OW]. */
  forward(x: Tensor): Tensor {
    return lpPool2d(x, this.normType, this.kernelSize, this.options);
  }
}

/** Pooling layers. */

import type { AvgPool2dOptions, Pair, Pool2dOptions, Tensor } from '@dl/tensor';
import { avgPool2d, maxPool2d } from '@dl/tensor';
import type { Pool1dOptions } from '../functional/windows';
import { avgPool1d, maxPool1d } from '../functional/windows';
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
    private readonly options: Pool1dOptions & { readonly dilation?: number } = {},
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
    private readonly options: Pool1dOptions & Pick<AvgPool2dOptions, 'countIncludePad'> = {},
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

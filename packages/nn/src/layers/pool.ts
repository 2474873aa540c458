/** Pooling layers. */

import type { AvgPool2dOptions, Pair, Pool2dOptions, Tensor } from '@dl/tensor';
import { avgPool2d, maxPool2d } from '@dl/tensor';
import { Module } from '../module';

/** The largest element of every window; see `maxPool2d`. No parameters. */
export class MaxPool2d extends Module {
  /** @param kernelSize - rows and columns of the window. @param options - stride defaults to the kernel size. */
  constructor(
    readonly kernelSize: Pair,
    private readonly options: Pool2dOptions = {},
  ) {
    super();
  }

  /** @param x - [N, C, H, W]. @returns [N, C, OH, OW]. */
  forward(x: Tensor): Tensor {
    return maxPool2d(x, this.kernelSize, this.options);
  }

  override describe(): string {
    return String(this.kernelSize);
  }
}

/** The mean of every window; see `avgPool2d`. No parameters. */
export class AvgPool2d extends Module {
  /** @param kernelSize - rows and columns of the window. @param options - stride defaults to the kernel size. */
  constructor(
    readonly kernelSize: Pair,
    private readonly options: AvgPool2dOptions = {},
  ) {
    super();
  }

  /** @param x - [N, C, H, W]. @returns [N, C, OH, OW]. */
  forward(x: Tensor): Tensor {
    return avgPool2d(x, this.kernelSize, this.options);
  }

  override describe(): string {
    return String(this.kernelSize);
  }
}

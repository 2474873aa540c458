/** Pooling layers. */

import type { AvgPool2dOptions, Pair, Pool2dOptions, Tensor } from '@dl/tensor';
import { avgPool2d, maxPool2d } from '@dl/tensor';
import type { Pool1dOptions } from '../functional/windows';
import { adaptiveAvgPool1d, adaptiveAvgPool2d, avgPool1d, maxPool1d } from '../functional/windows';
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
  constructor(readonly outputSize: number | readonly [number | null, number | null]) {
    super();
  }

  /** Computes the output. @param x - [N, C, H, W]. @returns [N, C, rows, columns]. */
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.outputSize);
  }
}

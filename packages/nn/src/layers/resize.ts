/** Layers that change the size of images or rearrange them; none has parameters. */

import type { InterpolateOptions, Pair, Tensor, UnfoldOptions } from '@dl/tensor';
import { fold, interpolate, pixelShuffle, pixelUnshuffle, unfold } from '@dl/tensor';
import { Module } from '../module';
import { takes } from '../signatures';

/** Images or sequences at another size; see `interpolate`. */
export class Upsample extends Module {
  /** Makes the layer. @param options - `size` or `scaleFactor`, `mode`, `alignCorners`. */
  constructor(private readonly options: InterpolateOptions) {
    super();
    takes('Upsample', arguments);
  }

  /** Computes the output. @param x - [N, C, L] or [N, C, H, W]. */
  forward(x: Tensor): Tensor {
    takes('Upsample.forward', arguments);
    return interpolate(x, this.options);
  }
}

/** Channels into pixels; see `pixelShuffle`. */
export class PixelShuffle extends Module {
  /** Makes the layer. @param upscaleFactor - how many times more rows and columns. */
  constructor(readonly upscaleFactor: number) {
    super();
    takes('PixelShuffle', arguments);
  }

  /** Computes the output. @param x - [N, C·r², H, W]. @returns [N, C, H·r, W·r]. */
  forward(x: Tensor): Tensor {
    takes('PixelShuffle.forward', arguments);
    return pixelShuffle(x, this.upscaleFactor);
  }
}

/** Pixels into channels; see `pixelUnshuffle`. */
export class PixelUnshuffle extends Module {
  /** Makes the layer. @param downscaleFactor - how many times fewer rows and columns. */
  constructor(readonly downscaleFactor: number) {
    super();
    takes('PixelUnshuffle', arguments);
  }

  /** Computes the output. @param x - [N, C, H·r, W·r]. @returns [N, C·r², H, W]. */
  forward(x: Tensor): Tensor {
    takes('PixelUnshuffle.forward', arguments);
    return pixelUnshuffle(x, this.downscaleFactor);
  }
}

/** Every window of an image as a column; see `unfold`. */
export class Unfold extends Module {
  /** Makes the layer. @param kernelSize - rows and columns of the window. */
  constructor(
    readonly kernelSize: Pair,
    private readonly options: UnfoldOptions = {},
  ) {
    super();
    takes('Unfold', arguments);
  }

  /** Computes the output. @param x - [N, C, H, W]. @returns [N, C · KH · KW, L]. */
  forward(x: Tensor): Tensor {
    takes('Unfold.forward', arguments);
    return unfold(x, this.kernelSize, this.options);
  }
}

/** Columns added up to images; see `fold`. */
export class Fold extends Module {
  /** Makes the layer. @param outputSize - rows and columns of the image. @param kernelSize - rows and columns of the window. */
  constructor(
    readonly outputSize: Pair,
    readonly kernelSize: Pair,
    private readonly options: UnfoldOptions = {},
  ) {
    super();
    takes('Fold', arguments);
  }

  /** Computes the output. @param x - [N, C · KH · KW, L]. @returns [N, C, H, W]. */
  forward(x: Tensor): Tensor {
    takes('Fold.forward', arguments);
    return fold(x, this.outputSize, this.kernelSize, this.options);
  }
}

/** Options of the upsampling layers: one of both. */
export interface UpsamplingOptions {
  /** Rows and columns of the output. */
  readonly size?: Pair;
  /** How many times larger than the input. */
  readonly scaleFactor?: Pair;
}

/** Every pixel repeated; see `interpolate`. */
export class UpsamplingNearest2d extends Upsample {
  /** Makes the layer. @param options - `size` or `scaleFactor`. */
  constructor(options: UpsamplingOptions) {
    super({ ...options, mode: 'nearest' });
    takes('UpsamplingNearest2d', arguments);
  }
}

/** Pixels interpolated with the corners in place; see `interpolate`. */
export class UpsamplingBilinear2d extends Upsample {
  /** Makes the layer. @param options - `size` or `scaleFactor`. */
  constructor(options: UpsamplingOptions) {
    super({ ...options, mode: 'bilinear', alignCorners: true });
    takes('UpsamplingBilinear2d', arguments);
  }
}

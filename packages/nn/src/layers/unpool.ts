/** Partial inverses of max-pooling; none has parameters. */

import type { Pair, Tensor } from '@dl/tensor';
import { maxUnpool1d, maxUnpool2d } from '@dl/tensor';
import { Module } from '../module';
import { takes } from '../signatures';

/** Options of the unpooling layers: those of the pooling that is undone. */
export interface UnpoolOptions<Size = Pair> {
  /** Default: the kernel size. */
  readonly stride?: Size;
  /** Default 0. */
  readonly padding?: Size;
}

const both = (n: Pair): readonly [number, number] => (typeof n === 'number' ? [n, n] : n);

/** Puts pooled values back where they were found; see `maxUnpool2d`. */
export class MaxUnpool2d extends Module {
  /** Makes the layer. @param kernelSize - rows and columns of the windows that were pooled. */
  constructor(
    readonly kernelSize: Pair,
    private readonly options: UnpoolOptions = {},
  ) {
    super();
    takes('MaxUnpool2d', arguments);
  }

  /** Computes the output. @param x - [N, C, H, W]. @param indices - as `maxPool2dWithIndices` gives them. @param outputSize - rows and columns; default the smallest that pools to x. */
  forward(x: Tensor, indices: Tensor, outputSize?: readonly [number, number]): Tensor {
    takes('MaxUnpool2d.forward', arguments);
    const kernel = both(this.kernelSize);
    const stride = both(this.options.stride ?? this.kernelSize);
    const padding = both(this.options.padding ?? 0);
    const [rows, columns] = [0, 1].map(
      (i) => (x.shape[x.ndim - 2 + i] - 1) * stride[i] - 2 * padding[i] + kernel[i],
    );
    return maxUnpool2d(x, indices, outputSize ?? [rows, columns]);
  }
}

/** Puts pooled values of sequences back where they were found; see `maxUnpool1d`. */
export class MaxUnpool1d extends Module {
  /** Makes the layer. @param kernelSize - length of the windows that were pooled. */
  constructor(
    readonly kernelSize: number,
    private readonly options: UnpoolOptions<number> = {},
  ) {
    super();
    takes('MaxUnpool1d', arguments);
  }

  /** Computes the output. @param x - [N, C, L]. @param indices - as `maxPool1dWithIndices` gives them. @param outputSize - length; default the smallest that pools to x. */
  forward(x: Tensor, indices: Tensor, outputSize?: number): Tensor {
    takes('MaxUnpool1d.forward', arguments);
    const { stride = this.kernelSize, padding = 0 } = this.options;
    const length = (x.shape[x.ndim - 1] - 1) * stride - 2 * padding + this.kernelSize;
    return maxUnpool1d(x, indices, outputSize ?? length);
  }
}

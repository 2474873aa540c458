/** Fully connected layers. */

import type { DType, Tensor } from '@dl/tensor';
import { linear, zeros } from '@dl/tensor';
import { bilinear } from '../functional/bilinear';
import * as init from '../init';
import { Module, parameter } from '../module';
import { takes } from '../signatures';

/** Options that layers with parameters share. */
export interface LayerOptions {
  /** Whether there is a bias. Default true. */
  readonly bias?: boolean;
  /** Element type of the parameters. Default float32. */
  readonly dtype?: DType;
}

/**
 * y = x·Wᵀ + b. Parameters: `weight` [out, in], `bias` [out]; both start evenly from ±1/√in, as PyTorch's do.
 *
 * @example new Linear(784, 10).forward(x) // x: [..., 784] to [..., 10]
 */
export class Linear extends Module {
  weight: Tensor;
  bias: Tensor | undefined;

  /** Makes the layer. @param inFeatures - size of the last axis of x. @param outFeatures - size of the last axis of y. */
  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    options: LayerOptions = {},
  ) {
    super();
    takes('Linear', arguments);
    const { bias = true, dtype = 'float32' } = options;
    const bound = inFeatures > 0 ? 1 / Math.sqrt(inFeatures) : 0;
    this.weight = init.uniform(
      parameter(zeros([outFeatures, inFeatures], { dtype })),
      -bound,
      bound,
    );
    if (bias) this.bias = init.uniform(parameter(zeros([outFeatures], { dtype })), -bound, bound);
  }

  /** Computes the output. @param x - [..., in]. @returns [..., out]. @throws ShapeError where sizes do not fit. */
  forward(x: Tensor): Tensor {
    takes('Linear.forward', arguments);
    return linear(x, this.weight, this.bias);
  }

  override multiplyAdds(output: Tensor): number {
    takes('Linear.multiplyAdds', arguments);
    return output.size * this.inFeatures;
  }

  override describe(): string {
    return `${this.inFeatures} → ${this.outFeatures}${this.bias ? '' : ', no bias'}`;
  }
}

/**
 * y_o = aᵀ·W_o·b + c_o. Parameters: `weight` [out, in1, in2], `bias` [out]; both start evenly from ±1/√in1, as PyTorch's do.
 *
 * @example new Bilinear(5, 4, 3).forward(a, b) // [..., 5] and [..., 4] to [..., 3]
 */
export class Bilinear extends Module {
  weight: Tensor;
  bias: Tensor | undefined;

  /** Makes the layer. @param in1Features - size of the last axis of a. @param in2Features - of b. @param outFeatures - of y. */
  constructor(
    readonly in1Features: number,
    readonly in2Features: number,
    readonly outFeatures: number,
    options: LayerOptions = {},
  ) {
    super();
    takes('Bilinear', arguments);
    const { bias = true, dtype = 'float32' } = options;
    const bound = in1Features > 0 ? 1 / Math.sqrt(in1Features) : 0;
    const shape = [outFeatures, in1Features, in2Features];
    this.weight = init.uniform(parameter(zeros(shape, { dtype })), -bound, bound);
    if (bias) this.bias = init.uniform(parameter(zeros([outFeatures], { dtype })), -bound, bound);
  }

  /** Computes the output. @param a - [..., in1]. @param b - [..., in2]. @returns [..., out]. @throws ShapeError where sizes do not fit. */
  forward(a: Tensor, b: Tensor): Tensor {
    takes('Bilinear.forward', arguments);
    return bilinear(a, b, this.weight, this.bias);
  }

  override multiplyAdds(output: Tensor): number {
    takes('Bilinear.multiplyAdds', arguments);
    return output.size * (this.in1Features + 1) * this.in2Features;
  }

  override describe(): string {
    return `${this.in1Features} × ${this.in2Features} → ${this.outFeatures}`;
  }
}

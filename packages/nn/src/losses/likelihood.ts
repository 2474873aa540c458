/** Negative log-likelihoods of numbers: normal and Poisson distributions. */

import type { Tensor } from '@dl/tensor';
import { broadcastShapes, maximum, ShapeError, scope, ValueError, where } from '@dl/tensor';
import { debugCheck } from '@dl/tensor/internal';
import { Module } from '../module';
import { takes } from '../signatures';
import type { LossOptions } from './reduction';
import { checkBroadcast, reduce } from './reduction';

/** Options of `gaussianNllLoss`. */
export interface GaussianNLLOptions extends LossOptions {
  /** Whether the constant ½ ln 2π is added. Default false. */
  readonly full?: boolean;
  /** The least variance. Default 1e-6. */
  readonly eps?: number;
}

/**
 * ½ (ln v + (x − t)² / v) of a normal distribution with mean x and variance v.
 *
 * @param input - means. @param target - of the shape of input, or broadcast with it. @param variance - of the shape of input, or with
 * 1 for or without its last axis. A negative one gives NaN; debug checks refuse it.
 * @throws ShapeError where shapes do not fit. Variances below eps count as eps, and pass their
 * derivative all the same, as in PyTorch. Source: Nix and Weigend 1994.
 */
export function gaussianNllLoss(
  input: Tensor,
  target: Tensor,
  variance: Tensor,
  options: GaussianNLLOptions = {},
): Tensor {
  takes('gaussianNllLoss', arguments);
  const { full = false, eps = 1e-6, reduction = 'mean' } = options;
  broadcastShapes('gaussianNllLoss', input.shape, target.shape);
  if (!(eps > 0))
    throw new ValueError('gaussianNllLoss', 'eps must be positive', { args: { eps } });
  return scope(() => {
    const v = fitted(input, variance);
    debugCheck('gaussianNllLoss', 'a variance is negative', () => v.ge(0), { args: { variance } });
    const known = v.detach();
    const raised = v.add(where(known.ge(0), maximum(known, eps).sub(known), Number.NaN));
    const losses = raised.log().add(input.sub(target).square().div(raised)).mul(0.5);
    return reduce(full ? losses.add(0.5 * Math.log(2 * Math.PI)) : losses, reduction);
  });
}

/** The variance in a shape that broadcasts to the means. */
function fitted(input: Tensor, variance: Tensor): Tensor {
  const shape = variance.shape.join();
  const rows = input.shape.slice(0, -1);
  if (shape === input.shape.join() || shape === [...rows, 1].join()) return variance;
  if (shape === rows.join()) return variance.unsqueeze(-1);
  throw new ShapeError('gaussianNllLoss', 'the variances do not fit', {
    args: { input, variance },
    expected: `[${input.shape}], [${[...rows, 1]}] or [${rows}]`,
  });
}

/** Options of `poissonNllLoss`. */
export interface PoissonNLLOptions extends LossOptions {
  /** Whether the input is the logarithm of the rate. Default true. */
  readonly logInput?: boolean;
  /** Whether Stirling's approximation of ln t! is added. Default false. */
  readonly full?: boolean;
  /** Added to a rate before its logarithm. Default 1e-8. */
  readonly eps?: number;
}

/** eˣ − t·x, the Poisson distribution's with rate eˣ; or x − t·ln(x + eps) with rate x. @param target - counts, of the shape of input. */
export function poissonNllLoss(
  input: Tensor,
  target: Tensor,
  options: PoissonNLLOptions = {},
): Tensor {
  takes('poissonNllLoss', arguments);
  const { logInput = true, full = false, eps = 1e-8, reduction = 'mean' } = options;
  checkBroadcast('poissonNllLoss', { input, target });
  return scope(() => {
    const losses = logInput
      ? input.exp().sub(target.mul(input))
      : input.sub(target.mul(input.add(eps).log()));
    return reduce(full ? losses.add(stirling(target)) : losses, reduction);
  });
}

/** t ln t − t + ½ ln 2πt for t above 1, otherwise 0. */
function stirling(target: Tensor): Tensor {
  const large = target.gt(1);
  const t = where(large, target, 1);
  const value = t
    .mul(t.log())
    .sub(t)
    .add(
      t
        .mul(2 * Math.PI)
        .log()
        .mul(0.5),
    );
  return where(large, value, 0);
}

/** See `gaussianNllLoss`. No parameters. */
export class GaussianNLLLoss extends Module {
  /** Makes the loss. */
  constructor(private readonly options: GaussianNLLOptions = {}) {
    super();
    takes('GaussianNLLLoss', arguments);
  }

  /** Computes the loss. @param input - means. @param target - of the same shape. @param variance - of the same shape, or one for each row. */
  forward(input: Tensor, target: Tensor, variance: Tensor): Tensor {
    takes('GaussianNLLLoss.forward', arguments);
    return gaussianNllLoss(input, target, variance, this.options);
  }
}

/** See `poissonNllLoss`. No parameters. */
export class PoissonNLLLoss extends Module {
  /** Makes the loss. */
  constructor(private readonly options: PoissonNLLOptions = {}) {
    super();
    takes('PoissonNLLLoss', arguments);
  }

  /** Computes the loss. @param input - logarithms of rates, or rates. @param target - counts of the same shape. */
  forward(input: Tensor, target: Tensor): Tensor {
    takes('PoissonNLLLoss.forward', arguments);
    return poissonNllLoss(input, target, this.options);
  }
}

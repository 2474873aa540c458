/** Keeping gradients small, without reading any: norms and factors stay on the device. */

import { noGrad } from '@dl/autograd';
import type { Generator, Tensor } from '@dl/tensor';
import {
  assign,
  div,
  isfinite,
  logicalNot,
  randn,
  scope,
  stack,
  tensor,
  ValueError,
  where,
} from '@dl/tensor';
import { tensorsOf } from './optimizer';
import { takes } from './signatures';

function gradientsOf(owner: string, parameters: Iterable<Tensor>): Tensor[] {
  return tensorsOf(owner, parameters)
    .map((p) => p.grad)
    .filter((g): g is Tensor => g !== null);
}

/** The p-norm of all elements of all tensors together, a scalar on the device of the first. */
function commonNorm(tensors: readonly Tensor[], p: number): Tensor {
  const filled = tensors.filter((x) => x.size > 0);
  if (filled.length === 0) return tensor(0);
  const { device } = filled[0];
  const dtype = filled.some((x) => x.dtype === 'float64') ? 'float64' : filled[0].dtype;
  const part = (x: Tensor): Tensor => {
    if (p === Number.POSITIVE_INFINITY) return x.abs().amax();
    return (p === 2 ? x.square() : x.abs().pow(p)).sum();
  };
  const parts = stack(filled.map((x) => part(x).cast(dtype).to(device)));
  if (p === Number.POSITIVE_INFINITY) return parts.amax();
  return p === 2 ? parts.sum().sqrt() : parts.sum().pow(1 / p);
}

/** Options of `clipGradNorm`. */
export interface ClipNormOptions {
  /** p of the norm, Infinity for the largest element. Default 2. */
  readonly normType?: number;
  /**
   * Whether a norm that is NaN or ±∞ is an error, which waits for its value. Default false: NaN and 0 spread to all gradients, as in PyTorch.
   */
  readonly errorIfNonfinite?: boolean;
}

/**
 * Scales all gradients together, in place, so that their common norm is at most `maxNorm`.
 *
 * @returns the norm before, a scalar; reading it is left to who wants to know. @throws ValueError where the norm is not finite, if asked to,
 * and for p that is not positive.
 * @example clipGradNorm(model.parameters(), 1);
 * Source: Pascanu et al. 2013.
 */
export function clipGradNorm(
  parameters: Iterable<Tensor>,
  maxNorm: number,
  options: ClipNormOptions = {},
): Tensor {
  takes('clipGradNorm', arguments);
  const { normType = 2, errorIfNonfinite = false } = options;
  if (!(normType > 0)) {
    throw new ValueError('clipGradNorm', 'normType must be positive', { args: { normType } });
  }
  const gradients = gradientsOf('clipGradNorm', parameters);
  return noGrad(() =>
    scope(() => {
      const norm = commonNorm(gradients, normType);
      if (errorIfNonfinite && !Number.isFinite(norm.item())) {
        throw new ValueError('clipGradNorm', 'the norm of the gradients is not finite', {
          args: { norm },
        });
      }
      // As PyTorch: a hair below the bound, and never larger than before; 1 where nothing is to be done, so that no value is asked for.
      const factor = div(maxNorm, norm.add(1e-6)).minimum(1);
      for (const g of gradients) g.mul_(factor.cast(g.dtype).to(g.device));
      return norm;
    }),
  );
}

/** Cuts every element of every gradient to [−bound, bound]. */
export function clipGradValue(parameters: Iterable<Tensor>, bound: number): void {
  takes('clipGradValue', arguments);
  noGrad(() =>
    scope(() => {
      for (const g of gradientsOf('clipGradValue', parameters))
        assign(g, g.minimum(bound).maximum(-bound));
    }),
  );
}

/** Options of `randomizeGradNorm`. */
export interface RandomStepOptions {
  /** Gradients whose common norm is larger are replaced. Default Infinity: only those that are not finite. */
  readonly maxNorm?: number;
  /** v, the common norm of what takes their place. */
  readonly length: number;
  /** Where the random direction comes from. Default: the global generator. */
  readonly generator?: Generator;
}

/**
 * Replaces gradients that exploded (NaN, ±∞, or too long) by a step of length v in a random direction, so that training leaves the
 * cliff instead of jumping off it. A direction is drawn in every call, needed or not: the device decides, and nothing is read.
 *
 * @returns the norm before, a scalar. @throws ValueError where `length` is not positive. Source: Mikolov 2012.
 */
export function randomizeGradNorm(
  parameters: Iterable<Tensor>,
  options: RandomStepOptions,
): Tensor {
  takes('randomizeGradNorm', arguments);
  const { maxNorm = Number.POSITIVE_INFINITY, length, generator } = options;
  if (!(length > 0 && length < Number.POSITIVE_INFINITY)) {
    throw new ValueError('randomizeGradNorm', 'length must be positive', { args: { length } });
  }
  const gradients = gradientsOf('randomizeGradNorm', parameters);
  return noGrad(() =>
    scope(() => {
      const norm = commonNorm(gradients, 2);
      const exploded = logicalNot(isfinite(norm).logicalAnd(norm.le(maxNorm)));
      const steps = gradients.map(({ shape, dtype, device }) =>
        randn(shape, { dtype, device, generator }),
      );
      const factor = div(length, commonNorm(steps, 2));
      gradients.forEach((g, i) => {
        const step = steps[i].mul(factor.cast(g.dtype).to(g.device));
        assign(g, where(exploded.to(g.device), step, g));
      });
      return norm;
    }),
  );
}

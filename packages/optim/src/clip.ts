/** Keeping gradients small. */

import { noGrad } from '@dl/autograd';
import type { Generator, Tensor } from '@dl/tensor';
import { assign, randn, scope, ValueError } from '@dl/tensor';
import { takes } from './signatures';

function gradientsOf(parameters: Iterable<Tensor>): Tensor[] {
  return Array.from(parameters, (p) => p.grad).filter((g): g is Tensor => g !== null);
}

/** The p-norm of all elements of all tensors together. */
function commonNorm(tensors: readonly Tensor[], p: number): number {
  if (p === Number.POSITIVE_INFINITY) {
    const sizes = tensors.filter((x) => x.size > 0).map((x) => x.abs().amax().item());
    // Not Math.max, which would be −∞ of none.
    return sizes.reduce((most, size) => (size > most || Number.isNaN(size) ? size : most), 0);
  }
  const powers = tensors.map((x) => (p === 2 ? x.square() : x.abs().pow(p)).sum().item());
  return powers.reduce((sum, power) => sum + power, 0) ** (1 / p);
}

/** Options of `clipGradNorm`. */
export interface ClipNormOptions {
  /** p of the norm, Infinity for the largest element. Default 2. */
  readonly normType?: number;
  /** Whether a norm that is NaN or ±∞ is an error. Default false: NaN and 0 spread to all gradients, as in PyTorch. */
  readonly errorIfNonfinite?: boolean;
}

/**
 * Scales all gradients together so that their common norm is at most `maxNorm`.
 *
 * @returns the norm before. @throws ValueError where it is not finite, if asked to, and for p that is not positive.
 * @example clipGradNorm(model.parameters(), 1);
 * Source: Pascanu et al. 2013.
 */
export function clipGradNorm(
  parameters: Iterable<Tensor>,
  maxNorm: number,
  options: ClipNormOptions = {},
): number {
  takes('clipGradNorm', arguments);
  const { normType = 2, errorIfNonfinite = false } = options;
  if (!(normType > 0)) {
    throw new ValueError('clipGradNorm', 'normType must be positive', { args: { normType } });
  }
  const gradients = gradientsOf(parameters);
  return noGrad(() =>
    scope(() => {
      const norm = commonNorm(gradients, normType);
      if (errorIfNonfinite && !Number.isFinite(norm)) {
        throw new ValueError('clipGradNorm', 'the norm of the gradients is not finite', {
          args: { norm },
        });
      }
      // As PyTorch: a hair below the bound, and never larger than before.
      const factor = maxNorm / (norm + 1e-6);
      if (!(factor >= 1)) for (const g of gradients) assign(g, g.mul(factor));
      return norm;
    }),
  );
}

/** Cuts every element of every gradient to [−bound, bound]. */
export function clipGradValue(parameters: Iterable<Tensor>, bound: number): void {
  takes('clipGradValue', arguments);
  noGrad(() =>
    scope(() => {
      for (const g of gradientsOf(parameters)) assign(g, g.minimum(bound).maximum(-bound));
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
 * cliff instead of jumping off it.
 *
 * @returns the norm before. @throws ValueError where `length` is not positive. Source: the notes on recurrent networks; Mikolov 2012.
 */
export function randomizeGradNorm(
  parameters: Iterable<Tensor>,
  options: RandomStepOptions,
): number {
  takes('randomizeGradNorm', arguments);
  const { maxNorm = Number.POSITIVE_INFINITY, length, generator } = options;
  if (!(length > 0 && length < Number.POSITIVE_INFINITY)) {
    throw new ValueError('randomizeGradNorm', 'length must be positive', { args: { length } });
  }
  const gradients = gradientsOf(parameters);
  return noGrad(() =>
    scope(() => {
      const norm = commonNorm(gradients, 2);
      if (Number.isFinite(norm) && norm <= maxNorm) return norm;
      const steps = gradients.map(({ shape, dtype, device }) =>
        randn(shape, { dtype, device, generator }),
      );
      const factor = length / commonNorm(steps, 2);
      steps.forEach((step, i) => {
        assign(gradients[i], step.mul(factor));
      });
      return norm;
    }),
  );
}

/** Keeping gradients small. */

import { noGrad } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import { assign, scope } from '@dl/tensor';

function gradientsOf(parameters: Iterable<Tensor>): Tensor[] {
  return Array.from(parameters, (p) => p.grad).filter((g): g is Tensor => g !== null);
}

/**
 * Scales all gradients together so that their common Euclidean norm is at most `maxNorm`.
 *
 * @returns the norm before.
 * @example clipGradNorm(model.parameters(), 1);
 * Source: Pascanu et al. 2013.
 */
export function clipGradNorm(parameters: Iterable<Tensor>, maxNorm: number): number {
  const gradients = gradientsOf(parameters);
  return noGrad(() =>
    scope(() => {
      const squares = gradients.map((g) => g.square().sum().item());
      const norm = Math.sqrt(squares.reduce((a, b) => a + b, 0));
      // As PyTorch: a hair below the bound, and never larger than before.
      const factor = maxNorm / (norm + 1e-6);
      if (factor < 1) for (const g of gradients) assign(g, g.mul(factor));
      return norm;
    }),
  );
}

/** Cuts every element of every gradient to [−bound, bound]. */
export function clipGradValue(parameters: Iterable<Tensor>, bound: number): void {
  noGrad(() =>
    scope(() => {
      for (const g of gradientsOf(parameters)) assign(g, g.minimum(bound).maximum(-bound));
    }),
  );
}

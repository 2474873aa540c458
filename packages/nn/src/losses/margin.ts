/** Losses that ask for a distance between right and wrong. */

import type { Tensor } from '@dl/tensor';
import {
  arange,
  clamp,
  DTypeError,
  gather,
  norm,
  relu,
  ShapeError,
  scope,
  softplus,
  sqrt,
  unsqueeze,
  ValueError,
  where,
} from '@dl/tensor';
import { debugCheck } from '@dl/tensor/internal';
import { buffer, Module } from '../module';
import { takes } from '../signatures';
import type { LossOptions } from './reduction';
import { checkBroadcast, reduce } from './reduction';

/** Applies `losses` to rows of scores and their class ids; one example may come without an axis for the batch. */
function perRow(
  op: string,
  scores: Tensor,
  target: Tensor,
  losses: (scores: Tensor, target: Tensor) => Tensor,
): Tensor {
  if (target.dtype !== 'int32')
    throw new DTypeError(op, 'class ids must be int32', { args: { scores, target } });
  const single = scores.ndim === 1 && target.size === 1 && target.ndim <= 1;
  const fits = scores.ndim === 2 && target.ndim === 1 && scores.shape[0] === target.shape[0];
  if (!single && !fits) {
    throw new ShapeError(op, 'targets do not fit', {
      args: { scores, target },
      expected: 'scores: [N, C], target: [N]; or scores: [C], target: []',
    });
  }
  if (fits) return losses(scores, target);
  return losses(scores.unsqueeze(0), target.reshape([1])).reshape(target.shape);
}

/** How far each class violates the margin, [N, C]; 0 for the right class itself. */
function violations(scores: Tensor, target: Tensor, margin: number): Tensor {
  const right = gather(scores, 1, unsqueeze(target, 1));
  const own = arange(0, scores.shape[1], 1, { dtype: 'int32', device: scores.device }).eq(
    unsqueeze(target, 1),
  );
  return where(own, 0, relu(scores.sub(right).add(margin)));
}

/** max(0, x); the derivative at 0 is 1, as in PyTorch’s losses of pairs. */
const cut = (x: Tensor) => clamp(x, 0);

/** Options of `hingeLoss`. */
export interface HingeOptions extends LossOptions {
  /** Δ, by how much the right class must win. Default 1. */
  readonly margin?: number;
}

/**
 * Σ max(0, Δ − s_y + s_c) over the wrong classes c: the loss of the multiclass support vector machine (Weston and Watkins 1999).
 *
 * @param scores - [N, C] or [C]. @param target - class ids, int32, [N] or a scalar. @returns a scalar, or its shape for reduction 'none'.
 * @throws IndexError for a class id out of range. `multiMarginLoss` is the same over C.
 */
export function hingeLoss(scores: Tensor, target: Tensor, options: HingeOptions = {}): Tensor {
  takes('hingeLoss', arguments);
  const { margin = 1, reduction = 'mean' } = options;
  return scope(() => {
    const losses = perRow('hingeLoss', scores, target, (rows, ids) =>
      violations(rows, ids, margin).sum(1),
    );
    return reduce(losses, reduction);
  });
}

/** Options of `multiMarginLoss`. */
export interface MultiMarginOptions extends HingeOptions {
  /** The power of each violation, 1 (default) or 2. */
  readonly p?: 1 | 2;
  /** A weight for each right class, [C]. Default all 1. */
  readonly weight?: Tensor;
}

/**
 * w_y / C · Σ max(0, Δ − s_y + s_c)ᵖ over the wrong classes c.
 *
 * @param scores - [N, C] or [C]. @param target - class ids, int32, [N] or a scalar. @returns a scalar, or its shape for reduction 'none'.
 * @throws IndexError for a class id out of range; ValueError for other p.
 */
export function multiMarginLoss(
  scores: Tensor,
  target: Tensor,
  options: MultiMarginOptions = {},
): Tensor {
  takes('multiMarginLoss', arguments);
  const { p = 1, margin = 1, weight, reduction = 'mean' } = options;
  if (p !== 1 && p !== 2)
    throw new ValueError('multiMarginLoss', 'p must be 1 or 2', { args: { p } });
  return scope(() => {
    const losses = perRow('multiMarginLoss', scores, target, (rows, ids) => {
      const each = violations(rows, ids, margin);
      const sums = (p === 1 ? each : each.square()).sum(1).div(rows.shape[1]);
      return weight ? sums.mul(weight.indexSelect(0, ids)) : sums;
    });
    return reduce(losses, reduction);
  });
}

/** With debug checks on, refuses targets other than 1 and −1, NaN included. */
function checkSigns(op: string, target: Tensor): void {
  const signs = () => target.eq(1).logicalOr(target.eq(-1));
  debugCheck(op, 'targets must be 1 or −1', signs, { args: { target } });
}

/**
 * x where t = 1, max(0, Δ − x) where t = −1; the sum of both for other targets, as in PyTorch.
 *
 * @param x - distances. @param target - 1 or −1, of the shape of x. @throws with `setDebugChecks(true)`, ValueError for other targets.
 */
export function hingeEmbeddingLoss(x: Tensor, target: Tensor, options: HingeOptions = {}): Tensor {
  takes('hingeEmbeddingLoss', arguments);
  const { margin = 1, reduction = 'mean' } = options;
  checkBroadcast('hingeEmbeddingLoss', { x, target });
  return scope(() => {
    checkSigns('hingeEmbeddingLoss', target);
    const far = where(target.eq(1), 0, cut(x.neg().add(margin)));
    return reduce(where(target.eq(-1), 0, x).add(far), reduction);
  });
}

/**
 * log(1 + e^{−t·x}).
 *
 * @param x - scores. @param target - 1 or −1, of the shape of x. @throws with `setDebugChecks(true)`, ValueError for other targets.
 */
export function softMarginLoss(x: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  takes('softMarginLoss', arguments);
  const { reduction = 'mean' } = options;
  checkBroadcast('softMarginLoss', { x, target });
  return scope(() => {
    checkSigns('softMarginLoss', target);
    return reduce(softplus(x.mul(target).neg()), reduction);
  });
}

/** max(0, Δ − t (a − b)): t = 1 asks for a above b. @param target - 1 or −1, of the shape of a and b. @param options - margin default 0. */
export function marginRankingLoss(
  a: Tensor,
  b: Tensor,
  target: Tensor,
  options: HingeOptions = {},
): Tensor {
  takes('marginRankingLoss', arguments);
  const { margin = 0, reduction = 'mean' } = options;
  checkBroadcast('marginRankingLoss', { a, b, target });
  return scope(() => {
    checkSigns('marginRankingLoss', target);
    return reduce(cut(a.sub(b).mul(target).neg().add(margin)), reduction);
  });
}

/**
 * 1 − cos(a, b) where t = 1, max(0, cos(a, b) − Δ) where t = −1, 0 for other targets, as in PyTorch.
 *
 * @param a - [N, D] or [D]. @param b - of the same shape. @param target - 1 or −1, [N] or a scalar.
 * @param options - margin default 0; debug checks refuse other targets. As PyTorch, with 1e-12 under both roots.
 */
export function cosineEmbeddingLoss(
  a: Tensor,
  b: Tensor,
  target: Tensor,
  options: HingeOptions = {},
): Tensor {
  takes('cosineEmbeddingLoss', arguments);
  const { margin = 0, reduction = 'mean' } = options;
  checkBroadcast('cosineEmbeddingLoss', { a, b });
  if (a.ndim === 0 || target.ndim >= Math.max(a.ndim, b.ndim)) {
    throw new ShapeError('cosineEmbeddingLoss', 'targets do not fit', {
      args: { a, b, target },
      expected: 'a, b: [N, D], target: [N]',
    });
  }
  return scope(() => {
    checkSigns('cosineEmbeddingLoss', target);
    const size = (x: Tensor) => x.square().sum(-1).add(1e-12);
    const cosine = a
      .mul(b)
      .sum(-1)
      .div(sqrt(size(a).mul(size(b))));
    const far = cut(cosine.sub(margin));
    checkBroadcast('cosineEmbeddingLoss', { cosine, target });
    const near = where(target.eq(1), cosine.neg().add(1), 0);
    return reduce(near.add(where(target.eq(-1), far, 0)), reduction);
  });
}

/** Options of `tripletMarginLoss`. */
export interface TripletOptions extends HingeOptions {
  /** The norm that measures distances. Default 2. */
  readonly p?: number;
  /** Added to each difference, so that the norm has a derivative at 0. Default 1e-6. */
  readonly eps?: number;
  /** Whether the distance from positive to negative counts where it is smaller. Default false. */
  readonly swap?: boolean;
}

/**
 * max(0, Δ + ‖anchor − positive‖ − ‖anchor − negative‖).
 *
 * @param anchor - [N, D] or [D], as are the others. @returns a scalar, or [N] for reduction 'none'. Source: Balntas et al. 2016.
 */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletOptions = {},
): Tensor {
  takes('tripletMarginLoss', arguments);
  const { margin = 1, p = 2, eps = 1e-6, swap = false, reduction = 'mean' } = options;
  checkBroadcast('tripletMarginLoss', { anchor, positive, negative });
  return scope(() => {
    const distance = (x: Tensor, y: Tensor) => norm(x.sub(y).add(eps), p, -1);
    const near = distance(anchor, positive);
    const own = distance(anchor, negative);
    const far = swap ? own.minimum(distance(positive, negative)) : own;
    return reduce(cut(near.sub(far).add(margin)), reduction);
  });
}

/** See `hingeLoss`. No parameters. */
export class HingeLoss extends Module {
  /** Makes the loss. */
  constructor(private readonly options: HingeOptions = {}) {
    super();
    takes('HingeLoss', arguments);
  }

  /** Computes the loss. @param scores - [N, C]. @param target - class ids [N]. */
  forward(scores: Tensor, target: Tensor): Tensor {
    takes('HingeLoss.forward', arguments);
    return hingeLoss(scores, target, this.options);
  }
}

/** See `multiMarginLoss`. Buffers: `weight` [C], where given. */
export class MultiMarginLoss extends Module {
  readonly weight: Tensor | undefined;
  private readonly options: MultiMarginOptions;

  /** Makes the loss. */
  constructor(options: MultiMarginOptions = {}) {
    super();
    takes('MultiMarginLoss', arguments);
    const { weight, ...rest } = options;
    this.weight = weight && buffer(weight);
    this.options = rest;
  }

  /** Computes the loss. @param scores - [N, C]. @param target - class ids [N]. */
  forward(scores: Tensor, target: Tensor): Tensor {
    takes('MultiMarginLoss.forward', arguments);
    return multiMarginLoss(scores, target, { ...this.options, weight: this.weight });
  }
}

/** See `hingeEmbeddingLoss`. No parameters. */
export class HingeEmbeddingLoss extends Module {
  /** Makes the loss. */
  constructor(private readonly options: HingeOptions = {}) {
    super();
    takes('HingeEmbeddingLoss', arguments);
  }

  /** Computes the loss. @param x - distances. @param target - 1 or −1. */
  forward(x: Tensor, target: Tensor): Tensor {
    takes('HingeEmbeddingLoss.forward', arguments);
    return hingeEmbeddingLoss(x, target, this.options);
  }
}

/** See `softMarginLoss`. No parameters. */
export class SoftMarginLoss extends Module {
  /** Makes the loss. */
  constructor(private readonly options: LossOptions = {}) {
    super();
    takes('SoftMarginLoss', arguments);
  }

  /** Computes the loss. @param x - scores. @param target - 1 or −1. */
  forward(x: Tensor, target: Tensor): Tensor {
    takes('SoftMarginLoss.forward', arguments);
    return softMarginLoss(x, target, this.options);
  }
}

/** See `marginRankingLoss`. No parameters. */
export class MarginRankingLoss extends Module {
  /** Makes the loss. */
  constructor(private readonly options: HingeOptions = {}) {
    super();
    takes('MarginRankingLoss', arguments);
  }

  /** Computes the loss. @param a - scores. @param b - scores. @param target - 1 or −1. */
  forward(a: Tensor, b: Tensor, target: Tensor): Tensor {
    takes('MarginRankingLoss.forward', arguments);
    return marginRankingLoss(a, b, target, this.options);
  }
}

/** See `cosineEmbeddingLoss`. No parameters. */
export class CosineEmbeddingLoss extends Module {
  /** Makes the loss. */
  constructor(private readonly options: HingeOptions = {}) {
    super();
    takes('CosineEmbeddingLoss', arguments);
  }

  /** Computes the loss. @param a - [N, D]. @param b - [N, D]. @param target - 1 or −1 [N]. */
  forward(a: Tensor, b: Tensor, target: Tensor): Tensor {
    takes('CosineEmbeddingLoss.forward', arguments);
    return cosineEmbeddingLoss(a, b, target, this.options);
  }
}

/** See `tripletMarginLoss`. No parameters. */
export class TripletMarginLoss extends Module {
  /** Makes the loss. */
  constructor(private readonly options: TripletOptions = {}) {
    super();
    takes('TripletMarginLoss', arguments);
  }

  /** Computes the loss. @param anchor - [N, D]. @param positive - [N, D]. @param negative - [N, D]. */
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    takes('TripletMarginLoss.forward', arguments);
    return tripletMarginLoss(anchor, positive, negative, this.options);
  }
}

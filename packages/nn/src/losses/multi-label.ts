/** Losses for examples that belong to several classes at once, and triplets under any distance. */

import type { Tensor } from '@dl/tensor';
import {
  clamp,
  cumprod,
  DTypeError,
  gather,
  relu,
  ShapeError,
  scatterAdd,
  scope,
  softplus,
  where,
  zerosLike,
} from '@dl/tensor';
import { pairwiseDistance } from '../functional/distance';
import { buffer, Module } from '../module';
import { takes } from '../signatures';
import type { HingeOptions } from './margin';
import type { LossOptions } from './reduction';
import { checkBroadcast, checkShapes, reduce } from './reduction';

/**
 * Σ max(0, 1 − (s_y − s_c)) / C over the right classes y, each as often as it is named, and the wrong ones c.
 *
 * @param scores - [N, C] or [C]. @param target - int32 of that shape: the right class ids, then −1. @returns a scalar, or [N] for 'none'.
 * @throws IndexError for a class id out of range.
 */
export function multilabelMarginLoss(
  scores: Tensor,
  target: Tensor,
  options: LossOptions = {},
): Tensor {
  takes('multilabelMarginLoss', arguments);
  const { reduction = 'mean' } = options;
  const op = 'multilabelMarginLoss';
  checkShapes(op, scores, target);
  if (target.dtype !== 'int32') {
    throw new DTypeError(op, 'class ids must be int32', { args: { scores, target } });
  }
  if (scores.ndim !== 1 && scores.ndim !== 2) {
    throw new ShapeError(op, 'scores are one row or several', {
      args: { scores },
      expected: 'scores: [N, C] or [C]',
    });
  }
  return scope(() => {
    const rows = scores.ndim === 1 ? scores.unsqueeze(0) : scores;
    const named = scores.ndim === 1 ? target.unsqueeze(0) : target;
    // What stands before the first −1 of a row counts, a class as often as it is named.
    const counts = cumprod(named.ne(-1).cast(scores.dtype), 1);
    const ids = where(counts.ne(0), named, 0);
    const right = gather(rows, 1, ids);
    const wrong = scatterAdd(zerosLike(rows), 1, ids, counts).eq(0).cast(scores.dtype);
    const gap = rows.unsqueeze(1).sub(right.unsqueeze(2)).add(1); // [N, named, wrong]
    const losses = relu(gap)
      .mul(counts.unsqueeze(2).mul(wrong.unsqueeze(1)))
      .sum([1, 2])
      .div(rows.shape[1]);
    return reduce(scores.ndim === 1 ? losses.squeeze(0) : losses, reduction);
  });
}

/** Options of `multilabelSoftMarginLoss`. */
export interface MultiLabelSoftMarginOptions extends LossOptions {
  /** A weight for each class, [C]. Default all 1. */
  readonly weight?: Tensor;
}

/**
 * The mean over the classes of binary cross-entropies of σ(scores).
 *
 * @param scores - [N, C] or [C]. @param target - 0 or 1, of that shape. @returns a scalar, or [N] for reduction 'none'.
 */
export function multilabelSoftMarginLoss(
  scores: Tensor,
  target: Tensor,
  options: MultiLabelSoftMarginOptions = {},
): Tensor {
  takes('multilabelSoftMarginLoss', arguments);
  const { weight, reduction = 'mean' } = options;
  checkBroadcast('multilabelSoftMarginLoss', { scores, target });
  return scope(() => {
    const yes = target.mul(softplus(scores.neg()));
    const no = target.neg().add(1).mul(softplus(scores));
    const losses = yes.add(no);
    return reduce((weight ? losses.mul(weight) : losses).mean(-1), reduction);
  });
}

/** Options of `tripletMarginWithDistanceLoss`. */
export interface TripletDistanceOptions extends HingeOptions {
  /** Distances [N] of two batches of vectors. Default `functional.pairwiseDistance`. */
  readonly distanceFunction?: (a: Tensor, b: Tensor) => Tensor;
  /** Whether the distance from positive to negative counts where it is smaller. Default false. */
  readonly swap?: boolean;
}

/** max(0, Δ + d(anchor, positive) − d(anchor, negative)) for any distance d. @param anchor - [N, ...], as are the others. */
export function tripletMarginWithDistanceLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletDistanceOptions = {},
): Tensor {
  takes('tripletMarginWithDistanceLoss', arguments);
  const {
    distanceFunction = pairwiseDistance,
    margin = 1,
    swap = false,
    reduction = 'mean',
  } = options;
  checkBroadcast('tripletMarginWithDistanceLoss', { anchor, positive, negative });
  return scope(() => {
    const near = distanceFunction(anchor, positive);
    const own = distanceFunction(anchor, negative);
    const far = swap ? own.minimum(distanceFunction(positive, negative)) : own;
    return reduce(clamp(near.sub(far).add(margin), 0), reduction);
  });
}

/** See `multilabelMarginLoss`. No parameters. */
export class MultiLabelMarginLoss extends Module {
  /** Makes the loss. */
  constructor(private readonly options: LossOptions = {}) {
    super();
    takes('MultiLabelMarginLoss', arguments);
  }

  /** Computes the loss. @param scores - [N, C]. @param target - class ids, then −1, of the same shape. */
  forward(scores: Tensor, target: Tensor): Tensor {
    takes('MultiLabelMarginLoss.forward', arguments);
    return multilabelMarginLoss(scores, target, this.options);
  }
}

/** See `multilabelSoftMarginLoss`. Buffers: `weight` [C], where given. */
export class MultiLabelSoftMarginLoss extends Module {
  readonly weight: Tensor | undefined;
  private readonly options: MultiLabelSoftMarginOptions;

  /** Makes the loss. Weights are kept. */
  constructor(options: MultiLabelSoftMarginOptions = {}) {
    super();
    takes('MultiLabelSoftMarginLoss', arguments);
    const { weight, ...rest } = options;
    this.weight = weight && buffer(weight);
    this.options = rest;
  }

  /** Computes the loss. @param scores - [N, C]. @param target - 0 or 1, of the same shape. */
  forward(scores: Tensor, target: Tensor): Tensor {
    takes('MultiLabelSoftMarginLoss.forward', arguments);
    return multilabelSoftMarginLoss(scores, target, { ...this.options, weight: this.weight });
  }
}

/** See `tripletMarginWithDistanceLoss`. No parameters. */
export class TripletMarginWithDistanceLoss extends Module {
  /** Makes the loss. */
  constructor(private readonly options: TripletDistanceOptions = {}) {
    super();
    takes('TripletMarginWithDistanceLoss', arguments);
  }

  /** Computes the loss. @param anchor - [N, D]. @param positive - [N, D]. @param negative - [N, D]. */
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    takes('TripletMarginWithDistanceLoss.forward', arguments);
    return tripletMarginWithDistanceLoss(anchor, positive, negative, this.options);
  }
}

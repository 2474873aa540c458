/** Losses for examples that belong to several classes at once, and triplets under any distance. */

import type { Tensor } from '@dl/tensor';
import { DTypeError, IndexError, relu, ShapeError, scope, softplus, tensor } from '@dl/tensor';
import { pairwiseDistance } from '../functional/distance';
import { buffer, Module } from '../module';
import type { HingeOptions } from './margin';
import type { LossOptions } from './reduction';
import { checkShapes, reduce } from './reduction';

/**
 * Σ max(0, 1 − (s_y − s_c)) / C over the right classes y and the wrong ones c.
 *
 * @param scores - [N, C] or [C]. @param target - int32 of that shape: the right class ids, then −1. @returns a scalar, or [N] for 'none'.
 * @throws IndexError for a class id out of range.
 */
export function multiLabelMarginLoss(
  scores: Tensor,
  target: Tensor,
  { reduction = 'mean' }: LossOptions = {},
): Tensor {
  const op = 'multiLabelMarginLoss';
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
    const classes = scores.shape[scores.ndim - 1];
    const rows = scores.reshape([-1, classes]);
    const right = tensor(rightClasses(op, target, classes), {
      shape: [...rows.shape],
      dtype: 'bool',
      device: scores.device,
    }).cast(scores.dtype);
    const gap = rows.unsqueeze(1).sub(rows.unsqueeze(2)).add(1); // [N, right, wrong]
    const counts = right.unsqueeze(2).mul(right.neg().add(1).unsqueeze(1));
    const losses = relu(gap).mul(counts).sum([1, 2]).div(classes);
    return reduce(scores.ndim === 1 ? losses.squeeze(0) : losses, reduction);
  });
}

/** 1 for every class that a row names before its first −1. */
function rightClasses(op: string, target: Tensor, classes: number): Uint8Array {
  const ids = target.dataSync();
  const right = new Uint8Array(ids.length);
  for (let row = 0; row < ids.length; row += classes) {
    for (let k = 0; k < classes && ids[row + k] !== -1; k++) {
      const id = ids[row + k];
      if (id < 0 || id >= classes) {
        throw new IndexError(op, `there is no class ${id}`, {
          args: { target },
          expected: `0 to ${classes - 1}, then −1`,
        });
      }
      right[row + id] = 1;
    }
  }
  return right;
}

/** Options of `multiLabelSoftMarginLoss`. */
export interface MultiLabelSoftMarginOptions extends LossOptions {
  /** A weight for each class, [C]. Default all 1. */
  readonly weight?: Tensor;
}

/**
 * The mean over the classes of binary cross-entropies of σ(scores).
 *
 * @param scores - [N, C] or [C]. @param target - 0 or 1, of that shape. @returns a scalar, or [N] for reduction 'none'.
 */
export function multiLabelSoftMarginLoss(
  scores: Tensor,
  target: Tensor,
  { weight, reduction = 'mean' }: MultiLabelSoftMarginOptions = {},
): Tensor {
  checkShapes('multiLabelSoftMarginLoss', scores, target);
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
  {
    distanceFunction = pairwiseDistance,
    margin = 1,
    swap = false,
    reduction = 'mean',
  }: TripletDistanceOptions = {},
): Tensor {
  checkShapes('tripletMarginWithDistanceLoss', anchor, positive);
  checkShapes('tripletMarginWithDistanceLoss', anchor, negative);
  return scope(() => {
    const near = distanceFunction(anchor, positive);
    const own = distanceFunction(anchor, negative);
    const far = swap ? own.minimum(distanceFunction(positive, negative)) : own;
    return reduce(relu(near.sub(far).add(margin)), reduction);
  });
}

/** See `multiLabelMarginLoss`. No parameters. */
export class MultiLabelMarginLoss extends Module {
  /** Makes the loss. */
  constructor(private readonly options: LossOptions = {}) {
    super();
  }

  /** Computes the loss. @param scores - [N, C]. @param target - class ids, then −1, of the same shape. */
  forward(scores: Tensor, target: Tensor): Tensor {
    return multiLabelMarginLoss(scores, target, this.options);
  }
}

/** See `multiLabelSoftMarginLoss`. Buffers: `weight` [C], where given. */
export class MultiLabelSoftMarginLoss extends Module {
  readonly weight: Tensor | undefined;
  private readonly options: MultiLabelSoftMarginOptions;

  /** Makes the loss. Weights are kept. */
  constructor({ weight, ...options }: MultiLabelSoftMarginOptions = {}) {
    super();
    this.weight = weight && buffer(weight);
    this.options = options;
  }

  /** Computes the loss. @param scores - [N, C]. @param target - 0 or 1, of the same shape. */
  forward(scores: Tensor, target: Tensor): Tensor {
    return multiLabelSoftMarginLoss(scores, target, { ...this.options, weight: this.weight });
  }
}

/** See `tripletMarginWithDistanceLoss`. No parameters. */
export class TripletMarginWithDistanceLoss extends Module {
  /** Makes the loss. */
  constructor(private readonly options: TripletDistanceOptions = {}) {
    super();
  }

  /** Computes the loss. @param anchor - [N, D]. @param positive - [N, D]. @param negative - [N, D]. */
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return tripletMarginWithDistanceLoss(anchor, positive, negative, this.options);
  }
}

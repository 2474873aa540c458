/** Losses for classes: cross-entropy and its relatives. */

import type { Tensor } from '@dl/tensor';
import {
  add,
  DTypeError,
  gather,
  logSoftmax,
  mul,
  ne,
  neg,
  ShapeError,
  scope,
  softmaxCrossEntropy,
  softplus,
  unsqueeze,
  ValueError,
  where,
} from '@dl/tensor';
import { Module } from '../module';
import type { Reduction } from './reduction';
import { reduce } from './reduction';

/** Options of `crossEntropy`. */
export interface CrossEntropyOptions {
  /** A weight for each class, [C]. Default all 1. */
  readonly weight?: Tensor;
  /** Examples with this class id do not count. Default −100. */
  readonly ignoreIndex?: number;
  /** The share of probability spread evenly over all classes. Default 0. */
  readonly labelSmoothing?: number;
  /** Default 'mean': over the examples that count, by weight. */
  readonly reduction?: Reduction;
}

/**
 * −Σ target · log softmax(logits).
 *
 * @param logits - [N, C] or [N, C, ...]. @param target - class ids, int32 [N] or [N, ...]; or distributions in the shape of the logits.
 * @returns a scalar, or the shape without C for reduction 'none'.
 * @throws IndexError for a class id out of range; DTypeError for targets of another type.
 * @example crossEntropy(model.forward(x), y).backward();
 */
export function crossEntropy(
  logits: Tensor,
  target: Tensor,
  options: CrossEntropyOptions = {},
): Tensor {
  const { weight, ignoreIndex = -100, labelSmoothing = 0, reduction = 'mean' } = options;
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ValueError('crossEntropy', 'labelSmoothing must be from 0 to 1', {
      args: { labelSmoothing },
    });
  }
  if (target.dtype === logits.dtype) return distributionLoss(logits, target, options);
  if (target.dtype !== 'int32') {
    throw new DTypeError('crossEntropy', 'targets are class ids (int32) or distributions', {
      args: { logits, target },
    });
  }
  const plain = logits.ndim === 2 && !weight && reduction === 'mean';
  if (plain) return softmaxCrossEntropy(logits, target, { ignoreIndex, labelSmoothing });
  return scope(() => {
    const logProbabilities = logSoftmax(logits, 1);
    const { losses, weights } = pickClasses(logProbabilities, target, weight, ignoreIndex);
    if (labelSmoothing === 0) return weightedReduce(losses, weights, reduction);
    const scaled = weight ? mul(logProbabilities, alongClasses(weight, logits)) : logProbabilities;
    const counted = ne(target, ignoreIndex);
    const even = where(counted, neg(scaled.mean(1)), 0);
    const mixed = add(mul(losses, 1 - labelSmoothing), mul(even, labelSmoothing));
    return weightedReduce(mixed, weights, reduction);
  });
}

function alongClasses(weight: Tensor, like: Tensor): Tensor {
  return weight.reshape([-1, ...new Array<number>(like.ndim - 2).fill(1)]);
}

/** −w[target] · logp[target] for each example, and w[target]; both 0 where the example does not count. */
function pickClasses(
  logProbabilities: Tensor,
  target: Tensor,
  weight: Tensor | undefined,
  ignoreIndex: number,
): { losses: Tensor; weights: Tensor } {
  const expected = [logProbabilities.shape[0], ...logProbabilities.shape.slice(2)];
  if (target.shape.join() !== expected.join()) {
    throw new ShapeError('nllLoss', 'targets do not fit', {
      args: { input: logProbabilities, target },
      expected: `target: [${expected.join(', ')}]`,
    });
  }
  const counted = ne(target, ignoreIndex);
  const ids = where(counted, target, 0);
  const picked = gather(logProbabilities, 1, unsqueeze(ids, 1)).squeeze(1);
  const each = weight
    ? weight.indexSelect(0, ids.reshape([-1])).reshape(ids.shape)
    : picked.detach().mul(0).add(1);
  const weights = where(counted, each, 0);
  return { losses: where(counted, neg(mul(picked, weights)), 0), weights };
}

function weightedReduce(losses: Tensor, weights: Tensor, reduction: Reduction): Tensor {
  return reduction === 'mean' ? losses.sum().div(weights.sum()) : reduce(losses, reduction);
}

function distributionLoss(
  logits: Tensor,
  target: Tensor,
  { weight, labelSmoothing = 0, reduction = 'mean' }: CrossEntropyOptions,
): Tensor {
  if (target.shape.join() !== logits.shape.join()) {
    throw new ShapeError('crossEntropy', 'distributions must have the shape of the logits', {
      args: { logits, target },
    });
  }
  return scope(() => {
    const classes = logits.shape[1];
    const smooth =
      labelSmoothing === 0 ? target : target.mul(1 - labelSmoothing).add(labelSmoothing / classes);
    const logProbabilities = logSoftmax(logits, 1);
    const scaled = weight ? logProbabilities.mul(alongClasses(weight, logits)) : logProbabilities;
    const losses = smooth.mul(scaled).sum(1).neg();
    // As PyTorch: the mean is over examples, whatever the weights.
    return reduce(losses, reduction);
  });
}

/** Options of `nllLoss`. */
export type NLLOptions = Omit<CrossEntropyOptions, 'labelSmoothing'>;

/** −logp[target]: cross-entropy of log-probabilities that were computed already. @param logProbabilities - [N, C, ...]. @param target - int32 [N, ...]. */
export function nllLoss(
  logProbabilities: Tensor,
  target: Tensor,
  { weight, ignoreIndex = -100, reduction = 'mean' }: NLLOptions = {},
): Tensor {
  if (target.dtype !== 'int32')
    throw new DTypeError('nllLoss', 'class ids must be int32', { args: { target } });
  return scope(() => {
    const { losses, weights } = pickClasses(logProbabilities, target, weight, ignoreIndex);
    return weightedReduce(losses, weights, reduction);
  });
}

/** −(t log p + (1 − t) log(1 − p)), logarithms cut at −100 as in PyTorch. @param p - probabilities. @param target - of the same shape. */
export function binaryCrossEntropy(
  p: Tensor,
  target: Tensor,
  { reduction = 'mean' }: { reduction?: Reduction } = {},
): Tensor {
  const bad = scope(() => p.lt(0).logicalOr(p.gt(1)).logicalOr(p.isnan()).any().item());
  if (bad)
    throw new ValueError('binaryCrossEntropy', 'p must be from 0 to 1', {
      args: { p },
      hint: 'use binaryCrossEntropyWithLogits on logits',
    });
  return scope(() => {
    const yes = target.mul(p.log().maximum(-100));
    const no = target.neg().add(1).mul(p.neg().add(1).log().maximum(-100));
    return reduce(yes.add(no).neg(), reduction);
  });
}

/** Options of `binaryCrossEntropyWithLogits`. */
export interface BCEWithLogitsOptions {
  /** Weight of positive targets, broadcast. Default 1. */
  readonly posWeight?: Tensor;
  /** Default 'mean'. */
  readonly reduction?: Reduction;
}

/** Binary cross-entropy of σ(logits), without overflow. @param target - of the same shape, 0 to 1. */
export function binaryCrossEntropyWithLogits(
  logits: Tensor,
  target: Tensor,
  { posWeight, reduction = 'mean' }: BCEWithLogitsOptions = {},
): Tensor {
  return scope(() => {
    const missed = logits.mul(target.neg().add(1));
    const softened = softplus(logits.neg());
    const weight = posWeight ? target.mul(posWeight.sub(1)).add(1) : undefined;
    return reduce(missed.add(weight ? softened.mul(weight) : softened), reduction);
  });
}

/** See `crossEntropy`. No parameters. */
export class CrossEntropyLoss extends Module {
  constructor(private readonly options: CrossEntropyOptions = {}) {
    super();
  }

  /** @param logits - [N, C, ...]. @param target - class ids or distributions. */
  forward(logits: Tensor, target: Tensor): Tensor {
    return crossEntropy(logits, target, this.options);
  }
}

/** See `nllLoss`. No parameters. */
export class NLLLoss extends Module {
  constructor(private readonly options: NLLOptions = {}) {
    super();
  }

  /** @param logProbabilities - [N, C, ...]. @param target - class ids. */
  forward(logProbabilities: Tensor, target: Tensor): Tensor {
    return nllLoss(logProbabilities, target, this.options);
  }
}

/** See `binaryCrossEntropy`. No parameters. */
export class BCELoss extends Module {
  constructor(private readonly options: { reduction?: Reduction } = {}) {
    super();
  }

  /** @param p - probabilities. @param target - of the same shape. */
  forward(p: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropy(p, target, this.options);
  }
}

/** See `binaryCrossEntropyWithLogits`. No parameters. */
export class BCEWithLogitsLoss extends Module {
  constructor(private readonly options: BCEWithLogitsOptions = {}) {
    super();
  }

  /** @param logits - any shape. @param target - of the same shape. */
  forward(logits: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropyWithLogits(logits, target, this.options);
  }
}

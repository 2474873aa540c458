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
import type { Named } from '../fields';
import { renamed } from '../fields';
import { buffer, Module } from '../module';
import { takes } from '../signatures';
import type { LossOptions, Reduction } from './reduction';
import { checkProbabilities, checkShapes, reduce } from './reduction';

/** Options of `crossEntropy`. */
export interface CrossEntropyOptions extends LossOptions {
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
 * @param logits - [C], [N, C] or [N, C, ...].
 * @param target - class ids, int32 in the shape without C; or distributions in the shape of the logits.
 * @returns a scalar, or the shape without C for reduction 'none'.
 * @throws IndexError for a class id out of range; DTypeError for targets of another type; with `setDebugChecks(true)`, ValueError for
 * probabilities that are not from 0 to 1.
 * @example crossEntropy(model.forward(x), y).backward();
 */
export function crossEntropy(
  logits: Tensor,
  target: Tensor,
  options: CrossEntropyOptions = {},
): Tensor {
  takes('crossEntropy', arguments);
  const { weight, ignoreIndex = -100, labelSmoothing = 0, reduction = 'mean' } = options;
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ValueError('crossEntropy', 'labelSmoothing must be from 0 to 1', {
      args: { labelSmoothing },
    });
  }
  checkWeight('crossEntropy', weight, logits);
  if (logits.ndim === 1) {
    // One example without an axis for the batch.
    return scope(() => {
      const losses = crossEntropy(logits.unsqueeze(0), target.unsqueeze(0), options);
      return losses.ndim === 1 ? losses.squeeze(0) : losses;
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

function checkWeight(op: string, weight: Tensor | undefined, input: Tensor): void {
  const classes = input.shape[input.ndim === 1 ? 0 : 1];
  if (!weight || weight.shape.join() === String(classes)) return;
  throw new ShapeError(op, 'there must be one weight a class', {
    args: { input, weight },
    expected: `weight: [${classes}]`,
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
    checkProbabilities('crossEntropy', 'target', target);
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

/**
 * −logp[target]: cross-entropy of log-probabilities that were computed already.
 *
 * @param logProbabilities - [C], [N, C] or [N, C, ...]. @param target - int32 in the shape without C.
 * @throws IndexError for a class id out of range; DTypeError for targets of another type.
 */
export function nllLoss(
  logProbabilities: Tensor,
  target: Tensor,
  options: NLLOptions = {},
): Tensor {
  takes('nllLoss', arguments);
  const { weight, ignoreIndex = -100, reduction = 'mean' } = options;
  if (target.dtype !== 'int32')
    throw new DTypeError('nllLoss', 'class ids must be int32', { args: { target } });
  checkWeight('nllLoss', weight, logProbabilities);
  if (logProbabilities.ndim === 1) {
    return scope(() => {
      const losses = nllLoss(logProbabilities.unsqueeze(0), target.unsqueeze(0), options);
      return losses.ndim === 1 ? losses.squeeze(0) : losses;
    });
  }
  return scope(() => {
    const { losses, weights } = pickClasses(logProbabilities, target, weight, ignoreIndex);
    return weightedReduce(losses, weights, reduction);
  });
}

/** max(log p, −100), with derivative 0 where it is cut; NaN below 0. */
function cutLog(p: Tensor): Tensor {
  const safe = p.gt(Math.exp(-100));
  return where(safe, where(safe, p, 1).log(), where(p.ge(0), -100, Number.NaN));
}

/** Options of `binaryCrossEntropy`. */
export interface BCEOptions extends LossOptions {
  /** A weight for each element, broadcast. Default 1. */
  readonly weight?: Tensor;
}

/**
 * −(t log p + (1 − t) log(1 − p)), logarithms cut at −100 as in PyTorch.
 *
 * @param p - probabilities; NaN comes of others. @param target - of the same shape, 0 to 1; the formula takes others, as in PyTorch.
 * @throws ShapeError where shapes differ; with `setDebugChecks(true)`, ValueError where either is not from 0 to 1, NaN included.
 */
export function binaryCrossEntropy(p: Tensor, target: Tensor, options: BCEOptions = {}): Tensor {
  takes('binaryCrossEntropy', arguments);
  const { weight, reduction = 'mean' } = options;
  checkShapes('binaryCrossEntropy', p, target);
  return scope(() => {
    const hint = 'use binaryCrossEntropyWithLogits on logits';
    checkProbabilities('binaryCrossEntropy', 'p', p, hint);
    checkProbabilities('binaryCrossEntropy', 'target', target);
    const yes = target.mul(cutLog(p));
    const no = target
      .neg()
      .add(1)
      .mul(cutLog(p.neg().add(1)));
    const losses = yes.add(no).neg();
    return reduce(weight ? losses.mul(weight) : losses, reduction);
  });
}

/** Options of `binaryCrossEntropyWithLogits`. */
export interface BCEWithLogitsOptions extends BCEOptions {
  /** Weight of positive targets, broadcast. Default 1. */
  readonly posWeight?: Tensor;
}

/**
 * Binary cross-entropy of σ(logits), without overflow.
 *
 * @param target - of the same shape, 0 to 1; the formula takes others, as in PyTorch.
 * @throws ShapeError where shapes differ; with `setDebugChecks(true)`, ValueError for targets that are not from 0 to 1, NaN included.
 */
export function binaryCrossEntropyWithLogits(
  logits: Tensor,
  target: Tensor,
  options: BCEWithLogitsOptions = {},
): Tensor {
  takes('binaryCrossEntropyWithLogits', arguments);
  const { weight, posWeight, reduction = 'mean' } = options;
  checkShapes('binaryCrossEntropyWithLogits', logits, target);
  return scope(() => {
    checkProbabilities('binaryCrossEntropyWithLogits', 'target', target);
    const missed = logits.mul(target.neg().add(1));
    const softened = softplus(logits.neg());
    const positive = posWeight ? target.mul(posWeight.sub(1)).add(1) : undefined;
    const losses = missed.add(positive ? softened.mul(positive) : softened);
    return reduce(weight ? losses.mul(weight) : losses, reduction);
  });
}

/** See `crossEntropy`. Buffers: `weight` [C], where given. */
export class CrossEntropyLoss extends Module {
  readonly weight: Tensor | undefined;
  private readonly options: CrossEntropyOptions;

  /** Makes the loss. Weights are kept. */
  constructor(options: CrossEntropyOptions = {}) {
    super();
    takes('CrossEntropyLoss', arguments);
    const { weight, ...rest } = options;
    this.weight = weight && buffer(weight);
    this.options = rest;
  }

  /** Computes the loss. @param logits - [N, C, ...]. @param target - class ids or distributions. */
  forward(logits: Tensor, target: Tensor): Tensor {
    takes('CrossEntropyLoss.forward', arguments);
    const { weight } = this;
    return crossEntropy(logits, target, { ...this.options, weight });
  }
}

/** See `nllLoss`. Buffers: `weight` [C], where given. */
export class NLLLoss extends Module {
  readonly weight: Tensor | undefined;
  private readonly options: NLLOptions;

  /** Makes the loss. Weights are kept. */
  constructor(options: NLLOptions = {}) {
    super();
    takes('NLLLoss', arguments);
    const { weight, ...rest } = options;
    this.weight = weight && buffer(weight);
    this.options = rest;
  }

  /** Computes the loss. @param logProbabilities - [N, C, ...]. @param target - class ids. */
  forward(logProbabilities: Tensor, target: Tensor): Tensor {
    takes('NLLLoss.forward', arguments);
    const { weight } = this;
    return nllLoss(logProbabilities, target, { ...this.options, weight });
  }
}

/** See `binaryCrossEntropy`. Buffers: `weight`, where given. */
export class BCELoss extends Module {
  readonly weight: Tensor | undefined;
  private readonly options: BCEOptions;

  /** Makes the loss. Weights are kept. */
  constructor(options: BCEOptions = {}) {
    super();
    takes('BCELoss', arguments);
    const { weight, ...rest } = options;
    this.weight = weight && buffer(weight);
    this.options = rest;
  }

  /** Computes the loss. @param p - probabilities. @param target - of the same shape. */
  forward(p: Tensor, target: Tensor): Tensor {
    takes('BCELoss.forward', arguments);
    const { weight } = this;
    return binaryCrossEntropy(p, target, { ...this.options, weight });
  }
}

/** See `binaryCrossEntropyWithLogits`. Buffers: `weight`, `pos_weight`, where given. */
export class BCEWithLogitsLoss extends Module {
  readonly weight: Tensor | undefined;
  readonly posWeight: Tensor | undefined;
  private readonly options: BCEWithLogitsOptions;

  /** Makes the loss. Weights are kept. */
  constructor(options: BCEWithLogitsOptions = {}) {
    super();
    takes('BCEWithLogitsLoss', arguments);
    const { weight, posWeight, ...rest } = options;
    this.weight = weight && buffer(weight);
    this.posWeight = posWeight && buffer(posWeight);
    this.options = rest;
  }

  protected override members(): Iterable<Named<unknown>> {
    return renamed(super.members(), { posWeight: 'pos_weight' });
  }

  /** Computes the loss. @param logits - any shape. @param target - of the same shape. */
  forward(logits: Tensor, target: Tensor): Tensor {
    takes('BCEWithLogitsLoss.forward', arguments);
    const { weight, posWeight } = this;
    return binaryCrossEntropyWithLogits(logits, target, { ...this.options, weight, posWeight });
  }
}

/** One step of learning, for `fit` and for people who write their own loop. */

import { firstNonFinite, isAnomalyMode, noGrad } from '@dl/autograd';
import { clipGradNorm, clipGradValue } from '@dl/optim';
import type { Tensor } from '@dl/tensor';
import { scope, UsageError } from '@dl/tensor';
import { valuesAtHand } from '@dl/tensor/internal';
import { NonFiniteLossError } from './errors';
import type { Batch, Loss, Model, Optimizer } from './model';
import { computeLoss, splitBatch } from './model';
import { takes } from './signatures';

/** Limits on gradients. */
export interface Clipping {
  /** The largest common norm of all gradients; see `clipGradNorm` of @dl/optim. Default none. */
  readonly clipNorm?: number;
  /** The largest size of an element; see `clipGradValue` of @dl/optim. Default none. */
  readonly clipValue?: number;
}

/** Who learns, by what, from what. */
export interface Learner extends Clipping {
  readonly model: Model;
  readonly optimizer: Optimizer;
  readonly loss: Loss;
}

/** What a step saw. */
export interface StepResult {
  /** The loss before the step, a scalar. */
  readonly loss: Tensor;
  /** The model's outputs, [N, ...]. */
  readonly output: Tensor;
}

/** The parameters that an optimiser changes. @throws UsageError where it does not say. */
function parametersOf({ groups }: Optimizer): Tensor[] {
  const params = groups?.map((group) => group.params);
  if (params?.every((list) => list !== undefined)) return params.flat();
  throw new UsageError('trainStep', 'the optimiser does not tell its parameters', {
    expected: 'groups with params, which accumulation and clipping need',
  });
}

/** Refuses a loss from which nothing can be learned, where looking at it is cheap or asked for. */
function checkLoss(loss: Tensor): void {
  if (!valuesAtHand(loss) && !isAnomalyMode()) return;
  const value = loss.item();
  if (Number.isFinite(value)) return;
  const culprit = firstNonFinite(loss);
  throw new NonFiniteLossError('trainStep', `the loss is ${value}`, {
    ...(culprit && { args: { 'made by': culprit.op } }),
    hint: culprit?.trace
      ? `the operation was called here:\n${culprit.trace}`
      : isAnomalyMode()
        ? 'it came from what was not recorded: look at the inputs and parameters'
        : 'setAnomalyMode(true) names the operation that made it; often the learning rate is too large',
  });
}

/**
 * Adds the gradients of a batch to those that are there.
 *
 * @param weight - multiplies the loss. @throws NonFiniteLossError where the loss is NaN or ±∞ and its value at hand; then no gradient has changed.
 */
export function addGradients(
  { model, loss }: Pick<Learner, 'model' | 'loss'>,
  batch: Batch,
  weight = 1,
): StepResult {
  const { inputs, target } = splitBatch(batch);
  return scope(() => {
    const output = model.forward(...inputs);
    const value = computeLoss(loss, output, target);
    checkLoss(value);
    (weight === 1 ? value : value.mul(weight)).backward();
    return { loss: value.detach(), output: output.detach() };
  });
}

/** Divides the gradients by `weight`, clips them, and makes a step. */
export function applyGradients(
  { optimizer, clipNorm, clipValue }: Pick<Learner, 'optimizer'> & Clipping,
  weight = 1,
): void {
  if (weight !== 1 || clipNorm !== undefined || clipValue !== undefined) {
    const parameters = parametersOf(optimizer);
    if (weight !== 1) {
      noGrad(() => {
        for (const { grad } of parameters) grad?.mul_(1 / weight);
      });
    }
    if (clipNorm !== undefined) clipGradNorm(parameters, clipNorm);
    if (clipValue !== undefined) clipGradValue(parameters, clipValue);
  }
  optimizer.step();
}

/**
 * One step: gradients to zero, forward, loss, backward, clipping, optimiser. Everything born on the way is freed; the two results
 * belong to the loop around, as anything born in it.
 *
 * @param learner - model, optimiser, loss and limits. @param batch - inputs, then targets.
 * @returns the loss and the outputs.
 * @throws UsageError where the batch has no targets; NonFiniteLossError where the loss is NaN or ±∞, before anything is learned from it: on
 * devices whose values are at hand (`cpu`), and on all in anomaly mode or under debug checks. Elsewhere nothing is read.
 * @example for (const batch of loader) trainStep({ model, optimizer, loss, clipNorm: 1 }, batch);
 */
export function trainStep(learner: Learner, batch: Batch): StepResult {
  takes('trainStep', arguments);
  learner.optimizer.zeroGrad();
  const result = addGradients(learner, batch);
  scope(() => applyGradients(learner));
  return result;
}

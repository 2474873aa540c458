/** One step of learning, for `fit` and for people who write their own loop. */

import '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import { scope } from '@dl/tensor';
import type { Batch, Loss, Model, Optimizer } from './model';
import { computeLoss, splitBatch } from './model';

/** Who learns, by what, from what. */
export interface Learner {
  readonly model: Model;
  readonly optimizer: Optimizer;
  readonly loss: Loss;
}

/** What a step saw. */
export interface StepResult {
  /** The loss before the step, a scalar. */
  readonly loss: Tensor;
  /** What the model said, [N, ...]. */
  readonly output: Tensor;
}

/**
 * One step: gradients to zero, forward, loss, backward, optimiser. Everything born on the way is freed; the two results
 * belong to the loop around, as anything born in it.
 *
 * @param learner - model, optimiser and loss. @param batch - inputs, then targets.
 * @returns the loss and the outputs.
 * @throws UsageError where the batch has no targets.
 * @example for (const batch of loader) trainStep({ model, optimizer, loss }, batch);
 */
export function trainStep({ model, optimizer, loss }: Learner, batch: Batch): StepResult {
  const { inputs, target } = splitBatch(batch);
  return scope(() => {
    optimizer.zeroGrad();
    const output = model.forward(...inputs);
    const value = computeLoss(loss, output, target);
    value.backward();
    optimizer.step();
    return { loss: value.detach(), output: output.detach() };
  });
}

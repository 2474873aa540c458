/** What training needs of a model, an optimiser, a loss and a loader; those of @dl/nn, @dl/optim and @dl/data have it. */

import type { Tensor } from '@dl/tensor';
import { isTensor, iterate, UsageError } from '@dl/tensor';

/** A model: an `nn.Module`, or anything that has the same few methods. */
export interface Model {
  /** The outputs for a batch of inputs. */
  forward(...inputs: Tensor[]): Tensor;
  /** Switches to training behaviour, or away from it. */
  train(mode?: boolean): unknown;
  /** Whether the model is in training behaviour. */
  readonly training: boolean;
  /** Parameters and buffers by name. */
  stateDict(): Record<string, Tensor>;
  /** Copies tensors into those of the same names; needed to resume. */
  loadStateDict?(state: Record<string, Tensor>): void;
}

/** An optimiser of the model's parameters. */
export interface Optimizer {
  /** Changes the parameters by their gradients. */
  step(): unknown;
  /** Forgets the gradients. */
  zeroGrad(): unknown;
  /** Parameter groups with their learning rates, for schedules, accumulation and clipping. */
  readonly groups?: readonly {
    readonly options: { lr: number };
    readonly params?: readonly Tensor[];
  }[];
  /** What it remembers; needed to resume. */
  stateDict?(): unknown;
  /** Goes on from what `stateDict` gave. */
  loadStateDict?(state: never): void;
}

/** A loss as @dl/nn has them. */
export interface LossModule {
  /** The mean over the examples of a batch, a scalar. */
  forward(output: Tensor, target: Tensor): Tensor;
}

/** A mean over the examples of a batch, as a function or as a loss module (`new CrossEntropyLoss()`). */
export type Loss = ((output: Tensor, target: Tensor) => Tensor) | LossModule;

/** The inputs of the model, then the targets of the loss: usually `[x, y]`. The first axis counts examples. */
export type Batch = readonly Tensor[];

/**
 * Batches of one epoch, again at every iteration, at hand or arriving later (`StreamLoader`). A `DataLoader` also says how many
 * there are.
 */
export type Batches = (Iterable<Batch> | AsyncIterable<Batch>) & {
  /** The number of batches, for the time left. */
  readonly length?: number;
};

/**
 * Goes through the batches of an epoch; each is a generation of memory.
 *
 * @param visit - does the work of a batch; its synchronous beginning owns what it creates. False ends the walk.
 */
export async function walk(
  batches: Batches,
  visit: (batch: Batch) => Promise<boolean>,
): Promise<void> {
  if (Symbol.asyncIterator in batches) {
    for await (const batch of batches) if (!(await visit(checkBatch(batch)))) return;
    return;
  }
  for (const batch of iterate(batches)) if (!(await visit(checkBatch(batch)))) return;
}

/** Refuses what is not a list of tensors. */
function checkBatch(batch: Batch): Batch {
  if (Array.isArray(batch) && batch.every(isTensor)) return batch;
  throw new UsageError('fit', 'a batch is not an array of tensors', {
    args: { batch },
    expected: '[inputs, targets]',
  });
}

/** The value of `loss` as a tensor without axes. */
export function computeLoss(loss: Loss, output: Tensor, target: Tensor): Tensor {
  return typeof loss === 'function' ? loss(output, target) : loss.forward(output, target);
}

/** A batch cut into what the model gets and what the loss gets. */
export function splitBatch(batch: Batch): { inputs: Tensor[]; target: Tensor } {
  if (batch.length < 2) {
    throw new UsageError('fit', 'a batch has no targets', {
      args: { batch: batch.length },
      expected: '[inputs, targets]',
    });
  }
  return { inputs: batch.slice(0, -1), target: batch[batch.length - 1] };
}

/** What a model can do, without teaching it. */

import { noGrad } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import { cat, keep, scope, UsageError } from '@dl/tensor';
import type { Metric, RunningMeanState } from './metrics/metric';
import { RunningMean } from './metrics/metric';
import type { Batches, Loss, Model } from './model';
import { computeLoss, splitBatch, walk } from './model';
import { takes } from './signatures';
import { isStateful, restoreStates, statesOf } from './snapshot';
import { readTallies } from './tally';
import { Breather } from './turn';

/** Figures of one pass over data: `loss` and each metric by its name. */
export type Figures = Readonly<Record<string, number>>;

/** Options of `evaluate`. */
export interface EvaluateOptions {
  readonly loss: Loss;
  /** They are reset first. Default none. */
  readonly metrics?: readonly Metric[];
  /** Stops after the current batch; the figures are then of the batches before. */
  readonly signal?: AbortSignal;
}

/**
 * The loss and metrics of a model over all batches, in evaluation mode (`eval()`) and without gradients; the model then
 * goes back to the behaviour it had. Means are weighted by batch size, so a smaller last batch does not count too much. Loss and metrics
 * stay on the device until the end, where they are read at once.
 *
 * @returns `{ loss, ...metrics }`.
 * @example const { accuracy } = await evaluate(model, loader, { loss, metrics: [new Accuracy()] });
 */
export async function evaluate(
  model: Model,
  batches: Batches,
  options: EvaluateOptions,
): Promise<Figures> {
  takes('evaluate', arguments);
  const { loss, metrics = [], signal } = options;
  const totals = new Totals(metrics);
  try {
    await quietly(model, async () => {
      const breather = new Breather();
      await walk(batches, async (batch) => {
        noGrad(() =>
          scope(() => {
            const { inputs, target } = splitBatch(batch);
            const output = model.forward(...inputs);
            totals.add(output, target, computeLoss(loss, output, target));
          }),
        );
        await breather.breathe();
        return !signal?.aborted;
      });
    });
    return await totals.figures();
  } finally {
    totals.dispose();
  }
}

/** Options of `predict`. */
export interface PredictOptions {
  /** Whether the last tensor of a batch is a target, which is left out. Default true. */
  readonly targets?: boolean;
}

/**
 * The outputs for all batches, in evaluation mode and without gradients.
 *
 * @param batches - a loader, or any batches. @returns [N, ...], rows in the order of the loader; yours to keep.
 * @throws UsageError where there is no batch.
 * @example const probabilities = (await predict(model, loader)).softmax(1);
 */
export async function predict(
  model: Model,
  batches: Batches,
  options: PredictOptions = {},
): Promise<Tensor> {
  takes('predict', arguments);
  const { targets = true } = options;
  const parts: Tensor[] = [];
  await quietly(model, async () => {
    const breather = new Breather();
    await walk(batches, async (batch) => {
      const inputs = targets ? batch.slice(0, -1) : batch;
      parts.push(noGrad(() => scope(() => keep(model.forward(...inputs)))));
      await breather.breathe();
      return true;
    });
  });
  if (parts.length === 0) throw new UsageError('predict', 'there is no batch');
  const all = keep(cat(parts, 0));
  for (const part of parts) part.dispose();
  return all;
}

/** Runs `work` with the model in evaluation mode. */
async function quietly(model: Model, work: () => Promise<void>): Promise<void> {
  const { training } = model;
  model.train(false);
  try {
    await work();
  } finally {
    model.train(training);
  }
}

/** Saved totals. */
export interface TotalsState {
  readonly loss: RunningMeanState;
  readonly metrics: readonly unknown[];
}

/** Loss and metrics on their way over the batches; nothing is read before somebody asks for figures. */
export class Totals {
  private readonly loss = new RunningMean();

  constructor(private readonly metrics: readonly Metric[]) {
    this.reset();
  }

  /** Begins again. */
  reset(): void {
    this.loss.reset();
    for (const metric of this.metrics) metric.reset();
  }

  /** Gives back what is its own; the metrics keep what they counted. */
  dispose(): void {
    this.loss.reset();
  }

  /** Counts a batch in. */
  add(output: Tensor, target: Tensor, loss: Tensor): void {
    const count = target.ndim > 0 ? target.shape[0] : 1;
    noGrad(() =>
      scope(() => {
        this.loss.add(loss, count);
        for (const metric of this.metrics) metric.update({ output, target, loss, count });
      }),
    );
  }

  /** What was counted, for saving. @throws UsageError for a metric that cannot be saved. */
  stateDict(): TotalsState {
    for (const metric of this.metrics) {
      if (isStateful(metric)) continue;
      throw new UsageError('fit', `the metric ${metric.name} cannot be saved within an epoch`, {
        hint: 'give it stateDict and loadStateDict, or save between epochs only',
      });
    }
    return { loss: this.loss.stateDict(), metrics: statesOf(this.metrics) };
  }

  /** Goes on from what was saved. */
  loadStateDict({ loss, metrics }: TotalsState): void {
    this.loss.loadStateDict(loss);
    restoreStates('metrics', this.metrics, metrics);
  }

  /** The number of examples so far. */
  get examples(): number {
    return this.loss.weight;
  }

  /** The figures so far: one read of the device. */
  async figures(): Promise<Figures> {
    await readTallies([this.loss, ...this.metrics].flatMap(({ tallies }) => tallies ?? []));
    const figures: Record<string, number> = { loss: this.loss.value };
    for (const metric of this.metrics) figures[metric.name] = metric.value;
    return figures;
  }
}

/** How often the right class wins. */

import { arange, gather, ValueError } from '@dl/tensor';
import { takes } from '../signatures';
import type { Metric, MetricBatch, RunningMeanState } from './metric';
import { classScores, RunningMean } from './metric';

/** A share of the examples. */
abstract class Share implements Metric {
  abstract readonly name: string;
  protected readonly mean = new RunningMean();
  readonly tallies = this.mean.tallies;

  /** Takes a batch in. */
  abstract update(batch: MetricBatch): void;

  get value(): number {
    return this.mean.value;
  }

  reset(): void {
    this.mean.reset();
  }

  stateDict(): RunningMeanState {
    return this.mean.stateDict();
  }

  loadStateDict(state: RunningMeanState): void {
    takes('Share.loadStateDict', arguments);
    this.mean.loadStateDict(state);
  }
}

/**
 * The share of examples whose class has the greatest score. Outputs [N, C] with targets [N]; one output an example counts
 * as positive above 0.
 *
 * @example await evaluate(model, loader, { loss, metrics: [new Accuracy()] });
 */
export class Accuracy extends Share {
  readonly name = 'accuracy';

  /** Takes a batch in. @param batch - outputs [N, C] or [N], targets [N]. */
  update(batch: MetricBatch): void {
    takes('Accuracy.update', arguments);
    const { predicted, ids } = classScores('Accuracy', batch);
    this.mean.addSum(predicted.eq(ids).sum(), ids.size);
  }
}

/**
 * The share of examples whose class is among the `k` greatest scores; a tie counts for the lower class id.
 *
 * @throws ValueError where `k` is not a positive integer.
 */
export class TopK extends Share {
  readonly name: string;

  /** Begins with nothing counted. @param k - default 5. */
  constructor(readonly k = 5) {
    super();
    takes('TopK', arguments);
    if (!Number.isInteger(k) || k < 1) {
      throw new ValueError('TopK', 'k must be a positive integer', { args: { k } });
    }
    this.name = `top${k}`;
  }

  /** Takes a batch in. @param batch - outputs [N, C], targets [N]. */
  update(batch: MetricBatch): void {
    takes('TopK.update', arguments);
    const { scores, ids } = classScores('TopK', batch);
    const column = ids.unsqueeze(1);
    const own = gather(scores, 1, column);
    const classes = arange(0, scores.shape[1], 1, { dtype: 'int32', device: ids.device });
    const before = scores.gt(own).logicalOr(scores.eq(own).logicalAnd(classes.lt(column)));
    this.mean.addSum(before.sum(1).lt(this.k).sum(), ids.size);
  }
}

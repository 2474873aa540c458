/** How many words a language model wavers between. */

import { takes } from '../signatures';
import type { Metric, MetricBatch, RunningMeanState } from './metric';
import { RunningMean } from './metric';

/** exp(mean cross-entropy), for a loss that is the mean −log p in nats over `target.size` predictions. */
export class Perplexity implements Metric {
  readonly name = 'perplexity';
  private readonly mean = new RunningMean();
  readonly tallies = this.mean.tallies;

  update(batch: MetricBatch): void {
    takes('Perplexity.update', arguments);
    const { loss, target } = batch;
    this.mean.add(loss, target.size);
  }

  get value(): number {
    return Math.exp(this.mean.value);
  }

  reset(): void {
    this.mean.reset();
  }

  stateDict(): RunningMeanState {
    return this.mean.stateDict();
  }

  loadStateDict(state: RunningMeanState): void {
    takes('Perplexity.loadStateDict', arguments);
    this.mean.loadStateDict(state);
  }
}

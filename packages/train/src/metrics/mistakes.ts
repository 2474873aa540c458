/** The examples that the model gets most wrong. */

import type { Tensor } from '@dl/tensor';
import { arange, cat, gather, indexSelect, logSoftmax, sort, stack, where } from '@dl/tensor';
import { takes } from '../signatures';
import { Tally } from '../tally';
import type { Metric, MetricBatch } from './metric';
import { classScores } from './metric';

/** An example that was taken for something else. */
export interface Mistake {
  /** Its position in the order of the loader. */
  readonly index: number;
  readonly target: number;
  readonly predicted: number;
  /** The probability that the model gave to what it took it for. */
  readonly confidence: number;
  /** −log of the probability that it gave to the truth. */
  readonly loss: number;
}

/** A saved `WorstMistakes`. */
export interface MistakesState {
  readonly worst: Tensor | null;
  readonly seen: number;
  readonly wrong: Tensor | null;
}

/** The fields of a mistake, a row each. */
const FIELDS = ['loss', 'index', 'target', 'predicted', 'confidence'] as const;

/** Keeps the mistakes of greatest loss, for class scores that a softmax turns into probabilities. Its value counts all mistakes. */
export class WorstMistakes implements Metric {
  readonly name = 'mistakes';
  /** The fields of mistakes, in columns, the worst first; the loss is 0 where there are fewer. */
  private readonly worst: Tally;
  private readonly wrong = new Tally();
  readonly tallies: readonly Tally[];
  private seen = 0;

  /** Begins with nothing seen. @param keep - how many mistakes to keep, default 24. Use a loader that does not shuffle, so that positions mean something. */
  constructor(readonly keep = 24) {
    takes('WorstMistakes', arguments);
    this.worst = new Tally([FIELDS.length, keep]);
    this.tallies = [this.worst, this.wrong];
  }

  update(batch: MetricBatch): void {
    takes('WorstMistakes.update', arguments);
    const { scores, predicted, ids } = classScores('WorstMistakes', batch);
    const count = ids.size;
    const wrong = predicted.ne(ids);
    this.wrong.add(wrong.sum());
    this.worst.update(scores, (known) => {
      const { dtype, device } = known;
      const logs = logSoftmax(scores.cast(dtype), 1);
      const at = (column: Tensor) => gather(logs, 1, column.unsqueeze(1)).squeeze(1);
      const fields = [
        where(wrong, at(ids).neg(), 0),
        arange(this.seen, this.seen + count, 1, { dtype, device }),
        ids.cast(dtype),
        predicted.cast(dtype),
        at(predicted).exp(),
      ];
      // Of equals the one that came first stays in front: sorting is stable.
      const all = cat([known, stack(fields)], 1);
      const order = sort(all.select(0, 0), 0, { descending: true }).indices;
      return indexSelect(all, 1, order.narrow(0, 0, this.keep));
    });
    this.seen += count;
  }

  /** The worst first. */
  get mistakes(): readonly Mistake[] {
    const { values } = this.worst;
    const found = Array.from({ length: this.keep }, (_, i) => {
      const fields = FIELDS.map((name, row) => [name, values[row * this.keep + i]]);
      return Object.fromEntries(fields) as Mistake;
    });
    return found.filter(({ loss }) => loss > 0);
  }

  get value(): number {
    return this.wrong.values[0];
  }

  reset(): void {
    this.worst.reset();
    this.wrong.reset();
    this.seen = 0;
  }

  stateDict(): MistakesState {
    return { worst: this.worst.stateDict(), seen: this.seen, wrong: this.wrong.stateDict() };
  }

  loadStateDict(state: MistakesState): void {
    takes('WorstMistakes.loadStateDict', arguments);
    const { worst, seen, wrong } = state;
    this.worst.loadStateDict(worst);
    this.seen = seen;
    this.wrong.loadStateDict(wrong);
  }
}

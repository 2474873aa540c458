/** The examples that the model gets most wrong. */

import type { Metric, MetricBatch } from './metric';
import { bestClass, readScores } from './metric';

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
  readonly worst: readonly Mistake[];
  readonly seen: number;
  readonly wrong: number;
}

/** Keeps the mistakes of greatest loss, for class scores that a softmax turns into probabilities. Its value counts all mistakes. */
export class WorstMistakes implements Metric {
  readonly name = 'mistakes';
  private worst: Mistake[] = [];
  private seen = 0;
  private wrong = 0;

  /** Begins with nothing seen. @param keep - how many mistakes to keep, default 24. Use a loader that does not shuffle, so that positions mean something. */
  constructor(readonly keep = 24) {}

  update(batch: MetricBatch): void {
    const scores = readScores('WorstMistakes', batch);
    for (let n = 0; n < scores.ids.length; n++) {
      const target = scores.ids[n];
      const predicted = bestClass(scores, n);
      const index = this.seen++;
      if (predicted === target) continue;
      this.wrong++;
      const row = Array.from(
        { length: scores.classes },
        (_, c) => scores.scores[n * scores.classes + c],
      );
      const most = row[predicted];
      const logTotal = most + Math.log(row.reduce((sum, s) => sum + Math.exp(s - most), 0));
      const loss = logTotal - row[target];
      this.worst.push({ index, target, predicted, confidence: Math.exp(most - logTotal), loss });
    }
    this.worst.sort((a, b) => b.loss - a.loss || a.index - b.index);
    this.worst.length = Math.min(this.worst.length, this.keep);
  }

  /** The worst first. */
  get mistakes(): readonly Mistake[] {
    return this.worst;
  }

  get value(): number {
    return this.wrong;
  }

  reset(): void {
    this.worst = [];
    this.seen = 0;
    this.wrong = 0;
  }

  stateDict(): MistakesState {
    return { worst: [...this.worst], seen: this.seen, wrong: this.wrong };
  }

  loadStateDict({ worst, seen, wrong }: MistakesState): void {
    this.worst = [...worst];
    this.seen = seen;
    this.wrong = wrong;
  }
}

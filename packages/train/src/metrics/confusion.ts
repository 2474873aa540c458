/** Which class is taken for which, and what follows from that. */

import { IndexError, ValueError } from '@dl/tensor';
import type { Metric, MetricBatch } from './metric';
import { bestClass, readScores } from './metric';

/** How well one class is found. */
export interface ClassScores {
  /** Of those taken for the class, the share that are: TP / (TP + FP); 0 where none was. */
  readonly precision: number;
  /** Of those of the class, the share that were found: TP / (TP + FN); 0 where there are none. */
  readonly recall: number;
  /** 2 · precision · recall / (precision + recall); 0 where both are. */
  readonly f1: number;
  /** The number of examples of the class. */
  readonly support: number;
}

/** Counts of (true class, predicted class). Its value is the accuracy. */
export class ConfusionMatrix implements Metric {
  readonly name: string = 'accuracy';
  /** `counts[i][j]`: examples of class i that were taken for class j. */
  counts: number[][];

  /** Begins with nothing counted. @param classes - how many there are. @throws ValueError where that is not a positive integer. */
  constructor(readonly classes: number) {
    if (!Number.isInteger(classes) || classes < 1) {
      throw new ValueError('ConfusionMatrix', 'the number of classes must be a positive integer', {
        args: { classes },
      });
    }
    this.counts = this.empty();
  }

  private empty(): number[][] {
    return Array.from({ length: this.classes }, () => new Array<number>(this.classes).fill(0));
  }

  /** Counts a batch in. @throws IndexError for a class id that is not below `classes`. */
  update(batch: MetricBatch): void {
    const scores = readScores('ConfusionMatrix', batch);
    for (let n = 0; n < scores.ids.length; n++) this.add(scores.ids[n], bestClass(scores, n));
  }

  /** Counts one example in. @throws IndexError for a class id that is not below `classes`. */
  add(truth: number, predicted: number): void {
    for (const id of [truth, predicted]) {
      if (Number.isInteger(id) && id >= 0 && id < this.classes) continue;
      throw new IndexError('ConfusionMatrix', `there is no class ${id}`, {
        expected: `0 to ${this.classes - 1}`,
      });
    }
    this.counts[truth][predicted]++;
  }

  /** The number of examples counted. */
  get total(): number {
    return this.counts.flat().reduce((a, b) => a + b, 0);
  }

  /** The share on the diagonal. */
  get value(): number {
    let right = 0;
    for (let i = 0; i < this.classes; i++) right += this.counts[i][i];
    return right / this.total;
  }

  reset(): void {
    this.counts = this.empty();
  }

  stateDict(): number[][] {
    return this.counts.map((row) => [...row]);
  }

  loadStateDict(counts: number[][]): void {
    this.counts = counts.map((row) => [...row]);
  }

  /** Precision, recall and F1 of every class. */
  perClass(): ClassScores[] {
    return this.counts.map((row, i) => {
      const hits = row[i];
      const support = row.reduce((a, b) => a + b, 0);
      const taken = this.counts.reduce((sum, other) => sum + other[i], 0);
      const precision = taken > 0 ? hits / taken : 0;
      const recall = support > 0 ? hits / support : 0;
      const f1 = support + taken > 0 ? (2 * hits) / (support + taken) : 0;
      return { precision, recall, f1, support };
    });
  }
}

/** How the F1 of the classes become one: their mean, their mean by support, or F1 of all decisions together (accuracy). */
export type F1Average = 'macro' | 'weighted' | 'micro';

/** The F1 score, as scikit-learn's `f1_score` with the same `average`; classes that never occur count as 0 in the mean. */
export class F1 extends ConfusionMatrix {
  override readonly name = 'f1';

  /** Begins with nothing counted. @param classes - how many there are. @param average - default 'macro'. */
  constructor(
    classes: number,
    readonly average: F1Average = 'macro',
  ) {
    super(classes);
  }

  override get value(): number {
    if (this.average === 'micro' || this.total === 0) return super.value;
    const scores = this.perClass();
    const weight = (s: ClassScores) => (this.average === 'macro' ? 1 : s.support);
    const total = scores.reduce((sum, s) => sum + weight(s), 0);
    return scores.reduce((sum, s) => sum + s.f1 * weight(s), 0) / total;
  }
}

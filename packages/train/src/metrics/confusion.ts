/** Which class is taken for which, and what follows from that. */

import type { Tensor } from '@dl/tensor';
import { IndexError, indexAdd, ValueError, where, zeros } from '@dl/tensor';
import { valuesAtHand } from '@dl/tensor/internal';
import { takes } from '../signatures';
import { Tally } from '../tally';
import type { Metric, MetricBatch } from './metric';
import { classScores } from './metric';

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
  private readonly table: Tally;
  readonly tallies: readonly Tally[];

  /** Begins with nothing counted. @param classes - how many there are. @throws ValueError where that is not a positive integer. */
  constructor(readonly classes: number) {
    takes('ConfusionMatrix', arguments);
    if (!Number.isInteger(classes) || classes < 1 || classes > 65_536) {
      throw new ValueError('ConfusionMatrix', 'the number of classes must be a positive integer', {
        args: { classes },
      });
    }
    this.table = new Tally([classes, classes]);
    this.tallies = [this.table];
  }

  /** `counts[i][j]`: examples of class i that were taken for class j. */
  get counts(): number[][] {
    const { classes } = this;
    const { values } = this.table;
    return Array.from({ length: classes }, (_, i) =>
      Array.from({ length: classes }, (_, j) => values[i * classes + j]),
    );
  }

  /**
   * Counts a batch in.
   *
   * @throws IndexError for a class id that is not below `classes`. A device whose values are not at hand leaves such examples out, unless
   * `setDebugChecks(true)` was called.
   */
  update(batch: MetricBatch): void {
    takes('ConfusionMatrix.update', arguments);
    const { predicted, ids } = classScores('ConfusionMatrix', batch);
    this.check(ids);
    this.check(predicted);
    const { classes } = this;
    const within = (x: Tensor) => x.ge(0).logicalAnd(x.lt(classes));
    const counted = within(ids).logicalAnd(within(predicted));
    const cell = where(counted, ids.mul(classes).add(predicted), 0);
    const cells = zeros([classes * classes], { device: ids.device });
    this.table.add(indexAdd(cells, 0, cell, counted.cast('float32')).reshape([classes, classes]));
  }

  /** Refuses ids that are no class, where a device has its values at hand. */
  private check(ids: Tensor): void {
    const id = valuesAtHand(ids) && ids.dataSync().find((n) => n < 0 || n >= this.classes);
    if (id === false || id === undefined) return;
    throw new IndexError('ConfusionMatrix', `there is no class ${id}`, {
      expected: `0 to ${this.classes - 1}`,
    });
  }

  /** The number of examples counted. */
  get total(): number {
    return this.counts.flat().reduce((a, b) => a + b, 0);
  }

  /** The share on the diagonal. */
  get value(): number {
    const { counts } = this;
    return counts.reduce((right, row, i) => right + row[i], 0) / this.total;
  }

  reset(): void {
    this.table.reset();
  }

  stateDict(): { readonly counts: Tensor | null } {
    return { counts: this.table.stateDict() };
  }

  loadStateDict(options: { readonly counts: Tensor | null }): void {
    takes('ConfusionMatrix.loadStateDict', arguments);
    const { counts } = options;
    this.table.loadStateDict(counts);
  }

  /** Precision, recall and F1 of every class. */
  perClass(): ClassScores[] {
    const { counts } = this;
    return counts.map((row, i) => {
      const hits = row[i];
      const support = row.reduce((a, b) => a + b, 0);
      const taken = counts.reduce((sum, other) => sum + other[i], 0);
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
    takes('F1', arguments);
  }

  override get value(): number {
    if (this.average === 'micro' || this.total === 0) return super.value;
    const scores = this.perClass();
    const weight = (s: ClassScores) => (this.average === 'macro' ? 1 : s.support);
    const total = scores.reduce((sum, s) => sum + weight(s), 0);
    return scores.reduce((sum, s) => sum + s.f1 * weight(s), 0) / total;
  }
}

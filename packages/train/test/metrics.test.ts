import { tensor } from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import type { Metric } from '../src/index';
import {
  Accuracy,
  ConfusionMatrix,
  F1,
  formatConfusion,
  formatFigures,
  formatTime,
  LossCurve,
  Perplexity,
  RunningMean,
  TopK,
  WorstMistakes,
} from '../src/index';

/** Six examples of three classes: the predictions are 0, 2, 2, 1, 0, 0. */
const output = [
  [3, 1, 2],
  [0, 1, 2],
  [0, 1, 2],
  [0, 2, 1],
  [2, 1, 0],
  [2, 1, 0],
];
const target = [0, 2, 1, 1, 0, 2];

function feed(metric: Metric, sizes = [2, 3, 1]): Metric {
  let start = 0;
  for (const size of sizes) {
    const rows = [start, start + size] as const;
    start += size;
    metric.update({
      output: tensor(output.slice(...rows)),
      target: tensor(target.slice(...rows), { dtype: 'int32' }),
      loss: tensor(rows[0]),
      count: size,
    });
  }
  return metric;
}

describe('metrics', () => {
  it('give the same for any batches, and begin again', () => {
    for (const metric of [new Accuracy(), new TopK(2), new ConfusionMatrix(3), new F1(3)]) {
      const { value } = feed(metric);
      metric.reset();
      expect(metric.value).toBeNaN();
      expect(feed(metric, [6]).value).toBe(value);
    }
  });

  it('accuracy and top-k', () => {
    expect(feed(new Accuracy()).value).toBeCloseTo(4 / 6);
    expect(feed(new TopK(2)).value).toBeCloseTo(5 / 6);
    expect(feed(new TopK(3)).value).toBe(1);
    const scores = { output: tensor([0.5, -0.5]), target: tensor([1, 1], { dtype: 'int32' }) };
    const binary = new Accuracy();
    binary.update({ ...scores, loss: tensor(0), count: 2 });
    expect(binary.value).toBe(0.5);
    expect(() => new TopK(0)).toThrow('positive');
  });

  it('a score that ties counts for the lower class', () => {
    const [top1, accuracy] = [new TopK(1), new Accuracy()];
    const batch = { output: tensor([[1, 1]]), target: tensor([1], { dtype: 'int32' }) };
    for (const metric of [top1, accuracy]) metric.update({ ...batch, loss: tensor(0), count: 1 });
    expect([top1.value, accuracy.value]).toEqual([0, 0]);
  });

  it('confusion matrix, precision, recall, F1', () => {
    const matrix = feed(new ConfusionMatrix(3)) as ConfusionMatrix;
    expect(matrix.counts).toEqual([
      [2, 0, 0],
      [0, 1, 1],
      [1, 0, 1],
    ]);
    const [zero, one, two] = matrix.perClass();
    expect(zero).toMatchObject({ precision: 2 / 3, recall: 1, support: 2 });
    expect(one).toMatchObject({ precision: 1, recall: 0.5 });
    expect(two.f1).toBeCloseTo(0.5);
    expect(feed(new F1(3)).value).toBeCloseTo((0.8 + 2 / 3 + 0.5) / 3);
    expect(feed(new F1(3, 'weighted')).value).toBeCloseTo((0.8 + 2 / 3 + 0.5) / 3);
    expect(feed(new F1(3, 'micro')).value).toBeCloseTo(4 / 6);
    expect(() => feed(new ConfusionMatrix(2))).toThrow('there is no class 2');
  });

  it('refuse shapes that do not fit', () => {
    const batch = { output: tensor([[1, 2]]), target: tensor([1, 2], { dtype: 'int32' }) };
    expect(() => new Accuracy().update({ ...batch, loss: tensor(0), count: 2 })).toThrow(
      'do not fit',
    );
  });

  it('perplexity is exp of the mean loss', () => {
    expect(feed(new Perplexity()).value).toBeCloseTo(Math.exp((0 * 2 + 2 * 3 + 5 * 1) / 6));
  });

  it('the running mean has weights', () => {
    const mean = new RunningMean();
    expect(mean.value).toBeNaN();
    mean.add(1, 3);
    mean.add(5);
    expect(mean.value).toBe(2);
  });

  it('the worst mistakes come first and know their place', () => {
    const worst = feed(new WorstMistakes(1)) as WorstMistakes;
    expect(worst.value).toBe(2);
    const [mistake] = worst.mistakes;
    const total = Math.E ** 2 + Math.E + 1;
    expect(mistake).toMatchObject({ index: 5, target: 2, predicted: 0 });
    expect(mistake.confidence).toBeCloseTo(Math.E ** 2 / total);
    expect(mistake.loss).toBeCloseTo(Math.log(total));
  });
});

it('the loss curve is short however long the run', () => {
  const curve = new LossCurve(8);
  for (let step = 1; step <= 1000; step++) {
    curve.onStepEnd({ model: null, optimizer: null, epochs: 1 } as never, {
      step,
      epoch: 1,
      batch: step,
      count: 1,
      loss: tensor(step),
    });
  }
  expect(curve.points.length).toBeLessThanOrEqual(8);
  expect(curve.points.length).toBeGreaterThanOrEqual(4);
  const [first, second] = curve.points;
  expect(first.loss).toBe((first.step + 1) / 2);
  expect(second.loss - first.loss).toBe(first.step);
});

it('figures are written as people read them', () => {
  expect(formatFigures({ loss: 0.123456, accuracy: 0.98765, mistakes: 12 })).toBe(
    'loss 0.1235 · accuracy 98.77 % · mistakes 12',
  );
  expect([7, 754, 3723].map(formatTime)).toEqual(['0:07', '12:34', '1:02:03']);
  const table = formatConfusion(feed(new ConfusionMatrix(3)) as ConfusionMatrix, ['a', 'b', 'c']);
  expect(table.split('\n')).toEqual([
    'true │ a b c │    found',
    '─────┼───────┼─────────',
    '   a │ 2 · · │ 100.00 %',
    '   b │ · 1 1 │  50.00 %',
    '   c │ 1 · 1 │  50.00 %',
  ]);
});

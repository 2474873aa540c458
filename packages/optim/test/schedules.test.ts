import '@dl/autograd';
import { readFileSync } from 'node:fs';
import { memory, tensor, ValueError } from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import type { LRScheduler, PlateauOptions, Schedulable } from '../src/index';
import * as optim from '../src/index';

// Rates of PyTorch 1.13, written by packages/optim/test/fixtures/trajectories.py.

const file = new URL('./fixtures/schedules.json', import.meta.url);
const { figures, plateaus, runs, stacks } = JSON.parse(readFileSync(file, 'utf8')) as {
  figures: number[];
  plateaus: { options: PlateauOptions; rates: number[] }[];
  runs: { name: string; args: unknown[]; rates: number[][] }[];
  stacks: StackCase[];
};

interface StackCase {
  kind: 'sequential' | 'chained' | 'loose';
  optimizer: 'SGD' | 'Adam';
  milestones: number[];
  parts: [string, unknown[]][];
  /** Rate and momentum of each group before every step. */
  rows: number[][];
}

function leaf(value = 0) {
  const x = tensor([value], { dtype: 'float64' });
  x.requiresGrad = true;
  return x;
}
const twoGroups = () =>
  new optim.SGD(
    [
      { params: [leaf()], lr: 0.5 },
      { params: [leaf()], lr: 0.05 },
    ],
    { lr: 0.5 },
  );
const ratesOf = (optimizer: optim.SGD) => optimizer.groups.map(({ options }) => options.lr);
type Make = new (optimizer: Schedulable, ...args: unknown[]) => LRScheduler;
const make = (name: string, optimizer: Schedulable, args: unknown[]) =>
  new (optim as unknown as Record<string, Make>)[name](optimizer, ...args);

function expectClose(found: readonly number[], expected: readonly number[]): void {
  expect(found.length).toBe(expected.length);
  found.forEach((rate, i) => {
    expect(Math.abs(rate - expected[i])).toBeLessThanOrEqual(1e-12 + 1e-10 * Math.abs(expected[i]));
  });
}

describe('rates of PyTorch', () => {
  it.each(runs)('$name $args', ({ name, args, rates }) => {
    const optimizer = twoGroups();
    const schedule = make(name, optimizer, args);
    for (const expected of rates) {
      expectClose(ratesOf(optimizer), expected);
      expectClose(schedule.getLastLr(), expected);
      schedule.step();
    }
  });

  it('ReduceLROnPlateau does not count bad epochs while it cools down', () => {
    const optimizer = new optim.SGD([leaf()], { lr: 1 });
    const options = { patience: 1, cooldown: 2, factor: 0.5 };
    const schedule = new optim.ReduceLROnPlateau(optimizer, options);
    const rates = [3, ...Array<number>(8).fill(2), ...Array<number>(11).fill(1)].map((figure) => {
      schedule.step(figure);
      return schedule.getLastLr()[0];
    });
    // From PyTorch 1.13: after each fall two epochs that do not count, then two bad ones.
    const [h, q, e, s] = [0.5, 0.25, 0.125, 0.0625];
    expect(rates).toEqual([1, 1, 1, h, h, h, h, q, q, q, q, e, e, e, e, s, s, s, s, 0.03125]);
  });

  it.each(plateaus)('ReduceLROnPlateau $options', ({ options, rates }) => {
    const optimizer = new optim.SGD([leaf()], { lr: 1 });
    const schedule = new optim.ReduceLROnPlateau(optimizer, options);
    figures.forEach((figure, i) => {
      // Saved and loaded in the middle it goes on the same.
      if (i === 7) schedule.loadStateDict(schedule.stateDict());
      schedule.step(figure);
      expectClose(ratesOf(optimizer), [rates[i]]);
    });
  });
});

/** An optimiser with the schedules of a case on it. */
function stack({ kind, optimizer: name, milestones, parts }: StackCase) {
  const groups = [0.5, 0.05].map((lr) => ({ params: [leaf()], lr }));
  const Optimizer = name === 'SGD' ? optim.SGD : optim.Adam;
  const optimizer = new Optimizer(groups, { lr: 0.5 });
  const each = parts.map(([part, args]) => make(part, optimizer, args));
  const schedules =
    kind === 'sequential'
      ? [new optim.SequentialLR(optimizer, each, milestones)]
      : kind === 'chained'
        ? [new optim.ChainedScheduler(each)]
        : each;
  const row = () =>
    optimizer.groups.flatMap(({ options }) => [
      options.lr,
      'betas' in options ? options.betas[0] : options.momentum,
    ]);
  return { optimizer, schedules, row };
}

describe('rates and momentum of PyTorch', () => {
  it.each(stacks)('$kind $parts $milestones on $optimizer', (expected) => {
    const { schedules, row } = stack(expected);
    for (const values of expected.rows) {
      expectClose(row(), values);
      for (const schedule of schedules) schedule.step();
    }
  });

  it.each(stacks)('resumed: $kind $parts $milestones on $optimizer', (expected) => {
    for (const at of [1, 5, 6, 7, 8, 13]) {
      const before = stack(expected);
      for (let i = 0; i < at; i++) for (const schedule of before.schedules) schedule.step();
      const saved = JSON.parse(
        JSON.stringify([before.optimizer, ...before.schedules].map((part) => part.stateDict())),
      );
      const after = stack(expected);
      // Whatever is loaded first.
      for (const [i, part] of [...[after.optimizer, ...after.schedules].entries()].reverse()) {
        part.loadStateDict(saved[i]);
      }
      for (const values of expected.rows.slice(at)) {
        expectClose(after.row(), values);
        for (const schedule of after.schedules) schedule.step();
      }
    }
  });
});

describe('schedules', () => {
  it('follow each other', () => {
    const optimizer = new optim.SGD([leaf()], { lr: 1 });
    const warm = new optim.LinearLR(optimizer, 0.25, 1, 3);
    const fall = new optim.ExponentialLR(optimizer, 0.5);
    const both = new optim.SequentialLR(optimizer, [warm, fall], [3]);
    const rates = Array.from({ length: 6 }, () => {
      const [rate] = ratesOf(optimizer);
      both.step();
      return rate;
    });
    expectClose(rates, [0.25, 0.5, 0.75, 1, 0.5, 0.25]);
  });

  it('are the published formulas', () => {
    const optimizer = new optim.SGD([leaf()], { lr: 0.6 });
    const inverse = new optim.InverseLR(optimizer, 4);
    const rates = Array.from({ length: 9 }, () => {
      const [rate] = ratesOf(optimizer);
      inverse.step();
      return rate;
    });
    expectClose(rates, [0.6, 0.6, 0.6, 0.6, 0.6, 0.48, 0.4, 2.4 / 7, 0.3]);
    const other = new optim.SGD([leaf()], { lr: 1 });
    const exponential = new optim.LambdaLR(other, (t) => Math.exp(-0.3 * t));
    exponential.step();
    expectClose(ratesOf(other), [Math.exp(-0.3)]);
  });

  it('refuse what makes no sense', () => {
    const optimizer = twoGroups();
    expect(() => new optim.StepLR(optimizer, 0)).toThrow(ValueError);
    expect(() => new optim.CosineAnnealingLR(optimizer, 0.5)).toThrow(ValueError);
    expect(() => new optim.ReduceLROnPlateau(optimizer, { factor: 1 })).toThrow(ValueError);
    const fall = new optim.ExponentialLR(optimizer, 0.5);
    expect(() => new optim.SequentialLR(optimizer, [], [1])).toThrow(ValueError);
    expect(() => new optim.SequentialLR(optimizer, [fall], [1])).toThrow(ValueError);
    expect(() => new optim.SequentialLR(twoGroups(), [fall], [])).toThrow(/different optimisers/);
    expect(() => new optim.ChainedScheduler([])).toThrow(ValueError);
    expect(() => new optim.OneCycleLR(optimizer, { maxLr: 1 })).toThrow(ValueError);
    expect(() => new optim.OneCycleLR(optimizer, { maxLr: [1], totalSteps: 3 })).toThrow(
      ValueError,
    );
    const without = new optim.Adagrad([leaf()], { lr: 1 });
    expect(() => new optim.OneCycleLR(without, { maxLr: 1, totalSteps: 3 })).toThrow(
      /cycleMomentum: false/,
    );
    const short = new optim.OneCycleLR(optimizer, { maxLr: 1, totalSteps: 2 });
    short.step();
    short.step(); // PyTorch allows one more than there are rates.
    expect(() => short.step()).toThrow(/is over/);
  });
});

describe('the moving average of weights', () => {
  it('follows, is exchanged and put back, and holds no memory', () => {
    const x = leaf(1);
    const ema = new optim.ExponentialMovingAverage([x], 0.5);
    const optimizer = new optim.SGD([x], { lr: 0.5 });
    const step = () => {
      optimizer.zeroGrad();
      x.square().sum().mul(0.5).backward();
      optimizer.step();
      ema.update();
    };
    step();
    // The parameter went to 0.5, its average to 0.75.
    expect(x.item()).toBe(0.5);
    expect(ema.averages[0].item()).toBe(0.75);
    ema.swap();
    expect([x.item(), ema.averages[0].item()]).toEqual([0.75, 0.5]);
    ema.swap();
    expect([x.item(), ema.averages[0].item()]).toEqual([0.5, 0.75]);
    const before = memory().bytes;
    for (let i = 0; i < 10; i++) ema.update();
    expect(memory().bytes).toBe(before);
    expect(() => new optim.ExponentialMovingAverage([x], 1)).toThrow(ValueError);
  });
});

import '@dl/autograd';
import { readFileSync } from 'node:fs';
import type { Device, Tensor } from '@dl/tensor';
import * as dl from '@dl/tensor';
import { IndexError, ones, randn, ShapeError, tensor, ValueError } from '@dl/tensor';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as nn from '../src/index';

// Values and gradients of PyTorch 1.13, written by packages/nn/test/fixtures/semantics.py.

interface Data {
  shape: number[];
  data: (number | string)[];
  dtype: 'float' | 'int32';
}
interface Case {
  call: string;
  note: string;
  args: unknown[];
  tensors: Data[];
  output: Data;
  weights: Data;
  gradients: (Data | null)[];
}

const file = new URL('./fixtures/semantics.json', import.meta.url);
const cases = JSON.parse(readFileSync(file, 'utf8')) as Case[];
const functions = { ...dl, ...nn.functional, ...nn } as unknown as Record<
  string,
  (...args: unknown[]) => Tensor | { values: Tensor }
>;

const numbers = ({ data }: Data) => Float64Array.from(data, Number);

function expectClose(found: Tensor | null, expected: Data, tolerance: number): void {
  expect(found?.shape).toEqual(expected.shape);
  const exact = numbers(expected);
  found?.dataSync().forEach((value, i) => {
    if (Number.isFinite(exact[i])) {
      const bound = tolerance * Math.max(1, Math.abs(exact[i]));
      expect(Math.abs(value - exact[i])).toBeLessThanOrEqual(bound);
    } else expect(value).toBe(exact[i]);
  });
}

/** The arguments with the tensors in place of `{ t: i }`. */
function filled(arg: unknown, tensors: readonly Tensor[]): unknown {
  if (arg === null) return undefined;
  if (typeof arg !== 'object' || Array.isArray(arg)) return arg;
  if ('t' in arg) return tensors[arg.t as number];
  return Object.fromEntries(Object.entries(arg).map(([k, value]) => [k, filled(value, tensors)]));
}

describe.each([
  ['cpu', 'float32', 3e-6],
  ['cpu', 'float64', 1e-10],
  ['reference', 'float64', 1e-10],
] as const)('PyTorch’s numbers on %s in %s', (device: Device, dtype, tolerance) => {
  it.each(cases)('$call, $note: $args', ({ call, args, tensors, output, weights, gradients }) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const from = (data: Data) =>
      tensor(numbers(data), {
        shape: data.shape,
        dtype: data.dtype === 'int32' ? 'int32' : dtype,
        device,
      });
    const inputs = tensors.map(from);
    inputs.forEach((x, i) => {
      x.requiresGrad = gradients[i] !== null;
    });
    const result = functions[call](...args.map((arg) => filled(arg, inputs)));
    const y = 'values' in result ? result.values : result;
    expectClose(y as Tensor, output, tolerance);
    (y as Tensor).mul(from(weights)).sum().backward();
    gradients.forEach((gradient, i) => {
      if (gradient) expectClose(inputs[i].grad, gradient, 10 * tolerance);
    });
    warn.mockRestore();
  });
});

describe('losses of different shapes', () => {
  it('warn once, and refuse what does not broadcast', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const [x, t] = [randn([4, 1]), randn([4])];
    nn.mseLoss(x, t);
    nn.mseLoss(x, t);
    expect(warn.mock.calls.map(([text]) => text)).toEqual([
      expect.stringMatching(/mseLoss: .*broadcast to \[4, 4\][\s\S]*\[4, 1\][\s\S]*reshape/),
    ]);
    warn.mockRestore();
    expect(() => nn.mseLoss(x, randn([3, 2]))).toThrow(ShapeError);
    expect(() => nn.binaryCrossEntropyWithLogits(x, t)).toThrow(ShapeError);
  });
});

describe('values under debug checks', () => {
  beforeEach(() => dl.setDebugChecks(true));
  afterEach(() => dl.setDebugChecks(false));
  const p = tensor([0.2, 0.7]);
  it.each([[[0, Number.NaN]], [[0, 1.5]], [[-0.5, 1]]])('%j', (data) => {
    const target = tensor(data);
    const rows = [p.unsqueeze(0), target.unsqueeze(0)] as const;
    expect(() => nn.binaryCrossEntropy(p, target)).toThrow(ValueError);
    expect(() => nn.binaryCrossEntropy(target, p)).toThrow(/WithLogits/);
    expect(() => nn.binaryCrossEntropyWithLogits(p, target)).toThrow(ValueError);
    expect(() => nn.crossEntropy(...rows)).toThrow(ValueError);
    expect(() => nn.hingeEmbeddingLoss(p, target)).toThrow(ValueError);
    expect(() => nn.softMarginLoss(p, target)).toThrow(ValueError);
    expect(() => nn.marginRankingLoss(p, p, target)).toThrow(ValueError);
  });

  it('probabilities and variances that are none make NaN otherwise', () => {
    expect(() => nn.gaussianNllLoss(p, p, tensor([1, -1]))).toThrow(ValueError);
    dl.setDebugChecks(false);
    expect(nn.binaryCrossEntropy(tensor([1.5]), tensor([1])).item()).toBeNaN();
    expect(nn.binaryCrossEntropy(tensor([-0.5]), tensor([0])).item()).toBeNaN();
    expect(nn.gaussianNllLoss(p, p, tensor([1, -1])).item()).toBeNaN();
  });
});

describe('single examples', () => {
  it('have places as a batch of one has them', () => {
    const x = randn([2, 6, 5]);
    for (const [alone, batch] of [
      [dl.maxPool2dWithIndices(x, 2), dl.maxPool2dWithIndices(x.unsqueeze(0), 2)],
      [dl.adaptiveMaxPool2dWithIndices(x, 3), dl.adaptiveMaxPool2dWithIndices(x.unsqueeze(0), 3)],
    ]) {
      expect(alone.indices.toArray()).toEqual(batch.indices.squeeze(0).toArray());
    }
  });

  it('lose whole channels by dropout', () => {
    const y = new nn.Dropout2d(0.5).forward(ones([64, 3, 3]));
    for (const channel of y.reshape([64, 9]).toArray() as number[][]) {
      expect(new Set(channel).size).toBe(1);
    }
    expect(y.sum().item()).toBeGreaterThan(0);
    expect(() => new nn.Dropout2d().forward(ones([3, 3]))).toThrow(ShapeError);
  });
});

describe('empty batches', () => {
  it('leave moving averages as they are', () => {
    const norm = new nn.BatchNorm2d(3);
    expect(norm.forward(ones([0, 3, 2, 2])).shape).toEqual([0, 3, 2, 2]);
    expect(norm.runningMean?.toArray()).toEqual([0, 0, 0]);
    expect(norm.runningVar?.toArray()).toEqual([1, 1, 1]);
    expect(norm.numBatchesTracked?.item()).toBe(1);
    expect(() => norm.forward(ones([1, 3, 1, 1]))).toThrow(ValueError);
  });
});

describe('class ids out of range', () => {
  it.each([
    ['multilabelMarginLoss', []],
    ['maxUnpool1d', [6]],
  ])('%s', (call, rest) => {
    const x = randn([2, 3]);
    const ids = tensor(
      [
        [0, 7, -1],
        [1, 2, 0],
      ],
      { dtype: 'int32' },
    );
    expect(() => functions[call](x, ids, ...rest)).toThrow(IndexError);
  });
});

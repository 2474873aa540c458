import { gradcheck, gradgradcheck, jvp, noGrad, vjp } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import {
  Generator,
  IndexError,
  linear,
  manualSeed,
  ones,
  randn,
  ShapeError,
  steps,
  tensor,
  UsageError,
  ValueError,
  zeros,
} from '@dl/tensor';
import { expectClose } from '@dl/testing';
import { describe, expect, it } from 'vitest';
import * as nn from '../src/index';

const double = (shape: readonly number[]) => randn(shape, { dtype: 'float64' });
const ids = (...list: number[]) => tensor(Int32Array.from(list));
const { functional, init } = nn;

describe('composites', () => {
  const target = ids(0, 2, 1, 2);
  const signs = tensor([1, -1, 1, -1], { dtype: 'float64' });
  const bilinear = new nn.Bilinear(2, 4, 3).to({ dtype: 'float64' });
  const cases: Record<string, readonly [(...x: Tensor[]) => Tensor, readonly number[][]]> = {
    batchNorm: [
      (x, weight, bias) =>
        functional.batchNorm(x, undefined, undefined, weight, bias, { training: true }),
      [[4, 3, 2], [3], [3]],
    ],
    layerNorm: [
      (x, weight, bias) => functional.layerNorm(x, [3], weight, bias),
      [[4, 3], [3], [3]],
    ],
    groupNorm: [
      (x, weight, bias) => functional.groupNorm(x, 2, weight, bias),
      [[2, 4, 3], [4], [4]],
    ],
    normalize: [(x) => functional.normalize(x), [[4, 3]]],
    kMaxPool: [(x) => functional.kMaxPool(x, 2), [[3, 5]]],
    bilinear: [
      (a, b) => bilinear.forward(a, b),
      [
        [3, 2],
        [3, 4],
      ],
    ],
    adaptiveAvgPool2d: [(x) => functional.adaptiveAvgPool2d(x, [2, 3]), [[1, 2, 5, 4]]],
    conv1d: [(x, w, b) => functional.conv1d(x, w, b, { padding: 1 }), [[2, 3, 5], [2, 3, 3], [2]]],
    embedding: [(w) => functional.embedding(target, w, { paddingIdx: 1 }).square(), [[3, 2]]],
    prelu: [(x, slope) => functional.prelu(x, slope), [[2, 3, 2], [3]]],
    glu: [(x) => functional.glu(x), [[3, 4]]],
    maxout: [(x) => functional.maxout(x, 2), [[3, 4]]],
    crossEntropy: [
      (x, weight) => nn.crossEntropy(x, target, { weight: weight.abs(), labelSmoothing: 0.1 }),
      [[4, 3], [3]],
    ],
    hingeLoss: [(x) => nn.hingeLoss(x, target), [[4, 3]]],
    cosineEmbeddingLoss: [
      (a, b) => nn.cosineEmbeddingLoss(a, b, signs),
      [
        [4, 3],
        [4, 3],
      ],
    ],
    tripletMarginLoss: [
      (a, b, c) => nn.tripletMarginLoss(a, b, c),
      [
        [4, 3],
        [4, 3],
        [4, 3],
      ],
    ],
  };
  it.each(Object.entries(cases))(
    '%s has the first and second derivatives of its value',
    (_, [f, shapes]) => {
      manualSeed(11);
      const inputs = shapes.map(double);
      // The padding row of embedding is left out of its gradient on purpose.
      const g = _ === 'embedding' ? (w: Tensor) => f(w).mul(tensor([[1], [1], [0], [1]])) : f;
      expect(gradcheck(g, inputs)).toBe(true);
      expect(gradgradcheck(g, inputs, { rtol: 1e-3, atol: 1e-4 })).toBe(true);
    },
  );
});

describe('closed forms of normalisation', () => {
  it('batch norm is undone by γ = σ and β = μ', () => {
    const x = double([50, 3]).mul(4).add(7);
    const weight = x.variance(0, { correction: 0 }).add(1e-5).sqrt();
    const y = functional.batchNorm(x, undefined, undefined, weight, x.mean(0), { training: true });
    expectClose(y, x, { rtol: 1e-12, atol: 1e-12 });
  });

  it('batch norm follows the averages, and works on one example after eval()', () => {
    const norm = new nn.BatchNorm1d(2);
    for (let i = 0; i < 200; i++) norm.forward(randn([64, 2]).mul(3).add(5));
    expect(norm.numBatchesTracked?.item()).toBe(200);
    expect(Math.abs(norm.runningMean!.mean().item() - 5)).toBeLessThan(0.3);
    expect(Math.abs(norm.runningVar!.mean().item() - 9)).toBeLessThan(1);
    expect(() => norm.forward(ones([1, 2]))).toThrow(ValueError);
    expect(norm.eval().forward(ones([1, 2])).shape).toEqual([1, 2]);
    expect(norm.runningMean?.requiresGrad).toBe(false);
  });

  it('batch norm has the same derivative in both modes, and derivatives stay out of its averages', () => {
    const norm = new nn.BatchNorm1d(3).to({ dtype: 'float64' });
    const f = (x: Tensor) => norm.forward(x);
    const [x, v, u] = [double([4, 3]), double([4, 3]), double([4, 3])];
    const { tangent } = jvp(f, x, v);
    const { gradient } = vjp(f, x, u);
    expect(tangent.mul(u).sum().item()).toBeCloseTo(gradient.mul(v).sum().item(), 10);
    const averages = (z: Tensor) => {
      norm.forward(z);
      return norm.runningMean!.mul(1);
    };
    expect(jvp(averages, x, v).tangent.abs().sum().item()).toBe(0);
  });

  it('a 1×1 convolution is a dense layer per pixel', () => {
    const layer = new nn.Conv2d(3, 4, 1);
    const x = randn([2, 3, 5, 6]);
    const pixels = linear(x.permute([0, 2, 3, 1]), layer.weight.reshape([4, 3]), layer.bias);
    expectClose(layer.forward(x), pixels.permute([0, 3, 1, 2]).contiguous());
  });

  it('a residual net of zeros is the identity', () => {
    const block = () => new nn.Residual(new nn.Sequential(new nn.Linear(4, 4), new nn.ReLU()));
    const net = new nn.Sequential(block(), block(), block());
    for (const x of net.parameters()) init.zeros(x);
    const x = randn([3, 4]);
    expect(net.forward(x).toArray()).toEqual(x.toArray());
    const narrow = new nn.Residual(new nn.Linear(4, 2));
    expect(() => narrow.forward(x)).toThrow(/1×1 convolution/);
    const wide = new nn.Residual(new nn.Linear(4, 2), {
      shortcut: new nn.Linear(4, 2),
      activation: new nn.ReLU(),
    });
    expect([wide.forward(x).shape, wide.forward(x).amin().item() >= 0]).toEqual([[3, 2], true]);
  });

  it('a highway with a closed gate is the identity, with an open one the transform', () => {
    const x = randn([3, 4]);
    expectClose(new nn.Highway(4, { gateBias: -60 }).forward(x), x);
    const open = new nn.Highway(4, { gateBias: 60 });
    expectClose(open.forward(x), open.transform.forward(x));
  });

  it('ridge on weights but not biases has gradient λw', () => {
    const net = new nn.Sequential(new nn.Linear(3, 4), new nn.LayerNorm(4), new nn.Conv2d(1, 1, 2));
    nn.l2Penalty(net, 0.1).backward();
    const [w, b, scale, shift, kernel, offset] = net.parameters();
    expectClose(w.grad!, w.detach().mul(0.1));
    expectClose(kernel.grad!, kernel.detach().mul(0.1));
    expect([b, scale, shift, offset].map((x) => x.grad)).toEqual([null, null, null, null]);
    const size = (f: (x: Tensor) => Tensor) => f(w).add(f(kernel)).item();
    expect(nn.l1Penalty(net, 2).item()).toBeCloseTo(2 * size((x) => x.abs().sum()), 5);
    expect(nn.frobeniusPenalty(net, 2).item()).toBeCloseTo(
      2 * size((x) => x.square().sum().sqrt()),
      5,
    );
    expect(() => nn.l2Penalty(net, Number.NaN)).toThrow(ValueError);
    expect(() => nn.l2Penalty(new nn.ReLU(), 1)).toThrow(UsageError);
  });

  it('the max-norm constraint shortens long rows only', () => {
    const layer = new nn.Linear(2, 3);
    layer.loadStateDict({
      weight: tensor([
        [3, 4],
        [0.3, 0.4],
        [0, 0],
      ]),
      bias: tensor([9, 9, 9]),
    });
    nn.maxNorm(layer, 1);
    expectClose(
      layer.weight.detach(),
      tensor([
        [0.6, 0.8],
        [0.3, 0.4],
        [0, 0],
      ]),
    );
    expect(layer.bias?.toArray()).toEqual([9, 9, 9]);
  });
});

describe('dropout', () => {
  it('in all forms has in training the mean of after', () => {
    const x = ones([40, 50, 5, 4]);
    for (const layer of [
      new nn.Dropout(0.3),
      new nn.ClassicDropout(0.3),
      new nn.Dropout2d(0.3),
      new nn.VariationalDropout(0.3),
    ]) {
      const trained = layer.forward(x).mean().item();
      expect(Math.abs(trained - layer.eval().forward(x).mean().item())).toBeLessThan(0.05);
    }
    const selu = new nn.AlphaDropout(0.2).forward(randn([100_000]));
    expect(Math.abs(selu.mean().item())).toBeLessThan(0.03);
    expect(Math.abs(selu.std().item() - 1)).toBeLessThan(0.03);
  });

  it('drops whole channels, or the same elements at every time', () => {
    const one = (x: Tensor, axes: number[]) => x.amax(axes).sub(x.amin(axes)).abs().amax().item();
    const x = ones([3, 20, 4, 4]);
    const channels = new nn.Dropout2d(0.5).forward(x);
    expect([one(channels, [2, 3]), one(channels, [1])]).toEqual([0, 2]);
    const times = new nn.VariationalDropout(0.5).forward(ones([3, 7, 50]));
    expect([one(times, [1]), one(times, [2])]).toEqual([0, 2]);
    expect(() => new nn.Dropout2d().forward(ones([2, 2]))).toThrow(ShapeError);
  });

  it('repeats with a generator of its own', () => {
    const twice = [1, 2].map(() =>
      new nn.Dropout(0.5, { generator: new Generator(5) }).forward(ones([20])).toArray(),
    );
    expect(twice[0]).toEqual(twice[1]);
    expect(new nn.Dropout(1).forward(ones([2])).toArray()).toEqual([0, 0]);
  });
});

describe('labels', () => {
  it('that are out of range are refused by type', () => {
    const scores = randn([2, 3]);
    for (const bad of [ids(0, 3), ids(-1, 0)]) {
      expect(() => nn.crossEntropy(scores, bad)).toThrow(IndexError);
      expect(() => nn.crossEntropy(scores, bad, { weight: ones([3]) })).toThrow(IndexError);
      expect(() => nn.nllLoss(scores, bad)).toThrow(IndexError);
      expect(() => nn.hingeLoss(scores, bad)).toThrow(IndexError);
      expect(() => nn.multiMarginLoss(scores, bad)).toThrow(IndexError);
    }
    expect(() => nn.crossEntropy(scores, ids(0, 1), { weight: ones([2]) })).toThrow(
      /one weight a class/,
    );
    const p = tensor([0.2, 0.7]);
    expect(() => nn.mseLoss(p, p, { reduction: 'avg' as 'mean' })).toThrow(/no reduction "avg"/);
  });

  it('at the ends have finite gradients', () => {
    const ends = tensor([0, 0, 1, 1], { dtype: 'float64' });
    ends.requiresGrad = true;
    nn.binaryCrossEntropy(ends, tensor([0, 1, 0, 1], { dtype: 'float64' })).backward();
    expect(ends.grad?.isfinite().all().item()).toBe(1);
  });

  it('of the hinge loss count once for each class that wins too much', () => {
    const scores = tensor([[3, 1, 2.5]]);
    expect(nn.hingeLoss(scores, ids(0)).item()).toBeCloseTo(0.5);
    expect(nn.hingeLoss(scores, ids(1), { margin: 2 }).item()).toBeCloseTo(4 + 3.5);
    expect(new nn.HingeLoss({ reduction: 'none' }).forward(scores, ids(2)).toArray()).toEqual([
      1.5,
    ]);
  });
});

describe('initialisers', () => {
  it('make orthogonal rows, or columns where there are fewer of them', () => {
    manualSeed(2);
    for (const shape of [
      [4, 6],
      [6, 4],
      [5, 2, 3],
      [120, 120],
    ]) {
      const w = init.orthogonal(zeros(shape, { dtype: 'float64' }), 2).reshape([shape[0], -1]);
      const [rows, columns] = w.shape;
      const product = rows <= columns ? w.matmul(w.transpose(0, 1)) : w.transpose(0, 1).matmul(w);
      const unit = init.identity(zeros(product.shape, { dtype: 'float64' }));
      expectClose(product, unit.mul(4), { atol: 1e-14, rtol: 1e-14 });
    }
    expect(() => init.orthogonal(zeros([3]))).toThrow(ShapeError);
    expect(() => init.calculateGain('gelu' as 'relu')).toThrow(ValueError);
    expect(init.ones(zeros([2])).toArray()).toEqual([1, 1]);
  });

  it('start layers as PyTorch does', () => {
    const within = (x: Tensor, bound: number) => {
      const largest = x.detach().abs().amax().item();
      expect(largest).toBeLessThanOrEqual(bound);
      expect(largest).toBeGreaterThan(0.9 * bound);
      expect(x.detach().std().item()).toBeCloseTo(bound / Math.sqrt(3), 1);
    };
    const dense = new nn.Linear(50, 400);
    within(dense.weight, 1 / Math.sqrt(50));
    within(dense.bias!, 1 / Math.sqrt(50));
    within(new nn.Conv2d(6, 64, 3, { groups: 2 }).weight, 1 / Math.sqrt(27));
    within(new nn.Conv1d(8, 64, 5).weight, 1 / Math.sqrt(40));
    expect(new nn.Embedding(500, 40).weight.detach().std().item()).toBeCloseTo(1, 1);
    expect(new nn.PReLU(2).weight.toArray()).toEqual([0.25, 0.25]);
  });
});

describe('layers', () => {
  it('refuse what does not fit', () => {
    expect(() => new nn.BatchNorm2d(3).forward(ones([2, 3]))).toThrow(/\[N, C, H, W\]/);
    expect(() => new nn.BatchNorm1d(3).forward(ones([2, 4]))).toThrow(/C = 3/);
    expect(() => new nn.LayerNorm([3, 2]).forward(ones([2, 3]))).toThrow(ShapeError);
    expect(() => new nn.GroupNorm(2, 3)).toThrow(ValueError);
    expect(() => new nn.Conv2d(4, 3, 1, { groups: 2 })).toThrow(/divide the channels/);
    expect(
      () => new nn.Conv1d(1, 1, 3, { padding: 'same', stride: 2, paddingMode: 'reflect' }),
    ).toThrow(/stride 1/);
    expect(() => new nn.Bilinear(2, 3, 1).forward(ones([4, 2]), ones([4, 2]))).toThrow(ShapeError);
    expect(() => functional.adaptiveAvgPool1d(ones([1, 1, 4]), 0)).toThrow(ValueError);
    expect(() => new nn.Embedding(3, 2).forward(ids(3))).toThrow(IndexError);
    expect(() => new nn.Embedding(3, 2, { paddingIdx: 3 })).toThrow(IndexError);
    expect(() => functional.conv1d(ones([3]), ones([1, 3, 1]))).toThrow(/\[N, C, L\]/);
    expect(() => functional.batchNorm(ones([2, 3]))).toThrow(UsageError);
    expect(() => functional.glu(ones([3]))).toThrow(ShapeError);
    expect(() => functional.maxout(ones([2, 3]), 2)).toThrow(ShapeError);
  });

  it('embed from a table that is given, frozen or not', () => {
    const table = randn([4, 3]);
    const fixed = nn.Embedding.fromPretrained(table);
    expect(fixed.forward(ids(2)).toArray()).toEqual(table.narrow(0, 2, 1).toArray());
    expect(fixed.forward(ids(2)).requiresGrad).toBe(false);
    expect(nn.Embedding.fromPretrained(table, { freeze: false }).weight.requiresGrad).toBe(true);
    expect(new nn.Embedding(3, 2, { paddingIdx: 1 }).weight.toArray()).toMatchObject({ 1: [0, 0] });
  });

  it('learn with a learned swish and random slopes', () => {
    const swish = new nn.Swish();
    const x = randn([5]);
    expectClose(swish.forward(x).detach(), functional.silu(x));
    swish.forward(x).sum().backward();
    expect(swish.beta.grad?.shape).toEqual([1]);
    const slopes = new nn.RReLU().forward(ones([500]).neg()).neg();
    expect([slopes.amin().item() >= 1 / 8, slopes.amax().item() <= 1 / 3]).toEqual([true, true]);
    expect(slopes.std().item()).toBeGreaterThan(0.03);
  });
});

describe('the text CNN', () => {
  it.each(['max', 'kmax', 'mean'] as const)(
    'learns with %s pooling, from texts of one word on',
    (pooling) => {
      manualSeed(5);
      const options = { vocabulary: 9, classes: 2, dimensions: 6, channels: 8, paddingIdx: 0 };
      const net = new nn.TextCNN({ ...options, pooling, k: 2, dropout: 0.1 });
      expect(net.forward(tensor([[3]], { dtype: 'int32' })).shape).toEqual([1, 2]);
      // The class is whether word 7 occurs.
      const texts = tensor(Int32Array.from([1, 7, 2, 3, 4, 5, 6, 2, 7, 8, 1, 3]), {
        shape: [4, 3],
      });
      const target = ids(1, 0, 1, 0);
      let last = 0;
      for (const _ of steps(60)) {
        net.zeroGrad();
        const loss = nn.crossEntropy(net.forward(texts), target);
        loss.backward();
        noGrad(() => {
          for (const x of net.parameters()) if (x.grad) x.sub_(x.grad, { alpha: 0.3 });
        });
        last = loss.item();
      }
      expect(last).toBeLessThan(0.2);
      expect(net.embedding.weight.narrow(0, 0, 1).abs().sum().item()).toBe(0);
    },
  );

  it('pools the k largest in their order', () => {
    const x = tensor([[4, 1, 5, 3, 2]]);
    expect(functional.kMaxPool(x, 3).toArray()).toEqual([[4, 5, 3]]);
    expect(() => functional.kMaxPool(x, 6)).toThrow();
    expect(() => new nn.TextCNN({ vocabulary: 2, classes: 2, widths: [] })).toThrow(ValueError);
  });
});

import { readFileSync } from 'node:fs';
import { gradcheck, gradgradcheck, gradients, jvp } from '@dl/autograd';
import type { DType, Tensor } from '@dl/tensor';
import {
  affineGrid,
  DTypeError,
  gridSample,
  IndexError,
  index,
  logSoftmax,
  manualSeed,
  nonzero,
  oneHot,
  pdist,
  randn,
  ShapeError,
  softplus,
  stack,
  tensor,
  UsageError,
  ValueError,
  zeros,
} from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import { CTCLoss, ctcLoss, Embedding, functional, Softplus } from '../src/index';

// Values and gradients of PyTorch 1.13, written by packages/nn/test/fixtures/functions.py.

interface Data {
  shape: number[];
  dtype: DType;
  data: (number | string)[];
}
interface Case {
  name: string;
  options: Record<string, unknown>;
  inputs: Data[];
  ids?: Data;
  output: Data;
  weights?: Data;
  gradients?: (Data | null)[];
  after?: Data;
}
const file = new URL('./fixtures/functions.json', import.meta.url);
const cases = JSON.parse(readFileSync(file, 'utf8')) as Case[];

const from = ({ shape, dtype, data }: Data): Tensor =>
  tensor(Float64Array.from(data, Number), { shape, dtype: 'float64' }).cast(dtype);

function expectClose(found: Tensor, expected: Data): void {
  expect(found.shape).toEqual(expected.shape);
  found.dataSync().forEach((value, i) => {
    const exact = Number(expected.data[i]);
    if (value === exact) return;
    expect(Math.abs(value - exact)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(exact)));
  });
}

type Call = (x: Tensor[], options: never, ids: Tensor) => Tensor;
const calls: Record<string, Call> = {
  softplus: ([x], { beta, threshold }: { beta?: number; threshold?: number }) =>
    softplus(x, beta, threshold),
  pdist: ([x], { p }: { p: number | string }) => pdist(x, Number(p)),
  bilinear: ([a, b, weight, bias]) => functional.bilinear(a, b, weight, bias),
  oneHot: ([ids]) => oneHot(ids, undefined, { dtype: 'int32' }),
  nonzero: ([x]) => stack(nonzero(x, { asTuple: true })),
  gridSample: ([x, grid], { grid: fixed, ...options }: { grid?: Data }) =>
    gridSample(x, grid ?? from(fixed as Data), options),
  affineGrid: ([theta], { size, ...options }: { size: number[] }) =>
    affineGrid(theta, size, options),
  embedding: ([weight], options: object, ids) => functional.embedding(ids, weight, plain(options)),
  embeddingBag: ([weight], options: object, ids) =>
    functional.embeddingBag(ids, weight, plain(options)),
  ctcLoss: ([logits, targets], options: { inputLengths: number[]; targetLengths: number[] }) => {
    const { inputLengths, targetLengths, ...others } = options;
    return ctcLoss(logSoftmax(logits), targets, inputLengths, targetLengths, others);
  },
};
const plain = (options: object) =>
  Object.fromEntries(Object.entries(options).map(([k, v]) => [k, v === 'Infinity' ? Infinity : v]));

it.each(cases.map((c, i) => [c.name, JSON.stringify({ ...c.options, grid: undefined }), i]))(
  '%s %s is that of PyTorch',
  (_, __, i) => {
    const {
      name,
      options,
      inputs,
      ids,
      output,
      weights,
      gradients: slopes,
      after,
    } = cases[i as number];
    const leaves = inputs.map(from);
    for (const leaf of leaves) if (leaf.dtype === 'float64') leaf.requiresGrad = true;
    const y = calls[name](leaves, options as never, ids ? from(ids) : zeros([]));
    expectClose(y, output);
    if (after) expectClose(leaves[0], after);
    if (!weights || !slopes) return;
    const learned = leaves.filter((_, k) => slopes[k]);
    gradients([y], learned, [from(weights)]).forEach((g, k) => {
      expectClose(g, slopes.filter((slope) => slope)[k] as Data);
    });
  },
);

const wide = { dtype: 'float64' } as const;
const labels = tensor(
  [
    [1, 1, 2],
    [3, 0, 0],
  ],
  { dtype: 'int32' },
);

describe('derivatives of any order', () => {
  manualSeed(11);
  const differentiable: [string, (...x: Tensor[]) => Tensor, Tensor[]][] = [
    ['softplus', (x) => softplus(x, 2, 3), [tensor([-1, 0.3, 1, 2], wide)]],
    ['pdist', (x) => pdist(x, 3), [randn([4, 3], wide)]],
    [
      'bilinear',
      functional.bilinear,
      [
        [3, 2],
        [3, 4],
        [2, 2, 4],
      ].map((s) => randn(s, wide)),
    ],
    ['affineGrid', (t) => affineGrid(t, [2, 1, 2, 3]), [randn([2, 2, 3], wide)]],
    ...(['bilinear', 'bicubic'] as const).flatMap((mode) =>
      (['zeros', 'border', 'reflection'] as const).map(
        (paddingMode): [string, (...x: Tensor[]) => Tensor, Tensor[]] => [
          `gridSample ${mode} ${paddingMode}`,
          (x, grid) => gridSample(x, grid, { mode, paddingMode }),
          [randn([1, 1, 3, 3], wide), randn([1, 1, 2, 2], wide)],
        ],
      ),
    ),
    [
      'ctcLoss',
      (x) => ctcLoss(x, labels, [5, 4], [3, 1], { reduction: 'none' }),
      [randn([5, 2, 4], wide)],
    ],
  ];
  it.each(differentiable)('%s', (_, f, inputs) => {
    expect(gradcheck(f, inputs)).toBe(true);
    expect(gradgradcheck(f, inputs)).toBe(true);
  });

  it('embedding by frequency', () => {
    const w = tensor(
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      wide,
    );
    w.requiresGrad = true;
    const ids = tensor([1, 1, 2], { dtype: 'int32' });
    const y = functional.embedding(ids, w, { scaleGradByFreq: true }).square().sum();
    const [first] = gradients([y], [w], undefined, { createGraph: true });
    expect(first.toArray()).toEqual([
      [0, 0],
      [6, 8],
      [10, 12],
    ]);
    // Each of two occurrences passes half of a gradient twice.
    const [second] = gradients([first.sum()], [w]);
    expect(second.toArray()).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
  });

  it('a table is read again after maxNorm changed it', () => {
    const w = tensor(
      [
        [3, 4],
        [0, 2],
      ],
      wide,
    );
    w.requiresGrad = true;
    const look = (id: number) =>
      functional.embedding(tensor([id], { dtype: 'int32' }), w, { maxNorm: 1 });
    look(0).mul(look(1)).sum().backward();
    expect(w.select(0, 0).norm().item()).toBeCloseTo(1, 6);
    expect(w.grad?.select(0, 1).toArray()).toEqual(look(0).reshape([2]).toArray());
  });
});

describe('connectionist temporal classification', () => {
  it('sums over all ways to place the labels', () => {
    manualSeed(2);
    const logProbs = logSoftmax(randn([4, 1, 3], wide));
    const rows = logProbs.select(1, 0).toArray<number[][]>();
    const [target, blank] = [[2, 1], 0];
    let total = 0;
    for (let code = 0; code < 3 ** 4; code++) {
      const path = [0, 1, 2, 3].map((t) => Math.floor(code / 3 ** t) % 3);
      const merged = path.filter((c, t) => c !== path[t - 1]).filter((c) => c !== blank);
      if (merged.join() === target.join()) {
        total += Math.exp(path.reduce((sum, c, t) => sum + rows[t][c], 0));
      }
    }
    const loss = ctcLoss(logProbs, tensor([target], { dtype: 'int32' }), [4], [2], {
      reduction: 'sum',
    });
    expect(loss.item()).toBeCloseTo(-Math.log(total), 12);
  });

  it('takes probabilities of 0 and lengths in tensors', () => {
    const logProbs = tensor([[[0.5, 0.5, 0]], [[0, 1, 0]], [[1, 0, 0]]], wide).log();
    logProbs.requiresGrad = true;
    const one = tensor([1], { dtype: 'int32' });
    const loss = new CTCLoss().forward(logProbs, one, tensor([3], { dtype: 'int32' }), one);
    // Both first symbols lead to the label.
    expect(loss.item()).toBeCloseTo(0, 12);
    loss.backward();
    expect(logProbs.grad?.add(0).toArray()).toEqual([
      [[-0.5, -0.5, 0]],
      [[0, -1, 0]],
      [[-1, 0, 0]],
    ]);
  });

  it('has one gradient, by loops of numbers and by the definition, in both modes', () => {
    manualSeed(4);
    const [x, t] = [randn([7, 2, 4], wide), randn([7, 2, 4], wide)];
    const f = (y: Tensor) => ctcLoss(y, labels, [7, 4], [3, 1], { reduction: 'sum' });
    x.requiresGrad = true;
    const [byNumbers] = gradients([f(x)], [x]);
    const [byDefinition] = gradients([f(x)], [x], undefined, { createGraph: true });
    expect(byNumbers.sub(byDefinition.detach()).abs().amax().item()).toBeLessThan(1e-12);
    const { tangent } = jvp(f, x.detach(), t);
    expect(tangent.item()).toBeCloseTo(byNumbers.mul(t).sum().item(), 10);
  });

  it('refuses what does not fit', () => {
    const x = zeros([5, 2, 4]);
    expect(() => ctcLoss(x, labels, [5], [3, 1])).toThrow(ShapeError);
    expect(() => ctcLoss(x, labels, [6, 5], [3, 1])).toThrow(IndexError);
    expect(() => ctcLoss(x, labels, [5, 5], [4, 1])).toThrow(IndexError);
    expect(() => ctcLoss(x, labels.reshape([-1]), [5, 5], [3, 1])).toThrow(ShapeError);
    expect(() => ctcLoss(x, labels.add(2), [5, 5], [3, 1])).toThrow(IndexError);
    expect(() => ctcLoss(x, labels, [5, 5], [3, 1], { blank: 4 })).toThrow(IndexError);
    expect(() => ctcLoss(x, labels.cast('float32'), [5, 5], [3, 1])).toThrow(DTypeError);
  });
});

it('refuses grids, tables and words that do not fit', () => {
  const x = zeros([1, 1, 2, 2]);
  expect(() => gridSample(x, zeros([2, 2, 2, 2]))).toThrow(ShapeError);
  expect(() => gridSample(x, zeros([1, 2, 2, 3]))).toThrow(ShapeError);
  expect(() => gridSample(x, zeros([1, 2, 2, 2]), { mode: 'cubic' as 'bicubic' })).toThrow(
    ValueError,
  );
  expect(() => affineGrid(zeros([2, 3]), [1, 1, 2, 2])).toThrow(ShapeError);
  expect(() => functional.bilinear(zeros([2]), zeros([3]), zeros([1, 3, 2]))).toThrow(ShapeError);
  expect(() => pdist(zeros([2]))).toThrow(ShapeError);
  expect(() => oneHot(zeros([0], { dtype: 'int32' }))).toThrow(ValueError);
  const options = { mode: 'max', scaleGradByFreq: true } as const;
  expect(() => functional.embeddingBag(labels, zeros([4, 2]), options)).toThrow(UsageError);
});

it('reads positions as they are used for indexing', () => {
  const x = tensor([
    [0, 2],
    [3, 0],
  ]);
  expect(index(x, nonzero(x, { asTuple: true })).toArray()).toEqual([2, 3]);
  expect(x.nonzero({ asTuple: true }).map((places) => places.toArray())).toEqual([
    [0, 1],
    [1, 0],
  ]);
  expect(
    tensor(4)
      .nonzero({ asTuple: true })
      .map((places) => places.shape),
  ).toEqual([[1]]);
});

it('layers take the options', () => {
  const layer = new Embedding(3, 2, { maxNorm: 0.5, scaleGradByFreq: true });
  layer
    .forward(tensor([0, 0, 2], { dtype: 'int32' }))
    .sum()
    .backward();
  expect(layer.weight.grad?.toArray()).toEqual([
    [1, 1],
    [0, 0],
    [1, 1],
  ]);
  expect(layer.weight.select(0, 2).norm().item()).toBeLessThanOrEqual(0.5);
  expect(new Softplus(1, 2).forward(tensor([3, 1])).toArray<number[]>()[0]).toBe(3);
});

import type { Tensor } from '@dl/tensor';
import {
  adaptiveAvgPool2d,
  adaptiveMaxPool1dWithIndices,
  adaptiveMaxPool2d,
  avgPool1d,
  conv1d,
  conv2d,
  convTranspose1d,
  convTranspose2d,
  corr2d,
  DLError,
  fold,
  interpolate,
  kMaxPool,
  lpPool1d,
  lpPool2d,
  maxPool1d,
  maxPool1dWithIndices,
  maxPool2dWithIndices,
  maxUnpool1d,
  maxUnpool2d,
  memory,
  ones,
  pixelShuffle,
  pixelUnshuffle,
  randn,
  tensor,
  unfold,
  where,
} from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import { gradcheck, gradgradcheck } from '../src/index';

// Values are checked against PyTorch in packages/nn/test/parity.test.ts; here derivatives, identities and refusals.

const double = (...shape: number[]) => randn(shape, { dtype: 'float64' });
const positive = (...shape: number[]) =>
  double(...shape)
    .abs()
    .add(0.5);

const functions: [string, (...x: Tensor[]) => Tensor, () => Tensor[]][] = [
  [
    'conv1d',
    (x, w, b) => conv1d(x, w, b, { stride: 2, padding: 'valid' }),
    () => [double(2, 3, 7), double(4, 3, 3), double(4)],
  ],
  [
    'conv2d, full',
    (x, w) => conv2d(x, w, undefined, { padding: 'full' }),
    () => [double(1, 2, 3, 2), double(2, 2, 2, 3)],
  ],
  [
    'convTranspose1d',
    (x, w) => convTranspose1d(x, w, undefined, { stride: 2 }),
    () => [double(2, 2, 3), double(2, 3, 2)],
  ],
  [
    'convTranspose2d',
    (x, w, b) => convTranspose2d(x, w, b, { stride: 2, padding: 1, outputPadding: 1, groups: 2 }),
    () => [double(1, 4, 2, 3), double(4, 1, 3, 2), double(2)],
  ],
  [
    'convTranspose2d, empty batch',
    (x, w) => convTranspose2d(x, w),
    () => [double(0, 2, 2, 2), double(2, 1, 2, 2)],
  ],
  ['corr2d', corr2d, () => [double(4, 5), double(2, 3)]],
  [
    'maxPool1d',
    (x) => maxPool1d(x, 3, { padding: 1, dilation: 2, ceilMode: true }),
    () => [double(2, 2, 8)],
  ],
  [
    'avgPool1d',
    (x) => avgPool1d(x, 3, { padding: 1, countIncludePad: false }),
    () => [double(2, 2, 7)],
  ],
  ['lpPool1d', (x) => lpPool1d(x, 3, 2), () => [positive(2, 2, 6)]],
  ['lpPool2d', (x) => lpPool2d(x, 2, 2, { ceilMode: true }), () => [positive(1, 2, 5, 4)]],
  ['adaptiveAvgPool2d', (x) => adaptiveAvgPool2d(x, [3, null]), () => [double(1, 2, 5, 4)]],
  ['adaptiveMaxPool2d', (x) => adaptiveMaxPool2d(x, [3, 2]), () => [double(2, 2, 5, 4)]],
  ['kMaxPool', (x) => kMaxPool(x, 2), () => [double(2, 3, 5)]],
  ['unfold', (x) => unfold(x, [2, 3], { padding: 1, stride: 2 }), () => [double(2, 2, 4, 5)]],
  ['fold', (x) => fold(x, [4, 5], 2), () => [double(1, 8, 12)]],
  ['nearest', (x) => interpolate(x, { scaleFactor: 1.6 }), () => [double(1, 2, 3, 4)]],
  [
    'bilinear',
    (x) => interpolate(x, { size: [5, 2], mode: 'bilinear' }),
    () => [double(1, 2, 3, 4)],
  ],
  [
    'bicubic',
    (x) => interpolate(x, { size: 6, mode: 'bicubic', alignCorners: true }),
    () => [double(1, 2, 3, 4)],
  ],
  ['linear', (x) => interpolate(x, { size: 5, mode: 'linear' }), () => [double(1, 2, 3)]],
  ['area', (x) => interpolate(x, { size: [2, 3], mode: 'area' }), () => [double(1, 2, 3, 5)]],
  ['pixelShuffle', (x) => pixelShuffle(x, 2), () => [double(1, 8, 2, 3)]],
];

describe('derivatives', () => {
  it.each(functions)('%s', (_, f, inputs) => {
    gradcheck(f, inputs());
    gradgradcheck(f, inputs(), { sample: 20 });
  });
});

describe('identities', () => {
  it('a convolution is the correlation with the kernel turned by 180°', () => {
    const [x, k] = [double(5, 6), double(2, 3)];
    const turned = corr2d(x, k.flip([0, 1])).toArray() as number[][];
    for (let i = 0; i < 4; i++)
      for (let j = 0; j < 4; j++) {
        let sum = 0;
        // (x * k)[i + 1, j + 2] of mathematics, where the kernel lies within the image.
        for (let u = 0; u < 2; u++)
          for (let v = 0; v < 3; v++)
            sum +=
              (x
                .select(0, i + 1 - u)
                .select(0, j + 2 - v)
                .item() as number) * (k.select(0, u).select(0, v).item() as number);
        expect(turned[i][j]).toBeCloseTo(sum, 12);
      }
  });

  it('corr2d gives the numbers of Dive into Deep Learning (section on cross-correlation), and sums over channels', () => {
    const x = tensor([
      [0, 1, 2],
      [3, 4, 5],
      [6, 7, 8],
    ]);
    const k = tensor([
      [0, 1],
      [2, 3],
    ]);
    expect(corr2d(x, k).toArray()).toEqual([
      [19, 25],
      [37, 43],
    ]);
    const two = x.unsqueeze(0).repeat([2, 1, 1]);
    expect(corr2d(two, k.unsqueeze(0).repeat([2, 1, 1])).toArray()).toEqual([
      [38, 50],
      [74, 86],
    ]);
    expect(corr2d(two, ones([3, 2, 2, 2])).shape).toEqual([3, 2, 2]);
  });

  it('a transposed convolution is the adjoint of the convolution', () => {
    const options = { stride: 2, padding: 1 };
    const [x, w] = [double(2, 3, 7, 5), double(4, 3, 3, 3)];
    const y = conv2d(x, w, undefined, options);
    const g = double(...y.shape);
    const left = y.mul(g).sum().item() as number;
    const right = x
      .mul(convTranspose2d(g, w, undefined, options))
      .sum()
      .item() as number;
    expect(left).toBeCloseTo(right, 10);
  });

  it('convolution is unfolding, a product, and folding back counts the cover', () => {
    const [x, w] = [double(2, 3, 5, 4), double(6, 3, 2, 2)];
    const product = w.reshape([6, 12]).matmul(unfold(x, 2));
    expect(product.reshape([2, 6, 4, 3]).sub(conv2d(x, w)).abs().amax().item()).toBeLessThan(1e-12);
    const cover = fold(unfold(ones([1, 1, 3, 3]), 2), 3, 2).toArray();
    expect(cover).toEqual([
      [
        [
          [1, 2, 1],
          [2, 4, 2],
          [1, 2, 1],
        ],
      ],
    ]);
  });

  it('unpooling puts maxima back where they were', () => {
    const x = double(2, 3, 4, 6);
    const { values, indices } = maxPool2dWithIndices(x, 2);
    const back = maxUnpool2d(values, indices, [4, 6]);
    expect(back.ne(0).sum().item()).toBe(values.size);
    expect(where(back.ne(0), back, x).equal(x)).toBe(true);
    const line = maxPool1dWithIndices(double(1, 2, 6), 3);
    expect(maxUnpool1d(line.values, line.indices, 6).sum().item()).toBeCloseTo(
      line.values.sum().item() as number,
      12,
    );
  });

  it('pixels come back, and adaptive indices name their elements', () => {
    const x = double(2, 8, 3, 4);
    expect(pixelUnshuffle(pixelShuffle(x, 2), 2).equal(x)).toBe(true);
    const y = double(1, 2, 7);
    const { values, indices } = adaptiveMaxPool1dWithIndices(y, 3);
    expect(y.gather(2, indices).equal(values)).toBe(true);
  });
});

describe('refusals', () => {
  const image = ones([1, 2, 4, 4]);
  const bad: [string, () => unknown][] = [
    ['a vector for a sequence', () => conv1d(ones([3]), ones([1, 2, 1]))],
    ['channels of a transposed convolution', () => convTranspose2d(image, ones([3, 1, 2, 2]))],
    [
      'an output padding as large as the stride',
      () => convTranspose2d(image, ones([2, 1, 2, 2]), undefined, { outputPadding: 1 }),
    ],
    [
      'padding beyond the output',
      () => convTranspose2d(image, ones([2, 1, 2, 2]), undefined, { padding: 3 }),
    ],
    ['a bias of another size', () => convTranspose2d(image, ones([2, 3, 2, 2]), ones([2]))],
    ['a kernel with fewer axes than the image', () => corr2d(ones([2, 3, 3]), ones([2, 2]))],
    ['an adaptive size of 0', () => adaptiveMaxPool2d(image, 0)],
    ['an unfold window beyond the image', () => unfold(image, 5)],
    ['columns that do not fit', () => fold(ones([1, 8, 5]), 4, 2)],
    [
      'indices beyond the output',
      () =>
        maxUnpool2d(image, tensor(new Int32Array(32).fill(99), { shape: [1, 2, 4, 4] }), [4, 4]),
    ],
    ['both size and scale', () => interpolate(image, { size: 3, scaleFactor: 2 })],
    ['neither size nor scale', () => interpolate(image, {})],
    ['a linear mode for images', () => interpolate(image, { size: 3, mode: 'linear' })],
    ['a scale that leaves nothing', () => interpolate(image, { scaleFactor: 0.1 })],
    ['channels that do not divide', () => pixelShuffle(image, 2)],
    ['more than there are', () => kMaxPool(image, 5)],
  ];
  it.each(bad)('%s', (_, f) => {
    const attempt = () => {
      try {
        f();
      } catch (error) {
        return error;
      }
      return null;
    };
    expect(attempt()).toBeInstanceOf(DLError);
    const before = memory().tensors;
    attempt();
    expect(memory().tensors - before).toBeLessThanOrEqual(2);
  });
});

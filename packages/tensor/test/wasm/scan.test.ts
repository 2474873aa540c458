import { describe, expect, it } from 'vitest';
import { referenceKernels } from '../../src/backend/reference';
import { backendFor } from '../../src/backend/registry';
import type { Tensor } from '../../src/index';
import {
  IndexError,
  indexAdd,
  manualSeed,
  randint,
  randn,
  scatter,
  scatterAdd,
  sort,
  tensor,
  topk,
} from '../../src/index';

type DType = 'float32' | 'float64' | 'int32' | 'uint8' | 'bool';

/** Numbers with many equal ones, and (of floats) every special one. */
function numbers(shape: number[], dtype: DType, special = true): Tensor {
  if (dtype === 'bool') return randint(0, 2, shape).cast('bool');
  if (dtype === 'uint8') return randint(0, 255, shape).cast(dtype);
  if (dtype === 'int32') return randint(-300, 300, shape).mul(7_000_001);
  const x = randn(shape).mul(4).round().mul(0.37).cast(dtype);
  const data = x.dataSync();
  const odd = [Number.NaN, Infinity, -Infinity, -0, 0, 1e-40];
  if (special) for (let i = 3; i < data.length; i += 11) data[i] = odd[(i / 11) | (0 % 6)];
  return tensor(data, { shape, dtype });
}

function same(found: Tensor, expected: Tensor, digits?: number): void {
  expect(found.shape).toEqual(expected.shape);
  expect(found.dtype).toBe(expected.dtype);
  const [a, b] = [Array.from(found.dataSync()), Array.from(expected.dataSync())];
  if (digits === undefined) expect(a).toEqual(b);
  else
    a.forEach((x, i) => {
      if (!Object.is(x, b[i]) && !(Math.abs(x - b[i]) <= digits * Math.max(1, Math.abs(b[i]))))
        throw new Error(`element ${i}: ${x}, the reference has ${b[i]}`);
    });
}

const shapes = [
  [1],
  [5],
  [33],
  [70],
  [3, 31],
  [31, 3],
  [4, 300],
  [2, 17, 5],
  [3, 40, 70],
  [2, 2, 1500],
];
const layouts: Record<string, (x: Tensor) => Tensor> = {
  dense: (x) => x,
  transposed: (x) => x.permute(x.shape.map((_, i) => x.ndim - 1 - i)),
  backwards: (x) => x.flip(0),
  expanded: (x) => x.unsqueeze(0).expand([2, ...x.shape]),
};

/** Each tensor in each layout, with each of its axes. */
function each(dtype: DType, check: (x: Tensor, axis: number) => void, special = true): void {
  manualSeed(7);
  for (const shape of shapes)
    for (const layout of Object.values(layouts)) {
      const x = layout(numbers(shape, dtype, special));
      for (let axis = 0; axis < x.ndim; axis++) check(x, axis);
    }
}

/** Compares a function on the CPU with the reference. */
function agree(f: (...x: Tensor[]) => Tensor, inputs: Tensor[], digits?: number): void {
  same(f(...inputs), f(...inputs.map((x) => x.to('reference'))), digits);
}

it('has kernels of its own for lines and indices', () => {
  const { kernels } = backendFor('cpu');
  for (const name of [
    'sort',
    'cumsum',
    'cumprod',
    'prod',
    'argmax',
    'amin',
    'gather',
    'scatter',
  ] as const)
    expect(kernels[name]).not.toBe(referenceKernels[name]);
});

describe.each(['float32', 'float64', 'int32', 'uint8', 'bool'] as const)('lines of %s', (dtype) => {
  it('are sorted, equal elements in their order', () => {
    each(dtype, (x, axis) => {
      for (const descending of [false, true]) {
        agree((a) => sort(a, axis, { descending }).values, [x]);
        agree((a) => sort(a, axis, { descending }).indices, [x]);
        for (const k of [0, 1, 3, 31, 40].filter((count) => count <= x.shape[axis])) {
          agree((a) => topk(a, k, axis, { largest: descending }).values, [x]);
          agree((a) => topk(a, k, axis, { largest: descending }).indices, [x]);
        }
      }
    });
  });

  it('have largest and smallest elements', () => {
    if (dtype === 'bool') return;
    each(dtype, (x, axis) => {
      for (const name of ['argmax', 'argmin'] as const) agree((a) => a[name](axis), [x]);
      for (const name of ['amax', 'amin'] as const) {
        agree((a) => a[name](axis).add(0), [x]);
        if (x.ndim > 2) agree((a) => a[name]([0, 2]).add(0), [x]);
      }
    });
  });

  it('have sums and products', () => {
    const digits = dtype === 'float32' ? 1e-6 : dtype === 'float64' ? 1e-13 : undefined;
    each(
      dtype,
      (x, axis) => {
        for (const name of ['cumsum', 'cumprod', 'prod'] as const)
          agree((a) => a[name](axis), [x], digits);
        if (x.ndim > 2) agree((a) => a.prod([0, 2]), [x], digits);
      },
      false,
    );
  });

  it('are picked from and put into by indices', () => {
    each(dtype, (x, axis) => {
      const size = x.shape[axis];
      const index = randint(
        0,
        size,
        x.shape.map((n, i) => (i === axis ? 7 : Math.max(1, n - 1))),
      );
      const wide = randint(
        0,
        size,
        x.shape.map((_, i) => (i === axis ? 7 : 1)),
      ).expand(x.shape.map((n, i) => (i === axis ? 7 : n)));
      const rows = randint(0, size, [9]);
      agree((a) => a.indexSelect(axis, rows.to(a.device)), [x]);
      const source = numbers([...wide.shape], dtype, false);
      const digits = dtype.startsWith('float') ? 1e-5 : undefined;
      for (const at of [index, wide]) {
        agree((a, i) => a.gather(axis, i), [x, at]);
        agree((a, i, s) => scatter(a, axis, i, s), [x, at, source]);
        agree((a, i, s) => scatterAdd(a, axis, i, s), [x, at, source], digits);
      }
      const added = numbers(
        x.shape.map((n, i) => (i === axis ? 9 : n)),
        dtype,
        false,
      );
      agree((a, i, s) => indexAdd(a, axis, i, s), [x, rows, added], digits);
    });
  });
});

it('refuses an index that is out of range, in any layout', () => {
  const x = randn([5, 6]);
  const far = tensor([[0, 5, 1]], { dtype: 'int32' });
  expect(() => x.gather(0, far)).toThrow(IndexError);
  expect(() => x.gather(0, far.expand([4, 3]))).toThrow(IndexError);
  expect(() => x.indexSelect(0, tensor([-1], { dtype: 'int32' }))).toThrow(IndexError);
  expect(() => scatter(x, 0, far.transpose().expand([3, 2]), randn([3, 2]))).toThrow(IndexError);
});

it('sorts a long line', () => {
  const x = randn([100_001]);
  const { values, indices } = sort(x, 0);
  const sorted = values.dataSync();
  for (let i = 1; i < sorted.length; i++) if (sorted[i - 1] > sorted[i]) throw new Error(`at ${i}`);
  same(x.gather(0, indices), values);
  expect(new Set(indices.dataSync()).size).toBe(100_001);
});

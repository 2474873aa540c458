import type { Tensor } from '@dl/tensor';
import {
  combinations,
  diagonalScatter,
  gcd,
  IndexError,
  indexReduce,
  lcm,
  memory,
  nanquantile,
  ones,
  randn,
  renorm,
  ShapeError,
  scope,
  selectScatter,
  sliceScatter,
  tensor,
  ValueError,
  zeros,
} from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import { grad, gradcheck, gradgradcheck, jacobian } from '../src/index';

// Values against PyTorch are in ops-opinfo.test.ts; here are the corners and the refusals.

const f64 = { dtype: 'float64' } as const;
const ints = (...data: number[]) => tensor(data, { dtype: 'int32' });

function both(f: (...inputs: Tensor[]) => Tensor, ...inputs: Tensor[]): void {
  expect(gradcheck(f, inputs)).toBe(true);
  expect(gradgradcheck(f, inputs)).toBe(true);
}

describe('copies with a part replaced', () => {
  it('select, slice and diagonal give back what was scattered, and leave the rest alone', () => {
    const x = randn([3, 4]);
    const row = selectScatter(x, zeros([4]), 0, -1);
    expect(row.select(0, 2).toArray()).toEqual([0, 0, 0, 0]);
    expect(row.narrow(0, 0, 2).toArray()).toEqual(x.narrow(0, 0, 2).toArray());
    const odd = sliceScatter(zeros([4]), ones([2]), 0, [null, null, -2]);
    expect(odd.toArray()).toEqual([0, 1, 0, 1]);
    expect(
      sliceScatter(x, zeros([3, 4]))
        .abs()
        .sum()
        .item(),
    ).toBe(0);
    expect(diagonalScatter(zeros([2, 3]), tensor([1, 2]), 1).toArray()).toEqual([
      [0, 1, 0],
      [0, 0, 2],
    ]);
  });

  it('pass derivatives to both arguments', () => {
    const x = randn([3, 4], f64);
    both((a, b) => selectScatter(a, b, 1, 2).square(), x, randn([3], f64));
    both((a, b) => sliceScatter(a, b, 1, [1, 4, 2]).square(), x, randn([3, 2], f64));
    both((a, b) => diagonalScatter(a, b, -1).square(), x, randn([2], f64));
    both((a, b) => indexReduce(a, 0, ints(2, 0, 2), b, 'prod'), x, randn([3, 4], f64));
  });

  it('refuse a source that does not fit, and leave nothing behind', () => {
    const x = ones([2, 3]);
    const source = ones([2]);
    const long = ones([3]);
    const rows = ints(0);
    const attempts = [
      () => selectScatter(x, source, 0, 0),
      () => sliceScatter(x, source, 0, [0, 1]),
      () => diagonalScatter(x, long),
      () => indexReduce(x, 0, rows, source, 'amax'),
    ];
    const before = memory().tensors;
    for (const attempt of attempts) expect(attempt).toThrow(/^.*source/);
    expect(memory().tensors).toBe(before);
    expect(() => selectScatter(x, long, 0, 2)).toThrow(IndexError);
    const unknown = 'max' as 'amax';
    expect(() => indexReduce(x, 0, rows, ones([1, 3]), unknown)).toThrow(/reduction "max"/);
  });
});

describe('whole numbers', () => {
  it('gcd and lcm take signs, zeros and broadcasting', () => {
    expect(gcd(ints(12, -18, 0, 7), ints(18, 12, 5, 0)).toArray()).toEqual([6, 6, 5, 7]);
    expect(gcd(0, ints(0)).toArray()).toEqual([0]);
    expect(lcm(ints(4, 0, -3), 6).toArray()).toEqual([12, 0, 6]);
    // Neighbours of the Fibonacci sequence take Euclid the longest.
    expect(gcd(ints(1836311903), 1134903170).toArray()).toEqual([1]);
    expect(gcd(ints(2, 3).unsqueeze(1), ints(4, 6)).shape).toEqual([2, 2]);
    expect(() => gcd(ones([1]), 2)).toThrow(/gcd: the arguments must be whole numbers/);
  });

  it('combinations are rows in the order of the vector', () => {
    const x = ints(5, 6, 7);
    expect(combinations(x).toArray()).toEqual([
      [5, 6],
      [5, 7],
      [6, 7],
    ]);
    expect(combinations(x, 2, { withReplacement: true }).shape).toEqual([6, 2]);
    expect(combinations(x, 4).shape).toEqual([0, 4]);
    expect(combinations(x, 0).shape).toEqual([0]);
    expect(() => combinations(x, -1)).toThrow(ValueError);
    both((y) => combinations(y, 2).prod(1), randn([4], f64));
  });
});

describe('nanquantile', () => {
  const { NaN: nan } = Number;
  it('counts only what is not NaN, line by line', () => {
    const x = tensor([nan, 1, 3, 2, nan, nan, nan, nan], { ...f64, shape: [2, 4] });
    expect(nanquantile(x, [0, 0.5, 0.75, 1], 1).toArray()).toEqual([
      [1, nan],
      [2, nan],
      [2.5, nan],
      [3, nan],
    ]);
    expect(nanquantile(x, 0.5).item()).toBe(2);
    expect(nanquantile(x, 0.25, 1, { interpolation: 'higher', keepdim: true }).toArray()).toEqual([
      [2],
      [nan],
    ]);
    expect(() => nanquantile(x, 1.5)).toThrow(ValueError);
  });

  it('has a derivative, none to NaN', () => {
    both((y) => nanquantile(y, [0.3, 0.8], 0), randn([5, 2], f64));
    expect(grad((y: Tensor) => nanquantile(y, 0.5))(tensor([3, nan, 1, 2, 5])).toArray()).toEqual([
      0.5, 0, 0, 0.5, 0,
    ]);
  });
});

it('renorm scales only what is too long, with derivatives of two orders', () => {
  const x = tensor([3, 4, 0, 1, 0, 0], { ...f64, shape: [3, 2] });
  const [long, short, none] = renorm(x, 2, 0, 1).toArray() as number[][];
  expect(Math.hypot(...long)).toBeCloseTo(1, 6);
  expect([short, none]).toEqual([
    [0, 1],
    [0, 0],
  ]);
  both((y) => renorm(y, 2, 1, 0.5), randn([3, 2], f64));
  expect(() => renorm(x, 2, 0, -1)).toThrow(ValueError);
  expect(() => renorm(ones([3]), 2, 0, 1)).toThrow(ShapeError);
});

it('jacobian goes the way that costs fewer passes', () => {
  scope(() => {
    let calls = 0;
    const counted = (f: (x: Tensor) => Tensor) => (x: Tensor) => {
      calls++;
      return f(x);
    };
    const w = randn([5, 2], f64);
    // Two numbers in, five out: forward mode calls once to learn the shape and once for each input.
    expect(
      jacobian(
        counted((x) => w.matmul(x)),
        randn([2], f64),
      ).shape,
    ).toEqual([5, 2]);
    expect(calls).toBe(3);
    calls = 0;
    expect(
      jacobian(
        counted((x) => x.matmul(w)),
        randn([5], f64),
      ).shape,
    ).toEqual([2, 5]);
    expect(calls).toBe(2);
  });
});

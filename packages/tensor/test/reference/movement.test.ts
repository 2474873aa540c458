import { describe, expect, it } from 'vitest';
import { assign, cast, cat, full, zeros } from '../../src/index';
import { declarations, run } from '../../src/internal';
import { ints, make, values } from './helpers';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

describe('cast', () => {
  it('cuts floats towards zero and wraps', () => {
    const x = make([1.7, -1.7, nan, inf, 2 ** 32 + 5, 300]);
    expect(values(cast(x, 'int32'))).toEqual([1, -1, 0, 0, 5, 300]);
    expect(values(cast(x, 'uint8'))).toEqual([1, 255, 0, 0, 5, 44]);
  });

  it('takes everything but 0 for true', () => {
    expect(values(cast(make([0, -0, 0.1, nan, 256]), 'bool'))).toEqual([0, 0, 1, 1, 1]);
  });

  it('reads views', () => {
    const x = ints([2, 3], 10, 1).transpose();
    expect(values(cast(x, 'bool'))).toEqual([1, 1, 1, 1, 1, 0]);
    expect(values(cast(x, 'int32'))).toEqual([-5, -2, -4, -1, -3, 0]);
  });
});

it('full fills every dtype', () => {
  expect(values(full([2], 7.9, { dtype: 'int32', device: 'reference' }))).toEqual([7, 7]);
  expect(values(full([2], 7.9, { dtype: 'bool', device: 'reference' }))).toEqual([1, 1]);
});

it('contiguous copies any strides', () => {
  const x = ints([2, 3, 4], 100, 1);
  const flipped = x.permute([2, 0, 1]).slice([[null, null, -1], null, [1, 3]]);
  const copy = flipped.clone();
  expect(copy.isContiguous).toBe(true);
  expect(copy.toArray()).toEqual(flipped.toArray());
  expect(values(copy).slice(0, 4)).toEqual([-43, -39, -31, -27]);
  expect(
    values(
      make([[5]])
        .expand([2, 3])
        .clone(),
    ),
  ).toEqual([5, 5, 5, 5, 5, 5]);
});

it('cat joins views along any axis, empty ones too', () => {
  const x = ints([2, 3], 10, 1);
  const joined = cat(
    [x, zeros([2, 0], { dtype: 'float64', device: 'reference' }), x.slice([null, [0, 1]])],
    1,
  );
  expect(joined.toArray()).toEqual([
    [-5, -4, -3, -5],
    [-2, -1, 0, -2],
  ]);
  expect(values(cat([x.transpose(), x.transpose()], 0)).length).toBe(12);
});

describe('pad', () => {
  const pad =
    (low: number[], high: number[], interior: number[], value = 9) =>
    (x: ReturnType<typeof make>) =>
      run(declarations.pad, [x], { low, high, interior, value })[0].toArray();

  it('surrounds and spreads', () => {
    expect(pad([1], [2], [1])(make([1, 2, 3]))).toEqual([9, 1, 9, 2, 9, 3, 9, 9]);
    expect(pad([0, 1], [1, 0], [0, 0])(make([[1, 2]]))).toEqual([
      [9, 1, 2],
      [9, 9, 9],
    ]);
  });

  it('crops, between spread elements too', () => {
    expect(pad([-1], [-1], [0])(make([1, 2, 3, 4]))).toEqual([2, 3]);
    expect(pad([-2], [1], [2])(make([1, 2, 3]))).toEqual([9, 2, 9, 9, 3, 9]);
    expect(pad([-3], [4], [0])(make([1, 2, 3]))).toEqual([9, 9, 9, 9]);
    expect(pad([5], [-4], [0])(make([1, 2, 3]))).toEqual([9, 9, 9, 9]);
  });

  it('pads nothing to something', () => {
    expect(pad([1], [1], [3])(zeros([0], { dtype: 'float64', device: 'reference' }))).toEqual([
      9, 9,
    ]);
  });
});

describe('assign', () => {
  it('writes into a view', () => {
    const x = zeros([2, 3], { dtype: 'float64', device: 'reference' });
    assign(
      x.transpose().slice([[null, null, 2]]),
      make([
        [1, 2],
        [3, 4],
      ]),
    );
    expect(x.toArray()).toEqual([
      [1, 0, 3],
      [2, 0, 4],
    ]);
  });

  it('copies overlapping views rightly', () => {
    const x = make([1, 2, 3, 4, 5]);
    assign(x.slice([[1, 5]]), x.slice([[0, 4]]));
    expect(values(x)).toEqual([1, 1, 2, 3, 4]);
    assign(x, x.slice([[null, null, -1]]));
    expect(values(x)).toEqual([4, 3, 2, 1, 1]);
  });
});

import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/index';
import * as dl from '../../src/index';
import { ints, make, values } from './helpers';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

describe('functions of one number', () => {
  it('round goes to the even neighbour', () => {
    const x = make([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 2.4, -2.6, inf, -inf, nan, 2 ** 52 + 1]);
    expect(values(dl.round(x))).toEqual([0, 2, 2, 0, -2, -2, 2, -3, inf, -inf, nan, 2 ** 52 + 1]);
  });

  it('sigmoid and softplus do not overflow', () => {
    const x = make([-1e4, -50, 0, 50, 1e4, nan]);
    expect(values(dl.sigmoid(x))).toEqual([0, Math.exp(-50), 0.5, 1, 1, nan]);
    expect(values(dl.softplus(x))).toEqual([0, Math.exp(-50), Math.log(2), 50, 1e4, nan]);
  });

  it('sign and relu keep NaN', () => {
    const x = make([-2, 0, 3, nan, -inf]);
    expect(values(dl.sign(x))).toEqual([-1, 0, 1, nan, -1]);
    expect(values(dl.relu(x))).toEqual([0, 0, 3, nan, 0]);
  });

  it('tests give bool', () => {
    const x = make([0, 1, nan, inf]);
    expect(dl.isnan(x).toArray()).toEqual([false, false, true, false]);
    expect(dl.isfinite(x).toArray()).toEqual([true, true, false, false]);
    expect(dl.logicalNot(x).toArray()).toEqual([true, false, false, false]);
  });

  it('takes integers to float32, and wraps those it keeps', () => {
    expect(dl.exp(make([0, 1], 'int32')).dtype).toBe('float32');
    expect(values(dl.neg(make([1, 0, 255], 'uint8')))).toEqual([255, 0, 1]);
    expect(values(dl.abs(make([-(2 ** 31), -3], 'int32')))).toEqual([-(2 ** 31), 3]);
  });

  it('reads views of any strides', () => {
    const x = ints([3, 4], 100, 1)
      .transpose()
      .slice([[null, null, -2]]);
    expect(dl.neg(x).toArray()).toEqual([
      [47, 43, 39],
      [49, 45, 41],
    ]);
  });

  it('computes float64 as Math does', () => {
    const x = [0.1, 0.7, 1.3];
    const table: [(x: Tensor) => Tensor, (x: number) => number][] = [
      [dl.exp, Math.exp],
      [dl.expm1, Math.expm1],
      [dl.log, Math.log],
      [dl.log1p, Math.log1p],
      [dl.sqrt, Math.sqrt],
      [dl.sin, Math.sin],
      [dl.cos, Math.cos],
      [dl.tan, Math.tan],
      [dl.asin, Math.asin],
      [dl.acos, Math.acos],
      [dl.atan, Math.atan],
      [dl.sinh, Math.sinh],
      [dl.cosh, Math.cosh],
      [dl.asinh, Math.asinh],
      [dl.acosh, Math.acosh],
      [dl.atanh, Math.atanh],
      [dl.tanh, Math.tanh],
      [dl.floor, Math.floor],
      [dl.ceil, Math.ceil],
      [dl.trunc, Math.trunc],
      [dl.reciprocal, (v) => 1 / v],
    ];
    for (const [op, f] of table) expect(values(op(make(x)))).toEqual(x.map(f));
  });
});

describe('functions of two numbers', () => {
  // Expected values: PyTorch 1.13, float64; negative zeros are not told apart.
  const a = make([5, -5, 5, -5, 7.5, -7.5, 0, inf, -5, 5, nan, 1, 6]);
  const b = make([3, 3, -3, -3, 2, 2, 5, 2, inf, 0, 1, 0.1, -inf]);

  it('divides floats as Python does', () => {
    expect(values(dl.floorDivide(a, b))).toEqual([
      1,
      -2,
      -2,
      1,
      3,
      -4,
      0,
      nan,
      -1,
      inf,
      nan,
      9,
      -1,
    ]);
    const rest = 0.09999999999999995;
    expect(values(dl.remainder(a, b))).toEqual([
      2,
      1,
      -1,
      -2,
      1.5,
      0.5,
      0,
      nan,
      inf,
      nan,
      nan,
      rest,
      -inf,
    ]);
    expect(values(dl.fmod(a, b))).toEqual([2, -2, 2, -2, 1.5, -1.5, 0, nan, -5, nan, nan, rest, 6]);
  });

  it('divides integers, by 0 too', () => {
    const x = make([5, -5, 5, -5, 7, -(2 ** 31)], 'int32');
    const y = make([3, 3, -3, -3, 0, -1], 'int32');
    expect(values(dl.floorDivide(x, y))).toEqual([1, -2, -2, 1, 0, -(2 ** 31)]);
    expect(values(dl.remainder(x, y))).toEqual([2, 1, -1, -2, 0, 0]);
    expect(values(dl.fmod(x, y))).toEqual([2, -2, 2, -2, 0, 0]);
    expect(values(dl.div(x, y))).toEqual(
      [5 / 3, -5 / 3, -5 / 3, 5 / 3, inf, 2 ** 31].map(Math.fround),
    );
  });

  it('raises to powers as C does', () => {
    const base = make([1, 1, -1, -1, -8, 0, 0, 2]);
    const exponent = make([nan, inf, inf, -inf, 1 / 3, 0, -1, 0.5]);
    expect(values(dl.pow(base, exponent))).toEqual([1, 1, 1, 1, nan, 1, inf, Math.SQRT2]);
  });

  it('raises integers exactly, modulo 2³²', () => {
    const base = make([3, 7, -2, 2, 1, -1, -1, 0, 0], 'int32');
    const exponent = make([20, 20, 31, -1, -5, -3, -2, 0, -1], 'int32');
    const exact = [3n ** 20n, 7n ** 20n, (-2n) ** 31n].map((v) => Number(BigInt.asIntN(32, v)));
    expect(values(dl.pow(base, exponent))).toEqual([...exact, 0, 1, -1, 1, 1, 0]);
  });

  it('wraps integers', () => {
    const big = make([2 ** 31 - 1, 123456789], 'int32');
    expect(values(dl.add(big, 1))).toEqual([-(2 ** 31), 123456790]);
    const square = Number(BigInt.asIntN(32, 123456789n ** 2n));
    expect(values(dl.mul(big, big))).toEqual([1, square]);
    expect(values(dl.add(make([250], 'uint8'), make([10], 'uint8')))).toEqual([4]);
    expect(values(dl.sub(make([1], 'uint8'), make([2], 'uint8')))).toEqual([255]);
  });

  it('adds and multiplies bool as or and and', () => {
    const x = make([true, true, false], 'bool');
    const y = make([true, false, false], 'bool');
    expect(dl.add(x, y).toArray()).toEqual([true, true, false]);
    expect(dl.mul(x, y).toArray()).toEqual([true, false, false]);
    expect(dl.logicalXor(x, y).toArray()).toEqual([false, true, false]);
  });

  it('lets NaN win in maximum and minimum', () => {
    const x = make([1, nan, 2, -0]);
    const y = make([nan, 1, 3, 0]);
    expect(values(dl.maximum(x, y))).toEqual([nan, nan, 3, 0]);
    expect(values(dl.minimum(x, y))).toEqual([nan, nan, 2, 0]);
  });

  it('adds, subtracts, multiplies and divides floats over every kind of row', () => {
    const rows: [(x: Tensor, y: Tensor) => Tensor, (x: number, y: number) => number][] = [
      [dl.add, (v, w) => v + w],
      [dl.sub, (v, w) => v - w],
      [dl.mul, (v, w) => v * w],
      [dl.div, (v, w) => v / w],
    ];
    const x = ints([3, 4], 11, 7);
    const views = [
      x,
      ints([4, 3], 13, 5).transpose(),
      make(3),
      make([[2], [0], [-1]]),
      x.slice([[0, 1]]),
    ];
    for (const [op, f] of rows) {
      for (const y of views) {
        const [left, right] = [values(x), values(y.expand([3, 4]))];
        expect(values(op(x, y))).toEqual(left.map((v, i) => f(v, right[i]) + 0));
        expect(values(op(y, x))).toEqual(left.map((v, i) => f(right[i], v) + 0));
      }
    }
  });

  it('rounds float32 once', () => {
    const third = dl.div(make([1], 'float32'), make([3], 'float32'));
    expect(third.item()).toBe(Math.fround(1 / 3));
    expect(dl.add(third, make([1e-9], 'float32')).item()).toBe(Math.fround(1 / 3));
  });

  it('compares', () => {
    const x = make([1, 2, 3, nan]);
    const y = make([2, 2, 2, nan]);
    const rows = [dl.eq, dl.ne, dl.lt, dl.le, dl.gt, dl.ge].map((f) => values(f(x, y)));
    expect(rows).toEqual([
      [0, 1, 0, 0],
      [1, 0, 1, 1],
      [1, 0, 0, 0],
      [1, 1, 0, 0],
      [0, 0, 1, 0],
      [0, 1, 1, 0],
    ]);
  });

  it('broadcasts both ways, over views', () => {
    const column = make([[10], [20]]);
    const row = make([1, 2, 3]).slice([[null, null, -1]]);
    expect(dl.sub(column, row).toArray()).toEqual([
      [7, 8, 9],
      [17, 18, 19],
    ]);
    const x = ints([2, 3, 2], 100, 1);
    const perChannel = make([[100], [200], [300]]);
    expect(values(dl.add(x, perChannel))).toEqual(
      values(x).map((v, i) => v + 100 * (1 + (Math.floor(i / 2) % 3))),
    );
  });

  it('where broadcasts three ways', () => {
    const condition = make([[true], [false]], 'bool');
    expect(dl.where(condition, make([1, 2]), make([[-1], [-2]])).toArray()).toEqual([
      [1, 2],
      [-2, -2],
    ]);
  });

  it('takes empty tensors', () => {
    const empty = dl.zeros([0, 3], { device: 'reference' });
    expect(dl.add(empty, empty).shape).toEqual([0, 3]);
  });
});

import { describe, expect, it } from 'vitest';
import * as dl from '../../src/index';
import { ints, make, values } from './helpers';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

describe('reductions', () => {
  const x = ints([2, 3, 4], 11, 7);
  const at = (i: number, j: number, k: number) => (((i * 12 + j * 4 + k) * 7) % 11) - 5;

  it('sum over any axes, of any view', () => {
    const expected: number[] = [];
    for (let j = 0; j < 3; j++) {
      let total = 0;
      for (let i = 0; i < 2; i++) for (let k = 0; k < 4; k++) total += at(i, j, k);
      expected.push(total);
    }
    expect(values(dl.sum(x, [0, 2]))).toEqual(expected);
    expect(values(dl.sum(x.permute([1, 2, 0]), [1, 2]))).toEqual(expected);
    expect(dl.sum(x, [0, 2], { keepdim: true }).shape).toEqual([1, 3, 1]);
    expect(values(dl.sum(make([[2], [3]]).expand([2, 5]), 1))).toEqual([10, 15]);
  });

  it('sum and prod of nothing', () => {
    const empty = dl.zeros([0, 2], { device: 'reference' });
    expect(values(dl.sum(empty, 0))).toEqual([0, 0]);
    expect(values(dl.prod(empty, 0))).toEqual([1, 1]);
    expect(values(dl.all(empty))).toEqual([1]);
    expect(values(dl.any(empty))).toEqual([0]);
  });

  it('keeps float32 sums in double', () => {
    const tenth = dl.full([100_000], 0.1, { device: 'reference' });
    expect(dl.sum(tenth).item()).toBe(Math.fround(100_000 * Math.fround(0.1)));
  });

  it('widens small integers and wraps int32', () => {
    const bytes = make([200, 100], 'uint8');
    expect(dl.sum(bytes).dtype).toBe('int32');
    expect(dl.sum(bytes).item()).toBe(300);
    expect(dl.prod(bytes).item()).toBe(20000);
    expect(dl.sum(make([true, true, false], 'bool')).item()).toBe(2);
    expect(dl.sum(make([2 ** 31 - 1, 1], 'int32')).item()).toBe(-(2 ** 31));
    expect(dl.prod(make([123456789, 987654321], 'int32')).item()).toBe(
      Number(BigInt.asIntN(32, 123456789n * 987654321n)),
    );
  });

  it('amax and amin let NaN win', () => {
    const y = make([
      [1, 5, 2],
      [nan, 1, 7],
      [-inf, -inf, -inf],
    ]);
    expect(values(dl.amax(y, 1))).toEqual([5, nan, -inf]);
    expect(values(dl.amin(y, 1))).toEqual([1, nan, -inf]);
    expect(values(dl.amax(make([3, 9], 'uint8')))).toEqual([9]);
  });

  it('any and all take NaN for true', () => {
    const y = make([
      [0, 0],
      [0, nan],
      [1, 2],
    ]);
    expect(dl.any(y, 1).toArray()).toEqual([false, true, true]);
    expect(dl.all(y, 1).toArray()).toEqual([false, false, true]);
  });
});

describe('argmax and argmin', () => {
  it('give the first of equals, and the first NaN', () => {
    const y = make([
      [1, 3, 3, 0, 0],
      [2, nan, 9, nan, -9],
      [-inf, -inf, -inf, -inf, -inf],
    ]);
    expect(values(dl.argmax(y, 1))).toEqual([1, 1, 0]);
    expect(values(dl.argmin(y, 1))).toEqual([3, 1, 0]);
    expect(dl.argmax(y, 1).dtype).toBe('int32');
    expect(values(dl.argmax(y.transpose(), 0))).toEqual([1, 1, 0]);
  });

  it('go along the first axis and over all', () => {
    const y = ints([3, 4], 11, 7);
    expect(values(dl.argmax(y, 0))).toEqual([1, 2, 1, 0]);
    expect(values(dl.argmin(y.neg(), 0))).toEqual([1, 2, 1, 0]);
    expect(dl.argmax(y).item()).toBe(3);
    expect(dl.argmax(make(4), 0).item()).toBe(0);
  });
});

describe('scans', () => {
  it('go along any axis', () => {
    const y = make([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(dl.cumsum(y, 1).toArray()).toEqual([
      [1, 3, 6],
      [4, 9, 15],
    ]);
    expect(dl.cumsum(y, 0).toArray()).toEqual([
      [1, 2, 3],
      [5, 7, 9],
    ]);
    expect(dl.cumprod(y.transpose(), 0).toArray()).toEqual([
      [1, 4],
      [2, 20],
      [6, 120],
    ]);
  });

  it('wrap int32', () => {
    expect(values(dl.cumprod(make([65536, 65535, 3], 'int32'), 0))).toEqual([
      65536, -65536, -196608,
    ]);
    expect(dl.cumsum(make([true, true], 'bool'), 0).toArray()).toEqual([1, 2]);
  });
});

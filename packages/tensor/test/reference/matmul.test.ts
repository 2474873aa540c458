import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/index';
import * as dl from '../../src/index';
import { ints, make, values } from './helpers';

/** The product of two matrices by its definition. */
function product(a: Tensor, b: Tensor): number[][] {
  const left = a.toArray() as number[][];
  const right = b.toArray() as number[][];
  return left.map((row) =>
    right[0].map((_, j) => row.reduce((total, value, k) => total + value * right[k][j], 0)),
  );
}

describe('matmul', () => {
  it('multiplies matrices in all four orientations', () => {
    const a = ints([3, 4], 11, 7);
    const b = ints([4, 5], 13, 5);
    const at = ints([4, 3], 11, 7).transpose();
    const bt = ints([5, 4], 13, 5).transpose();
    for (const [x, y] of [
      [a, b],
      [at, b],
      [a, bt],
      [at, bt],
    ]) {
      expect(dl.matmul(x, y).toArray()).toEqual(product(x, y));
    }
  });

  it('reads reversed and sliced views', () => {
    const a = ints([6, 9], 11, 7).slice([
      [null, null, -2],
      [1, null, 2],
    ]);
    const b = ints([5, 4], 13, 5).slice([[1, 5]]);
    expect(dl.matmul(a, b).toArray()).toEqual(product(a, b));
  });

  it('broadcasts batches', () => {
    const a = ints([2, 1, 3, 4], 11, 7);
    const b = ints([3, 4, 2], 13, 5);
    const out = dl.matmul(a, b);
    expect(out.shape).toEqual([2, 3, 3, 2]);
    for (let i = 0; i < 2; i++) {
      for (let j = 0; j < 3; j++) {
        const expected = product(a.select(0, i).select(0, 0), b.select(0, j));
        expect(out.select(0, i).select(0, j).toArray()).toEqual(expected);
      }
    }
    expect(values(dl.matmul(make([[1, 2]]).expand([2, 1, 2]), make([[3], [4]])))).toEqual([11, 11]);
  });

  it('sums nothing to 0', () => {
    const a = dl.zeros([2, 0], { device: 'reference' });
    const b = dl.zeros([0, 3], { device: 'reference' });
    expect(values(dl.matmul(a, b))).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('lets NaN and infinity through', () => {
    const out = dl.matmul(
      make([[0, 1]]),
      make([
        [Number.NaN, Infinity],
        [1, 1],
      ]),
    );
    expect(values(out)).toEqual([Number.NaN, Number.NaN]);
  });

  it('wraps int32 and widens bytes', () => {
    const big = make([[123456789, 2 ** 31 - 1]], 'int32');
    const exact = BigInt.asIntN(32, 123456789n ** 2n + (2n ** 31n - 1n) ** 2n);
    expect(values(dl.matmul(big, big.transpose()))).toEqual([Number(exact)]);
    const bytes = make([[200, 200]], 'uint8');
    expect(dl.matmul(bytes, bytes.transpose()).toArray()).toEqual([[80000]]);
  });
});

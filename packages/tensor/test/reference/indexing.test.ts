import { describe, expect, it } from 'vitest';
import {
  gather,
  IndexError,
  indexAdd,
  indexSelect,
  scatter,
  scatterAdd,
  sort,
  zeros,
} from '../../src/index';
import { ints, make, values } from './helpers';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const x = make([
  [10, 11, 12],
  [20, 21, 22],
]);

describe('gather', () => {
  it('picks along either axis', () => {
    const columns = make(
      [
        [2, 0],
        [1, 1],
      ],
      'int32',
    );
    expect(gather(x, 1, columns).toArray()).toEqual([
      [12, 10],
      [21, 21],
    ]);
    // An index may be smaller than x on the other axes.
    expect(gather(x, 0, make([[1, 0]], 'int32')).toArray()).toEqual([[20, 11]]);
    expect(gather(x.transpose(), 0, columns.transpose()).toArray()).toEqual([
      [12, 21],
      [10, 21],
    ]);
  });

  it.each([3, -1])('refuses index %d', (index) => {
    const call = () => gather(x, 1, make([[0, index]], 'int32'));
    expect(call).toThrow(IndexError);
    expect(call).toThrow(`gather: index ${index} is out of range for an axis of 3`);
  });
});

describe('scatter', () => {
  it('writes a copy; the last of equal indices stays', () => {
    const index = make([[0, 0, 2]], 'int32');
    const out = scatter(x, 1, index, make([[1, 2, 3]]));
    expect(out.toArray()).toEqual([
      [2, 11, 3],
      [20, 21, 22],
    ]);
    expect(x.toArray()).toEqual([
      [10, 11, 12],
      [20, 21, 22],
    ]);
  });

  it('scatterAdd adds up', () => {
    const index = make(
      [
        [0, 0, 2],
        [1, 1, 1],
      ],
      'int32',
    );
    const source = ints([2, 4], 9, 1);
    expect(scatterAdd(x, 1, index, source).toArray()).toEqual([
      [3, 11, 10],
      [20, 24, 22],
    ]);
    expect(scatterAdd(x, 0, make([[1, 0, 1]], 'int32'), make([[1, 2, 3]])).toArray()).toEqual([
      [10, 13, 12],
      [21, 21, 25],
    ]);
  });

  it('scatterAdd wraps integers and takes bool as or', () => {
    const ids = make([0, 0], 'int32');
    expect(values(scatterAdd(make([1], 'int32'), 0, ids, make([2 ** 31 - 1, 5], 'int32')))).toEqual(
      [-(2 ** 31) + 5],
    );
    const bits = scatterAdd(make([false, false], 'bool'), 0, ids, make([true, true], 'bool'));
    expect(values(bits)).toEqual([1, 0]);
  });

  it.each([2, -1])('refuses index %d', (index) => {
    for (const op of [scatter, scatterAdd]) {
      expect(() => op(x, 0, make([[index, 0, 0]], 'int32'), make([[1, 2, 3]]))).toThrow(IndexError);
    }
  });
});

describe('indexSelect and indexAdd', () => {
  it('pick rows of any axis', () => {
    const index = make([1, 1, 0], 'int32');
    expect(indexSelect(x, 0, index).toArray()).toEqual([
      [20, 21, 22],
      [20, 21, 22],
      [10, 11, 12],
    ]);
    expect(indexSelect(x, 1, index.slice([[1, 3]])).toArray()).toEqual([
      [11, 10],
      [21, 20],
    ]);
  });

  it('add rows up', () => {
    const index = make([1, 1], 'int32');
    const out = indexAdd(
      x,
      0,
      index,
      make([
        [1, 2, 3],
        [10, 20, 30],
      ]),
    );
    expect(out.toArray()).toEqual([
      [10, 11, 12],
      [31, 43, 55],
    ]);
    expect(
      indexAdd(
        x,
        1,
        index,
        make([
          [1, 2],
          [3, 4],
        ]),
      ).toArray(),
    ).toEqual([
      [10, 14, 12],
      [20, 28, 22],
    ]);
  });

  it('refuse indices out of range', () => {
    expect(() => indexSelect(x, 0, make([0, 2], 'int32'))).toThrow(/indexSelect: index 2/);
    expect(() => indexAdd(x, 0, make([-1], 'int32'), make([[1, 1, 1]]))).toThrow(
      /indexAdd: index -1/,
    );
    const empty = zeros([0, 3], { dtype: 'float64', device: 'reference' });
    expect(() => indexSelect(empty, 0, make([0], 'int32'))).toThrow(IndexError);
  });
});

describe('sort', () => {
  // Expected values: PyTorch 1.13, stable=True.
  const row = make([3, nan, -1, inf, 3, 0, 0]);

  it('keeps the order of equals, NaN last', () => {
    const up = sort(row);
    expect(values(up.values)).toEqual([-1, 0, 0, 3, 3, inf, nan]);
    expect(values(up.indices)).toEqual([2, 5, 6, 0, 4, 3, 1]);
  });

  it('descends with NaN first', () => {
    const down = sort(row, 0, { descending: true });
    expect(values(down.values)).toEqual([nan, inf, 3, 3, 0, 0, -1]);
    expect(values(down.indices)).toEqual([1, 3, 0, 4, 5, 6, 2]);
  });

  it('goes along any axis of any view', () => {
    const y = make([
      [3, 1],
      [2, 5],
      [1, 4],
    ]);
    expect(sort(y, 0).values.toArray()).toEqual([
      [1, 1],
      [2, 4],
      [3, 5],
    ]);
    expect(sort(y.transpose(), 1).indices.toArray()).toEqual([
      [2, 1, 0],
      [0, 2, 1],
    ]);
    expect(sort(make(7), 0).values.item()).toBe(7);
  });
});

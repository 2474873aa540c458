import { describe, expect, it } from 'vitest';
import { avgPool2d, maxPool2dWithIndices } from '../../src/index';
import { declarations, run } from '../../src/internal';
import { ints, make, values } from './helpers';

describe('maxPool2d', () => {
  // Expected values: PyTorch 1.13, return_indices=True.
  const x = ints([1, 1, 5, 6], 11, 7);

  it.each([
    [
      'padded',
      3,
      { stride: 2, padding: 1 },
      [4, 5, 5, 4, 5, 4, 5, 5, 4],
      [6, 3, 3, 6, 14, 17, 25, 25, 28],
    ],
    [
      'dilated',
      2,
      { stride: 2, dilation: 2, ceilMode: true },
      [5, 5, 1, 5, 5, 4],
      [14, 14, 4, 14, 14, 28],
    ],
    [
      'rounded up',
      2,
      { stride: 2, ceilMode: true },
      [4, 5, 1, 2, 5, 4, 5, 1, 4],
      [6, 3, 4, 12, 14, 17, 25, 26, 28],
    ],
  ] as const)('%s', (_, kernel, options, expected, places) => {
    const found = maxPool2dWithIndices(x, kernel, options);
    expect(values(found.values)).toEqual(expected);
    expect(values(found.indices)).toEqual(places);
    expect(found.indices.dtype).toBe('int32');
  });

  it('lets the first NaN win, the first of equals, and −∞ where there is nothing else', () => {
    const y = make([
      [
        [
          [1, Number.NaN, 7, 7],
          [Number.NaN, 9, 7, 0],
          [-Infinity, -Infinity, -5, -Infinity],
          [-Infinity, -Infinity, -Infinity, -5],
        ],
      ],
    ]);
    const found = maxPool2dWithIndices(y, 2);
    expect(values(found.values)).toEqual([Number.NaN, 7, -Infinity, -5]);
    expect(values(found.indices)).toEqual([1, 2, 8, 10]);
  });

  it('counts places in each plane anew', () => {
    const found = maxPool2dWithIndices(
      make([
        [[[1, 2]], [[4, 3]]],
        [[[5, 6]], [[8, 7]]],
      ]),
      [1, 2],
    );
    expect(values(found.indices)).toEqual([1, 0, 1, 0]);
  });
});

describe('sumPool2d', () => {
  it('leaves out the padding', () => {
    const x = make([
      [
        [
          [1, 2, 3],
          [4, 5, 6],
          [7, 8, 9],
        ],
      ],
    ]);
    const attributes = {
      kernel: [3, 3],
      stride: [2, 2],
      padding: [1, 1, 1, 1],
      dilation: [1, 1],
      output: [2, 2],
    } as const;
    expect(values(run(declarations.sumPool2d, [x], attributes)[0])).toEqual([12, 16, 24, 28]);
    expect(values(avgPool2d(x, 3, { stride: 2, padding: 1, countIncludePad: false }))).toEqual([
      3, 4, 6, 7,
    ]);
  });

  it('sumPool2dInput is its transpose', () => {
    const attributes = {
      kernel: [2, 3],
      stride: [1, 2],
      padding: [1, 1, 1, 1],
      dilation: [2, 1],
      output: [3, 3],
    } as const;
    const x = ints([2, 2, 3, 5], 17, 5);
    const g = ints([2, 2, 3, 3], 12, 5);
    const [y] = run(declarations.sumPool2d, [x], attributes);
    const [back] = run(declarations.sumPool2dInput, [g], { ...attributes, inputSize: [3, 5] });
    expect(back.shape).toEqual(x.shape);
    // ⟨A x, g⟩ = ⟨x, Aᵀ g⟩, exactly, for these are integers.
    expect(y.mul(g).sum().item()).toBe(x.mul(back).sum().item());
    expect(y.mul(g).sum().item()).not.toBe(0);
  });
});

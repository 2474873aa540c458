import { describe, expect, it } from 'vitest';
import { declarations, run } from '../../src/internal';
import { ints, make, values } from './helpers';

// Inputs: x = ints(shape, 7, 3), weight = ints(shape, 5, 2), gradient = ints(shape, 6, 5). Expected values: PyTorch 1.13.
const cases = [
  {
    name: 'plain',
    x: [1, 2, 4, 5],
    weight: [3, 2, 2, 3],
    attributes: {
      stride: [1, 1],
      padding: [0, 0, 0, 0],
      dilation: [1, 1],
      groups: 1,
    },
    shape: [1, 3, 3, 3],
    out: [
      21, -13, 9, 5, -8, 21, -4, -10, 5, -14, -4, 20, -20, 18, -14, -19, 19, -20, -19, 20, -4, -20,
      19, -19, -14, 18, -20,
    ],
    gradX: [
      3, 2, -14, 3, 0, -9, 12, 9, -1, -8, 9, -3, -24, 8, 4, -3, 4, 8, -4, -5, 6, -9, 0, 4, 5, 3, 0,
      11, -16, -4, 6, -15, 8, 8, 8, 0, 3, 2, -8, 0,
    ],
    gradWeight: [
      22, -1, -10, 12, -18, 22, -18, 22, -1, 0, 12, -18, 1, -10, 14, 9, -9, 1, -9, 1, -10, -15, 9,
      -9, 22, -1, -10, 12, -18, 22, -18, 22, -1, 0, 12, -18,
    ],
  },
  {
    name: 'strided and padded',
    x: [2, 2, 5, 6],
    weight: [2, 2, 3, 2],
    attributes: {
      stride: [2, 1],
      padding: [1, 1, 2, 2],
      dilation: [1, 1],
      groups: 1,
    },
    shape: [2, 2, 3, 9],
    out: [
      0, 4, -3, -9, -1, 0, 1, -1, 0, 0, -5, 6, 14, 1, -19, 3, -5, 0, 0, 1, -11, 6, 2, 12, -6, -5, 0,
      0, 8, -18, 3, 3, 3, 3, 6, 0, 0, 6, 11, -7, -18, 6, 2, 10, 0, 0, 1, 1, 2, 10, -3, -9, 6, 0, 0,
      1, 1, 2, 10, -3, -9, 6, 0, 0, -5, 3, -10, 5, 6, 14, -8, 0, 0, 4, -6, -10, 7, -11, 6, -3, 0, 0,
      -4, 3, 3, 3, -18, 3, -3, 0, 0, -6, 2, 5, 1, 11, -7, -8, 0, 0, 5, -9, -1, 0, 1, 2, 6, 0,
    ],
    gradX: [
      0, 0, 6, -6, -6, 6, -1, -1, -13, -1, -1, 17, -6, -6, 6, 0, 0, 6, -1, -1, 17, -1, -1, -13, 0,
      0, 6, -6, -6, 6, 5, 7, -3, -1, 1, -3, -6, -7, 4, 9, 8, -11, -1, 1, -3, 5, 7, -3, 9, 8, -11,
      -6, -7, 4, 5, 7, -3, -1, 1, -3, 0, 0, 6, -6, -6, 6, -1, -1, -13, -1, -1, 17, -6, -6, 6, 0, 0,
      6, -1, -1, 17, -1, -1, -13, 0, 0, 6, -6, -6, 6, 5, 7, -3, -1, 1, -3, -6, -7, 4, 9, 8, -11, -1,
      1, -3, 5, 7, -3, 9, 8, -11, -6, -7, 4, 5, 7, -3, -1, 1, -3,
    ],
    gradWeight: [
      19, 10, -9, -3, -2, -11, -4, 8, -5, 1, -4, 8, -2, -11, 3, -9, 19, 10, -4, 8, 7, -5, -4, 8,
    ],
  },
  {
    name: 'dilated, in groups',
    x: [1, 4, 6, 6],
    weight: [4, 2, 2, 3],
    attributes: {
      stride: [1, 2],
      padding: [2, 2, 1, 1],
      dilation: [3, 2],
      groups: 2,
    },
    shape: [1, 4, 7, 2],
    out: [
      -9, 4, 7, -8, 4, -7, 11, 13, -10, 5, -4, 11, 1, -13, 7, 10, -9, 0, -6, 7, 9, -17, -11, 1, 0,
      3, 3, -4, 2, 10, -2, -4, 12, -5, -20, -2, 4, 1, 4, -13, 4, 11, -10, -5, 4, -2, 3, -11, 7, 11,
      4, 5, -10, 3, 8, -6,
    ],
    gradX: [
      0, 11, 0, -7, 0, -2, 0, -10, 0, 5, 0, 0, 0, 2, 0, -1, 0, -6, 0, 8, 0, -13, 0, 6, 0, -10, 0, 5,
      0, 0, 0, 5, 0, -4, 0, -4, 0, -7, 0, 5, 0, -2, 0, 5, 0, 0, 0, -2, 0, -1, 0, -4, 0, 6, 0, -13,
      0, 16, 0, -4, 0, 5, 0, 0, 0, -2, 0, -4, 0, -3, 0, 2, 0, -4, 0, -3, 0, 2, 0, -1, 0, 8, 0, -4,
      0, 15, 0, -10, 0, 2, 0, -5, 0, 2, 0, 2, 0, -1, 0, 8, 0, -4, 0, 5, 0, -5, 0, 2, 0, -3, 0, 3, 0,
      -2, 0, 8, 0, -13, 0, 6, 0, -10, 0, 5, 0, 0, 0, 2, 0, -1, 0, -6, 0, 8, 0, -13, 0, 6, 0, -5, 0,
      10, 0, -4,
    ],
    gradWeight: [
      2, 22, -6, 2, 19, -13, -12, -13, 15, -6, -4, 20, -6, -4, 20, -4, 3, 29, 14, -13, -17, 4, -12,
      -14, -8, -14, -2, -12, -13, 15, 14, -1, -3, 16, -6, -6, 16, -6, -6, 14, -13, -17, -12, 15, 1,
      -8, 20, 2,
    ],
  },
] as const;

describe.each(cases)('conv2d, $name', ({ attributes, ...sizes }) => {
  const x = ints(sizes.x, 7, 3);
  const weight = ints(sizes.weight, 5, 2);
  const gradient = ints(sizes.shape, 6, 5);

  it('forward', () => {
    const [out] = run(declarations.conv2d, [x, weight], attributes);
    expect(out.shape).toEqual(sizes.shape);
    expect(values(out)).toEqual(sizes.out);
  });

  it('with respect to the input', () => {
    const inputSize = [sizes.x[2], sizes.x[3]] as const;
    const [out] = run(declarations.conv2dInput, [gradient, weight], { ...attributes, inputSize });
    expect(values(out)).toEqual(sizes.gradX);
  });

  it('with respect to the weight', () => {
    const kernelSize = [sizes.weight[2], sizes.weight[3]] as const;
    const [out] = run(declarations.conv2dWeight, [x, gradient], { ...attributes, kernelSize });
    expect(values(out)).toEqual(sizes.gradWeight);
  });
});

describe('conv2d', () => {
  const plain = {
    stride: [1, 1],
    padding: [0, 0, 0, 0],
    dilation: [1, 1],
    groups: 1,
  } as const;

  it('pads each side on its own', () => {
    const x = make([[[[1, 2]]]]);
    const weight = make([[[[1, 10, 100]]]]);
    const [out] = run(declarations.conv2d, [x, weight], { ...plain, padding: [1, 0, 2, 0] });
    expect(out.toArray()).toEqual([
      [
        [
          [0, 0],
          [100, 210],
        ],
      ],
    ]);
  });

  it('respects the offset of a view', () => {
    const x = ints([2, 1, 3, 3], 19, 1).slice([[1, 2]]);
    const [out] = run(declarations.conv2d, [x, make([[[[1]]]])], plain);
    expect(values(out)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('gives zeros where the whole kernel lies in the padding', () => {
    const [out] = run(declarations.conv2d, [make([[[[5]]]]), make([[[[3]]]])], {
      ...plain,
      padding: [2, 2, 0, 0],
    });
    expect(values(out)).toEqual([0, 0, 15, 0, 0]);
  });
});

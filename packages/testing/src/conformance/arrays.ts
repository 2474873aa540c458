/** Creation, movement, reductions, indices. */

import type { DType } from '@dl/tensor';
import { DTYPES } from '@dl/tensor';
import type { OpCase } from '../cases';
import type { Plan } from './plan';
import { call, given, LARGE, LENGTHS, positions, SHAPES, sizeOf } from './plan';

const STREAM = { seed: 2 ** 40 + 7, offset: 2 ** 33 + 5 };

function creation(more: object, dtypes: readonly DType[] = ['float32', 'float64']): Plan {
  return {
    calls: (dtype) =>
      dtypes.includes(dtype)
        ? [...SHAPES, [100_003]].map((shape) => call([], { shape, dtype, device: 'cpu', ...more }))
        : [],
  };
}

/** Every shape by itself. */
const each = (attributes: (shape: readonly number[]) => readonly object[]): Plan => ({
  calls: (dtype) =>
    SHAPES.flatMap((shape) => attributes(shape).map((more) => call([given(shape, dtype)], more))),
});

const axesOf = (shape: readonly number[]) => shape.map((_, i) => i);

/** A few orders of the axes. */
function orders(shape: readonly number[]): number[][] {
  const axes = axesOf(shape);
  return [axes, [...axes].reverse(), [...axes.slice(1), ...axes.slice(0, 1)]];
}

/** Strided cuts, also backwards. */
function cuts(shape: readonly number[]): object[] {
  return [1, 2, -1, -3].map((step) => ({
    step: shape.map(() => step),
    start: shape.map((n) => (step > 0 ? Math.min(1, Math.max(n - 1, 0)) : Math.max(n - 1, 0))),
    count: shape.map((n) =>
      n === 0 ? 0 : step > 0 ? Math.ceil((n - Math.min(1, n - 1)) / step) : Math.ceil(n / -step),
    ),
  }));
}

/** Numbers of a shape before which others are put, and taken away. */
const borders = (shape: readonly number[]) => [
  { low: shape.map(() => 1), high: shape.map(() => 2), interior: shape.map(() => 0), value: 0.5 },
  {
    low: shape.map((n) => (n > 1 ? -1 : 0)),
    high: shape.map(() => 1),
    interior: shape.map(() => 2),
    value: 1,
  },
];

/** Shapes whose axes are reduced: rows and columns on both sides of blocks and of what threads share. */
const REDUCED: readonly (readonly number[])[] = [
  ...LENGTHS.map((n) => [n]),
  ...[3, 5, 17, 33, 70].flatMap((n) => [
    [n, 9],
    [4, n],
  ]),
  [],
  [3, 4, 5, 6],
  [2, 1, 33],
  [3, 4, 20],
  LARGE,
  [2, 40_001],
  [40_001, 2],
  [33, 8, 70],
];

function subsets(axes: readonly number[]): number[][] {
  return Array.from({ length: 2 ** axes.length }, (_, bits) =>
    axes.filter((_, i) => (bits >> i) & 1),
  );
}

function overAxes(needsElements: boolean, range?: { low: number; high: number }): Plan {
  return {
    calls: (dtype) => [
      ...REDUCED.flatMap((shape) =>
        subsets(axesOf(shape)).map((axes, i) =>
          call([given(shape, dtype, range)], { axes, keepdim: i % 2 === 1 }),
        ),
      ),
      ...(needsElements ? [] : [[0], [2, 0, 3]]).map((shape) =>
        call([given(shape, dtype, range)], { axes: [0], keepdim: false }),
      ),
    ],
  };
}

/** Along every axis of small shapes and of two large ones. */
function alongAxes(more: readonly object[] = [{}], empty = true): Plan {
  const shapes = [
    ...LENGTHS.map((n) => [n]),
    ...[3, 17, 65].flatMap((n) => [
      [n, 5],
      [4, n],
      [2, n, 9],
    ]),
    [],
    LARGE,
  ];
  return {
    calls: (dtype) =>
      [...shapes, ...(empty ? [[0], [3, 0], [0, 3]] : [])].flatMap((shape) =>
        (shape.length === 0 ? [0] : axesOf(shape)).flatMap((axis) =>
          more.map((one) => call([given(shape, dtype)], { axis, ...one })),
        ),
      ),
  };
}

/** Shapes of tensors of which positions are picked. */
const INDEXED = [[1], [5], [33], [7, 4], [5, 6, 7], [3, 17, 33], [70, 5], LARGE];
const COUNTS = [1, 3, 17, 40];

const withSize = (shape: readonly number[], axis: number, size: number) =>
  shape.map((n, i) => (i === axis ? size : n));

/** A call for each axis and number of positions; the index has the sizes of x elsewhere, or is smaller there. */
function picking(
  build: (shape: readonly number[], axis: number, count: number, dtype: DType) => OpCase,
  counts: readonly number[] = COUNTS,
): Plan {
  return {
    calls: (dtype) =>
      INDEXED.flatMap((shape) =>
        axesOf(shape).flatMap((axis) => counts.map((count) => build(shape, axis, count, dtype))),
      ),
  };
}

const smaller = (shape: readonly number[], axis: number, count: number) =>
  withSize(count % 2 === 0 ? shape.map((n) => Math.max(1, n - 1)) : shape, axis, count);

/** Plans of what creates, moves, reduces and picks. */
export const arrayPlans = {
  alias: each(() => [{}]),
  detach: each(() => [{}]),
  permute: each((shape) => orders(shape).map((axes) => ({ axes }))),
  expand: {
    calls: (dtype) =>
      [[], [1], [1, 20], [5, 1], [3, 1, 4]].map((shape) =>
        call([given(shape, dtype)], { shape: [2, ...shape.map((n) => (n === 1 ? 33 : n))] }),
      ),
  },
  reshape: {
    ...each((shape) => [{ shape: [sizeOf(shape)] }, { shape: [1, ...shape, 1] }]),
    dense: true,
  },
  slice: each(cuts),
  diagonal: each((shape) => (shape.length < 2 ? [] : [{}])),
  full: creation({ value: 1.5 }, DTYPES),
  uniform: creation(STREAM),
  normal: creation(STREAM),
  contiguous: each(() => [{}]),
  cast: {
    calls: (dtype) =>
      SHAPES.flatMap((shape) =>
        // What becomes of a negative number in uint8 is for the device to say.
        DTYPES.map((to) =>
          call([given(shape, dtype, to === 'uint8' ? { low: 0, high: 5 } : {})], { dtype: to }),
        ),
      ),
  },
  concat: {
    calls: (dtype) =>
      [[1], [5], [33], [4, 17], [3, 2, 20], LARGE].flatMap((shape) =>
        axesOf(shape).flatMap((axis) => [
          call([given(shape, dtype)], { axis }),
          call(
            [shape, withSize(shape, axis, 0), withSize(shape, axis, 3)].map((one) =>
              given(one, dtype),
            ),
            { axis },
          ),
        ]),
      ),
  },
  pad: each(borders),
  sum: overAxes(false),
  prod: overAxes(false, { low: 0.8, high: 1.2 }),
  amax: overAxes(true),
  amin: overAxes(true),
  argmax: alongAxes([{ keepdim: false }, { keepdim: true }], false),
  argmin: alongAxes([{ keepdim: false }], false),
  any: overAxes(false, { low: -9, high: 1 }),
  all: overAxes(false),
  cumsum: alongAxes(),
  cumprod: alongAxes(),
  cumargmax: alongAxes(),
  cumargmin: alongAxes(),
  gather: picking((shape, axis, count, dtype) =>
    call([given(shape, dtype), positions(smaller(shape, axis, count), shape[axis])], { axis }),
  ),
  // Each position is written once at most, so that which write is the last does not matter.
  scatter: picking(
    (shape, axis, count, dtype) => {
      const index = withSize(shape, axis, count);
      return call([given(shape, dtype), positions(index, shape[axis]), given(index, dtype)], {
        axis,
      });
    },
    [1],
  ),
  scatterAdd: picking((shape, axis, count, dtype) => {
    const index = smaller(shape, axis, count);
    return call([given(shape, dtype), positions(index, shape[axis]), given(index, dtype)], {
      axis,
    });
  }),
  indexSelect: picking((shape, axis, count, dtype) =>
    call([given(shape, dtype), positions([count], shape[axis])], { axis }),
  ),
  indexAdd: picking((shape, axis, count, dtype) =>
    call(
      [
        given(shape, dtype),
        positions([count], shape[axis]),
        given(withSize(shape, axis, count), dtype),
      ],
      { axis },
    ),
  ),
  sort: alongAxes([{ descending: false }, { descending: true }]),
} satisfies Record<string, Plan>;

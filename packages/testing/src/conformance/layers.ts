/** Fused operations of layers, losses, recurrent networks and optimisers. */

import type { DType } from '@dl/tensor';
import type { InputOptions, OpCase, TensorCase } from '../cases';
import { ranges } from '../cases';
import type { Plan } from './plan';
import { call, given, LARGE, LENGTHS, positions, SHAPES } from './plan';

const { positive } = ranges;
const each = (shapes: readonly (readonly number[])[], dtype: DType) =>
  shapes.map((shape) => given(shape, dtype));

/** Rows over the last axis, of every length and more than one thread takes. */
const ROWS: readonly (readonly number[])[] = [
  ...LENGTHS.map((n) => [3, n]),
  [7],
  [1, 1],
  [37, 131],
  [300, 64],
  [2, 3, 20],
  LARGE,
];

const rows: Plan = {
  calls: (dtype) => [
    ...[...ROWS, [], [0, 3]].map((shape) =>
      call([given(shape, dtype, { low: -5, high: 5 })], { axis: Math.max(shape.length - 1, 0) }),
    ),
    // Far from 0, where exponentials overflow.
    call([given([3, 20], dtype, { low: -1e4, high: 1e4 })], { axis: 1 }),
    ...[
      [5, 3],
      [4, 17, 3],
    ].flatMap((shape) => shape.map((_, axis) => call([given(shape, dtype)], { axis }))),
  ],
};

/** x with weight and bias, with one of them and without. */
const affine = (
  x: TensorCase,
  sizes: readonly number[],
  attributes: object,
  between: readonly TensorCase[] = [],
): OpCase[] => {
  const [weight, bias] = each([sizes, sizes], x.dtype);
  return [
    [weight, bias],
    [weight, undefined],
    [undefined, bias],
    [undefined, undefined],
  ].map((scales) => call([x, ...between, ...scales], attributes));
};

/** Where all numbers are equal, 1/√eps is what their rounding is multiplied with. */
const EPS = 0.1;

const IMAGES = [
  [2, 1],
  [5, 3],
  [3, 4, 17],
  [2, 5, 3, 3],
  [4, 3, 8, 9],
  [2, 70, 4],
  [33, 2, 16],
  [6, 40, 20, 17],
];

/** A recurrence of `gates` blocks with as many states. */
function recurrence(gates: number, states: number, attributes: readonly object[]): Plan {
  const sizes = [
    [1, 1, 4],
    [2, 3, 5],
    [5, 3, 8],
    [4, 13, 36],
    [3, 30, 64],
    [2, 0, 4],
  ];
  return {
    calls: (dtype) =>
      sizes.flatMap(([time, batch, hidden]) =>
        attributes.flatMap((more) => {
          const width = gates * hidden;
          const scale = { low: -1 / Math.sqrt(hidden), high: 1 / Math.sqrt(hidden) };
          const first = Array.from({ length: states }, () => given([batch, hidden], dtype));
          const weight = given([width, hidden], dtype, scale);
          const parts = [given([time, batch, width], dtype), ...first, weight];
          return [call([...parts, given([width], dtype)], more), call([...parts, undefined], more)];
        }),
      ),
  };
}

/** Tensors of one shape, of which those in `optional` are there or all missing. */
function alike(
  count: number,
  attributes: readonly object[],
  optional: readonly number[] = [],
  range: (at: number) => InputOptions = () => positive,
): Plan {
  return {
    calls: (dtype) =>
      SHAPES.flatMap((shape) =>
        attributes.flatMap((more) => {
          const inputs = Array.from({ length: count }, (_, i) => given(shape, dtype, range(i)));
          const without = inputs.map((x, i) => (optional.includes(i) ? undefined : x));
          return optional.length > 0
            ? [call(inputs, more), call(without, more)]
            : [call(inputs, more)];
        }),
      ),
  };
}

const SGD = { lr: 0.1, momentum: 0.9, dampening: 0.1, weightDecay: 0.01, nesterov: false };
const ADAM = { lr: 0.1, beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.1, step: 3 };
const RMSPROP = { lr: 0.1, alpha: 0.9, eps: 1e-3, weightDecay: 0.1, momentum: 0.5 };
const ADAGRAD = { lr: 0.1, eps: 1e-3, weightDecay: 0.1 };
const places = ['inside', 'outside'].map((epsPlace) => ({ epsPlace }));

/** Plans of what has a definition. */
export const layerPlans = {
  dropout: {
    calls: (dtype) =>
      SHAPES.map((shape) =>
        call([given(shape, dtype)], { p: 0.3, scale: 1 / 0.7, seed: 3, offset: 5 }),
      ),
  },
  clamp: {
    calls: (dtype) =>
      SHAPES.flatMap((shape) =>
        [
          { low: -0.4, high: 0.3 },
          { low: -Infinity, high: 0 },
          { low: 0.2, high: -0.2 },
        ].map((bounds) => call([given(shape, dtype)], bounds)),
      ),
  },
  softmax: rows,
  logSoftmax: rows,
  crossEntropy: {
    calls: (dtype) =>
      [...LENGTHS.map((n) => [5, n]), [1, 3], [300, 64], LARGE].flatMap(([count, classes], i) =>
        [-100, 0].map((ignoreIndex) =>
          call(
            [given([count, classes], dtype, { low: -5, high: 5 }), positions([count], classes)],
            { ignoreIndex: classes > 1 ? ignoreIndex : -100, labelSmoothing: i % 2 ? 0.2 : 0 },
          ),
        ),
      ),
  },
  batchNorm: {
    slack: 10,
    calls: (dtype) =>
      IMAGES.flatMap((shape) => affine(given(shape, dtype), [shape[1]], { eps: EPS })),
  },
  channelNorm: {
    slack: 10,
    calls: (dtype) =>
      IMAGES.flatMap((shape) => {
        const statistics = [given([shape[1]], dtype), given([shape[1]], dtype, positive)];
        return affine(given(shape, dtype), [shape[1]], { eps: EPS }, statistics);
      }),
  },
  layerNorm: {
    slack: 10,
    calls: (dtype) => [
      ...ROWS.flatMap((shape) =>
        affine(given(shape, dtype), shape.slice(-1), { axes: 1, eps: EPS }),
      ),
      ...affine(given([4, 3, 7], dtype), [3, 7], { axes: 2, eps: EPS }),
    ],
  },
  rnn: recurrence(1, 1, [{ nonlinearity: 'tanh' }, { nonlinearity: 'relu' }]),
  lstm: { ...recurrence(4, 2, [{}]), differentiable: 2 },
  gru: { ...recurrence(3, 1, [{ resetAfter: true }, { resetAfter: false }]), differentiable: 1 },
  assign: alike(2, [{}]),
  sgdStep: alike(
    3,
    [
      { ...SGD, first: false },
      { ...SGD, first: true },
      { ...SGD, first: false, nesterov: true },
    ],
    [2],
  ),
  adamStep: alike(
    5,
    [
      { ...ADAM, decoupled: true },
      { ...ADAM, decoupled: false },
    ],
    [4],
  ),
  rmspropStep: alike(
    5,
    places.map((place) => ({ ...RMSPROP, ...place })),
    [3, 4],
    // Means of squares are larger than squares of means.
    (at) => (at === 2 ? { low: 10, high: 12 } : positive),
  ),
  adagradStep: alike(
    3,
    places.map((place) => ({ ...ADAGRAD, ...place })),
  ),
} satisfies Record<string, Plan>;

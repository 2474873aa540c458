/** Functions of each element. */

import type { DType } from '@dl/tensor';
import type { InputOptions } from '../cases';
import { ranges } from '../cases';
import type { UnaryDomain } from '../domains';
import { unaryDomains } from '../domains';
import type { Plan } from './plan';
import { call, given, LARGE, SHAPES } from './plan';

function unary(range?: InputOptions, attributes: readonly object[] = [{}]): Plan {
  return {
    calls: (dtype) =>
      SHAPES.flatMap((shape) => attributes.map((more) => call([given(shape, dtype, range)], more))),
  };
}

/** Shapes of two operands: alike, and broadcast in every direction. */
const PAIRS: readonly (readonly [readonly number[], readonly number[]])[] = [
  ...SHAPES.map((shape) => [shape, shape] as const),
  [[5, 7], [1]],
  [[1], [5, 7]],
  [[], [3, 20]],
  [[3, 20], []],
  [[4, 33], [33]],
  [[33], [4, 33]],
  [
    [4, 33],
    [4, 1],
  ],
  [
    [4, 1],
    [4, 33],
  ],
  [
    [17, 1],
    [1, 33],
  ],
  [
    [2, 3, 4, 20],
    [3, 1, 1],
  ],
  [
    [2, 3],
    [2, 1],
  ],
  [[0], [1]],
  [LARGE, [LARGE[1]]],
  [[LARGE[0], 1], LARGE],
  [LARGE, []],
];

function binary(first?: InputOptions, second = first): Plan {
  return {
    calls: (dtype) =>
      PAIRS.map(([a, b]) => call([given(a, dtype, first), given(b, dtype, second)])),
  };
}

/** A condition and two operands, each in turn smaller than the others. */
function choice(dtype: DType): ReturnType<Plan['calls']> {
  const triples = PAIRS.flatMap(([a, b]) => [
    [a, a, b],
    [b, a, a],
    [a, b, a],
  ]);
  return triples.map(([c, a, b]) => call([given(c, 'bool'), given(a, dtype), given(b, dtype)]));
}

const { positive } = ranges;
const shift: InputOptions = { low: 0, high: 8 };

/** The plan of every unary operation, in its domain. */
function plansOfDomains() {
  const entries = Object.entries<UnaryDomain>(unaryDomains);
  return Object.fromEntries(entries.map(([name, { values }]) => [name, unary(values)])) as Record<
    keyof typeof unaryDomains,
    Plan
  >;
}

/** Plans of functions of one tensor. */
export const unaryPlans = {
  ...plansOfDomains(),
  polygamma: unary(positive, [{ order: 0 }, { order: 2 }]),
} satisfies Record<string, Plan>;

/** Plans of functions of two or three tensors. */
export const pairPlans = {
  add: binary(),
  sub: binary(),
  mul: binary(),
  div: binary({}, positive),
  floorDivide: binary({ low: -9, high: 9 }, positive),
  remainder: binary({ low: -9, high: 9 }, positive),
  fmod: binary({ low: -9, high: 9 }, positive),
  pow: binary(positive, {}),
  maximum: binary(),
  minimum: binary(),
  atan2: binary(positive),
  eq: binary(),
  ne: binary(),
  lt: binary(),
  le: binary(),
  gt: binary(),
  ge: binary(),
  logicalAnd: binary(),
  logicalOr: binary(),
  logicalXor: binary(),
  bitwiseAnd: binary(),
  bitwiseOr: binary(),
  bitwiseXor: binary(),
  leftShift: binary({}, shift),
  rightShift: binary({}, shift),
  where: { calls: choice },
  // Of a gradient and a result.
  reluGradient: binary(),
  tanhGradient: binary(),
  sigmoidGradient: binary(),
} satisfies Record<string, Plan>;

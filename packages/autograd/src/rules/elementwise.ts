/** Derivatives of elementwise operations, as partials in x (and y) and, where shorter, in the output. */

import type { Tensor } from '@dl/tensor';
import {
  cos,
  cosh,
  digamma,
  eq,
  exp,
  log,
  mul,
  polygamma,
  sigmoid,
  sign,
  sin,
  sinh,
  sqrt,
  where,
} from '@dl/tensor';
import { reluGradient, sigmoidGradient, tanhGradient } from '@dl/tensor/internal';
import type { Application, Direction, Partial, Reads, Rule, RuledOp, Rules, Saves } from './rule';
import { elementwise, linear, readsOther, zero } from './rule';

/** Partial of a function of one tensor, written in x. */
function fromInput<K extends RuledOp>(partial: (x: Tensor) => Partial): Rule<K> {
  return elementwise<K>('inputs', (at) => partial((at.inputs as readonly Tensor[])[0]));
}

/** Partial of a function of one tensor, written in its output. */
function fromOutput<K extends RuledOp>(partial: (y: Tensor) => Partial): Rule<K> {
  return elementwise<K>('outputs', (at) => partial((at.outputs as readonly Tensor[])[0]));
}

/** A function of one tensor whose gradient is one operation of the gradient and the output. */
function through<K extends RuledOp>(gradient: (g: Tensor, y: Tensor) => Tensor): Rule<K> {
  const apply = (direction: Direction, at: Application<K>) => [
    direction && gradient(direction, (at.outputs as readonly Tensor[])[0]),
  ];
  return { saves: 'outputs', vjp: ([g], at) => apply(g, at), jvp: ([t], at) => apply(t, at) };
}

type PairPartial = (x: Tensor, y: Tensor, out: Tensor) => Partial;

function ofPair<K extends RuledOp>(saves: Saves, dx: PairPartial, dy: PairPartial): Rule<K> {
  const at = (partial: PairPartial) => (a: Application<K>) => {
    const [x, y] = a.inputs as readonly Tensor[];
    return partial(x, y, (a.outputs as readonly Tensor[])[0]);
  };
  return elementwise<K>(saves, at(dx), at(dy));
}

/** 0 for the side that lost, ½ for each in a tie, otherwise 1; so a NaN on either side reaches both, as in PyTorch. */
function share(loses: Tensor, ties: Tensor, dtype: Tensor['dtype']): Tensor {
  return loses.logicalNot().cast(dtype).sub(ties.cast(dtype).mul(0.5));
}

/** Both inputs, and only for the gradient of the second. */
const readsForSecond: Reads = ([, y]) => [y, y];

const TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI);

/** Rules of the elementwise primitives. */
export const elementwiseRules = {
  neg: elementwise('nothing', () => -1),
  abs: fromInput(sign),
  sign: elementwise('nothing', () => 0),
  exp: fromOutput((y) => y),
  // Not y + 1, which has no digits left where y is near −1.
  expm1: fromInput(exp),
  log: fromInput((x) => x.reciprocal()),
  log2: fromInput((x) => x.mul(Math.LN2).reciprocal()),
  log10: fromInput((x) => x.mul(Math.LN10).reciprocal()),
  log1p: fromInput((x) => x.add(1).reciprocal()),
  sqrt: fromOutput((y) => y.reciprocal().mul(0.5)),
  reciprocal: fromOutput((y) => y.square().neg()),
  sin: fromInput(cos),
  cos: fromInput((x) => sin(x).neg()),
  tan: fromOutput((y) => y.square().add(1)),
  asin: fromInput((x) => sqrt(x.square().neg().add(1)).reciprocal()),
  acos: fromInput((x) => sqrt(x.square().neg().add(1)).reciprocal().neg()),
  atan: fromInput((x) => x.square().add(1).reciprocal()),
  sinh: fromInput(cosh),
  cosh: fromInput(sinh),
  asinh: fromInput((x) => sqrt(x.square().add(1)).reciprocal()),
  acosh: fromInput((x) => sqrt(x.square().sub(1)).reciprocal()),
  atanh: fromInput((x) => x.square().neg().add(1).reciprocal()),
  tanh: through(tanhGradient),
  sigmoid: through(sigmoidGradient),
  softplus: fromInput(sigmoid),
  relu: through(reluGradient),
  erf: fromInput((x) => exp(x.square().neg()).mul(TWO_OVER_ROOT_PI)),
  erfc: fromInput((x) => exp(x.square().neg()).mul(-TWO_OVER_ROOT_PI)),
  erfinv: fromOutput((y) => exp(y.square()).mul(1 / TWO_OVER_ROOT_PI)),
  lgamma: fromInput(digamma),
  polygamma: elementwise<'polygamma'>('inputs', ({ inputs: [x], attributes: { order } }) =>
    polygamma(order + 1, x),
  ),
  floor: elementwise('nothing', () => 0),
  ceil: elementwise('nothing', () => 0),
  round: elementwise('nothing', () => 0),
  trunc: elementwise('nothing', () => 0),
  bitwiseNot: zero,
  logicalNot: zero,
  isnan: zero,
  isfinite: zero,
  add: elementwise(
    'nothing',
    () => 1,
    () => 1,
  ),
  sub: elementwise(
    'nothing',
    () => 1,
    () => -1,
  ),
  mul: ofPair(
    readsOther,
    (_, y) => y,
    (x) => x,
  ),
  div: ofPair(
    ([, y]) => [y, true],
    (_, y) => (y.storage.constant === undefined ? y.reciprocal() : 1 / y.storage.constant),
    (x, y) => x.div(y).div(y).neg(),
  ),
  floorDivide: elementwise(
    'nothing',
    () => 0,
    () => 0,
  ),
  remainder: ofPair(
    readsForSecond,
    () => 1,
    (x, y) => x.floorDivide(y).neg(),
  ),
  fmod: ofPair(
    readsForSecond,
    () => 1,
    (x, y) => x.div(y).trunc().neg(),
  ),
  pow: ofPair(
    ([x, y]) => [x || y, x || y, y],
    // x⁰ is constant, also at x = 0 where y·xʸ⁻¹ is 0 · ∞.
    (x, y) => {
      const exponent = y.storage.constant;
      if (exponent === undefined) return where(eq(y, 0), 0, mul(y, x.pow(y.sub(1))));
      return exponent === 0 || exponent === 1 ? exponent : mul(x.pow(exponent - 1), exponent);
    },
    (x, y, out) => {
      const zeroBase = x.eq(0).logicalAnd(y.ge(0));
      // The logarithm of 1 in place of that of 0 keeps 0 · ∞ out of second derivatives.
      return where(zeroBase, 0, out.mul(log(where(zeroBase, 1, x))));
    },
  ),
  maximum: ofPair(
    'inputs',
    (x, y) => share(x.lt(y), x.eq(y), x.dtype),
    (x, y) => share(y.lt(x), x.eq(y), x.dtype),
  ),
  minimum: ofPair(
    'inputs',
    (x, y) => share(x.gt(y), x.eq(y), x.dtype),
    (x, y) => share(y.gt(x), x.eq(y), x.dtype),
  ),
  atan2: ofPair(
    'inputs',
    (y, x) => x.div(x.square().add(y.square())),
    (y, x) => y.div(x.square().add(y.square())).neg(),
  ),
  eq: zero,
  ne: zero,
  lt: zero,
  le: zero,
  gt: zero,
  ge: zero,
  logicalAnd: zero,
  logicalOr: zero,
  logicalXor: zero,
  bitwiseAnd: zero,
  bitwiseOr: zero,
  bitwiseXor: zero,
  leftShift: zero,
  rightShift: zero,
  where: linear('where', 'indices', (g, { inputs: [condition] }) => [
    undefined,
    where(condition, g, 0),
    where(condition, 0, g),
  ]),
} satisfies { [K in keyof Rules]?: Rules[K] };

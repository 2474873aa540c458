/** Elementwise operations of one tensor: a number function for each, and the loop that applies them. */

import type { Tensor } from '../../core/tensor';
import type { UnaryName } from '../../ops/declared/pointwise-table';
import type { Kernel } from '../../ops/table';
import { erf, erfc, erfinv, lgamma, polygamma as polygammaOf } from './special';
import { elements, strided, Walk } from './walk';

/** A function of one number. */
type Unary = (x: number) => number;

/** The nearest integer, halves to the even one. */
function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest < 0.5) return below;
  if (rest > 0.5) return below + 1;
  if (rest === 0.5) return below % 2 === 0 ? below : below + 1;
  return x;
}

function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

function sign(x: number): number {
  if (x > 0) return 1;
  return x < 0 ? -1 : x === 0 ? 0 : x;
}

/** The functions by operation. Storing a result rounds it to the output's dtype. */
const functions: Record<UnaryName, Unary> = {
  neg: (x) => -x,
  abs: (x) => Math.abs(x),
  sign,
  exp: (x) => Math.exp(x),
  expm1: (x) => Math.expm1(x),
  log: (x) => Math.log(x),
  log1p: (x) => Math.log1p(x),
  log2: (x) => Math.log2(x),
  log10: (x) => Math.log10(x),
  sqrt: (x) => Math.sqrt(x),
  reciprocal: (x) => 1 / x,
  sin: (x) => Math.sin(x),
  cos: (x) => Math.cos(x),
  tan: (x) => Math.tan(x),
  asin: (x) => Math.asin(x),
  acos: (x) => Math.acos(x),
  atan: (x) => Math.atan(x),
  sinh: (x) => Math.sinh(x),
  cosh: (x) => Math.cosh(x),
  asinh: (x) => Math.asinh(x),
  acosh: (x) => Math.acosh(x),
  atanh: (x) => Math.atanh(x),
  tanh: (x) => Math.tanh(x),
  sigmoid,
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  relu: (x) => Math.max(x, 0),
  erf,
  erfc,
  erfinv,
  lgamma,
  floor: (x) => Math.floor(x),
  ceil: (x) => Math.ceil(x),
  round: roundHalfEven,
  trunc: (x) => Math.trunc(x),
  bitwiseNot: (x) => ~x,
  logicalNot: (x) => (x === 0 ? 1 : 0),
  isnan: (x) => (Number.isNaN(x) ? 1 : 0),
  isfinite: (x) => (Number.isFinite(x) ? 1 : 0),
};

function apply(f: Unary, x: Tensor, out: Tensor): void {
  const source = elements(x);
  const target = elements(out);
  const walk = new Walk(out.shape, [x]);
  const step = walk.steps[0];
  let o = 0;
  do {
    let p = walk.positions[0];
    for (let i = 0; i < walk.length; i++) {
      target[o++] = f(source[p]);
      p += step;
    }
  } while (walk.next());
}

/** Makes a kernel of each name, for a table of kernels. */
export function mapNames<K extends string, V>(
  names: readonly K[],
  make: (name: K) => V,
): Record<K, V> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<K, V>;
}

const polygamma: Kernel<'polygamma'> = ([x], { order }, [out]) =>
  apply((value) => polygammaOf(order, value), x, out);

/** Elementwise kernels of one tensor, by name. */
export const unaryKernels: Record<UnaryName, Kernel<UnaryName>> & {
  polygamma: Kernel<'polygamma'>;
} = {
  .../* @__PURE__ */ mapNames(
    /* @__PURE__ */ Object.keys(functions) as UnaryName[],
    (name): Kernel<UnaryName> => strided(([x], _, [out]) => apply(functions[name], x, out)),
  ),
  polygamma: /* @__PURE__ */ strided(polygamma),
};

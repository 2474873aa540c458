/** Derivatives of reductions and scans. */

import type { Tensor } from '@dl/tensor';
import {
  cast,
  cumsum,
  declarations,
  div,
  expand,
  flip,
  mul,
  permute,
  reshape,
  run,
  sum,
  where,
} from '@dl/tensor';
import type { Application, Rule, Rules } from './rule';
import { linear, zero } from './rule';

/** Puts the reduced axes back with size 1. */
function unreduce(g: Tensor, x: Tensor, axes: readonly number[]): Tensor {
  return reshape(
    g,
    x.shape.map((n, i) => (axes.includes(i) ? 1 : n)),
  );
}

/** The largest or smallest element: ties share the derivative evenly, as in PyTorch. */
function extremum(): Rule<'amax'> {
  const share = ({
    inputs: [x],
    outputs: [y],
    attributes: { axes },
  }: Application<'amax'>): Tensor => {
    const hits = cast(x.eq(unreduce(y, x, axes)), x.dtype);
    return div(hits, sum(hits, axes, true));
  };
  return {
    saves: 'both',
    vjp: ([g], at) => [g && mul(unreduce(g, at.inputs[0], at.attributes.axes), share(at))],
    jvp: ([t], at) => [t && sum(mul(t, share(at)), at.attributes.axes, at.attributes.keepdim)],
  };
}

/** Brings `axes` to the end as one axis; `restore` undoes it. */
function mergeAxes(
  x: Tensor,
  axes: readonly number[],
): { merged: Tensor; restore: (y: Tensor) => Tensor } {
  const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const order = [...kept, ...axes];
  const count = axes.reduce((n, axis) => n * x.shape[axis], 1);
  const merged = reshape(permute(x, order), [...kept.map((i) => x.shape[i]), count]);
  const restore = (y: Tensor) =>
    permute(
      reshape(
        y,
        order.map((i) => x.shape[i]),
      ),
      order.map((_, i) => order.indexOf(i)),
    );
  return { merged, restore };
}

/** Products of all elements before each one along an axis; 1 for the first. */
function productsBefore(x: Tensor, axis: number): Tensor {
  const size = x.shape[axis];
  const low = x.shape.map((_, i) => (i === axis ? 1 : 0));
  const high = x.shape.map((_, i) => (i === axis ? -1 : 0));
  const shifted = run(declarations.pad, [x], {
    low,
    high,
    interior: x.shape.map(() => 0),
    value: 1,
  })[0];
  return size === 0 ? x : shifted.cumprod(axis);
}

/** The product of all other elements: exact where some are 0, unlike out / x. */
function otherProducts(x: Tensor, axes: readonly number[]): Tensor {
  if (x.size === 0) return x;
  const { merged, restore } = mergeAxes(x, axes);
  const last = merged.ndim - 1;
  const before = productsBefore(merged, last);
  const after = flip(productsBefore(flip(merged, last), last), last);
  return restore(mul(before, after));
}

const prodRule: Rule<'prod'> = {
  saves: 'inputs',
  vjp: ([g], { inputs: [x], attributes: { axes } }) => [
    g && mul(unreduce(g, x, axes), otherProducts(x, axes)),
  ],
  jvp: ([t], { inputs: [x], attributes: { axes, keepdim } }) => [
    t && sum(mul(t, otherProducts(x, axes)), axes, keepdim),
  ],
};

/** Sums from each element to the end of the axis. */
function sumsFrom(x: Tensor, axis: number): Tensor {
  return flip(cumsum(flip(x, axis), axis), axis);
}

/**
 * ∂yⱼ/∂xᵢ = ∏ of the others up to j: before the first zero it is yⱼ / xᵢ; at the first zero it is the product with a 1 in its
 * place; behind, it is 0. The three cases are cut apart with masks, so that no division by 0 happens.
 */
function cumprodParts(
  x: Tensor,
  axis: number,
): { safe: Tensor; first: Tensor; open: Tensor; bridged: Tensor } {
  const isZero = x.eq(0);
  const zeros = cumsum(isZero, axis);
  const first = isZero.logicalAnd(zeros.eq(1));
  const open = zeros.eq(0);
  const safe = where(isZero, 1, x);
  // The running products as if the first zero were 1; behind a second zero they vanish again.
  const bridged = where(zeros.le(1), safe.cumprod(axis), 0);
  return { safe, first, open, bridged };
}

const cumprodRule: Rule<'cumprod'> = {
  saves: 'inputs',
  vjp([g], { inputs: [x], attributes: { axis } }) {
    if (!g || x.size === 0) return [g];
    const { safe, first, open, bridged } = cumprodParts(x, axis);
    const products = mul(g, bridged);
    const regular = div(sumsFrom(where(open, products, 0), axis), safe);
    const atZero = sumsFrom(where(open, 0, products), axis);
    return [where(open, regular, 0).add(where(first, atZero, 0))];
  },
  jvp([t], { inputs: [x], attributes: { axis } }) {
    if (!t || x.size === 0) return [t];
    const { safe, first, open, bridged } = cumprodParts(x, axis);
    const regular = where(open, mul(bridged, cumsum(where(open, div(t, safe), 0), axis)), 0);
    const atZero = where(open, 0, mul(bridged, cumsum(where(first, t, 0), axis)));
    return [regular.add(atZero)];
  },
};

/** Rules of reductions and scans. */
export const reduceRules = {
  sum: linear('sum', 'nothing', (g, { inputs: [x], attributes: { axes } }) =>
    expand(unreduce(g, x, axes), x.shape),
  ),
  prod: prodRule,
  amax: extremum(),
  amin: extremum() as unknown as Rule<'amin'>,
  argmax: zero,
  argmin: zero,
  any: zero,
  all: zero,
  cumsum: linear('cumsum', 'nothing', (g, { attributes: { axis } }) => sumsFrom(g, axis)),
  cumprod: cumprodRule,
} satisfies { [K in keyof Rules]?: Rules[K] };

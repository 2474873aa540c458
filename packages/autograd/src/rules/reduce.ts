/** Derivatives of reductions and scans. */

import type { Tensor } from '@dl/tensor';
import { cast, cumsum, div, expand, flip, mul, permute, reshape, sum } from '@dl/tensor';
import { declarations, run } from '@dl/tensor/internal';
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
    return div(hits, sum(hits, axes, { keepdim: true }));
  };
  return {
    saves: 'both',
    vjp: ([g], at) => [g && mul(unreduce(g, at.inputs[0], at.attributes.axes), share(at))],
    jvp: ([t], at) => [
      t && sum(mul(t, share(at)), at.attributes.axes, { keepdim: at.attributes.keepdim }),
    ],
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
    t && sum(mul(t, otherProducts(x, axes)), axes, { keepdim }),
  ],
};

/** Sums from each element to the end of the axis. */
function sumsFrom(x: Tensor, axis: number): Tensor {
  return flip(cumsum(flip(x, axis), axis), axis);
}

/** Moves the elements `by` places along an axis, filling with zeros. */
function shifted(x: Tensor, axis: number, by: number): Tensor {
  const at = (n: number) => x.shape.map((_, i) => (i === axis ? n : 0));
  const attributes = { low: at(by), high: at(-by), interior: at(0), value: 0 };
  return run(declarations.pad, [x], attributes)[0];
}

/**
 * sⱼ = bⱼ + aⱼ sⱼ₋₁ along an axis, by doubling: after k rounds an element covers 2ᵏ predecessors. Nothing but products and
 * sums, so derivatives of any order are exact, also where factors are 0.
 */
function linearRecurrence(a: Tensor, b: Tensor, axis: number): Tensor {
  let [factor, sum] = [a, b];
  for (let step = 1; step < a.shape[axis]; step *= 2) {
    sum = sum.add(mul(factor, shifted(sum, axis, step)));
    if (2 * step < a.shape[axis]) factor = mul(factor, shifted(factor, axis, step));
  }
  return sum;
}

/** With pⱼ the product before j: ∂Σ gᵢyᵢ/∂xⱼ = pⱼ sⱼ where sⱼ = gⱼ + xⱼ₊₁ sⱼ₊₁, and ẏⱼ = pⱼ ẋⱼ + xⱼ ẏⱼ₋₁. */
const cumprodRule: Rule<'cumprod'> = {
  saves: 'inputs',
  vjp([g], { inputs: [x], attributes: { axis } }) {
    if (!g || x.size === 0 || x.ndim === 0) return [g];
    const next = shifted(flip(x, axis), axis, 1);
    const sums = flip(linearRecurrence(next, flip(g, axis), axis), axis);
    return [mul(productsBefore(x, axis), sums)];
  },
  jvp([t], { inputs: [x], attributes: { axis } }) {
    if (!t || x.size === 0 || x.ndim === 0) return [t];
    return [linearRecurrence(x, mul(productsBefore(x, axis), t), axis)];
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
  cumsum: linear('cumsum', 'nothing', (g, { attributes: { axis } }) =>
    g.ndim === 0 ? g : sumsFrom(g, axis),
  ),
  cumprod: cumprodRule,
  cumargmax: zero,
  cumargmin: zero,
} satisfies { [K in keyof Rules]?: Rules[K] };

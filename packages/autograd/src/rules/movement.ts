/** Derivatives of views and of operations that only move elements: all linear, each with its transpose. */

import type { Bounds, Tensor } from '@dl/tensor';
import { cast, diagEmbed, flip, permute, reshape, slice } from '@dl/tensor';
import { declarations, run } from '@dl/tensor/internal';
import type { Rules } from './rule';
import { linear, zero } from './rule';

/** Puts the elements of a strided pick back to where they were, zeros elsewhere: the transpose of `slice`. */
function unslice(
  g: Tensor,
  shape: readonly number[],
  { start, step }: { start: readonly number[]; step: readonly number[] },
): Tensor {
  const backwards = step.flatMap((n, axis) => (n < 0 ? [axis] : []));
  const forward = backwards.length > 0 ? flip(g, backwards) : g;
  const first = start.map((at, i) =>
    step[i] > 0 || g.shape[i] === 0 ? at : at + step[i] * (g.shape[i] - 1),
  );
  const interior = step.map((n) => Math.abs(n) - 1);
  const low = first.map((at, i) => (g.shape[i] === 0 ? 0 : at));
  const high = shape.map((size, i) => {
    const span = g.shape[i] === 0 ? 0 : (g.shape[i] - 1) * (interior[i] + 1) + 1;
    return size - low[i] - span;
  });
  return run(declarations.pad, [forward], { low, high, interior, value: 0 })[0];
}

/** The transpose of `pad`: crops the border and skips what was put between. */
function unpad(
  g: Tensor,
  shape: readonly number[],
  {
    low,
    high,
    interior,
  }: { low: readonly number[]; high: readonly number[]; interior: readonly number[] },
): Tensor {
  const none = interior.map(() => 0);
  const cropped = run(declarations.pad, [g], {
    low: low.map((n) => -n),
    high: high.map((n) => -n),
    interior: none,
    value: 0,
  })[0];
  return slice(
    cropped,
    interior.map((n, i): Bounds => [0, shape[i] === 0 ? 0 : null, n + 1]),
  );
}

/** Puts a diagonal back to where it was, zeros elsewhere. */
function undiagonal(g: Tensor, shape: readonly number[]): Tensor {
  const square = diagEmbed(g);
  const none = shape.map(() => 0);
  const high = shape.map((n, i) => n - square.shape[i]);
  return run(declarations.pad, [square], { low: none, high, interior: none, value: 0 })[0];
}

/** Rules of views, copies and joins. */
export const movementRules = {
  alias: linear('alias', 'nothing', (g) => g),
  detach: zero,
  permute: linear('permute', 'nothing', (g, { attributes: { axes } }) =>
    permute(
      g,
      axes.map((_, i) => axes.indexOf(i)),
    ),
  ),
  // Whoever asked undoes broadcasting, which is all that expand does.
  expand: linear('expand', 'nothing', (g) => g),
  reshape: linear('reshape', 'nothing', (g, { inputs: [x] }) => reshape(g, x.shape)),
  slice: linear('slice', 'nothing', (g, { inputs: [x], attributes }) =>
    unslice(g, x.shape, attributes),
  ),
  diagonal: linear('diagonal', 'nothing', (g, { inputs: [x] }) => undiagonal(g, x.shape)),
  full: zero,
  uniform: zero,
  normal: zero,
  contiguous: linear('contiguous', 'nothing', (g) => g),
  cast: linear('cast', 'nothing', (g, { inputs: [x] }) => cast(g, x.dtype)),
  concat: linear('concat', 'nothing', (g, { inputs, attributes: { axis } }) =>
    g.split(
      inputs.map((x) => x.shape[axis]),
      axis,
    ),
  ),
  pad: {
    ...linear('pad', 'nothing', (g, { inputs: [x], attributes }) => unpad(g, x.shape, attributes)),
    jvp: ([t], { attributes }) => [t && run(declarations.pad, [t], { ...attributes, value: 0 })[0]],
  },
} satisfies { [K in keyof Rules]?: Rules[K] };

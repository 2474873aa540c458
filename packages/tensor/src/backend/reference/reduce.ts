/** Reductions over any axes; sums of floats are kept in double. */

import type { DType, TypedArray } from '../../core/dtype';
import type { Tensor } from '../../core/tensor';
import type { Kernel } from '../../ops/table';
import { elements, strided, Walk } from './walk';

/** The axes of `x` that are in `axes` (or those that are not), as the shape and strides of a walk. */
function subspace(x: Tensor, axes: readonly number[], inside: boolean) {
  const chosen = x.shape.map((_, i) => axes.includes(i) === inside);
  return {
    shape: x.shape.filter((_, i) => chosen[i]),
    strides: x.strides.filter((_, i) => chosen[i]),
    offset: x.offset,
  };
}

/** What a total becomes with one more element. */
export type Fold = (total: number, x: number) => number;

/** Sets each element of `out` to what `reduceRest` makes of the elements that it stands for. */
function reduceInto(
  x: Tensor,
  axes: readonly number[],
  out: Tensor,
  reduceRest: (source: TypedArray, rest: Walk) => number,
): void {
  const source = elements(x);
  const target = elements(out);
  const kept = subspace(x, axes, false);
  const reduced = subspace(x, axes, true);
  const outer = new Walk(kept.shape, [kept]);
  const rest = new Walk(reduced.shape, [reduced]);
  const step = outer.steps[0];
  let o = 0;
  do {
    for (let i = 0; i < outer.length; i++) {
      rest.positions[0] = outer.positions[0] + i * step;
      target[o++] = reduceRest(source, rest);
    }
  } while (outer.next());
}

function addRest(source: TypedArray, rest: Walk): number {
  const step = rest.steps[0];
  let total = 0;
  do {
    let p = rest.positions[0];
    for (let j = 0; j < rest.length; j++) {
      total += source[p];
      p += step;
    }
  } while (rest.next());
  return total;
}

function foldInto(x: Tensor, axes: readonly number[], out: Tensor, initial: number, fold: Fold) {
  reduceInto(x, axes, out, (source, rest) => {
    const step = rest.steps[0];
    let total = initial;
    do {
      let p = rest.positions[0];
      for (let j = 0; j < rest.length; j++) {
        total = fold(total, source[p]);
        p += step;
      }
    } while (rest.next());
    return total;
  });
}

const sum: Kernel<'sum'> = ([x], { axes }, [out]) => reduceInto(x, axes, out, addRest);

const multiply: Fold = (total, value) => total * value;
/** Products, which wrap around for int32. */
export const productOf = (dtype: DType): Fold => (dtype === 'int32' ? Math.imul : multiply);

const prod: Kernel<'prod'> = ([x], { axes }, [out]) =>
  foldInto(x, axes, out, 1, productOf(out.dtype));

// NaN stays: Math.max and Math.min of it are NaN.
const amax: Kernel<'amax'> = ([x], { axes }, [out]) =>
  foldInto(x, axes, out, -Infinity, (total, value) => Math.max(total, value));

const amin: Kernel<'amin'> = ([x], { axes }, [out]) =>
  foldInto(x, axes, out, Infinity, (total, value) => Math.min(total, value));

const any: Kernel<'any'> = ([x], { axes }, [out]) =>
  foldInto(x, axes, out, 0, (total, value) => (value !== 0 ? 1 : total));

const all: Kernel<'all'> = ([x], { axes }, [out]) =>
  foldInto(x, axes, out, 1, (total, value) => (value === 0 ? 0 : total));

/** Kernels of reductions, by name. */
export const reduceKernels = {
  sum: /* @__PURE__ */ strided(sum),
  prod: /* @__PURE__ */ strided(prod),
  amax: /* @__PURE__ */ strided(amax),
  amin: /* @__PURE__ */ strided(amin),
  any: /* @__PURE__ */ strided(any),
  all: /* @__PURE__ */ strided(all),
};

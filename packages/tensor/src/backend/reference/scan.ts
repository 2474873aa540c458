/** Along one axis: running totals, and where extremes lie. */

import type { Tensor } from '../../core/tensor';
import type { Kernel } from '../../ops/table';
import type { Fold } from './reduce';
import { productOf } from './reduce';
import { elements, linesAlong, strided } from './walk';

/** Finds the first element for which no other is better; the first NaN is better than all. */
function findInto(x: Tensor, axis: number, out: Tensor, sign: 1 | -1): void {
  const source = elements(x);
  const target = elements(out);
  const count = x.shape[axis] ?? 1;
  const { walk, steps } = linesAlong(axis, x.shape, [x]);
  let o = 0;
  do {
    for (let i = 0; i < walk.length; i++) {
      const start = walk.positions[0] + i * walk.steps[0];
      let best = sign * source[start];
      let at = 0;
      for (let j = 1; j < count && !Number.isNaN(best); j++) {
        const value = sign * source[start + j * steps[0]];
        if (!(value <= best)) {
          best = value;
          at = j;
        }
      }
      target[o++] = at;
    }
  } while (walk.next());
}

const argmax: Kernel<'argmax'> = ([x], { axis }, [out]) => findInto(x, axis, out, 1);
const argmin: Kernel<'argmin'> = ([x], { axis }, [out]) => findInto(x, axis, out, -1);

function scanInto(x: Tensor, axis: number, out: Tensor, initial: number, fold: Fold): void {
  const source = elements(x);
  const target = elements(out);
  const count = x.shape[axis] ?? 1;
  const { walk, steps } = linesAlong(axis, x.shape, [x, out]);
  do {
    for (let i = 0; i < walk.length; i++) {
      let p = walk.positions[0] + i * walk.steps[0];
      let q = walk.positions[1] + i * walk.steps[1];
      let total = initial;
      for (let j = 0; j < count; j++) {
        total = fold(total, source[p]);
        target[q] = total;
        p += steps[0];
        q += steps[1];
      }
    }
  } while (walk.next());
}

const cumsum: Kernel<'cumsum'> = ([x], { axis }, [out]) =>
  scanInto(x, axis, out, 0, (total, value) => total + value);

const cumprod: Kernel<'cumprod'> = ([x], { axis }, [out]) =>
  scanInto(x, axis, out, 1, productOf(out.dtype));

/** Remembers where the best element so far is: of equals the last, and NaN is better than all. */
function findRunning(x: Tensor, axis: number, out: Tensor, sign: 1 | -1): void {
  const source = elements(x);
  const target = elements(out);
  const count = x.shape[axis] ?? 1;
  const { walk, steps } = linesAlong(axis, x.shape, [x, out]);
  do {
    for (let i = 0; i < walk.length; i++) {
      const start = walk.positions[0] + i * walk.steps[0];
      let q = walk.positions[1] + i * walk.steps[1];
      let best = sign * source[start];
      let at = 0;
      for (let j = 0; j < count; j++) {
        const value = sign * source[start + j * steps[0]];
        if (Number.isNaN(value) || value >= best) {
          best = value;
          at = j;
        }
        target[q] = at;
        q += steps[1];
      }
    }
  } while (walk.next());
}

const cumargmax: Kernel<'cumargmax'> = ([x], { axis }, [out]) => findRunning(x, axis, out, 1);
const cumargmin: Kernel<'cumargmin'> = ([x], { axis }, [out]) => findRunning(x, axis, out, -1);

/** Kernels along one axis, by name. */
export const scanKernels = {
  argmax: /* @__PURE__ */ strided(argmax),
  argmin: /* @__PURE__ */ strided(argmin),
  cumsum: /* @__PURE__ */ strided(cumsum),
  cumprod: /* @__PURE__ */ strided(cumprod),
  cumargmax: /* @__PURE__ */ strided(cumargmax),
  cumargmin: /* @__PURE__ */ strided(cumargmin),
};

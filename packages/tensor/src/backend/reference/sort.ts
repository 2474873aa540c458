/** Sorting along an axis. */

import type { Kernel } from '../../ops/table';
import { elements, linesAlong, strided } from './walk';

/** Orders numbers; NaN counts as the largest. */
function compare(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

const sort: Kernel<'sort'> = ([x], { axis, descending }, [values, indices]) => {
  const [source, sorted, places] = [elements(x), elements(values), elements(indices)];
  const size = x.shape[axis] ?? 1;
  const count = values.shape[axis] ?? 1;
  const { walk, steps } = linesAlong(axis, x.shape, [x, values]);
  const order = new Int32Array(size);
  const sign = descending ? -1 : 1;
  let start = 0;
  // Equal elements keep their order, in both directions.
  const byValue = (a: number, b: number): number =>
    sign * compare(source[start + a * steps[0]], source[start + b * steps[0]]) || a - b;
  do {
    for (let i = 0; i < walk.length; i++) {
      start = walk.positions[0] + i * walk.steps[0];
      for (let j = 0; j < size; j++) order[j] = j;
      order.sort(byValue);
      let to = walk.positions[1] + i * walk.steps[1];
      for (let j = 0; j < count; j++) {
        sorted[to] = source[start + order[j] * steps[0]];
        places[to] = order[j];
        to += steps[1];
      }
    }
  } while (walk.next());
};

/** The kernel of sorting, by name. */
export const sortKernels = { sort: /* @__PURE__ */ strided(sort) };

/** Kernels that read and write where an index tensor says. Indices are checked before anything is written. */

import type { TypedArray } from '../../core/dtype';
import { IndexError } from '../../core/errors';
import type { Tensor } from '../../core/tensor';
import type { Kernel } from '../../ops/table';
import { copyElements, elements, linesAlong, strided, Walk } from './walk';

/** Refuses an index outside 0 … size − 1. */
export function checkRange(op: string, index: Tensor, size: number): void {
  const data = elements(index);
  const walk = new Walk(index.shape, [index]);
  const step = walk.steps[0];
  do {
    let p = walk.positions[0];
    for (let i = 0; i < walk.length; i++) {
      if (data[p] < 0 || data[p] >= size) throw outOfRange(op, data[p], size);
      p += step;
    }
  } while (walk.next());
}

function outOfRange(op: string, index: number, size: number): IndexError {
  return new IndexError(op, `index ${index} is out of range for an axis of ${size}`, {
    expected: size > 0 ? `0 to ${size - 1}` : 'no index at all',
    hint: index < 0 ? 'negative indices do not count from the end here' : undefined,
  });
}

const gather: Kernel<'gather'> = ([x, index], { axis }, [out]) => {
  checkRange('gather', index, x.shape[axis] ?? 1);
  const [source, at, target] = [elements(x), elements(index), elements(out)];
  const count = index.shape[axis] ?? 1;
  const { walk, steps } = linesAlong(axis, index.shape, [x, index, out]);
  do {
    for (let i = 0; i < walk.length; i++) {
      const [p, q, r] = walk.positions;
      const from = p + i * walk.steps[0];
      let place = q + i * walk.steps[1];
      let to = r + i * walk.steps[2];
      for (let j = 0; j < count; j++) {
        target[to] = source[from + at[place] * steps[0]];
        place += steps[1];
        to += steps[2];
      }
    }
  } while (walk.next());
};

/** Writes `source` into `target`, which is laid out as `out`, or adds it there. */
function scatterInto(
  target: TypedArray,
  out: Tensor,
  index: Tensor,
  source: Tensor,
  axis: number,
  adds: boolean,
): void {
  const [at, values] = [elements(index), elements(source)];
  const count = index.shape[axis] ?? 1;
  const { walk, steps } = linesAlong(axis, index.shape, [source, index, out]);
  do {
    for (let i = 0; i < walk.length; i++) {
      const [p, q, r] = walk.positions;
      let from = p + i * walk.steps[0];
      let place = q + i * walk.steps[1];
      const start = r + i * walk.steps[2];
      for (let j = 0; j < count; j++) {
        const to = start + at[place] * steps[2];
        target[to] = adds ? target[to] + values[from] : values[from];
        from += steps[0];
        place += steps[1];
      }
    }
  } while (walk.next());
}

const scatter: Kernel<'scatter'> = ([x, index, source], { axis }, [out]) => {
  checkRange('scatter', index, x.shape[axis] ?? 1);
  copyElements(x.shape, elements(x), x, elements(out), out);
  scatterInto(elements(out), out, index, source, axis, false);
};

/** Lets `add` add to a double copy of `x`, and rounds the sums once into `out`. */
function addInDouble(x: Tensor, out: Tensor, add: (sums: Float64Array) => void): void {
  const sums = new Float64Array(out.size);
  copyElements(x.shape, elements(x), x, sums, out);
  add(sums);
  // For bool, adding is the logical or.
  if (out.dtype === 'bool') for (let i = 0; i < sums.length; i++) sums[i] = sums[i] ? 1 : 0;
  elements(out).set(sums);
}

const scatterAdd: Kernel<'scatterAdd'> = ([x, index, source], { axis }, [out]) => {
  checkRange('scatterAdd', index, x.shape[axis] ?? 1);
  addInDouble(x, out, (sums) => scatterInto(sums, out, index, source, axis, true));
};

/** Sizes of a dense tensor around `axis`: how many rows there are before it, and how long each element's block is. */
function blocks(x: Tensor, axis: number): { outer: number; size: number; inner: number } {
  let outer = 1;
  let inner = 1;
  for (let i = 0; i < axis; i++) outer *= x.shape[i];
  for (let i = axis + 1; i < x.ndim; i++) inner *= x.shape[i];
  return { outer, size: x.shape[axis] ?? 1, inner };
}

const indexSelect: Kernel<'indexSelect'> = ([x, index], { axis }, [out]) => {
  const { outer, size, inner } = blocks(x, axis);
  checkRange('indexSelect', index, size);
  const [source, at, target] = [elements(x), elements(index), elements(out)];
  let o = 0;
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < index.size; j++) {
      const from = x.offset + (i * size + at[index.offset + j]) * inner;
      for (let k = 0; k < inner; k++) target[o++] = source[from + k];
    }
  }
};

const indexAdd: Kernel<'indexAdd'> = ([x, index, source], { axis }, [out]) => {
  const { outer, size, inner } = blocks(x, axis);
  checkRange('indexAdd', index, size);
  const [at, values] = [elements(index), elements(source)];
  addInDouble(x, out, (sums) => {
    let from = source.offset;
    for (let i = 0; i < outer; i++) {
      for (let j = 0; j < index.size; j++) {
        const to = (i * size + at[index.offset + j]) * inner;
        for (let k = 0; k < inner; k++) sums[to + k] += values[from++];
      }
    }
  });
};

/** Kernels of indexing, by name. */
export const indexingKernels = {
  gather: /* @__PURE__ */ strided(gather),
  scatter: /* @__PURE__ */ strided(scatter),
  scatterAdd: /* @__PURE__ */ strided(scatterAdd),
  indexSelect,
  indexAdd,
};

/** Kernels that make or copy elements without computing. */

import type { DType } from '../../core/dtype';
import { sizeOf } from '../../core/layout';
import type { Kernel } from '../../ops/table';
import { copyElements, elements, strided, Walk } from './walk';

/** A number as an element of `dtype`: anything but 0 is true; arrays wrap integers by themselves. */
function elementOf(value: number, dtype: DType): number {
  return dtype === 'bool' ? Number(value !== 0) : value;
}

const full: Kernel<'full'> = (_, { value, dtype }, [out]) => {
  elements(out).fill(elementOf(value, dtype), 0, out.size);
};

const contiguous: Kernel<'contiguous'> = ([x], _, [out]) => {
  copyElements(x.shape, elements(x), x, elements(out), out);
};

const assign: Kernel<'assign'> = ([target, source]) => {
  const to = elements(target);
  const from = elements(source);
  // Views of one storage may overlap.
  copyElements(target.shape, from === to ? from.slice() : from, source, to, target);
};

const cast: Kernel<'cast'> = ([x], { dtype }, [out]) => {
  // Storing in an integer array cuts the fraction and wraps around.
  if (dtype !== 'bool') {
    copyElements(x.shape, elements(x), x, elements(out), out);
    return;
  }
  const source = elements(x);
  const target = elements(out);
  const walk = new Walk(x.shape, [x]);
  const step = walk.steps[0];
  let o = 0;
  do {
    let p = walk.positions[0];
    for (let i = 0; i < walk.length; i++) {
      target[o++] = source[p] !== 0 ? 1 : 0;
      p += step;
    }
  } while (walk.next());
};

const concat: Kernel<'concat'> = (inputs, { axis }, [out]) => {
  let offset = 0;
  for (const x of inputs) {
    copyElements(x.shape, elements(x), x, elements(out), { strides: out.strides, offset });
    offset += x.shape[axis] * out.strides[axis];
  }
};

const pad: Kernel<'pad'> = ([x], { low, interior, value }, [out]) => {
  const target = elements(out);
  target.fill(elementOf(value, out.dtype), 0, out.size);
  const shape: number[] = [];
  const strides: number[] = [];
  let from = x.offset;
  let to = 0;
  for (let axis = 0; axis < x.ndim; axis++) {
    // Element i goes to low + i · step; those that fall outside are cropped.
    const step = interior[axis] + 1;
    const first = Math.max(0, Math.ceil(-low[axis] / step));
    const last = Math.min(x.shape[axis] - 1, Math.floor((out.shape[axis] - 1 - low[axis]) / step));
    shape.push(Math.max(0, last - first + 1));
    strides.push(out.strides[axis] * step);
    from += first * x.strides[axis];
    to += (low[axis] + first * step) * out.strides[axis];
  }
  if (sizeOf(shape) === 0) return;
  const inside = { strides: x.strides, offset: from };
  copyElements(shape, elements(x), inside, target, { strides, offset: to });
};

/** Kernels of creation and movement, by name. */
export const movementKernels = {
  full,
  contiguous: /* @__PURE__ */ strided(contiguous),
  assign: /* @__PURE__ */ strided(assign),
  cast: /* @__PURE__ */ strided(cast),
  concat: /* @__PURE__ */ strided(concat),
  pad: /* @__PURE__ */ strided(pad),
};

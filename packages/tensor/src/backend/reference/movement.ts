/** Kernels that make, copy or choose elements without computing. */

import type { DType } from '../../core/dtype';
import { sizeOf } from '../../core/layout';
import type { Tensor } from '../../core/tensor';
import type { AttributesOf, Kernel } from '../../ops/table';
import { broadcast, copyElements, elements, strided, Walk } from './walk';

/** A number as an element of `dtype`: anything but 0 is true; arrays wrap integers by themselves. */
export function elementOf(value: number, dtype: DType): number {
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

/**
 * Where a padded tensor's own elements go: how many there are on each axis, their steps in the result, and where they begin in the storage
 * of x (counted from its first element) and in the result.
 */
export function insideOf(
  x: Tensor,
  out: Tensor,
  { low, interior }: Pick<AttributesOf<'pad'>, 'low' | 'interior'>,
): { shape: number[]; steps: number[]; from: number; to: number } {
  const shape: number[] = [];
  const steps: number[] = [];
  let from = 0;
  let to = 0;
  for (let axis = 0; axis < x.ndim; axis++) {
    // Element i goes to low + i · step; those that fall outside are cropped.
    const step = interior[axis] + 1;
    const first = Math.max(0, Math.ceil(-low[axis] / step));
    const last = Math.min(x.shape[axis] - 1, Math.floor((out.shape[axis] - 1 - low[axis]) / step));
    shape.push(Math.max(0, last - first + 1));
    steps.push(out.strides[axis] * step);
    from += first * x.strides[axis];
    to += (low[axis] + first * step) * out.strides[axis];
  }
  return { shape, steps, from, to };
}

const pad: Kernel<'pad'> = ([x], attributes, [out]) => {
  const target = elements(out);
  target.fill(elementOf(attributes.value, out.dtype), 0, out.size);
  const { shape, steps, from, to } = insideOf(x, out, attributes);
  if (sizeOf(shape) === 0) return;
  const inside = { strides: x.strides, offset: x.offset + from };
  copyElements(shape, elements(x), inside, target, { strides: steps, offset: to });
};

const where: Kernel<'where'> = ([condition, a, b], _, [out]) => {
  const [test, yes, no] = [elements(condition), elements(a), elements(b)];
  const target = elements(out);
  const walk = new Walk(
    out.shape,
    [condition, a, b].map((x) => broadcast(x, out.shape)),
  );
  const [testStep, yesStep, noStep] = walk.steps;
  let o = 0;
  do {
    const [p, q, r] = walk.positions;
    for (let i = 0; i < walk.length; i++) {
      target[o++] = test[p + i * testStep] ? yes[q + i * yesStep] : no[r + i * noStep];
    }
  } while (walk.next());
};

/** Kernels of creation, movement and choice, by name. */
export const movementKernels = {
  full,
  contiguous: /* @__PURE__ */ strided(contiguous),
  assign: /* @__PURE__ */ strided(assign),
  cast: /* @__PURE__ */ strided(cast),
  concat: /* @__PURE__ */ strided(concat),
  pad: /* @__PURE__ */ strided(pad),
  where: /* @__PURE__ */ strided(where),
};

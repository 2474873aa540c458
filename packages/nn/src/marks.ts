/** Which tensors are parameters and which are buffers: marks on the tensors themselves. */

import type { Tensor } from '@dl/tensor';
import { keep } from '@dl/tensor';
import { takes } from './signatures';

/** Every parameter. */
export const parameters: WeakSet<Tensor> = /* @__PURE__ */ new WeakSet();
/** Every buffer. */
export const buffers: WeakSet<Tensor> = /* @__PURE__ */ new WeakSet();

/**
 * Marks a tensor as a parameter: it is kept, requires a gradient, and the module that has it as a field finds it.
 *
 * @param x - floating point. @returns the tensor itself.
 */
export function parameter(x: Tensor): Tensor {
  takes('parameter', arguments);
  keep(x).requiresGrad = true;
  parameters.add(x);
  return x;
}

/** Marks a tensor as a buffer: state that is saved with the module but not learned. @returns the tensor itself. */
export function buffer(x: Tensor): Tensor {
  takes('buffer', arguments);
  buffers.add(keep(x));
  return x;
}

/** Gradients against centred finite differences. */

import type { Tensor } from '@dl/tensor';
import { DLError, DTypeError, detach, isTensor, randnLike, scope, tensor } from '@dl/tensor';
import type { Tree } from './functional';
import { gradients, leavesOf } from './functional';
import { enableGrad } from './record';
import { takes } from './signatures';

/** Options of `gradcheck` and `gradgradcheck`. */
export interface GradcheckOptions {
  /** Half the distance of the two points of a difference. Default 1e-5. */
  readonly epsilon?: number;
  /** Allowed absolute error. Default 1e-6. */
  readonly atol?: number;
  /** Allowed error relative to the finite difference. Default 1e-4. */
  readonly rtol?: number;
  /** How many elements of each input are checked, evenly spread; default all. */
  readonly sample?: number;
}

/** A gradient that is not the slope of its function. */
export class GradcheckError extends DLError {
  override name = 'GradcheckError';
}

/**
 * Compares the gradient of f with (f(x + ε) − f(x − ε)) / 2ε in every element of every input.
 *
 * @param f - maps tensors to a tensor, an array or an object of tensors. @param inputs - float64, any shapes; all are differentiated.
 * @returns true.
 * @throws GradcheckError with the place and both numbers where they differ.
 * @example gradcheck((x) => x.tanh(), [randn([3], { dtype: 'float64' })]);
 */
export function gradcheck(
  f: (...inputs: Tensor[]) => Tree,
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): true {
  takes('gradcheck', arguments);
  const { epsilon = 1e-5, atol = 1e-6, rtol = 1e-4, sample = Number.POSITIVE_INFINITY } = options;
  for (const x of inputs) {
    if (x.dtype !== 'float64') {
      throw new DTypeError('gradcheck', 'inputs must be float64', {
        args: { x },
        hint: 'finite differences need the digits',
      });
    }
  }
  scope(() => {
    const fresh = () => inputs.map((x) => Object.assign(detach(x.clone()), { requiresGrad: true }));
    const base = inputs.map((x) => x.dataSync().slice());
    const starts = fresh();
    const outputs = enableGrad(() => floats(f(...starts)));
    // Random weights make one number of all outputs; every output element counts.
    const weights = outputs.map((y) => randnLike(y));
    const analytic = gradients(outputs, starts, weights).map((g) => g.dataSync());
    const value = (which: number, at: number, delta: number): number =>
      scope(() => {
        const moved = base.map((data, i) => {
          const copy = data.slice();
          if (i === which) copy[at] += delta;
          return tensor(copy, { shape: inputs[i].shape, device: inputs[i].device });
        });
        return floats(f(...moved)).reduce((sum, y, i) => sum + weighted(y, weights[i]), 0);
      });
    inputs.forEach((x, which) => {
      const step = Math.max(1, Math.ceil(x.size / sample));
      for (let at = 0; at < x.size; at += step) {
        const slope = (value(which, at, epsilon) - value(which, at, -epsilon)) / (2 * epsilon);
        const found = analytic[which][at];
        if (Math.abs(found - slope) <= atol + rtol * Math.abs(slope)) continue;
        throw new GradcheckError(
          'gradcheck',
          `input ${which}, element ${at}: the gradient is ${found}, the slope ${slope}`,
          {
            args: { inputs: [...inputs] },
            expected: `a difference of at most ${atol} + ${rtol} · |slope|`,
          },
        );
      }
    });
  });
  return true;
}

/** The floating point tensors among the outputs. */
function floats(outputs: Tree): Tensor[] {
  return leavesOf(outputs).filter((y) => isTensor(y) && y.dtype === 'float64');
}

function weighted(y: Tensor, weight: Tensor): number {
  const a = y.dataSync();
  const b = weight.dataSync();
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/**
 * As `gradcheck`, for the gradient of f itself: checks second derivatives.
 *
 * @param inputs - float64, any shapes.
 * @throws GradcheckError where they differ.
 */
export function gradgradcheck(
  f: (...inputs: Tensor[]) => Tree,
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): true {
  takes('gradgradcheck', arguments);
  return scope(() => {
    const shapes = floats(f(...inputs));
    const weights = shapes.map((y) => randnLike(y));
    const first = (...all: Tensor[]): Tree => {
      const xs = all.slice(0, inputs.length);
      const ws = all.slice(inputs.length);
      const tracked = xs.map((x) =>
        x.requiresGrad ? x : Object.assign(detach(x), { requiresGrad: true }),
      );
      return enableGrad(() => gradients(floats(f(...tracked)), tracked, ws, { createGraph: true }));
    };
    return gradcheck(first, [...inputs, ...weights], options);
  });
}

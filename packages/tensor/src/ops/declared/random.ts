/** Random tensors. Every sampler draws a stretch of one Philox stream, so numbers depend on nothing but the seed. */

import { getDefaultDevice } from '../../backend/registry';
import { DTypeError, ValueError } from '../../core/errors';
import type { Generator } from '../../core/generator';
import { defaultGenerator } from '../../core/generator';
import type { Shape } from '../../core/layout';
import { checkShape, sizeOf } from '../../core/layout';
import { run } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { cast, expectFloat } from '../operand';
import type { FusedDeclaration, PrimitiveDeclaration } from '../table';
import { ge } from './comparison';
import type { CreationOptions } from './creation';
import { mul } from './pointwise';

/** Options of the samplers. */
export interface RandomOptions extends CreationOptions {
  /** Where the numbers come from. Default: the global generator that `manualSeed` sets. */
  readonly generator?: Generator;
}

export const uniformOp: PrimitiveDeclaration<'uniform'> = {
  kind: 'primitive',
  name: 'uniform',
  infer: (_, { shape, dtype }) => [{ shape, dtype }],
};

export const normalOp: PrimitiveDeclaration<'normal'> = {
  kind: 'primitive',
  name: 'normal',
  infer: (_, { shape, dtype }) => [{ shape, dtype }],
};

export const dropoutOp: FusedDeclaration<'dropout'> = {
  kind: 'fused',
  name: 'dropout',
  infer([x]) {
    expectFloat('dropout', x);
    return [{ shape: x.shape, dtype: x.dtype }];
  },
  define([x], { p, scale, seed, offset }) {
    const { shape, device } = x;
    const stream = { shape, dtype: 'float32' as const, device, seed, offset };
    const kept = ge(run(uniformOp, [], stream)[0], p);
    return [mul(x, mul(cast(kept, x.dtype), scale))];
  },
};

/**
 * x · scale for elements that stay, with probability 1 − p each, and 0 for the others. The gradient draws the same numbers again
 * instead of remembering who stayed.
 *
 * @param p - from 0 to 1. @param options - `scale`, default 1; `generator`, default the global one. @returns the shape of x. @throws ValueError for other p. Source: Srivastava et al. 2014.
 */
export function dropElements(
  x: Tensor,
  p: number,
  options: { readonly scale?: number; readonly generator?: Generator } = {},
): Tensor {
  takes('dropElements', arguments);
  const { scale = 1, generator = defaultGenerator } = options;
  if (!(p >= 0 && p <= 1))
    throw new ValueError('dropout', 'p must be from 0 to 1', { args: { p } });
  return run(dropoutOp, [x], { p, scale, ...generator.reserve(x.size) })[0];
}

function sample(
  op: typeof uniformOp | typeof normalOp,
  shape: Shape,
  { dtype = 'float32', device = getDefaultDevice(), generator = defaultGenerator }: RandomOptions,
): Tensor {
  checkShape(op.name, shape);
  if (dtype !== 'float32' && dtype !== 'float64') {
    throw new DTypeError(op.name, `cannot sample ${dtype}`, { expected: 'float32 or float64' });
  }
  const words = sizeOf(shape) * (op.name === 'uniform' && dtype === 'float64' ? 2 : 1);
  const stream = generator.reserve(words);
  return run(op as typeof uniformOp, [], { shape: [...shape], dtype, device, ...stream })[0];
}

/** Numbers evenly from [0, 1). @param shape - sizes. */
export function rand(shape: Shape, options: RandomOptions = {}): Tensor {
  takes('rand', arguments);
  return sample(uniformOp, shape, options);
}

/** Standard normal numbers, by Box–Muller. @param shape - sizes. */
export function randn(shape: Shape, options: RandomOptions = {}): Tensor {
  takes('randn', arguments);
  return sample(normalOp, shape, options);
}

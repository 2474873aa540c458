/** Random tensors. Every sampler draws a stretch of one Philox stream, so numbers depend on nothing but the seed. */

import { getDefaultDevice } from '../backend/registry';
import { DTypeError, ValueError } from '../core/errors';
import type { Generator } from '../core/generator';
import { defaultGenerator } from '../core/generator';
import type { Shape } from '../core/layout';
import { checkShape, sizeOf } from '../core/layout';
import { scope } from '../core/lifetime';
import { run } from '../core/run';
import type { Tensor } from '../core/tensor';
import type { CreationOptions } from './creation';
import { add, floor, lt, mul } from './elementwise';
import { sort } from './indexing';
import { cast } from './operand';
import type { PrimitiveDeclaration } from './table';

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
  return sample(uniformOp, shape, options);
}

/** Standard normal numbers, by Box–Muller. @param shape - sizes. */
export function randn(shape: Shape, options: RandomOptions = {}): Tensor {
  return sample(normalOp, shape, options);
}

/** As `rand`, of the shape, dtype and device of x unless told otherwise. */
export function randLike(x: Tensor, options: RandomOptions = {}): Tensor {
  return rand(x.shape, { dtype: x.dtype, device: x.device, ...options });
}

/** As `randn`, of the shape, dtype and device of x unless told otherwise. */
export function randnLike(x: Tensor, options: RandomOptions = {}): Tensor {
  return randn(x.shape, { dtype: x.dtype, device: x.device, ...options });
}

/** Whole numbers evenly from `low` to `high` − 1. @param shape - sizes. @returns int32 by default. */
export function randint(
  low: number,
  high: number,
  shape: Shape,
  { dtype = 'int32', ...options }: RandomOptions = {},
): Tensor {
  if (!Number.isInteger(low) || !Number.isInteger(high) || high <= low) {
    throw new ValueError('randint', 'bounds must be integers, the lower one first', {
      args: { low, high },
    });
  }
  return scope(() => {
    const uniform = rand(shape, { ...options, dtype: 'float64' });
    return cast(add(floor(mul(uniform, high - low)), low), dtype);
  });
}

/** The numbers 0 to n − 1 in random order. @returns [n], int32. */
export function randperm(n: number, options: Omit<RandomOptions, 'dtype'> = {}): Tensor {
  return scope(() => sort(rand([n], { ...options, dtype: 'float64' }), 0).indices);
}

/** 1 with the probability that `p` gives for each element, otherwise 0. @param p - floating point, any shape. @returns the shape and dtype of p. */
export function bernoulli(p: Tensor, { generator }: { generator?: Generator } = {}): Tensor {
  return scope(() => cast(lt(randLike(p, { generator }), p), p.dtype));
}

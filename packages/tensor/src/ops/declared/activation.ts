/**
 * Activation functions that are operations of the table: ReLU, softplus, softmax and its logarithm, whose definitions stay finite for
 * finite logits, and what passes back through an activation, from the gradient and the result.
 */

import { ValueError } from '../../core/errors';
import { broadcastShapes, normalizeAxis } from '../../core/layout';
import { scope } from '../../core/lifetime';
import { run } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { expectFloat, expectSameDType } from '../operand';
import type { FusedDeclaration } from '../table';
import { gt, le } from './comparison';
import { detach } from './movement';
import { add, div, exp, log, mul, neg, square, sub, where } from './pointwise';
import { unary } from './pointwise-table';
import { amax, sum } from './reduction';

type Name = 'reluGradient' | 'tanhGradient' | 'sigmoidGradient';

function declare<K extends Name>(
  name: K,
  define: (g: Tensor, y: Tensor) => Tensor,
): FusedDeclaration<K> {
  return {
    kind: 'fused',
    name,
    infer([g, y]: readonly [Tensor, Tensor]) {
      expectSameDType(name, { g, y });
      expectFloat(name, y, 'y');
      return [{ shape: broadcastShapes(name, g.shape, y.shape), dtype: g.dtype }];
    },
    define: ([g, y]: readonly [Tensor, Tensor]) => [define(g, y)],
  } as unknown as FusedDeclaration<K>;
}

export const reluGradientOp: FusedDeclaration<'reluGradient'> = /* @__PURE__ */ declare(
  'reluGradient',
  (g, y) => where(le(y, 0), 0, g),
);
export const tanhGradientOp: FusedDeclaration<'tanhGradient'> = /* @__PURE__ */ declare(
  'tanhGradient',
  (g, y) => mul(g, add(neg(square(y)), 1)),
);
export const sigmoidGradientOp: FusedDeclaration<'sigmoidGradient'> = /* @__PURE__ */ declare(
  'sigmoidGradient',
  (g, y) => mul(g, mul(y, add(neg(y), 1))),
);

/** 0 where y = relu(x) is 0, otherwise g: the gradient of x. */
export function reluGradient(g: Tensor, y: Tensor): Tensor {
  takes('reluGradient', arguments);
  return run(reluGradientOp, [g, y], {})[0];
}

/** Takes the gradient of an output back through ReLU, where an operation ends in that. */
export function throughRelu(
  gradients: [Tensor],
  [y]: [Tensor],
  { activation }: { readonly activation: 'none' | 'relu' },
): [Tensor] {
  return activation === 'relu' ? [reluGradient(gradients[0], y)] : gradients;
}

/** g·(1 − y²): the gradient of x where y = tanh(x). */
export function tanhGradient(g: Tensor, y: Tensor): Tensor {
  takes('tanhGradient', arguments);
  return run(tanhGradientOp, [g, y], {})[0];
}

/** g·y·(1 − y): the gradient of x where y = sigmoid(x). */
export function sigmoidGradient(g: Tensor, y: Tensor): Tensor {
  takes('sigmoidGradient', arguments);
  return run(sigmoidGradientOp, [g, y], {})[0];
}

/**
 * log(1 + e^{βx}) / β, elementwise, without overflow.
 *
 * @param x - any shape; integers become float32. @param beta - positive; the larger, the closer to `relu`. Default 1.
 * @param threshold - above βx = threshold the result is x. Default ∞: PyTorch's 20 makes a difference of at most 2e-9 / β.
 * @returns the shape of x. @throws ValueError where beta is not positive.
 */
export function softplus(x: Tensor, beta = 1, threshold = Number.POSITIVE_INFINITY): Tensor {
  takes('softplus', arguments);
  if (!(beta > 0)) throw new ValueError('softplus', 'beta must be positive', { args: { beta } });
  if (beta === 1 && threshold === Number.POSITIVE_INFINITY) return unary('softplus', x);
  return scope(() => {
    const scaled = mul(x, beta);
    const y = div(unary('softplus', scaled), beta);
    return threshold === Number.POSITIVE_INFINITY ? y : where(gt(scaled, threshold), x, y);
  });
}

/** max(x, 0), elementwise; the derivative at 0 is 0, as in PyTorch. @param x - any shape, not bool. @returns the shape and dtype of x. */
export function relu(x: Tensor): Tensor {
  return unary('relu', x);
}

export const softmaxOp: FusedDeclaration<'softmax'> = {
  kind: 'fused',
  name: 'softmax',
  infer([x]) {
    expectFloat('softmax', x);
    return [{ shape: x.shape, dtype: x.dtype }];
  },
  define([x], { axis }) {
    if (x.size === 0) return [exp(x)];
    const e = exp(sub(x, detach(amax(x, axis, { keepdim: true }))));
    return [div(e, sum(e, axis, { keepdim: true }))];
  },
};

export const logSoftmaxOp: FusedDeclaration<'logSoftmax'> = {
  kind: 'fused',
  name: 'logSoftmax',
  infer([x]) {
    expectFloat('logSoftmax', x);
    return [{ shape: x.shape, dtype: x.dtype }];
  },
  define([x], { axis }) {
    if (x.size === 0) return [exp(x)];
    const shifted = sub(x, detach(amax(x, axis, { keepdim: true })));
    return [sub(shifted, log(sum(exp(shifted), axis, { keepdim: true })))];
  },
};

/**
 * exp(xᵢ) / Σⱼ exp(xⱼ) along an axis: a distribution; NaN where the largest element is infinite, as in PyTorch.
 *
 * @param x - floating point, any shape. @param axis - default the last.
 * @returns the shape and dtype of x. @throws DTypeError for integers.
 */
export function softmax(x: Tensor, axis = -1): Tensor {
  takes('softmax', arguments);
  return run(softmaxOp, [x], { axis: normalizeAxis('softmax', axis, x.ndim) })[0];
}

/** log(softmax(x)) along an axis, without overflow. @param axis - default the last. @returns the shape and dtype of x. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  takes('logSoftmax', arguments);
  return run(logSoftmaxOp, [x], { axis: normalizeAxis('logSoftmax', axis, x.ndim) })[0];
}

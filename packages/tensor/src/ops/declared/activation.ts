/** What passes back through activations, from the gradient and the result: one pass over memory instead of three. */

import { broadcastShapes } from '../../core/layout';
import { run } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { expectFloat, expectSameDType } from '../operand';
import type { FusedDeclaration } from '../table';
import { add, le, mul, neg, square, where } from './pointwise';

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

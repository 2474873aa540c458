/** Matrix products. */

import type { DType } from '../../core/dtype';
import { ShapeError } from '../../core/errors';
import { broadcastShapes } from '../../core/layout';
import { scope } from '../../core/lifetime';
import { run } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { expectSameDType } from '../operand';
import type { FusedDeclaration, PrimitiveDeclaration } from '../table';
import { relu, throughRelu } from './activation';
import { reshape, transpose, unsqueeze } from './movement';
import { add } from './pointwise';

/** Sums of products of small integers are counted in int32. */
const productDType = (dtype: DType): DType =>
  dtype === 'bool' || dtype === 'uint8' ? 'int32' : dtype;

export const matmulOp: PrimitiveDeclaration<'matmul'> = {
  kind: 'primitive',
  name: 'matmul',
  infer([a, b]) {
    expectSameDType('matmul', { a, b });
    const [m, k] = a.shape.slice(-2);
    const [rows, n] = b.shape.slice(-2);
    if (k !== rows) {
      throw new ShapeError('matmul', 'inner sizes differ', {
        args: { a, b },
        expected: `b: [${k}, n]`,
        hint:
          n === k
            ? 'nn.Linear stores weights as [out, in]; use linear(x, w) or b.transpose()'
            : undefined,
      });
    }
    const batch = broadcastShapes('matmul', a.shape.slice(0, -2), b.shape.slice(0, -2));
    return [{ shape: [...batch, m, n], dtype: productDType(a.dtype) }];
  },
};

export const linearOp: FusedDeclaration<'linear'> = {
  kind: 'fused',
  name: 'linear',
  infer([x, weight, bias]) {
    expectSameDType('linear', { x, weight, bias });
    const [out, inputs] = weight.shape;
    const fits = weight.ndim === 2 && x.ndim > 0 && x.shape[x.ndim - 1] === inputs;
    if (!fits || (bias && (bias.ndim !== 1 || bias.shape[0] !== out))) {
      throw new ShapeError('linear', 'sizes do not fit', {
        args: { x, weight, bias },
        expected: 'x: [..., in], weight: [out, in], bias: [out]',
      });
    }
    return [{ shape: [...x.shape.slice(0, -1), out], dtype: productDType(x.dtype) }];
  },
  define([x, weight, bias], { activation }) {
    const count = x.shape.slice(0, -1).reduce((n, size) => n * size, 1);
    const rows = reshape(x, [count, x.shape[x.ndim - 1]]);
    const product = run(matmulOp, [rows, transpose(weight)], {})[0];
    const shaped = reshape(product, [...x.shape.slice(0, -1), weight.shape[0]]);
    const shifted = bias ? add(shaped, bias) : shaped;
    return [activation === 'relu' ? relu(shifted) : shifted];
  },
  activated: throughRelu,
};

/**
 * The matrix product. Vectors count as a row on the left and as a column on the right, and the axis they gained disappears;
 * axes before the last two are batches and broadcast. A transposed operand is not copied.
 *
 * @param a - [m, k], [k] or [..., m, k]. @param b - [k, n], [k] or [..., k, n], of the same dtype.
 * @returns [..., m, n] without the axes that stood for vectors.
 * @throws ShapeError where the inner sizes differ.
 * @example tensor([[1, 2]]).matmul(tensor([[3], [4]])) // [[11]]
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  takes('matmul', arguments);
  if (a.ndim === 0 || b.ndim === 0) {
    throw new ShapeError('matmul', 'an operand is a scalar', { args: { a, b }, hint: 'use mul' });
  }
  if (a.ndim > 1 && b.ndim > 1) return run(matmulOp, [a, b], {})[0];
  return scope(() => {
    const left = a.ndim === 1 ? unsqueeze(a, 0) : a;
    const right = b.ndim === 1 ? unsqueeze(b, 1) : b;
    const product = run(matmulOp, [left, right], {})[0];
    const shape = [...product.shape];
    if (b.ndim === 1) shape.pop();
    if (a.ndim === 1) shape.splice(b.ndim === 1 ? shape.length - 1 : shape.length - 2, 1);
    return reshape(product, shape);
  });
}

/** All products aᵢ bⱼ of two vectors. @param a - [m]. @param b - [n]. @returns [m, n]. */
export function outer(a: Tensor, b: Tensor): Tensor {
  takes('outer', arguments);
  if (a.ndim !== 1 || b.ndim !== 1) {
    throw new ShapeError('outer', 'both must be vectors', {
      args: { a, b },
      expected: 'a: [m], b: [n]',
    });
  }
  return scope(() => unsqueeze(a, 1).mul(b));
}

/** Options of `linear`. */
export interface LinearOptions {
  /** What is applied to the result, without a pass of its own. Default none. */
  readonly activation?: 'relu';
}

/**
 * The affine map x·Wᵀ + b of fully connected layers.
 *
 * @param x - [..., in]. @param weight - [out, in]. @param bias - [out], default none.
 * @returns [..., out].
 * @throws ShapeError where sizes do not fit.
 */
export function linear(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  options: LinearOptions = {},
): Tensor {
  takes('linear', arguments);
  return run(linearOp, [x, weight, bias], { activation: options.activation ?? 'none' })[0];
}

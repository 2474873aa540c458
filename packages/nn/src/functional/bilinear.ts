/** Products of two vectors through a table for each output. */

import type { Tensor } from '@dl/tensor';
import { bmm, matmul, ShapeError, scope } from '@dl/tensor';
import { takes } from '../signatures';

/**
 * y_o = aᵀ·W_o·b + c_o.
 *
 * @param a - [..., m]. @param b - [..., n]. @param weight - [out, m, n]. @param bias - [out], default none.
 * @returns [..., out]. @throws ShapeError where sizes do not fit.
 */
export function bilinear(a: Tensor, b: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  takes('bilinear', arguments);
  const [out, m, n] = weight.shape;
  const outer = a.shape.slice(0, -1);
  const fits = weight.ndim === 3 && a.ndim > 0 && a.shape[a.ndim - 1] === m;
  if (!fits || b.shape.join() !== [...outer, n].join()) {
    throw new ShapeError('bilinear', 'the inputs do not fit', {
      args: { a, b, weight },
      expected: `a: [..., ${m}], b: [..., ${n}]`,
    });
  }
  const count = outer.reduce((x, y) => x * y, 1);
  return scope(() => {
    const mixing = weight.permute([1, 0, 2]).reshape([m, out * n]);
    const half = matmul(a.reshape([count, m]), mixing).reshape([count, out, n]);
    const y = bmm(half, b.reshape([count, n, 1])).reshape([...outer, out]);
    return bias ? y.add(bias) : y;
  });
}

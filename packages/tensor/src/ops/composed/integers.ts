/** Whole numbers: divisors, multiples, and choices of elements. */

import { isFloat } from '../../core/dtype';
import { DTypeError, ShapeError, ValueError } from '../../core/errors';
import { broadcastShapes } from '../../core/layout';
import { scope } from '../../core/lifetime';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { indexSelect } from '../declared/indexing';
import { expand, reshape } from '../declared/movement';
import { abs, floorDivide, mul, ne, remainder, where } from '../declared/pointwise';
import { any } from '../declared/reduction';
import type { Operand } from '../operand';
import { cast, operands } from '../operand';
import { tensor } from './creation';

function wholeNumbers(op: string, a: Operand, b: Operand): [Tensor, Tensor] {
  const both = operands(op, a, b);
  if (isFloat(both.dtype) || both.dtype === 'bool') {
    throw new DTypeError(op, 'the arguments must be whole numbers', {
      args: { a: both.a, b: both.b },
      hint: "cast them to 'int32'",
    });
  }
  const shape = broadcastShapes(op, both.a.shape, both.b.shape);
  return [expand(cast(both.a, both.dtype), shape), expand(cast(both.b, both.dtype), shape)];
}

/**
 * The greatest common divisor with broadcasting, by Euclid's algorithm; gcd(0, 0) is 0. Reads its operands. Not differentiable.
 *
 * @returns the broadcast shape, the promoted dtype, never negative. @throws DTypeError for floating point and bool.
 * @example gcd(tensor([12, 7], { dtype: 'int32' }), 18) // [6, 1]
 */
export function gcd(a: Operand, b: Operand): Tensor {
  takes('gcd', arguments);
  return scope(() => {
    let [x, y] = wholeNumbers('gcd', a, b);
    for (;;) {
      const open = ne(y, 0);
      if (!any(open).item()) return abs(x);
      [x, y] = [where(open, y, x), where(open, remainder(x, y), y)];
    }
  });
}

/**
 * The least common multiple |a · b| / gcd(a, b) with broadcasting; 0 where a or b is 0. Reads its operands. Not differentiable.
 *
 * @returns the broadcast shape, the promoted dtype. @throws DTypeError for floating point and bool.
 * @example lcm(tensor([4, 0], { dtype: 'int32' }), 6) // [12, 0]
 */
export function lcm(a: Operand, b: Operand): Tensor {
  takes('lcm', arguments);
  return scope(() => {
    const [x, y] = wholeNumbers('lcm', a, b);
    // Integer division by 0 gives 0.
    return abs(mul(floorDivide(x, gcd(x, y)), y));
  });
}

/** Positions of all choices of `size` out of `n`, in lexicographic order, one after the other. */
function choices(n: number, size: number, replacement: boolean): number[] {
  const found: number[] = [];
  const chosen: number[] = [];
  const choose = (from: number): void => {
    if (chosen.length === size) {
      found.push(...chosen);
      return;
    }
    for (let i = from; i < n; i++) {
      chosen.push(i);
      choose(replacement ? i : i + 1);
      chosen.pop();
    }
  };
  if (size > 0) choose(0);
  return found;
}

/**
 * All choices of `size` elements of a vector, as rows, in the order of the vector.
 *
 * @param size - how many are chosen, default 2. @param options.replacement - whether an element may be chosen again, default false.
 * @returns [choices, size]; [0] for size 0. @throws ShapeError where x is no vector; ValueError for a negative size.
 * @example combinations(tensor([1, 2, 3])) // [[1, 2], [1, 3], [2, 3]]
 */
export function combinations(x: Tensor, size = 2, options: { replacement?: boolean } = {}): Tensor {
  takes('combinations', arguments);
  const { replacement = false } = options;
  if (x.ndim !== 1) throw new ShapeError('combinations', 'x must be a vector', { args: { x } });
  if (!Number.isInteger(size) || size < 0) {
    throw new ValueError('combinations', 'size must be a whole number from 0', { args: { size } });
  }
  return scope(() => {
    const places = Int32Array.from(choices(x.size, size, replacement));
    const chosen = indexSelect(x, 0, tensor(places, { device: x.device }));
    return size === 0 ? chosen : reshape(chosen, [places.length / size, size]);
  });
}

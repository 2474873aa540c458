/** All combinations of elements. */

import { ShapeError, ValueError } from '../../core/errors';
import { scope } from '../../core/lifetime';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { tensor } from '../declared/creation';
import { indexSelect } from '../declared/indexing';
import { alias, reshape, stack } from '../declared/movement';
import { meshgrid } from './creation';

/** All combinations of one element from each vector, as rows. @returns [n₁·n₂·…, k], a vector for one vector. */
export function cartesianProd(...tensors: Tensor[]): Tensor {
  takes('cartesianProd', arguments);
  if (tensors.length === 1) return alias(tensors[0]);
  return scope(() =>
    stack(
      meshgrid(tensors).map((x) => reshape(x, [-1])),
      1,
    ),
  );
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
 * @param size - how many are chosen, default 2. @param options.withReplacement - whether an element may be chosen again, default false.
 * @returns [choices, size]; [0] for size 0. @throws ShapeError where x is no vector; ValueError for a negative size.
 * @example combinations(tensor([1, 2, 3])) // [[1, 2], [1, 3], [2, 3]]
 */
export function combinations(
  x: Tensor,
  size = 2,
  options: { withReplacement?: boolean } = {},
): Tensor {
  takes('combinations', arguments);
  const { withReplacement = false } = options;
  if (x.ndim !== 1) throw new ShapeError('combinations', 'x must be a vector', { args: { x } });
  if (!Number.isInteger(size) || size < 0) {
    throw new ValueError('combinations', 'size must be a whole number from 0', { args: { size } });
  }
  return scope(() => {
    const places = Int32Array.from(choices(x.size, size, withReplacement));
    const chosen = indexSelect(x, 0, tensor(places, { device: x.device }));
    return size === 0 ? chosen : reshape(chosen, [places.length / size, size]);
  });
}

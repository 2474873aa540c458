/** Sorting along an axis. */

import { ShapeError } from '../../core/errors';
import { normalizeAxis } from '../../core/layout';
import { run } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import type { PrimitiveDeclaration } from '../table';

export const sortOp: PrimitiveDeclaration<'sort'> = {
  kind: 'primitive',
  name: 'sort',
  infer([x], { axis, count }) {
    const shape = x.shape.map((n, i) => (i === axis ? (count ?? n) : n));
    if (count !== undefined && !(count <= (x.shape[axis] ?? 1))) {
      throw new ShapeError('sort', 'there are not as many elements', { args: { x, count } });
    }
    return [
      { shape, dtype: x.dtype },
      { shape, dtype: 'int32' },
    ];
  },
};

/** Elements and where they came from. */
export interface Picked {
  /** The elements. */
  readonly values: Tensor;
  /** Their positions on the axis, int32. */
  readonly indices: Tensor;
}

/** The elements in order along an axis, and where each came from; equal ones keep their order, NaN counts as the largest. */
export function sort(
  x: Tensor,
  axis = -1,
  options: { descending?: boolean; stable?: boolean } = {},
): Picked {
  takes('sort', arguments);
  const { descending = false } = options;
  const attributes = { axis: normalizeAxis('sort', axis, x.ndim), descending };
  const [values, indices] = run(sortOp, [x], attributes);
  return { values, indices };
}

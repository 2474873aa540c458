/** Rows of a table by number. */

import type { Tensor } from '@dl/tensor';
import { detach, IndexError, indexSelect, scope, where } from '@dl/tensor';

/**
 * weight[ids]: one row for each id.
 *
 * @param ids - int32, any shape. @param weight - [V, D].
 * @param options - `paddingIdx`: the row that learns nothing, default none; negative ones count from the end.
 * @returns [...ids.shape, D]. @throws IndexError for ids out of range; DTypeError for ids that are not int32.
 */
export function embedding(
  ids: Tensor,
  weight: Tensor,
  { paddingIdx }: { readonly paddingIdx?: number } = {},
): Tensor {
  const blank = paddingIdx === undefined ? undefined : rowOf(weight, paddingIdx);
  return scope(() => {
    const flat = ids.reshape([-1]);
    const rows = indexSelect(weight, 0, flat);
    const learnt =
      blank === undefined ? rows : where(flat.eq(blank).unsqueeze(1), detach(rows), rows);
    return learnt.reshape([...ids.shape, ...weight.shape.slice(1)]);
  });
}

/** The row of a table that an index, perhaps negative, names. @throws IndexError where there is none. */
export function rowOf(weight: Tensor, index: number): number {
  const rows = weight.shape[0];
  const row = index < 0 ? index + rows : index;
  if (Number.isInteger(row) && row >= 0 && row < rows) return row;
  throw new IndexError('embedding', `there is no row ${index}`, { args: { weight } });
}

/** Rows of a table by number. */

import { customFunction, noGrad } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import {
  detach,
  div,
  IndexError,
  indexAdd,
  indexSelect,
  norm,
  ones,
  scope,
  ValueError,
  where,
  zeros,
} from '@dl/tensor';
import { takes } from '../signatures';

/** What becomes of the rows that are looked up, and of their gradients. */
export interface LookupOptions {
  /** Rows with a norm above it are scaled down to it, in the table itself, before they are read. Default none. */
  readonly maxNorm?: number;
  /** Which norm `maxNorm` bounds. Default 2. */
  readonly normType?: number;
  /** Whether the gradient of a row is divided by how often its id occurs in the call. Default false. */
  readonly scaleGradByFreq?: boolean;
}

/** Options of `embedding`. */
export interface EmbeddingFunctionOptions extends LookupOptions {
  /** The row that learns nothing; negative ones count from the end. Default none. */
  readonly paddingIdx?: number;
}

/**
 * weight[ids]: one row for each id.
 *
 * @param ids - int32, any shape. @param weight - [V, D]; changed in place where `maxNorm` is given, outside the graph.
 * @returns [...ids.shape, D]. @throws IndexError for ids out of range; DTypeError for ids that are not int32.
 */
export function embedding(
  ids: Tensor,
  weight: Tensor,
  options: EmbeddingFunctionOptions = {},
): Tensor {
  takes('embedding', arguments);
  const { paddingIdx, ...bounds } = options;
  const blank = paddingIdx === undefined ? undefined : rowOf(weight, paddingIdx);
  return scope(() => {
    const flat = ids.reshape([-1]);
    const rows = lookUp(weight, flat, bounds);
    const learned =
      blank === undefined ? rows : where(flat.eq(blank).unsqueeze(1), detach(rows), rows);
    return learned.reshape([...ids.shape, ...weight.shape.slice(1)]);
  });
}

/** The rows of a table that a vector of ids names. */
export function lookUp(
  weight: Tensor,
  ids: Tensor,
  { maxNorm, normType = 2, scaleGradByFreq = false }: LookupOptions,
): Tensor {
  if (maxNorm !== undefined) boundRows(weight, ids, maxNorm, normType);
  const rows = indexSelect(weight, 0, ids);
  if (!scaleGradByFreq) return rows;
  const like = { dtype: weight.dtype, device: weight.device };
  const none = zeros([weight.shape[0]], like);
  const counts = indexAdd(none, 0, ids, ones([ids.size], like));
  return scaleGradient(rows, indexSelect(counts, 0, ids).reciprocal().unsqueeze(1));
}

/** Scales the rows that are named down to a norm. */
function boundRows(weight: Tensor, ids: Tensor, maxNorm: number, normType: number): void {
  if (!(maxNorm >= 0)) {
    throw new ValueError('embedding', 'maxNorm must not be negative', { args: { maxNorm } });
  }
  noGrad(() =>
    scope(() => {
      const rows = indexSelect(weight, 0, ids);
      const sizes = norm(rows, normType, 1).unsqueeze(1);
      // As PyTorch: divided by a little more than the norm, so that rounding does not leave it above.
      const factors = where(sizes.gt(maxNorm), div(maxNorm, sizes.add(1e-7)), 1);
      // A row that is named twice is written twice, with the same elements.
      weight.scatter_(0, ids.unsqueeze(1).expand(rows.shape), rows.mul(factors));
    }),
  );
}

/** x, whose gradient is multiplied by a share. */
const scaleGradient = customFunction({
  name: 'scaleGradient',
  forward: (x) => x,
  backward: ([g], { inputs: [, share] }) => [g?.mul(share)],
});

/** The row of a table that an index, perhaps negative, names. @throws IndexError where there is none. */
export function rowOf(weight: Tensor, index: number): number {
  const rows = weight.shape[0];
  const row = index < 0 ? index + rows : index;
  if (Number.isInteger(row) && row >= 0 && row < rows) return row;
  throw new IndexError('embedding', `there is no row ${index}`, { args: { weight } });
}

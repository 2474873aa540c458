/** Rows of a table, combined bag by bag. */

import type { Tensor } from '@dl/tensor';
import {
  IndexError,
  indexAdd,
  indexSelect,
  max,
  mul,
  ShapeError,
  scope,
  tensor,
  UsageError,
  ValueError,
  where,
  zeros,
} from '@dl/tensor';
import { takes } from '../signatures';
import type { LookupOptions } from './embedding';
import { lookUp, rowOf } from './embedding';

/** How the rows of a bag become one. */
export type BagMode = 'sum' | 'mean' | 'max';

/** Options of `embeddingBag`. */
export interface EmbeddingBagOptions extends LookupOptions {
  /** Where each bag begins among ids without rows, int32 [B]; the first is 0. */
  readonly offsets?: Tensor;
  /** Default 'mean'. */
  readonly mode?: BagMode;
  /** A factor for each id, in its shape; for mode 'sum' only. */
  readonly perSampleWeights?: Tensor;
  /** A row that counts for nothing; negative ones count from the end. Default none. */
  readonly paddingIdx?: number;
  /** Whether the last of the offsets is the end of the last bag. Default false. */
  readonly includeLastOffset?: boolean;
}

/**
 * The sum, mean or largest elements of the rows that a bag of ids names; zeros for an empty bag.
 *
 * @param ids - int32 [B, N], a bag a row; or [M] with `offsets`. @param weight - [V, D]. @returns [B, D].
 * @throws ShapeError, IndexError or UsageError where ids, offsets and weights do not fit each other.
 */
export function embeddingBag(
  ids: Tensor,
  weight: Tensor,
  options: EmbeddingBagOptions = {},
): Tensor {
  takes('embeddingBag', arguments);
  const { mode = 'mean', perSampleWeights, paddingIdx } = options;
  check(ids, options);
  return scope(() => {
    const begins = beginsOf(ids, options);
    const flat = ids.reshape([-1]);
    const blank = paddingIdx === undefined ? undefined : rowOf(weight, paddingIdx);
    const counted = Array.from(flat.dataSync(), (id) => id !== blank);
    const rows = lookUp(weight, flat, options);
    if (mode === 'max') return largest(rows, begins, counted);
    const bags = begins.length - 1;
    const bagOf = new Int32Array(counted.length);
    const share = new Float64Array(counted.length);
    for (let bag = 0; bag < bags; bag++) {
      const [from, to] = [begins[bag], begins[bag + 1]];
      const size = counted.slice(from, to).filter(Boolean).length;
      bagOf.fill(bag, from, to);
      for (let i = from; i < to; i++) share[i] = counted[i] ? 1 / (mode === 'mean' ? size : 1) : 0;
    }
    const like = { dtype: weight.dtype, device: weight.device };
    const factors = tensor(share, like);
    const scaled = perSampleWeights ? mul(factors, perSampleWeights.reshape([-1])) : factors;
    const empty = zeros([bags, weight.shape[1]], like);
    const index = tensor(bagOf, { device: weight.device });
    return indexAdd(empty, 0, index, rows.mul(scaled.unsqueeze(1)));
  });
}

function check(ids: Tensor, options: EmbeddingBagOptions): void {
  const { offsets, mode = 'mean', perSampleWeights, scaleGradByFreq } = options;
  const op = 'embeddingBag';
  if (mode === 'max' && scaleGradByFreq) {
    throw new UsageError(op, 'scaleGradByFreq is for sums and means', { args: { mode } });
  }
  if (!['sum', 'mean', 'max'].includes(mode)) {
    throw new ValueError(op, 'there is no such mode', {
      args: { mode },
      expected: "'sum', 'mean' or 'max'",
    });
  }
  if ((ids.ndim === 1) !== (offsets !== undefined) || ids.ndim > 2 || ids.ndim < 1) {
    throw new ShapeError(op, 'ids are a row a bag, or one row with offsets', {
      args: { ids, offsets },
      expected: 'ids: [B, N], or ids: [M] and offsets: [B]',
    });
  }
  if (!perSampleWeights) return;
  if (mode !== 'sum') throw new UsageError(op, 'weights are for mode sum', { args: { mode } });
  if (perSampleWeights.shape.join() !== ids.shape.join()) {
    throw new ShapeError(op, 'there must be one weight an id', { args: { ids, perSampleWeights } });
  }
}

/** Where each bag begins, and where the last one ends. */
function beginsOf(ids: Tensor, { offsets, includeLastOffset }: EmbeddingBagOptions): number[] {
  if (!offsets) {
    const [bags, size] = ids.shape;
    return Array.from({ length: bags + 1 }, (_, bag) => bag * size);
  }
  const given = Array.from(offsets.dataSync());
  const begins = includeLastOffset ? given : [...given, ids.size];
  const rises = begins.every((at, i) => (i === 0 ? at === 0 : at >= begins[i - 1]));
  if (offsets.ndim === 1 && begins.length > 0 && rises && begins.at(-1) === ids.size) return begins;
  throw new IndexError('embeddingBag', 'the offsets are not those of bags', {
    args: { ids, offsets },
    expected: `0 first, none smaller than the one before, none above ${ids.size}`,
  });
}

/** The largest of the rows of each bag that count, element by element. */
function largest(rows: Tensor, begins: readonly number[], counted: readonly boolean[]): Tensor {
  const bags = Array.from({ length: begins.length - 1 }, (_, bag) => {
    const places = [];
    for (let i = begins[bag]; i < begins[bag + 1]; i++) if (counted[i]) places.push(i);
    return places;
  });
  const size = Math.max(...bags.map((places) => places.length));
  const [, width] = rows.shape;
  const like = { dtype: rows.dtype, device: rows.device };
  if (!(size > 0)) return zeros([bags.length, width], like);
  // Short bags repeat their first row: it changes no maximum, and of equals the first has the derivative.
  const index = bags.flatMap((places) =>
    Array.from({ length: size }, (_, k) => places[k] ?? places[0] ?? 0),
  );
  const picked = indexSelect(rows, 0, tensor(Int32Array.from(index), { device: rows.device }));
  const { values } = max(picked.reshape([bags.length, size, width]), 1);
  const full = tensor(
    bags.map((places) => [places.length > 0]),
    { dtype: 'bool', device: rows.device },
  );
  return where(full, values, 0);
}

/** Rows of a table, combined bag by bag. */

import type { Tensor } from '@dl/tensor';
import {
  arange,
  div,
  IndexError,
  indexAdd,
  indexSelect,
  max,
  mul,
  ones,
  ShapeError,
  scope,
  tensor,
  UsageError,
  ValueError,
  where,
  zeros,
} from '@dl/tensor';
import { valuesAtHand } from '@dl/tensor/internal';
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
 * @throws ShapeError, IndexError or UsageError where ids, offsets and weights do not fit each other. Offsets are looked at where their values
 * are at hand, and for mode 'max', which has to know how long a bag can be.
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
    const flat = ids.reshape([-1]);
    const blank = paddingIdx === undefined ? -1 : rowOf(weight, paddingIdx);
    const counted = flat.ne(blank);
    if (options.offsets) checkOffsets(ids, options.offsets, options);
    const rows = lookUp(weight, flat, options);
    const { bags, bagOf } = bagsOf(ids, options);
    if (mode === 'max') return largest(rows, { ids, options, counted });
    const like = { dtype: weight.dtype, device: weight.device };
    const each = counted.cast(weight.dtype);
    const sizes = mode === 'mean' ? indexAdd(zeros([bags], like), 0, bagOf, each) : undefined;
    const share = sizes ? where(counted, div(1, indexSelect(sizes, 0, bagOf)), 0) : each;
    const factors = perSampleWeights ? mul(share, perSampleWeights.reshape([-1])) : share;
    const empty = zeros([bags, weight.shape[1]], like);
    return indexAdd(empty, 0, bagOf, rows.mul(factors.unsqueeze(1)));
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

/** Refuses offsets that are not those of bags, where their values are at hand. */
function checkOffsets(
  ids: Tensor,
  offsets: Tensor,
  { includeLastOffset = false }: EmbeddingBagOptions,
): void {
  const least = includeLastOffset ? 1 : 0;
  let fits = offsets.ndim === 1 && offsets.size >= least;
  if (fits && valuesAtHand(offsets)) {
    const given = Array.from(offsets.dataSync());
    const begins = includeLastOffset ? given : [...given, ids.size];
    const rises = begins.every((at, i) => (i === 0 ? at === 0 : at >= begins[i - 1]));
    fits = rises && begins.at(-1) === ids.size;
  }
  if (fits) return;
  throw new IndexError('embeddingBag', 'the offsets are not those of bags', {
    args: { ids, offsets },
    expected: `0 first, none smaller than the one before, none above ${ids.size}`,
  });
}

/** How many bags there are, and the bag of each id, int32 [M]. */
function bagsOf(
  ids: Tensor,
  { offsets, includeLastOffset }: EmbeddingBagOptions,
): { readonly bags: number; readonly bagOf: Tensor } {
  const like = { dtype: 'int32', device: ids.device } as const;
  if (!offsets) {
    const [bags, size] = ids.shape;
    const bagOf = arange(0, bags, 1, like).unsqueeze(1).expand([bags, size]).reshape([-1]);
    return { bags, bagOf };
  }
  const bags = offsets.size - (includeLastOffset ? 1 : 0);
  // At each place, how many bags have begun.
  const marks = zeros([ids.size + 1], like);
  const begun = indexAdd(marks, 0, offsets.narrow(0, 0, bags), ones([bags], like)).cumsum(0);
  return { bags, bagOf: begun.narrow(0, 0, ids.size).sub(1) };
}

/** What says which rows stand in which bag. */
interface Bags {
  /** As given to `embeddingBag`. */
  readonly ids: Tensor;
  readonly options: EmbeddingBagOptions;
  /** Which of the ids count, bool [M]. */
  readonly counted: Tensor;
}

/** The largest of the rows of each bag that count, element by element. */
function largest(rows: Tensor, { ids, options, counted }: Bags): Tensor {
  const { index, within } = placesOf(ids, options);
  const [bags, size] = index.shape;
  const [, width] = rows.shape;
  if (bags * size === 0) return zeros([bags, width], { dtype: rows.dtype, device: rows.device });
  const places = index.reshape([-1]);
  const valid = within.logicalAnd(indexSelect(counted, 0, places).reshape([bags, size]));
  const picked = indexSelect(rows, 0, places).reshape([bags, size, width]);
  // What does not count is smaller than all that does.
  const { values } = max(where(valid.unsqueeze(2), picked, Number.NEGATIVE_INFINITY), 1);
  return where(valid.any(1, { keepdim: true }), values, 0);
}

/** The positions of each bag's ids, [B, S], filled up behind the shorter ones. Reads the offsets, where there are any: they say how long a bag is. */
function placesOf(
  ids: Tensor,
  { offsets, includeLastOffset }: EmbeddingBagOptions,
): { readonly index: Tensor; readonly within: Tensor } {
  const { device } = ids;
  if (!offsets) {
    const index = arange(0, ids.size, 1, { dtype: 'int32', device }).reshape(ids.shape);
    return { index, within: index.ge(0) };
  }
  const given = Array.from(offsets.dataSync());
  const begins = includeLastOffset ? given : [...given, ids.size];
  const lengths = begins.slice(1).map((end, i) => end - begins[i]);
  const size = Math.max(0, ...lengths);
  const shape = [lengths.length, size];
  const index = lengths.flatMap((length, bag) =>
    Array.from({ length: size }, (_, k) => (k < length ? begins[bag] + k : 0)),
  );
  const within = lengths.flatMap((length) => Array.from({ length: size }, (_, k) => k < length));
  return {
    index: tensor(Int32Array.from(index), { shape, device }),
    within: tensor(Uint8Array.from(within, Number), { shape, dtype: 'bool', device }),
  };
}

/** Sequences, grids and encodings of numbers. */

import type { Device } from '../../backend/backend';
import { valuesAtHand } from '../../core/checks';
import type { DType } from '../../core/dtype';
import { allocateArray } from '../../core/dtype';
import { ValueError } from '../../core/errors';
import { checkCount, checkShape } from '../../core/layout';
import { scope } from '../../core/lifetime';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { eq } from '../declared/comparison';
import type { CreationOptions } from '../declared/creation';
import { expand, reshape, transpose, unsqueeze } from '../declared/movement';
import { pow, sub } from '../declared/pointwise';
import { cast, upload } from '../operand';

/** Numbers from `start` (0) in steps of `step` (1) before `stop`; int32 where all three are integers, otherwise float32. */
export function arange(
  start: number,
  stop?: number,
  step = 1,
  options: CreationOptions = {},
): Tensor {
  takes('arange', arguments);
  const { dtype, device } = options;
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  if (step === 0 || ![from, to, step].every(Number.isFinite)) {
    throw new ValueError('arange', 'bounds must be finite and the step not 0', {
      args: { from, to, step },
    });
  }
  const count = Math.max(0, Math.ceil((to - from) / step));
  checkCount('arange', 'the number of elements', count);
  const whole = [from, to, step].every(Number.isInteger);
  return sequence(count, (i) => from + i * step, dtype ?? (whole ? 'int32' : 'float32'), device);
}

/** `count` numbers from `start` to `stop`, both included, at equal distances. */
export function linspace(
  start: number,
  stop: number,
  count: number,
  options: CreationOptions = {},
): Tensor {
  takes('linspace', arguments);
  const { dtype = 'float32', device } = options;
  checkCount('linspace', 'count', count);
  const step = count > 1 ? (stop - start) / (count - 1) : 0;
  // Counting from the nearer end makes both ends exact.
  const at = (i: number) => (i < count / 2 ? start + i * step : stop - (count - 1 - i) * step);
  return sequence(count, at, dtype, device);
}

function sequence(count: number, at: (i: number) => number, dtype: DType, device?: Device): Tensor {
  const elements = allocateArray(dtype, count);
  for (let i = 0; i < count; i++) elements[i] = at(i);
  return upload(device, { shape: [count], dtype }, elements);
}

/** Ones on the diagonal of a matrix, zeros elsewhere. @param rows - rows. @param columns - default `rows`. */
export function eye(rows: number, columns = rows, options: CreationOptions = {}): Tensor {
  takes('eye', arguments);
  checkShape('eye', [rows, columns]);
  const { dtype = 'float32', device } = options;
  const elements = allocateArray(dtype, rows * columns);
  for (let i = 0; i < Math.min(rows, columns); i++) elements[i * columns + i] = 1;
  return upload(device, { shape: [rows, columns], dtype }, elements);
}

/**
 * Class ids as rows with a single 1.
 *
 * @param ids - int32, any shape, from 0 to `classes` − 1.
 * @param classes - default: one more than the largest id, which is read from the device.
 * @returns the shape of `ids` with an axis of `classes` at the end, float32 by default.
 * @throws ValueError where an id is out of range, or where there is none to count the classes by. A device whose values are not at hand
 * looks at given ids only under `setDebugChecks(true)`; without, ids out of range give rows of zeros.
 */
export function oneHot(ids: Tensor, classes = -1, options: CreationOptions = {}): Tensor {
  takes('oneHot', arguments);
  if (classes !== -1) checkCount('oneHot', 'classes', classes);
  const { dtype = 'float32' } = options;
  const count = countClasses(ids, classes);
  return scope(() => {
    const columns = reshape(arange(0, count, 1, { device: ids.device }), [count]);
    return cast(eq(unsqueeze(ids, ids.ndim), columns), dtype);
  });
}

/** The number of classes; refuses ids that are none, where their values are at hand. */
function countClasses(ids: Tensor, classes: number): number {
  if (classes !== -1 && !valuesAtHand(ids)) return classes;
  const data = ids.readSync('oneHot', 'give the number of classes');
  if (classes === -1 && data.length === 0) {
    throw new ValueError('oneHot', 'without ids the number of classes must be given', {
      args: { ids },
    });
  }
  let count = classes === -1 ? 1 : classes;
  if (classes === -1) for (const id of data) count = Math.max(count, id + 1);
  const bad = data.find((id) => !(id >= 0 && id < count));
  if (bad === undefined) return count;
  throw new ValueError('oneHot', `class id ${bad} is out of range`, {
    expected: `0 to ${count - 1}`,
  });
}

/** `count` powers of `base` whose exponents go from `start` to `stop`, both included, at equal distances. */
export function logspace(
  start: number,
  stop: number,
  count: number,
  options: CreationOptions & { base?: number } = {},
): Tensor {
  takes('logspace', arguments);
  checkCount('logspace', 'count', count);
  const { base = 10, dtype = 'float32', device } = options;
  return scope(() => {
    const exponents = linspace(start, stop, count, { dtype: 'float64', device });
    return cast(pow(base, exponents), dtype);
  });
}

/**
 * Powers of the elements of a vector as rows: x^(columns − 1), …, x, 1.
 *
 * @param x - [n]. @param columns - default n. @param options.increasing - 1, x, x², … instead. Default false. @returns [n, columns].
 */
export function vander(
  x: Tensor,
  columns?: number,
  options: { increasing?: boolean } = {},
): Tensor {
  takes('vander', arguments);
  const { increasing = false } = options;
  const count = columns ?? x.size;
  checkCount('vander', 'columns', count);
  return scope(() => {
    const up = arange(0, count, 1, { dtype: x.dtype, device: x.device });
    return pow(reshape(x, [-1, 1]), increasing ? up : sub(count - 1, up));
  });
}

/**
 * Coordinates of a grid: result k holds the elements of vector k along its axis, repeated along the others; views.
 *
 * @param tensors - vectors or scalars. @param options.indexing - 'ij' (default): axis k for vector k; 'xy' swaps the first two axes.
 */
export function meshgrid(
  tensors: readonly Tensor[],
  options: { indexing?: 'ij' | 'xy' } = {},
): Tensor[] {
  takes('meshgrid', arguments);
  const { indexing = 'ij' } = options;
  const shape = tensors.map((x) => x.size);
  return scope(() =>
    tensors.map((x, k) => {
      const along = shape.map((n, i) => (i === k ? n : 1));
      const grid = expand(reshape(x, along), shape);
      return indexing === 'xy' && shape.length > 1 ? transpose(grid, 0, 1) : grid;
    }),
  );
}

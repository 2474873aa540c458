/** Functions that make tensors from numbers. */

import type { Device } from '../../backend/backend';
import { getDefaultDevice } from '../../backend/registry';
import { valuesAtHand } from '../../core/checks';
import type { DType, TypedArray } from '../../core/dtype';
import { allocateArray, dtypeOfArray } from '../../core/dtype';
import { ShapeError, ValueError } from '../../core/errors';
import type { Shape } from '../../core/layout';
import { checkShape, sizeOf } from '../../core/layout';
import { scope } from '../../core/lifetime';
import { run } from '../../core/run';
import type { NestedArray, Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { reshape, unsqueeze } from '../declared/movement';
import { eq, pow, sub } from '../declared/pointwise';
import { cast, fullOp, upload } from '../operand';

/** Element type and place of a new tensor. A tensor can be given too: the new one is like it. */
export interface CreationOptions {
  /** Default float32. */
  readonly dtype?: DType;
  /** Default: the default device. */
  readonly device?: Device;
}

/** Options of `tensor`. */
export interface TensorOptions extends CreationOptions {
  /** For typed arrays: the sizes, default one axis. For nested arrays: must match them. */
  readonly shape?: Shape;
}

/**
 * A tensor from nested arrays, a typed array or a number. The data is copied.
 *
 * @param data - numbers or booleans nested as deep as the tensor has axes, or a typed array with `shape`.
 * @param options - dtype defaults to float32 for numbers, bool for booleans, the array's own for typed arrays.
 * @throws ShapeError where rows have different lengths, or the count does not fit `shape`.
 * @example tensor([[1, 2], [3, 4]], { dtype: 'float64' })
 */
export function tensor(data: NestedArray | TypedArray, options: TensorOptions = {}): Tensor {
  takes('tensor', arguments);
  const typed = ArrayBuffer.isView(data);
  const found = typed ? [data.length] : nestedShape(data);
  const shape = options.shape ?? found;
  checkShape('tensor', shape);
  if (sizeOf(shape) !== sizeOf(found)) {
    throw new ShapeError('tensor', `${sizeOf(found)} elements do not fill the shape`, {
      args: { shape },
    });
  }
  const flat = typed ? data : flatten(data, found);
  const dtype = options.dtype ?? (typed ? dtypeOfArray(data) : kindOf(flat));
  const elements = typed && fits(data, dtype) ? data : convert(flat as ArrayLike<number>, dtype);
  return upload(options.device, { shape: [...shape], dtype }, elements);
}

function fits(array: TypedArray, dtype: DType): boolean {
  return dtypeOfArray(array) === dtype;
}

function kindOf(flat: ArrayLike<number | boolean>): DType {
  return flat.length > 0 && typeof flat[0] === 'boolean' ? 'bool' : 'float32';
}

function convert(flat: ArrayLike<number>, dtype: DType): TypedArray {
  const elements = allocateArray(dtype, flat.length);
  if (dtype === 'bool') for (let i = 0; i < flat.length; i++) elements[i] = flat[i] ? 1 : 0;
  else for (let i = 0; i < flat.length; i++) elements[i] = flat[i];
  return elements;
}

function nestedShape(data: NestedArray): number[] {
  const shape: number[] = [];
  for (let level = data; Array.isArray(level); level = level[0]) {
    shape.push(level.length);
    if (level.length === 0) break;
  }
  return shape;
}

function flatten(data: NestedArray, shape: Shape): (number | boolean)[] {
  const flat: (number | boolean)[] = [];
  const visit = (level: NestedArray, axis: number): void => {
    if (axis === shape.length) {
      if (typeof level !== 'number' && typeof level !== 'boolean') throw ragged(shape, level);
      flat.push(level);
      return;
    }
    if (!Array.isArray(level) || level.length !== shape[axis]) throw ragged(shape, level);
    for (const item of level) visit(item, axis + 1);
  };
  visit(data, 0);
  return flat;
}

function ragged(shape: Shape, found: unknown): Error {
  return new ShapeError(
    'tensor',
    'the nested arrays are ragged, or hold something other than numbers',
    {
      args: { found: Array.isArray(found) ? `a row of ${found.length}` : typeof found },
      expected: `an array of shape [${shape.join(', ')}]`,
    },
  );
}

/** A tensor filled with one number. @param shape - sizes. @param value - the number. */
export function full(shape: Shape, value: number, options: CreationOptions = {}): Tensor {
  takes('full', arguments);
  checkShape('full', shape);
  const { dtype = 'float32', device = getDefaultDevice() } = options;
  return run(fullOp, [], { shape: [...shape], value, dtype, device })[0];
}

/** A tensor of zeros. @param shape - sizes. */
export function zeros(shape: Shape, options?: CreationOptions): Tensor {
  takes('zeros', arguments);
  return full(shape, 0, options);
}

/** A tensor of ones. @param shape - sizes. */
export function ones(shape: Shape, options?: CreationOptions): Tensor {
  takes('ones', arguments);
  return full(shape, 1, options);
}

/** A tensor filled with `value`, of the shape, dtype and device of `x` unless told otherwise. */
export function fullLike(x: Tensor, value: number, options: CreationOptions = {}): Tensor {
  takes('fullLike', arguments);
  return full(x.shape, value, {
    dtype: options.dtype ?? x.dtype,
    device: options.device ?? x.device,
  });
}

/** Zeros of the shape, dtype and device of `x` unless told otherwise. */
export function zerosLike(x: Tensor, options?: CreationOptions): Tensor {
  takes('zerosLike', arguments);
  return fullLike(x, 0, options);
}

/** Ones of the shape, dtype and device of `x` unless told otherwise. */
export function onesLike(x: Tensor, options?: CreationOptions): Tensor {
  takes('onesLike', arguments);
  return fullLike(x, 1, options);
}

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
  if (!Number.isInteger(count) || count < 0) {
    throw new ValueError('linspace', 'the count must be a non-negative integer', {
      args: { count },
    });
  }
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
  const data = ids.dataSync();
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
  columns = x.size,
  options: { increasing?: boolean } = {},
): Tensor {
  takes('vander', arguments);
  const { increasing = false } = options;
  return scope(() => {
    const up = arange(0, columns, 1, { dtype: x.dtype, device: x.device });
    return pow(reshape(x, [-1, 1]), increasing ? up : sub(columns - 1, up));
  });
}

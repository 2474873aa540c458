/** Tensors from data and from one number. */

import type { Device } from '../../backend/backend';
import { getDefaultDevice } from '../../backend/registry';
import type { DType, TypedArray } from '../../core/dtype';
import { allocateArray, dtypeOfArray } from '../../core/dtype';
import { ShapeError } from '../../core/errors';
import type { Shape } from '../../core/layout';
import { checkShape, sizeOf } from '../../core/layout';
import { run } from '../../core/run';
import type { NestedArray, Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { upload } from '../operand';
import type { PrimitiveDeclaration } from '../table';

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

function nestedShape(data: NestedArray): number[] {
  const shape: number[] = [];
  for (let level = data; Array.isArray(level); level = level[0]) {
    shape.push(level.length);
    if (level.length === 0) break;
  }
  return shape;
}

function convert(flat: ArrayLike<number>, dtype: DType): TypedArray {
  const elements = allocateArray(dtype, flat.length);
  if (dtype === 'bool') for (let i = 0; i < flat.length; i++) elements[i] = flat[i] ? 1 : 0;
  else for (let i = 0; i < flat.length; i++) elements[i] = flat[i];
  return elements;
}

function kindOf(flat: ArrayLike<number | boolean>): DType {
  return flat.length > 0 && typeof flat[0] === 'boolean' ? 'bool' : 'float32';
}

function fits(array: TypedArray, dtype: DType): boolean {
  return dtypeOfArray(array) === dtype;
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

export const fullOp: PrimitiveDeclaration<'full'> = {
  kind: 'primitive',
  name: 'full',
  infer: (_, { shape, dtype }) => [{ shape, dtype }],
};

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

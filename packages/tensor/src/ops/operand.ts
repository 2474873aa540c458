/** Operands of public functions: tensors or plain numbers, brought to one dtype. */

import type { Backend, Device } from '../backend/backend';
import { backendFor } from '../backend/registry';
import { isTensor } from '../core/brand';
import { constant } from '../core/constant';
import type { DType, TypedArray } from '../core/dtype';
import { isFloat, promoteTypes, promoteWithNumber, toFloat } from '../core/dtype';
import { DTypeError, ValueError } from '../core/errors';
import { allocate, run } from '../core/run';
import type { Tensor } from '../core/tensor';
import { takes } from '../signatures';
import { castOp } from './declared/copy';
import type { Spec } from './table';

/** What a binary operation takes: a tensor, or a plain number or boolean, which adopts the other operand's dtype. */
export type Operand = Tensor | number | boolean;

/**
 * The same elements as another dtype. Floats are cut towards zero for integers and wrap around, as in C; anything but 0 is true
 * for bool. Returns `x` itself where it has the dtype already.
 *
 * @example cast(tensor([1.7, -1.7]), 'int32') // [1, -1]
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  takes('cast', arguments);
  return x.dtype === dtype ? x : run(castOp, [x], { dtype })[0];
}

/** Numbers that a program uses again and again; those of a schedule pass through. */
const MAX_SCALARS = 256;
const scalars = /* @__PURE__ */ new WeakMap<Backend, Map<DType, Map<number, Tensor>>>();

/** A number as a scalar operand of `dtype`, on the device of `like`. It takes no memory there: see core/constant.ts. */
export function scalar(value: number, dtype: DType, like: Tensor): Tensor {
  const { backend } = like.storage;
  // A Map takes 0 and -0 for one key.
  if (Object.is(value, -0)) return constant(value, dtype, backend);
  const known = scalarsOf(backend, dtype);
  let handle = known.get(value);
  if (handle === undefined) {
    if (known.size === MAX_SCALARS) known.clear();
    handle = constant(value, dtype, backend);
    known.set(value, handle);
  }
  return handle;
}

let latest: { backend: Backend; dtype: DType; known: Map<number, Tensor> } | null = null;

function scalarsOf(backend: Backend, dtype: DType): Map<number, Tensor> {
  // Most numbers meet tensors of one kind.
  if (latest?.backend === backend && latest.dtype === dtype) return latest.known;
  let byDType = scalars.get(backend);
  if (byDType === undefined) {
    byDType = new Map();
    scalars.set(backend, byDType);
  }
  let known = byDType.get(dtype);
  if (known === undefined) {
    known = new Map();
    byDType.set(dtype, known);
  }
  latest = { backend, dtype, known };
  return known;
}

/** Runs `compute` with the operands as tensors of `dtype`; copies made for that are freed. */
export function withDType<R>(
  operands: readonly Tensor[],
  dtype: DType,
  compute: (...cast: Tensor[]) => R,
): R {
  if (operands.every((x) => x.dtype === dtype)) return compute(...operands);
  const converted = operands.map((x) => cast(x, dtype));
  try {
    return compute(...converted);
  } finally {
    converted.forEach((x, i) => {
      if (x !== operands[i]) x.dispose();
    });
  }
}

/** The two operands as tensors, and the dtype in which they meet. Numbers become cached scalars of that dtype. */
export function operands(
  op: string,
  a: Operand,
  b: Operand,
): { a: Tensor; b: Tensor; dtype: DType } {
  if (isTensor(a) && isTensor(b)) return { a, b, dtype: promoteTypes(a.dtype, b.dtype) };
  if (isTensor(a)) {
    const value = numberOf(op, b);
    const dtype = promote(a.dtype, b, value);
    return { a, b: scalar(value, dtype, a), dtype };
  }
  if (isTensor(b)) {
    const value = numberOf(op, a);
    const dtype = promote(b.dtype, a, value);
    return { a: scalar(value, dtype, b), b, dtype };
  }
  throw new ValueError(op, 'neither operand is a tensor', { args: { a, b } });
}

function promote(dtype: DType, operand: Operand, value: number): DType {
  return typeof operand === 'boolean' ? dtype : promoteWithNumber(dtype, value);
}

function numberOf(op: string, value: Operand): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  throw new ValueError(op, 'an operand is neither a tensor nor a number', { args: { value } });
}

/** Refuses a tensor that is not floating point. */
export function expectFloat(op: string, x: Tensor, name = 'x'): void {
  if (isFloat(x.dtype)) return;
  throw new DTypeError(op, `${name} must be floating point`, {
    args: { [name]: x },
    hint: "cast it: x.cast('float32')",
  });
}

/** Refuses tensors whose dtypes differ. */
export function expectSameDType(op: string, args: Record<string, Tensor | undefined>): void {
  let dtype: DType | undefined;
  let differ = false;
  for (const name in args) {
    const x = args[name];
    if (!x) continue;
    dtype ??= x.dtype;
    differ ||= x.dtype !== dtype;
  }
  if (!differ) return;
  throw new DTypeError(op, 'dtypes differ', { args, hint: 'cast one of them: x.cast(y.dtype)' });
}

/** Refuses a tensor that does not hold int32 indices. */
export function expectIndices(op: string, index: Tensor): void {
  if (index.dtype === 'int32') return;
  throw new DTypeError(op, 'indices must be int32', {
    args: { index },
    hint: "cast them: index.cast('int32')",
  });
}

/** A new tensor on `device` with the elements of `data`, outside every interpreter. */
export function upload(device: Device | undefined, spec: Spec, data: TypedArray): Tensor {
  const backend = backendFor(device);
  const tensor = allocate(backend, spec, [], 'tensor');
  backend.write(tensor.storage.buffer, data);
  return tensor;
}

/** A number as a constant of the dtype of x, so that where() keeps that dtype. */
export function constantLike(x: Tensor, value: number): Tensor {
  return scalar(value, x.dtype, x);
}

/** Both operands as tensors of one floating point dtype. */
export function floats(op: string, a: Operand, b: Operand): [Tensor, Tensor] {
  const both = operands(op, a, b);
  const dtype = toFloat(both.dtype);
  return [cast(both.a, dtype), cast(both.b, dtype)];
}

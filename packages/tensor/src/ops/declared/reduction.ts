/** Reductions over axes. */

import type { DType } from '../../core/dtype';
import { isFloat, toFloat } from '../../core/dtype';
import { ShapeError } from '../../core/errors';
import { normalizeAxes, normalizeAxis, reducedShape } from '../../core/layout';
import { scope } from '../../core/lifetime';
import { run } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { cast } from '../operand';
import type { PrimitiveDeclaration, Primitives } from '../table';
import { div } from './pointwise';

/** Axes to reduce: one, several, or (undefined) all. An empty list reduces nothing, as in NumPy (PyTorch: all). */
export type AxesArgument = number | readonly number[];

/** Whether reduced axes stay. */
export interface KeepdimOptions {
  /** Whether reduced axes stay, with size 1. Default false. */
  readonly keepdim?: boolean;
}

type AxesName = 'sum' | 'prod' | 'amax' | 'amin' | 'any' | 'all';

function declareReduction<K extends AxesName>(
  name: K,
  result: (dtype: DType) => DType,
  needsElements = false,
): PrimitiveDeclaration<K> {
  const infer = ([x]: readonly [Tensor], { axes, keepdim }: Primitives['sum']['attributes']) => {
    if (needsElements) refuseEmpty(name, x, axes);
    return [{ shape: reducedShape(x.shape, axes, keepdim), dtype: result(x.dtype) }];
  };
  return { kind: 'primitive', name, infer: infer as never };
}

function refuseEmpty(op: string, x: Tensor, axes: readonly number[]): void {
  if (axes.every((axis) => x.shape[axis] > 0)) return;
  throw new ShapeError(op, 'the maximum or minimum of nothing is not defined', {
    args: { x, axes },
    expected: 'at least one element on each reduced axis',
  });
}

function declareArg<K extends 'argmax' | 'argmin'>(name: K): PrimitiveDeclaration<K> {
  const infer = ([x]: readonly [Tensor], { axis, keepdim }: Primitives['argmax']['attributes']) => {
    refuseEmpty(name, x, x.ndim === 0 ? [] : [axis]);
    return [{ shape: reducedShape(x.shape, [axis], keepdim), dtype: 'int32' }];
  };
  return { kind: 'primitive', name, infer: infer as never };
}

/** Sums and products of small integers are counted in int32. */
export const widened = (dtype: DType): DType => (isFloat(dtype) ? dtype : 'int32');
const same = (dtype: DType): DType => dtype;
const truth = (): DType => 'bool';

/** Declarations of the reductions, by name. */
export const reduceOps = {
  sum: /* @__PURE__ */ declareReduction('sum', widened),
  prod: /* @__PURE__ */ declareReduction('prod', widened),
  amax: /* @__PURE__ */ declareReduction('amax', same, true),
  amin: /* @__PURE__ */ declareReduction('amin', same, true),
  any: /* @__PURE__ */ declareReduction('any', truth),
  all: /* @__PURE__ */ declareReduction('all', truth),
  argmax: /* @__PURE__ */ declareArg('argmax'),
  argmin: /* @__PURE__ */ declareArg('argmin'),
} as const;

function reduce<K extends AxesName>(
  name: K,
  x: Tensor,
  axes: AxesArgument | undefined,
  { keepdim = false }: KeepdimOptions,
): Tensor {
  const op = reduceOps[name] as unknown as PrimitiveDeclaration<'sum'>;
  return run(op, [x], { axes: normalizeAxes(name, axes, x.ndim), keepdim })[0];
}

/**
 * The sum over `axes`; 0 over none.
 *
 * @param axes - default all. @param options - `keepdim`: reduced axes stay, with size 1; default false.
 * @returns the dtype of x, int32 for bool and uint8.
 */
export function sum(x: Tensor, axes?: AxesArgument, options: KeepdimOptions = {}): Tensor {
  takes('sum', arguments);
  return reduce('sum', x, axes, options);
}

/** The product over `axes`; 1 over none. @param axes - default all. @returns the dtype of x, int32 for bool and uint8. */
export function prod(x: Tensor, axes?: AxesArgument, options: KeepdimOptions = {}): Tensor {
  takes('prod', arguments);
  return reduce('prod', x, axes, options);
}

/** The largest element over `axes`; NaN wins; ties share the gradient. @param axes - default all. @throws ShapeError for an empty axis. */
export function amax(x: Tensor, axes?: AxesArgument, options: KeepdimOptions = {}): Tensor {
  takes('amax', arguments);
  return reduce('amax', x, axes, options);
}

/** The smallest element over `axes`; NaN wins; ties share the gradient. @param axes - default all. @throws ShapeError for an empty axis. */
export function amin(x: Tensor, axes?: AxesArgument, options: KeepdimOptions = {}): Tensor {
  takes('amin', arguments);
  return reduce('amin', x, axes, options);
}

/** Whether any element over `axes` is not 0. @param axes - default all. @returns bool. */
export function any(x: Tensor, axes?: AxesArgument, options: KeepdimOptions = {}): Tensor {
  takes('any', arguments);
  return reduce('any', x, axes, options);
}

/** Whether all elements over `axes` are not 0. @param axes - default all. @returns bool. */
export function all(x: Tensor, axes?: AxesArgument, options: KeepdimOptions = {}): Tensor {
  takes('all', arguments);
  return reduce('all', x, axes, options);
}

function arg(
  name: 'argmax' | 'argmin',
  x: Tensor,
  axis: number | undefined,
  { keepdim = false }: KeepdimOptions,
): Tensor {
  const op = reduceOps[name] as unknown as PrimitiveDeclaration<'argmax'>;
  if (axis !== undefined) {
    return run(op, [x], { axis: normalizeAxis(name, axis, x.ndim), keepdim })[0];
  }
  return scope(() => {
    const flat = run(op, [x.reshape([-1])], { axis: 0, keepdim: false })[0];
    return keepdim ? flat.reshape(x.shape.map(() => 1)) : flat;
  });
}

/** The position of the first largest element on `axis`, or in row-major order over all. @returns int32. */
export function argmax(x: Tensor, axis?: number, options: KeepdimOptions = {}): Tensor {
  takes('argmax', arguments);
  return arg('argmax', x, axis, options);
}

/** The position of the first smallest element on `axis`, or in row-major order over all. @returns int32. */
export function argmin(x: Tensor, axis?: number, options: KeepdimOptions = {}): Tensor {
  takes('argmin', arguments);
  return arg('argmin', x, axis, options);
}

/** The mean over `axes`; NaN over none. Integers are averaged as float32 (PyTorch refuses them). @param axes - default all. */
export function mean(x: Tensor, axes?: AxesArgument, options: KeepdimOptions = {}): Tensor {
  takes('mean', arguments);
  const list = normalizeAxes('mean', axes, x.ndim);
  const count = list.reduce((n, axis) => n * x.shape[axis], 1);
  return scope(() => div(sum(cast(x, toFloat(x.dtype)), list, options), count));
}

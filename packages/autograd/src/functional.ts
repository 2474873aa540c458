/** Derivatives of functions: grad, valueAndGrad, vjp, jvp, jacobian, hessian, hvp. */

import type { Tensor } from '@dl/tensor';
import {
  alias,
  DTypeError,
  detach,
  isFloat,
  isTensor,
  ones,
  onesLike,
  reshape,
  ShapeError,
  scatter,
  scope,
  stack,
  tensor,
  UsageError,
  zeros,
  zerosLike,
} from '@dl/tensor';
import type { BackwardOptions } from './backward';
import { leafGuest, reachableNodes, walk } from './backward';
import { DualNumbers } from './forward';
import type { GraphGuest } from './node';
import { graphGuest, nextSequence } from './node';
import { currentGuest, enableGrad, isGradEnabled } from './record';
import { takes } from './signatures';

/** Tensors alone, or nested in arrays and plain objects; other values are passed along untouched. */
export type Tree = Tensor | readonly Tree[] | { readonly [key: string]: Tree };

/** The tensors of a tree, in order of appearance. */
export function leavesOf(tree: unknown): Tensor[] {
  const found: Tensor[] = [];
  mapTree(tree, (x) => {
    found.push(x);
    return x;
  });
  return found;
}

/** A tree of the same form with every tensor replaced, in order of appearance; other values are passed along untouched. */
export function mapTree<T>(tree: T, replace: (x: Tensor) => Tensor): T {
  takes('mapTree', arguments);
  return mapped(tree, replace, []);
}

/** `mapTree` of a part; `above` holds what it lies in. */
function mapped<T>(tree: T, replace: (x: Tensor) => Tensor, above: readonly unknown[]): T {
  if (isTensor(tree)) return replace(tree) as T;
  if (typeof tree !== 'object' || tree === null) return tree;
  const isList = Array.isArray(tree);
  if (!isList && !isPlainObject(tree)) return tree;
  if (above.includes(tree)) throw new UsageError('mapTree', 'the tree contains itself');
  const path = [...above, tree];
  if (isList) return tree.map((item) => mapped(item, replace, path)) as T;
  const entries = Object.entries(tree);
  return Object.fromEntries(entries.map(([key, item]) => [key, mapped(item, replace, path)])) as T;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The tree with the tensors of `list` in place of its own. */
function refill<T extends Tree>(tree: T, list: readonly Tensor[]): T {
  let next = 0;
  return mapTree(tree, () => list[next++]);
}

function checkFloat(op: string, x: Tensor): void {
  if (isFloat(x.dtype)) return;
  throw new DTypeError(op, 'only floating point tensors have derivatives', { args: { x } });
}

/** A function evaluated on fresh aliases of its first argument, ready to be walked back. */
interface Recorded<R> {
  readonly result: R;
  readonly guests: readonly GraphGuest[];
  /** Whether something outside wants derivatives of what is computed here. */
  readonly watched: (roots: readonly Tensor[]) => boolean;
}

/** Aliases keep an outer derivative's x apart from this one's: grad(y => y·x)(x) is x. */
function recordCall<T extends Tree, R>(op: string, tree: T, call: (tree: T) => R): Recorded<R> {
  const start = nextSequence();
  const outer = isGradEnabled();
  const starts = mapTree(tree, (x) => {
    checkFloat(op, x);
    return alias(x);
  });
  const linked = leavesOf(starts).some((x) => graphGuest(x) !== null);
  const guests = leavesOf(starts).map(leafGuest);
  const result = enableGrad(() => call(starts));
  const own = new Set(guests);
  const watched = (roots: readonly Tensor[]) =>
    outer && (linked || dependsOnOutside(roots, own, start));
  return { result, guests, watched };
}

/** Whether roots depend on a leaf that is not ours, or on something recorded before `start`. */
function dependsOnOutside(
  roots: readonly Tensor[],
  own: ReadonlySet<GraphGuest>,
  start: number,
): boolean {
  return reachableNodes(roots, own).some(
    (node) =>
      node.sequence < start ||
      node.sources.some((guest) => guest && !guest.node && !own.has(guest)),
  );
}

function gradientsOf(
  roots: readonly Tensor[],
  seeds: readonly Tensor[],
  guests: readonly GraphGuest[],
  options: BackwardOptions,
  like: readonly Tensor[],
): Tensor[] {
  const live = roots.map((_, i) => i).filter((i) => graphGuest(roots[i]));
  const found = walk({
    roots: live.map((i) => roots[i]),
    seeds: live.map((i) => seeds[i]),
    targets: guests,
    stopAtTargets: true,
    ...options,
  });
  return found.map((gradient, i) => gradient ?? zerosLike(like[i]));
}

function checkTensor(op: string, value: unknown): Tensor {
  if (isTensor(value)) return value;
  throw new UsageError(op, 'the function did not return a tensor', { args: { value } });
}

function checkScalar(op: string, given: unknown): Tensor {
  const value = checkTensor(op, given);
  if (value.size === 1 && isFloat(value.dtype)) return value;
  throw new ShapeError(op, 'the function must return one floating point number', {
    args: { value },
    hint: 'reduce it with sum() or mean(), or use jacobian or vjp',
  });
}

/** A result that nothing outside differentiates, free of its graph. */
function settle(value: Tensor, watched: boolean): Tensor {
  return watched ? value : detach(value);
}

/**
 * Turns f into a function that returns its value and its gradient in the first argument.
 *
 * @param f - maps tensors (alone or nested in arrays and objects) to a scalar; further arguments are constants.
 * @returns a function of the same arguments; the gradient has the form of the first one.
 * @throws ShapeError where f does not return a single number.
 * @example const { value, gradient } = valueAndGrad((w) => w.square().sum())(w);
 */
export function valueAndGrad<T extends Tree = Tensor, Rest extends unknown[] = []>(
  f: (x: T, ...rest: Rest) => Tensor,
): (x: T, ...rest: Rest) => { value: Tensor; gradient: T } {
  takes('valueAndGrad', arguments);
  return (x, ...rest) =>
    scope(() => {
      const { result, guests, watched } = recordCall('grad', x, (starts) => f(starts, ...rest));
      const value = checkScalar('grad', result);
      const createGraph = watched([value]);
      const gradients = gradientsOf(
        [value],
        [onesLike(value)],
        guests,
        { createGraph },
        leavesOf(x),
      );
      return { value: settle(value, createGraph), gradient: refill(x, gradients) };
    });
}

/**
 * The gradient of f in its first argument, as a function.
 *
 * @param f - maps tensors to a scalar; further arguments are constants.
 * @returns a function of the same arguments.
 * @example const slope = grad((x) => x.pow(3).sum())(tensor([2])); // [12]
 */
export function grad<T extends Tree = Tensor, Rest extends unknown[] = []>(
  f: (x: T, ...rest: Rest) => Tensor,
): (x: T, ...rest: Rest) => T {
  takes('grad', arguments);
  const both = valueAndGrad(f);
  return (x, ...rest) => scope(() => both(x, ...rest).gradient);
}

/**
 * Evaluates f and the product of `v` with its Jacobian, by reverse mode.
 *
 * @param f - maps a tree of tensors to a tree of tensors. @param v - weights in the form of the result.
 * @returns the result of f, and Σ vᵢ ∂fᵢ/∂x in the form of x.
 */
export function vjp<T extends Tree = Tensor, R extends Tree = Tensor>(
  f: (x: T) => R,
  x: T,
  v: R,
): { value: R; gradient: T } {
  takes('vjp', arguments);
  return scope(() => {
    const { result, guests, watched } = recordCall('vjp', x, f);
    const roots = leavesOf(result);
    const seeds = leavesOf(v);
    checkForms('vjp', roots, seeds);
    const createGraph = watched(roots) || (isGradEnabled() && seeds.some((s) => graphGuest(s)));
    const gradients = gradientsOf(roots, seeds, guests, { createGraph }, leavesOf(x));
    return {
      value: mapTree(result, (y) => settle(y, createGraph)),
      gradient: refill(x, gradients),
    };
  });
}

function checkForms(op: string, values: readonly Tensor[], directions: readonly Tensor[]): void {
  const fits =
    values.length === directions.length &&
    values.every((x, i) => x.shape.join() === directions[i].shape.join());
  if (fits) return;
  throw new ShapeError(op, 'the direction does not have the form of the value', {
    args: { values, directions },
  });
}

/**
 * Evaluates f and the product of its Jacobian with `v`, by forward mode: one pass, no graph.
 *
 * @param f - maps a tree of tensors to a tree of tensors. @param v - a direction in the form of x.
 * @returns the result of f, and its derivative along v.
 */
export function jvp<T extends Tree = Tensor, R extends Tree = Tensor>(
  f: (x: T) => R,
  x: T,
  v: T,
): { value: R; tangent: R } {
  takes('jvp', arguments);
  return scope(() => {
    const directions = leavesOf(v);
    checkForms('jvp', leavesOf(x), directions);
    const dual = new DualNumbers();
    return dual.use(() => {
      let next = 0;
      const starts = mapTree(x, (leaf) => {
        checkFloat('jvp', leaf);
        const start = alias(leaf);
        dual.setTangent(start, directions[next++]);
        return start;
      });
      const result = f(starts);
      // Aliases made below the interpreter: the tangents themselves are let go with it.
      return dual.below(() => ({
        value: mapTree(result, alias),
        tangent: mapTree(result, (y) => {
          const t = dual.tangentOf(y);
          return t ? alias(t) : zerosLike(y);
        }),
      }));
    });
  });
}

/** Options of `jacobian`. */
export interface JacobianOptions {
  /** Forward mode costs one pass for each input number, reverse mode one for each output number. Default: the cheaper. */
  readonly mode?: 'forward' | 'reverse';
}

/**
 * All partial derivatives ∂f(x)ᵢ/∂xⱼ.
 *
 * @param f - maps a tensor to a tensor. @param x - where, any shape.
 * @returns [...shape of f(x), ...shape of x].
 */
export function jacobian(
  f: (x: Tensor) => Tensor,
  x: Tensor,
  options: JacobianOptions = {},
): Tensor {
  takes('jacobian', arguments);
  const { mode } = options;
  return scope(() => {
    const outputs = scope(() => checkTensor('jacobian', f(detach(x))).shape);
    const outputSize = outputs.reduce((a, b) => a * b, 1);
    const forward = mode ? mode === 'forward' : x.size < outputSize;
    const rows = forward ? columnsForward(f, x) : rowsReverse(f, x, outputs, outputSize);
    if (rows.length === 0) {
      return zeros([...outputs, ...x.shape], { dtype: x.dtype, device: x.device });
    }
    return reshape(stack(rows, forward ? -1 : 0), [...outputs, ...x.shape]);
  });
}

function basis(like: Tensor, shape: readonly number[], position: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const index = tensor(Int32Array.of(position), { device: like.device });
  const one = ones([1], { dtype: like.dtype, device: like.device });
  return reshape(
    scatter(zeros([size], { dtype: like.dtype, device: like.device }), 0, index, one),
    shape,
  );
}

function columnsForward(f: (x: Tensor) => Tensor, x: Tensor): Tensor[] {
  return Array.from({ length: x.size }, (_, i) =>
    scope(() => jvp(f, x, basis(x, x.shape, i)).tangent),
  );
}

function rowsReverse(
  f: (x: Tensor) => Tensor,
  x: Tensor,
  shape: readonly number[],
  size: number,
): Tensor[] {
  const { result, guests, watched } = recordCall('jacobian', x, f);
  const createGraph = watched([result]);
  return Array.from({ length: size }, (_, i) => {
    const seed = basis(result, shape, i);
    return gradientsOf([result], [seed], guests, { createGraph, retainGraph: true }, [x])[0];
  });
}

/**
 * All second derivatives ∂²f/∂xᵢ∂xⱼ, by forward over reverse.
 *
 * @param f - maps a tensor to a scalar. @param x - where, any shape.
 * @returns [...shape of x, ...shape of x].
 */
export function hessian(f: (x: Tensor) => Tensor, x: Tensor): Tensor {
  takes('hessian', arguments);
  return jacobian(grad(f), x, { mode: 'forward' });
}

/**
 * The Hessian of f times a direction, by forward over reverse, without forming the Hessian.
 *
 * @param f - maps tensors to a scalar. @param v - a direction in the form of x.
 * @returns the value, the gradient and H·v.
 */
export function hvp<T extends Tree = Tensor>(
  f: (x: T) => Tensor,
  x: T,
  v: T,
): { gradient: T; product: T } {
  takes('hvp', arguments);
  const { value, tangent } = jvp(grad(f), x, v);
  return { gradient: value, product: tangent };
}

/** Options of `gradients`. */
export interface GradientsOptions extends BackwardOptions {
  /** Weights of the outputs (PyTorch's `grad_outputs`), one in the shape of each. Default ones. */
  readonly weights?: Tensor | readonly Tensor[];
}

/** A gradient for each input. */
export type GradientsOf<Inputs extends Tensor | readonly Tensor[]> =
  Inputs extends readonly Tensor[] ? { -readonly [I in keyof Inputs]: Tensor } : [Tensor];

const asList = (x: Tensor | readonly Tensor[]): readonly Tensor[] => (isTensor(x) ? [x] : x);

/**
 * Gradients of outputs with respect to tensors of a recorded computation, without touching `.grad`; `torch.autograd.grad` in PyTorch.
 *
 * @param outputs - what to differentiate, one or several. @param inputs - with respect to what, one or several.
 * @param gradOutputs - weights of the outputs, or the options. @param options - where `gradOutputs` is weights.
 * @returns one tensor for each input, as a tuple; zeros where the outputs do not depend on it.
 * @throws UsageError where an input does not require a gradient.
 * @example const [dx] = gradients(y.sum(), x, { createGraph: true });
 * @example const [dw, db] = gradients(loss, [w, b]);
 */
export function gradients<const Inputs extends Tensor | readonly Tensor[]>(
  outputs: Tensor | readonly Tensor[],
  inputs: Inputs,
  gradOutputs: Tensor | readonly Tensor[] | GradientsOptions = {},
  options: BackwardOptions = {},
): GradientsOf<Inputs> {
  takes('gradients', arguments);
  const isWeights = isTensor(gradOutputs) || Array.isArray(gradOutputs);
  const first = isWeights ? { weights: gradOutputs } : gradOutputs;
  const { weights, ...rest } = { ...(first as GradientsOptions), ...options };
  const list = weights && asList(weights);
  return gradientsAt(asList(outputs), asList(inputs), list, rest) as GradientsOf<Inputs>;
}

function gradientsAt(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  weights: readonly Tensor[] | undefined,
  options: BackwardOptions,
): Tensor[] {
  return scope(() => {
    const guests = inputs.map((x) => {
      const guest = graphGuest(x);
      if (guest) return guest;
      throw new UsageError('gradients', 'an input does not require a gradient', {
        args: { input: x },
      });
    });
    const roots = outputs.filter((y) => currentGuest(y));
    const seeds = outputs.flatMap((y, i) => (graphGuest(y) ? [weights?.[i] ?? onesLike(y)] : []));
    const found = walk({ roots, seeds, targets: guests, ...options });
    return found.map((gradient, i) => gradient ?? zerosLike(inputs[i]));
  });
}

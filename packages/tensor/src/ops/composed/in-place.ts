/**
 * Methods that change their tensor and return it, with PyTorch's names: `x.add_(y)`. All come from one list. What one primitive
 * computes is written where x lies; what takes several trades memory with x at the end.
 */

import { isTensor } from '../../core/brand';
import { ValueError } from '../../core/errors';
import type { Generator } from '../../core/generator';
import { defaultGenerator } from '../../core/generator';
import { broadcastShapes, isContiguous, normalizeAxis } from '../../core/layout';
import { isLocal, scope } from '../../core/lifetime';
import type { Change } from '../../core/run';
import { settle } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { checkReplacement, isWatched, write } from '../../core/write';
import { takes } from '../../signatures';
import { contiguousOp } from '../declared/copy';
import { fullOp } from '../declared/creation';
import {
  indexAdd,
  indexAddOp,
  scatter,
  scatterAdd,
  scatterAddOp,
  scatterOp,
} from '../declared/indexing';
import { clone, expand } from '../declared/movement';
import type { AlphaOptions } from '../declared/pointwise';
import { digamma, div, round, square } from '../declared/pointwise';
import type { BinaryName, UnaryName } from '../declared/pointwise-table';
import { binary, elementwiseOps, NONE, unaryNames } from '../declared/pointwise-table';
import { normalOp, uniformOp } from '../declared/random';
import { cumprod, cumsum } from '../declared/scan';
import type { Operand } from '../operand';
import { cast, expectFloat, operands, scalar } from '../operand';
import type { PrimitiveDeclaration, Primitives } from '../table';
import { tril, triu } from './diagonal';
import { expectMask } from './indexing';
import * as composedPointwise from './pointwise';
import { bernoulli, exponential } from './random';
import { renorm } from './reduction';
import { indexCopy, indexFill, indexPut, maskedScatter, scatterReduce } from './scattering';

/** Unary primitives without a method in place here: tests give booleans, `round` takes digits, and PyTorch has no `softplus_`. */
const NOT_IN_PLACE = ['isnan', 'isfinite', 'round', 'softplus'] as const satisfies UnaryName[];
type InPlaceName = Exclude<UnaryName, (typeof NOT_IN_PLACE)[number]>;
const UNARY = /* @__PURE__ */ unaryNames.filter(
  (name): name is InPlaceName => !(NOT_IN_PLACE as readonly string[]).includes(name),
);

const BINARY = [
  ...(['mul', 'floorDivide', 'remainder', 'fmod', 'pow', 'atan2'] as const),
  ...(['bitwiseAnd', 'bitwiseOr', 'bitwiseXor', 'logicalAnd', 'logicalOr', 'logicalXor'] as const),
] as const satisfies BinaryName[];

/** Functions of several primitives, whose result can take the place of their first argument. */
const COMPOSITE = {
  square,
  exp2: composedPointwise.exp2,
  rsqrt: composedPointwise.rsqrt,
  logit: composedPointwise.logit,
  frac: composedPointwise.frac,
  round,
  digamma,
  sinc: composedPointwise.sinc,
  deg2rad: composedPointwise.deg2rad,
  rad2deg: composedPointwise.rad2deg,
  clamp: composedPointwise.clamp,
  clip: composedPointwise.clamp,
  lerp: composedPointwise.lerp,
  nanToNum: composedPointwise.nanToNum,
  hypot: composedPointwise.hypot,
  xlogy: composedPointwise.xlogy,
  copysign: composedPointwise.copysign,
  addcmul: composedPointwise.addcmul,
  addcdiv: composedPointwise.addcdiv,
  tril,
  triu,
  cumsum,
  cumprod,
  renorm,
  indexCopy,
  indexFill,
  indexPut,
  maskedScatter,
  scatterReduce,
} as const;
type Composite = typeof COMPOSITE;

type RestOf<F> = F extends (x: infer _X, ...rest: infer Rest) => unknown ? Rest : never;
type UnaryMethods = { readonly [K in InPlaceName as `${K}_`]: (x: Tensor) => Tensor };
type BinaryMethods = {
  readonly [K in (typeof BINARY)[number] as `${K}_`]: (x: Tensor, other: Operand) => Tensor;
};
type CompositeMethods = {
  readonly [K in keyof Composite as `${K}_`]: (x: Tensor, ...rest: RestOf<Composite[K]>) => Tensor;
};

/** Writes what a primitive gives into x. */
function change<K extends keyof Primitives>(
  name: string,
  op: PrimitiveDeclaration<K>,
  target: Tensor,
  inputs: Change['inputs'],
  attributes: object = NONE,
): Tensor {
  write({ name, op: op as unknown as PrimitiveDeclaration, target, inputs, attributes });
  return target;
}

/** Whether a tensor has its memory for itself, all of it in order. */
function fillsStorage(x: Tensor): boolean {
  return x.offset === 0 && isContiguous(x) && x.size === x.storage.length;
}

/** Puts what `compute` gives in the place of the elements of x. */
function put(
  name: string,
  x: Tensor,
  args: readonly unknown[],
  compute: (x: Tensor) => Tensor,
): Tensor {
  scope(() => {
    // Derivatives may need x as it was.
    const watched = isWatched([x, ...args.filter(isTensor)]);
    const value = compute(watched ? clone(x) : x);
    checkReplacement(name, x, value);
    settle();
    const trades = !watched && value.dtype === x.dtype && isLocal(value);
    if (trades && fillsStorage(x) && fillsStorage(value)) x.storage.exchange(value.storage);
    else change(name, contiguousOp, x, [cast(value, x.dtype)]);
  });
  return x;
}

function changeUnary(name: InPlaceName) {
  return (x: Tensor) => change(`${name}_`, elementwiseOps[name], x, [x]);
}

/** By the primitive itself where both operands have the dtype of x already. */
function changePair(name: BinaryName & keyof typeof elementwiseOps, x: Tensor, other: Operand) {
  const { a, b, dtype } = operands(`${name}_`, x, other);
  if (a.dtype === dtype && b.dtype === dtype)
    return change(`${name}_`, elementwiseOps[name], x, [a, b]);
  return put(`${name}_`, x, [other], (self) => binary(name, self, other));
}

function scaled(other: Operand, alpha: number): Operand {
  if (alpha === 1) return other;
  return isTensor(other) ? binary('mul', other, alpha) : Number(other) * alpha;
}

/** Draws numbers where x lies. */
function draw(
  name: string,
  op: typeof uniformOp | typeof normalOp,
  x: Tensor,
  generator: Generator = defaultGenerator,
): Tensor {
  expectFloat(name, x);
  const words = x.size * (op === uniformOp && x.dtype === 'float64' ? 2 : 1);
  const { shape, dtype, device } = x;
  const stream = generator.reserve(words);
  return change(name, op as typeof uniformOp, x, [], { shape, dtype, device, ...stream });
}

/** Where random numbers come from; default the generator that `manualSeed` sets. */
export interface Drawing {
  readonly generator?: Generator;
}

function named<Name extends string, F>(names: readonly Name[], make: (name: Name) => F) {
  return Object.fromEntries(names.map((name) => [`${name}_`, make(name)]));
}

function composites(): CompositeMethods {
  const make =
    (name: keyof Composite) =>
    (x: Tensor, ...args: unknown[]) =>
      put(`${name}_`, x, args, (self) =>
        (COMPOSITE[name] as (x: Tensor, ...rest: unknown[]) => Tensor)(self, ...args),
      );
  return named(Object.keys(COMPOSITE) as (keyof Composite)[], make) as CompositeMethods;
}

/** Methods that change x. Where x takes part in a graph the change is recorded; a leaf that requires a gradient refuses it outside `noGrad`. */
export const inPlace = {
  .../* @__PURE__ */ (named(UNARY, changeUnary) as UnaryMethods),
  .../* @__PURE__ */ (named(
    BINARY,
    (name) => (x: Tensor, other: Operand) => changePair(name, x, other),
  ) as BinaryMethods),
  .../* @__PURE__ */ composites(),
  /** x ← x + alpha · other. */
  add_(x: Tensor, other: Operand, options?: AlphaOptions): Tensor {
    takes('add', arguments);
    return scope(() => changePair('add', x, scaled(other, options?.alpha ?? 1)));
  },
  /** x ← x − alpha · other. */
  sub_(x: Tensor, other: Operand, options?: AlphaOptions): Tensor {
    takes('sub', arguments);
    return scope(() => changePair('sub', x, scaled(other, options?.alpha ?? 1)));
  },
  /** x ← x / other, rounded as `div` does. */
  div_: (x: Tensor, other: Operand, options: { roundingMode?: 'floor' | 'trunc' } = {}): Tensor =>
    options.roundingMode === undefined
      ? changePair('div', x, other)
      : put('div_', x, [other], (self) => div(self, other, options)),
  /** Every element becomes 0. */
  zero_: (x: Tensor): Tensor => fill('zero_', x, 0),
  /** Every element becomes one number, or that of a scalar tensor. */
  fill_: (x: Tensor, value: Operand): Tensor =>
    isTensor(value) ? copy('fill_', x, value) : fill('fill_', x, Number(value)),
  /** x takes the elements of `source`, which is broadcast and cast. */
  copy_: (x: Tensor, source: Tensor): Tensor => copy('copy_', x, source),
  /** x becomes `value` where the mask holds. */
  maskedFill_(x: Tensor, mask: Tensor, value: Operand): Tensor {
    expectMask('maskedFill_', mask);
    return scope(() => {
      const filled = isTensor(value) ? cast(value, x.dtype) : scalar(Number(value), x.dtype, x);
      return change('maskedFill_', elementwiseOps.where, x, [mask, filled, x]);
    });
  },
  /** As `scatter`, into x. */
  scatter_(x: Tensor, axis: number, index: Tensor, source: Tensor | number): Tensor {
    if (x.ndim === 0)
      return put('scatter_', x, [source], (self) => scatter(self, axis, index, source));
    return scope(() => {
      const at = normalizeAxis('scatter_', axis, x.ndim);
      const values = isTensor(source) ? source : expand(scalar(source, x.dtype, x), index.shape);
      return change('scatter_', scatterOp, x, [x, index, values], { axis: at });
    });
  },
  /** As `scatterAdd`, into x. */
  scatterAdd_(x: Tensor, axis: number, index: Tensor, source: Tensor): Tensor {
    const at = normalizeAxis('scatterAdd_', axis, x.ndim);
    if (x.ndim > 0) return change('scatterAdd_', scatterAddOp, x, [x, index, source], { axis: at });
    return put('scatterAdd_', x, [source], (self) => scatterAdd(self, at, index, source));
  },
  /** As `indexAdd`, into x. */
  indexAdd_(
    x: Tensor,
    axis: number,
    index: Tensor,
    source: Tensor,
    options: AlphaOptions = {},
  ): Tensor {
    takes('indexAdd', arguments);
    const at = normalizeAxis('indexAdd_', axis, x.ndim);
    if (x.ndim > 0 && (options.alpha ?? 1) === 1)
      return change('indexAdd_', indexAddOp, x, [x, index, source], { axis: at });
    return put('indexAdd_', x, [source], (self) => indexAdd(self, at, index, source, options));
  },
  /** Normal numbers. */
  normal_(x: Tensor, mean = 0, std = 1, { generator }: Drawing = {}): Tensor {
    draw('normal_', normalOp, x, generator);
    if (std !== 1) changePair('mul', x, std);
    return mean === 0 ? x : changePair('add', x, mean);
  },
  /** Numbers evenly from `low` to `high`. */
  uniform_(x: Tensor, low = 0, high = 1, { generator }: Drawing = {}): Tensor {
    draw('uniform_', uniformOp, x, generator);
    if (high - low !== 1) changePair('mul', x, high - low);
    return low === 0 ? x : changePair('add', x, low);
  },
  /** 1 with probability p (a number, or a tensor that broadcasts), otherwise 0. */
  bernoulli_: (x: Tensor, p: Tensor | number = 0.5, options: Drawing = {}): Tensor =>
    put('bernoulli_', x, [], () => {
      const like = isTensor(p) ? p : scalar(p, 'float32', x);
      return cast(bernoulli(expand(like, x.shape), options), x.dtype);
    }),
  /** Exponentially distributed numbers. */
  exponential_: (x: Tensor, rate = 1, options: Drawing = {}): Tensor =>
    put('exponential_', x, [], () => {
      expectFloat('exponential_', x);
      const { shape, dtype, device } = x;
      return exponential(shape, rate, { dtype: dtype as 'float32', device, ...options });
    }),
} as const;

function fill(name: string, x: Tensor, value: number): Tensor {
  const { shape, dtype, device } = x;
  return change(name, fullOp, x, [], { shape, dtype, device, value });
}

function copy(name: string, x: Tensor, source: Tensor): Tensor {
  if (!isTensor(source)) {
    throw new ValueError(name, 'the source is not a tensor', {
      args: { source },
      hint: 'x.fill_(value) takes a number',
    });
  }
  return scope(() => {
    const value = cast(source, x.dtype);
    const shape = broadcastShapes(name, x.shape, value.shape);
    return change(name, contiguousOp, x, [expand(value, shape)]);
  });
}

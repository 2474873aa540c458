/** The methods of Tensor: functions of the op families whose first argument is the tensor, installed from one list. */

import type { Device } from '../backend/backend';
import { backendFor, expectHeld } from '../backend/registry';
import * as composedBlas from '../ops/composed/blas';
import * as composedComparison from '../ops/composed/comparison';
import * as diagonal from '../ops/composed/diagonal';
import { inPlace } from '../ops/composed/in-place';
import * as composedIndexing from '../ops/composed/indexing';
import * as composedMovement from '../ops/composed/movement';
import * as composedPointwise from '../ops/composed/pointwise';
import * as composedReduction from '../ops/composed/reduction';
import * as composedScan from '../ops/composed/scan';
import * as scattering from '../ops/composed/scattering';
import * as search from '../ops/composed/search';
import * as slicing from '../ops/composed/slicing';
import * as composedSorting from '../ops/composed/sorting';
import * as statistics from '../ops/composed/statistics';
import * as activation from '../ops/declared/activation';
import * as blas from '../ops/declared/blas';
import * as comparison from '../ops/declared/comparison';
import * as indexing from '../ops/declared/indexing';
import * as movement from '../ops/declared/movement';
import * as pointwise from '../ops/declared/pointwise';
import type { UnaryName } from '../ops/declared/pointwise-table';
import { unary, unaryNames } from '../ops/declared/pointwise-table';
import * as reduction from '../ops/declared/reduction';
import * as scan from '../ops/declared/scan';
import * as sorting from '../ops/declared/sorting';

import type { Operand } from '../ops/operand';
import { cast, upload } from '../ops/operand';
import { takes } from '../signatures';
import { format, inspect } from './format';
import { Tensor } from './tensor';

/**
 * The same elements on another device; x itself where it is there already. Never differentiable: move data before recording.
 *
 * @throws DeviceError where the device was not registered.
 */
export function to(x: Tensor, device: Device): Tensor {
  takes('to', arguments);
  const backend = backendFor(device);
  if (x.storage.backend === backend) {
    x.check('to');
    return x;
  }
  expectHeld('to', backend, x.dtype);
  const data = x.readSync('to', `use \`await toAsync(x, '${device}')\``);
  return upload(device, { shape: x.shape, dtype: x.dtype }, data);
}

/**
 * As `to`, without blocking where the device can do that.
 *
 * @throws DeviceError where the device was not registered.
 */
export async function toAsync(x: Tensor, device: Device): Promise<Tensor> {
  takes('toAsync', arguments);
  const backend = backendFor(device);
  x.check('toAsync');
  if (x.storage.backend === backend) return x;
  expectHeld('toAsync', backend, x.dtype);
  return upload(device, { shape: x.shape, dtype: x.dtype }, await x.data());
}

/** A method for every unary primitive; those with parameters stand in the list. */
function unaryMethods() {
  const entries = unaryNames.map((name) => [name, (x: Tensor) => unary(name, x)]);
  return Object.fromEntries(entries) as { readonly [K in UnaryName]: (x: Tensor) => Tensor };
}

/** Every method by name. */
export const methods = {
  to,
  toAsync,
  cast,
  .../* @__PURE__ */ unaryMethods(),
  square: pointwise.square,
  round: pointwise.round,
  softplus: activation.softplus,
  add: pointwise.add,
  sub: pointwise.sub,
  mul: pointwise.mul,
  div: pointwise.div,
  floorDivide: pointwise.floorDivide,
  remainder: pointwise.remainder,
  pow: pointwise.pow,
  maximum: comparison.maximum,
  minimum: comparison.minimum,
  atan2: pointwise.atan2,
  eq: comparison.eq,
  ne: comparison.ne,
  lt: comparison.lt,
  le: comparison.le,
  gt: comparison.gt,
  ge: comparison.ge,
  logicalAnd: pointwise.logicalAnd,
  logicalOr: pointwise.logicalOr,
  logicalXor: pointwise.logicalXor,
  sum: reduction.sum,
  mean: reduction.mean,
  prod: reduction.prod,
  amax: reduction.amax,
  amin: reduction.amin,
  argmax: reduction.argmax,
  argmin: reduction.argmin,
  any: reduction.any,
  all: reduction.all,
  cumsum: scan.cumsum,
  cumprod: scan.cumprod,
  variance: statistics.variance,
  std: statistics.std,
  logsumexp: composedReduction.logsumexp,
  softmax: activation.softmax,
  logSoftmax: activation.logSoftmax,
  contiguous: movement.contiguous,
  clone: movement.clone,
  detach: movement.detach,
  reshape: movement.reshape,
  view: movement.view,
  permute: movement.permute,
  transpose: movement.transpose,
  expand: movement.expand,
  squeeze: movement.squeeze,
  unsqueeze: movement.unsqueeze,
  flatten: composedMovement.flatten,
  unflatten: composedMovement.unflatten,
  slice: movement.slice,
  narrow: movement.narrow,
  select: movement.select,
  flip: composedMovement.flip,
  split: slicing.split,
  chunk: slicing.chunk,
  unbind: slicing.unbind,
  gather: indexing.gather,
  scatter: indexing.scatter,
  scatterAdd: indexing.scatterAdd,
  indexSelect: indexing.indexSelect,
  indexAdd: indexing.indexAdd,
  sort: sorting.sort,
  matmul: blas.matmul,
  dot: composedBlas.dot,
  assign: movement.assign,
  digamma: pointwise.digamma,
  fmod: pointwise.fmod,
  exp2: composedPointwise.exp2,
  rsqrt: composedPointwise.rsqrt,
  logit: composedPointwise.logit,
  frac: composedPointwise.frac,
  clamp: composedPointwise.clamp,
  lerp: composedPointwise.lerp,
  nanToNum: composedPointwise.nanToNum,
  isinf: composedComparison.isinf,
  isclose: composedComparison.isclose,
  allclose: composedComparison.allclose,
  allcloseAsync: composedComparison.allcloseAsync,
  equal: composedComparison.equal,
  equalAsync: composedComparison.equalAsync,
  addcmul: composedPointwise.addcmul,
  addcdiv: composedPointwise.addcdiv,
  broadcastTo: composedMovement.broadcastTo,
  hypot: composedPointwise.hypot,
  xlogy: composedPointwise.xlogy,
  copysign: composedPointwise.copysign,
  norm: composedReduction.norm,
  nansum: composedReduction.nansum,
  nanmean: composedReduction.nanmean,
  countNonzero: composedReduction.countNonzero,
  aminmax: composedReduction.aminmax,
  median: composedSorting.median,
  nanmedian: composedSorting.nanmedian,
  mode: composedSorting.mode,
  kthvalue: composedSorting.kthvalue,
  topk: composedSorting.topk,
  argsort: composedSorting.argsort,
  quantile: composedSorting.quantile,
  cummax: scan.cummax,
  cummin: scan.cummin,
  logcumsumexp: composedScan.logcumsumexp,
  diff: composedScan.diff,
  movedim: composedMovement.movedim,
  swapaxes: composedMovement.swapaxes,
  tensorSplit: slicing.tensorSplit,
  repeat: composedMovement.repeat,
  tile: composedMovement.tile,
  repeatInterleave: composedMovement.repeatInterleave,
  roll: composedMovement.roll,
  rot90: composedMovement.rot90,
  reshapeAs: composedMovement.reshapeAs,
  expandAs: composedMovement.expandAs,
  t: composedMovement.t,
  diagonal: diagonal.diagonal,
  diag: diagonal.diag,
  diagEmbed: diagonal.diagEmbed,
  trace: diagonal.trace,
  tril: diagonal.tril,
  triu: diagonal.triu,
  takeAlongDim: composedIndexing.takeAlongDim,
  take: composedIndexing.take,
  maskedFill: scattering.maskedFill,
  maskedSelect: composedIndexing.maskedSelect,
  maskedSelectAsync: composedIndexing.maskedSelectAsync,
  maskedScatter: scattering.maskedScatter,
  maskedScatterAsync: scattering.maskedScatterAsync,
  indexCopy: scattering.indexCopy,
  indexFill: scattering.indexFill,
  index: composedIndexing.index,
  indexAsync: composedIndexing.indexAsync,
  indexPut: scattering.indexPut,
  indexPutAsync: scattering.indexPutAsync,
  scatterReduce: scattering.scatterReduce,
  nonzero: composedIndexing.nonzero,
  nonzeroAsync: composedIndexing.nonzeroAsync,
  unique: search.unique,
  uniqueAsync: search.uniqueAsync,
  bincount: statistics.bincount,
  bincountAsync: statistics.bincountAsync,
  bmm: composedBlas.bmm,
  outer: blas.outer,
  mm: composedBlas.mm,
  mv: composedBlas.mv,
  inner: composedBlas.inner,
  kron: composedBlas.kron,
  matrixPower: composedBlas.matrixPower,
  addmm: composedBlas.addmm,
  cross: composedBlas.cross,
  var: statistics.variance,
  moveaxis: composedMovement.movedim,
  unfold: composedMovement.unfoldAxis,
  clip: composedPointwise.clamp,
  ...inPlace,
} as const;

type Method<F> = F extends (x: Tensor, ...rest: infer Rest) => infer Result
  ? (...rest: Rest) => Result
  : F extends (x: Operand, ...rest: infer Rest) => infer Result
    ? (...rest: Rest) => Result
    : never;

/** `max`, `min` and the medians of all elements, or along an axis with positions. */
interface Extreme {
  (): Tensor;
  (axis: number, options?: reduction.KeepdimOptions): sorting.Picked;
}

/** Positions as rows of one tensor, or as a vector for each axis. */
interface Nonzero {
  (): Tensor;
  (options: { readonly asTuple: true }): Tensor[];
}

/** As `Nonzero`, later. */
interface NonzeroAsync {
  (): Promise<Tensor>;
  (options: { readonly asTuple: true }): Promise<Tensor[]>;
}

/** Methods with several forms, and getters. */
export interface OverloadedMethods {
  /** The largest element; along an axis with its position; or the larger of two tensors. See `max`. */
  readonly max: Extreme & ((other: Tensor) => Tensor);
  /** The smallest element; along an axis with its position; or the smaller of two tensors. See `min`. */
  readonly min: Extreme & ((other: Tensor) => Tensor);
  readonly median: Extreme;
  readonly nanmedian: Extreme;
  /** The positions of elements that are not 0; as a vector for each axis with `asTuple`. See `nonzero`. */
  readonly nonzero: Nonzero;
  /** As `nonzero`, without blocking where the device can do that. */
  readonly nonzeroAsync: NonzeroAsync;
  /** All axes in reverse order; a view. */
  readonly T: Tensor;
  /** The last two axes swapped; a view. */
  readonly mT: Tensor;
  /** The elements as text, as PyTorch prints them. */
  toString(): string;
  /** The same text for JSON and for tools that walk through objects, which would follow `T` without end. */
  toJSON(): string;
}

/** The methods as the class has them. */
export type TensorMethods = {
  readonly [K in Exclude<keyof typeof methods, keyof OverloadedMethods>]: Method<
    (typeof methods)[K]
  >;
} & OverloadedMethods;

function install(name: PropertyKey, call: (...args: unknown[]) => unknown): void {
  Object.defineProperty(Tensor.prototype, name, {
    configurable: true,
    writable: true,
    value: function (this: Tensor, ...args: unknown[]) {
      return call(this, ...args);
    },
  });
}

for (const [name, method] of Object.entries(methods)) install(name, method as never);
install('max', composedReduction.max as never);
install('min', composedReduction.min as never);
install('toString', (x) => format(x as Tensor));
install('toJSON', (x) => format(x as Tensor));
// Node's console.log shows tensors as text.
install(Symbol.for('nodejs.util.inspect.custom'), (x) => inspect(x as Tensor));

Object.defineProperties(Tensor.prototype, {
  T: {
    configurable: true,
    get(this: Tensor): Tensor {
      return movement.permute(this, this.shape.map((_, i) => i).reverse());
    },
  },
  mT: {
    configurable: true,
    get(this: Tensor): Tensor {
      return movement.transpose(this);
    },
  },
});

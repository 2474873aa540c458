/** The methods of Tensor: functions of the op families whose first argument is the tensor, installed from one list. */

import type { Device } from '../backend/backend';
import { backendFor } from '../backend/registry';
import * as products from '../ops/composed/blas';
import * as diagonal from '../ops/composed/diagonal';
import { inPlace } from '../ops/composed/in-place';
import * as picking from '../ops/composed/indexing';
import * as arrange from '../ops/composed/movement';
import * as functions from '../ops/composed/pointwise';
import * as extremes from '../ops/composed/reduction';
import * as scan from '../ops/composed/scan';
import * as scattering from '../ops/composed/scattering';
import * as search from '../ops/composed/search';
import * as statistics from '../ops/composed/statistics';
import * as matmul from '../ops/declared/blas';
import * as indexing from '../ops/declared/indexing';
import * as movement from '../ops/declared/movement';
import * as update from '../ops/declared/optimizer';
import * as elementwise from '../ops/declared/pointwise';
import * as reduce from '../ops/declared/reduction';
import * as softmax from '../ops/declared/softmax';
import type { Operand } from '../ops/operand';
import { cast, upload } from '../ops/operand';
import { takes } from '../signatures';
import { format } from './format';
import { Tensor } from './tensor';

/**
 * The same elements on another device; x itself where it is there already. Never differentiable: move data before recording.
 *
 * @throws DeviceError where the device was not registered.
 */
export function to(x: Tensor, device: Device): Tensor {
  takes('to', arguments);
  if (x.device === device) return x;
  backendFor(device);
  return upload(device, { shape: x.shape, dtype: x.dtype }, x.dataSync());
}

/** Every method by name. */
export const methods = {
  to,
  cast,
  neg: elementwise.neg,
  abs: elementwise.abs,
  sign: elementwise.sign,
  exp: elementwise.exp,
  expm1: elementwise.expm1,
  log: elementwise.log,
  log1p: elementwise.log1p,
  sqrt: elementwise.sqrt,
  square: elementwise.square,
  reciprocal: elementwise.reciprocal,
  sin: elementwise.sin,
  cos: elementwise.cos,
  tan: elementwise.tan,
  tanh: elementwise.tanh,
  sigmoid: elementwise.sigmoid,
  softplus: elementwise.softplus,
  relu: elementwise.relu,
  erf: elementwise.erf,
  floor: elementwise.floor,
  ceil: elementwise.ceil,
  round: elementwise.round,
  trunc: elementwise.trunc,
  logicalNot: elementwise.logicalNot,
  isnan: elementwise.isnan,
  isfinite: elementwise.isfinite,
  add: elementwise.add,
  sub: elementwise.sub,
  mul: elementwise.mul,
  div: elementwise.div,
  floorDivide: elementwise.floorDivide,
  remainder: elementwise.remainder,
  pow: elementwise.pow,
  maximum: elementwise.maximum,
  minimum: elementwise.minimum,
  atan2: elementwise.atan2,
  eq: elementwise.eq,
  ne: elementwise.ne,
  lt: elementwise.lt,
  le: elementwise.le,
  gt: elementwise.gt,
  ge: elementwise.ge,
  logicalAnd: elementwise.logicalAnd,
  logicalOr: elementwise.logicalOr,
  logicalXor: elementwise.logicalXor,
  sum: reduce.sum,
  mean: reduce.mean,
  prod: reduce.prod,
  amax: reduce.amax,
  amin: reduce.amin,
  argmax: reduce.argmax,
  argmin: reduce.argmin,
  any: reduce.any,
  all: reduce.all,
  cumsum: reduce.cumsum,
  cumprod: reduce.cumprod,
  variance: statistics.variance,
  std: statistics.std,
  logsumexp: softmax.logsumexp,
  softmax: softmax.softmax,
  logSoftmax: softmax.logSoftmax,
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
  flatten: movement.flatten,
  unflatten: movement.unflatten,
  slice: movement.slice,
  narrow: movement.narrow,
  select: movement.select,
  flip: movement.flip,
  split: movement.split,
  chunk: movement.chunk,
  unbind: movement.unbind,
  gather: indexing.gather,
  scatter: indexing.scatter,
  scatterAdd: indexing.scatterAdd,
  indexSelect: indexing.indexSelect,
  indexAdd: indexing.indexAdd,
  sort: indexing.sort,
  matmul: matmul.matmul,
  dot: matmul.dot,
  assign: update.assign,
  log2: elementwise.log2,
  log10: elementwise.log10,
  erfc: elementwise.erfc,
  lgamma: elementwise.lgamma,
  digamma: elementwise.digamma,
  asin: elementwise.asin,
  acos: elementwise.acos,
  atan: elementwise.atan,
  sinh: elementwise.sinh,
  cosh: elementwise.cosh,
  asinh: elementwise.asinh,
  acosh: elementwise.acosh,
  atanh: elementwise.atanh,
  erfinv: elementwise.erfinv,
  fmod: elementwise.fmod,
  exp2: functions.exp2,
  rsqrt: functions.rsqrt,
  logit: functions.logit,
  frac: functions.frac,
  clamp: functions.clamp,
  lerp: functions.lerp,
  nanToNum: functions.nanToNum,
  isinf: functions.isinf,
  isclose: functions.isclose,
  allclose: functions.allclose,
  equal: functions.equal,
  addcmul: functions.addcmul,
  addcdiv: functions.addcdiv,
  broadcastTo: functions.broadcastTo,
  hypot: functions.hypot,
  xlogy: functions.xlogy,
  copysign: functions.copysign,
  norm: statistics.norm,
  nansum: statistics.nansum,
  nanmean: statistics.nanmean,
  countNonzero: statistics.countNonzero,
  aminmax: statistics.aminmax,
  median: extremes.median,
  nanmedian: extremes.nanmedian,
  mode: extremes.mode,
  kthvalue: extremes.kthvalue,
  topk: extremes.topk,
  argsort: extremes.argsort,
  quantile: extremes.quantile,
  cummax: scan.cummax,
  cummin: scan.cummin,
  logcumsumexp: scan.logcumsumexp,
  diff: scan.diff,
  movedim: arrange.movedim,
  swapaxes: arrange.swapaxes,
  tensorSplit: arrange.tensorSplit,
  repeat: arrange.repeat,
  tile: arrange.tile,
  repeatInterleave: arrange.repeatInterleave,
  roll: arrange.roll,
  rot90: arrange.rot90,
  reshapeAs: arrange.reshapeAs,
  expandAs: arrange.expandAs,
  t: arrange.t,
  diagonal: diagonal.diagonal,
  diag: diagonal.diag,
  diagEmbed: diagonal.diagEmbed,
  trace: diagonal.trace,
  tril: diagonal.tril,
  triu: diagonal.triu,
  takeAlongDim: picking.takeAlongDim,
  take: picking.take,
  maskedFill: picking.maskedFill,
  maskedSelect: picking.maskedSelect,
  maskedScatter: picking.maskedScatter,
  indexCopy: picking.indexCopy,
  indexFill: picking.indexFill,
  index: picking.index,
  indexPut: picking.indexPut,
  scatterReduce: scattering.scatterReduce,
  nonzero: search.nonzero,
  unique: search.unique,
  bincount: search.bincount,
  bmm: matmul.bmm,
  outer: matmul.outer,
  mm: products.mm,
  mv: products.mv,
  inner: products.inner,
  kron: products.kron,
  matrixPower: products.matrixPower,
  addmm: products.addmm,
  cross: products.cross,
  var: statistics.variance,
  moveaxis: arrange.movedim,
  unfold: arrange.unfoldAxis,
  clip: functions.clamp,
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
  (axis: number, keepdim?: boolean): extremes.Picked;
}

/** Positions as rows of one tensor, or as a vector for each axis. */
interface Nonzero {
  (): Tensor;
  (options: { readonly asTuple: true }): Tensor[];
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
install('max', extremes.max as never);
install('min', extremes.min as never);
install('toString', (x) => format(x as Tensor));
install('toJSON', (x) => format(x as Tensor));
// Node's console.log shows tensors as text.
install(Symbol.for('nodejs.util.inspect.custom'), (x) => format(x as Tensor));

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

/** The methods of Tensor: functions of the op families whose first argument is the tensor, installed from one list. */

import type { Device } from '../backend/backend';
import { backendFor } from '../backend/registry';
import * as elementwise from '../ops/elementwise';
import * as indexing from '../ops/indexing';
import * as matmul from '../ops/matmul';
import * as movement from '../ops/movement';
import type { Operand } from '../ops/operand';
import { cast, upload } from '../ops/operand';
import * as reduce from '../ops/reduce';
import * as softmax from '../ops/softmax';
import * as statistics from '../ops/statistics';
import * as update from '../ops/update';
import { Tensor } from './tensor';

/**
 * The same elements on another device; x itself where it is there already. Never differentiable: move data before recording.
 *
 * @throws DeviceError where the device was not registered.
 */
export function to(x: Tensor, device: Device): Tensor {
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
} as const;

type Method<F> = F extends (x: Tensor, ...rest: infer Rest) => infer Result
  ? (...rest: Rest) => Result
  : F extends (x: Operand, ...rest: infer Rest) => infer Result
    ? (...rest: Rest) => Result
    : never;

/** The methods as the class has them. */
export type TensorMethods = { readonly [K in keyof typeof methods]: Method<(typeof methods)[K]> };

for (const [name, method] of Object.entries(methods)) {
  const call = method as (...args: unknown[]) => unknown;
  Object.defineProperty(Tensor.prototype, name, {
    configurable: true,
    writable: true,
    value: function (this: Tensor, ...args: unknown[]) {
      return call(this, ...args);
    },
  });
}

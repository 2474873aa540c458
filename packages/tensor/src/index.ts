/**
 * Tensors: the op table, shapes and dtypes, memory that looks after itself, and the CPU backends.
 *
 * Loading this package registers the devices `cpu` and `reference`; that is its one side effect.
 *
 * @packageDocumentation
 */

import { createReferenceBackend } from './backend/reference/index';
import { registerBackend } from './backend/registry';
import { createCpuBackend } from './backend/wasm/index';
import './core/without-autograd';

export type { Backend, Device, Threads } from './backend/backend';
export { createReferenceBackend } from './backend/reference/index';
export {
  backendFor,
  getDefaultDevice,
  registerBackend,
  registeredDevices,
  setDefaultDevice,
} from './backend/registry';
export { getNumThreads, setNumThreads } from './backend/threads';
export { createCpuBackend } from './backend/wasm/index';
export type { ArgumentCheck } from './core/arguments';
export { argumentChecker } from './core/arguments';
export type { BackwardCall } from './core/backward';
export { backwardKernel, executeBackward } from './core/backward';
export type { DType, TypedArray, TypedArrayOf } from './core/dtype';
export {
  allocateArray,
  bytesPerElement,
  DTYPES,
  isFloat,
  promoteTypes,
  toFloat,
} from './core/dtype';
export type { ErrorDetails } from './core/errors';
export {
  DeviceError,
  DLError,
  DTypeError,
  describe,
  IndexError,
  OutOfMemoryError,
  ReleasedError,
  ShapeError,
  UsageError,
  ValueError,
} from './core/errors';
export { format } from './core/format';
export { iterate, iterateAsync, steps } from './core/generation';
export { defaultGenerator, Generator, manualSeed, philox } from './core/generator';
export type { Layout, Shape, Sizes } from './core/layout';
export {
  broadcastShapes,
  isContiguous,
  normalizeAxes,
  normalizeAxis,
  sameShape,
  sizeOf,
} from './core/layout';
export type { LeakSite } from './core/leaks';
export { leaks, trackLeaks } from './core/leaks';
export type { Owner } from './core/lifetime';
export {
  forEachTensor,
  isBornHere,
  isLocal,
  isTensor,
  keep,
  letGo,
  passOn,
  Scope,
  scope,
} from './core/lifetime';
export type { TensorMethods } from './core/methods';
export { to } from './core/methods';
export type { AnyInputs, Change, Interpreter } from './core/run';
export {
  currentInterpreter,
  execute,
  fusedKernel,
  installInterpreter,
  run,
  withInterpreter,
} from './core/run';
export type { DeviceBuffer, MemoryInfo } from './core/storage';
export { memory, resetPeakMemory, Storage } from './core/storage';
export type { NestedArray, TensorGuest } from './core/tensor';
export { forEachPosition, Tensor } from './core/tensor';
export { warnOnce } from './core/warn';
export { executeWrite } from './core/write';
export { reluGradient, sigmoidGradient, tanhGradient } from './ops/activation-gradients';
export {
  atleast1d,
  atleast2d,
  atleast3d,
  broadcastTensors,
  cartesianProd,
  columnStack,
  dsplit,
  dstack,
  expandAs,
  fliplr,
  flipud,
  hsplit,
  hstack,
  meshgrid,
  movedim,
  movedim as moveaxis,
  repeat,
  repeatInterleave,
  reshapeAs,
  roll,
  rot90,
  sumToSize,
  swapaxes,
  t,
  tensorSplit,
  tile,
  unfoldAxis,
  vsplit,
  vstack,
} from './ops/arrange';
export type { Conv2dOptions, Pair } from './ops/conv';
export { conv2d, convolveInto } from './ops/conv';
export type {
  Conv1dOptions,
  ConvTranspose1dOptions,
  ConvTranspose2dOptions,
} from './ops/conv-variants';
export { conv1d, convTranspose1d, convTranspose2d, corr2d } from './ops/conv-variants';
export type { CreationOptions, TensorOptions } from './ops/creation';
export {
  arange,
  eye,
  full,
  fullLike,
  linspace,
  logspace,
  oneHot,
  ones,
  onesLike,
  tensor,
  vander,
  zeros,
  zerosLike,
} from './ops/creation';
export { declarations } from './ops/declarations';
export {
  blockDiag,
  diag,
  diagEmbed,
  diagflat,
  diagonal,
  trace,
  tril,
  trilIndices,
  triu,
  triuIndices,
} from './ops/diagonal';
export {
  einsum,
  tensordot,
} from './ops/einsum';
export type { SoftplusOptions } from './ops/elementwise';
export {
  abs,
  acos,
  acosh,
  add,
  asin,
  asinh,
  atan,
  atan2,
  atanh,
  bitwiseAnd,
  bitwiseNot,
  bitwiseOr,
  bitwiseXor,
  ceil,
  cos,
  cosh,
  digamma,
  div,
  eq,
  erf,
  erfc,
  erfinv,
  exp,
  expm1,
  floor,
  floorDivide,
  fmod,
  ge,
  gt,
  isfinite,
  isnan,
  le,
  leftShift,
  lgamma,
  log,
  log1p,
  log2,
  log10,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  lt,
  maximum,
  minimum,
  mul,
  ne,
  neg,
  polygamma,
  pow,
  reciprocal,
  relu,
  remainder,
  rightShift,
  round,
  sigmoid,
  sign,
  sin,
  sinh,
  softplus,
  sqrt,
  square,
  sub,
  tan,
  tanh,
  trunc,
  where,
} from './ops/elementwise';
export type { Interpolation, Picked } from './ops/extremes';
export {
  argsort,
  isin,
  kthvalue,
  max,
  median,
  min,
  mode,
  msort,
  nanmedian,
  nanquantile,
  quantile,
  topk,
} from './ops/extremes';
export type { Tolerance } from './ops/functions';
export {
  addcdiv,
  addcmul,
  allclose,
  broadcastTo,
  clamp,
  clamp as clip,
  copysign,
  deg2rad,
  divmod,
  equal,
  exp2,
  floatPower,
  fmax,
  fmin,
  frac,
  heaviside,
  hypot,
  isclose,
  isinf,
  isneginf,
  isposinf,
  ldexp,
  lerp,
  logaddexp,
  logaddexp2,
  logit,
  logSigmoid,
  nanToNum,
  rad2deg,
  rsqrt,
  signbit,
  sinc,
  xlog1py,
  xlogy,
} from './ops/functions';
export type { GridSampleOptions } from './ops/grid';
export { affineGrid, gridSample } from './ops/grid';
export { gather, indexAdd, indexSelect, scatter, scatterAdd, sort } from './ops/indexing';
export { combinations, gcd, lcm } from './ops/integers';
export type { CrossEntropyAttributes } from './ops/loss';
export { softmaxCrossEntropy } from './ops/loss';
export type { LinearOptions } from './ops/matmul';
export { bmm, dot, linear, matmul, outer } from './ops/matmul';
export type { Bounds } from './ops/movement';
export {
  alias,
  cat,
  chunk,
  clone,
  contiguous,
  detach,
  expand,
  flatten,
  flip,
  narrow,
  permute,
  reshape,
  select,
  slice,
  split,
  squeeze,
  stack,
  transpose,
  unbind,
  unflatten,
  unsqueeze,
  view,
} from './ops/movement';
export type { NormalizedBatch } from './ops/norm-layers';
export { normalizeBatch, normalizeChannels, normalizeLayer } from './ops/norm-layers';
export type { Operand } from './ops/operand';
export { cast } from './ops/operand';
export type { PadMode } from './ops/padding';
export { pad } from './ops/padding';
export type { Index } from './ops/picking';
export {
  index,
  indexCopy,
  indexFill,
  indexPut,
  maskedFill,
  maskedScatter,
  maskedSelect,
  take,
  takeAlongDim,
} from './ops/picking';
export type { AvgPool2dOptions, Pool2dOptions, Pooled } from './ops/pool';
export { avgPool2d, maxPool2d, maxPool2dWithIndices } from './ops/pool';
export type { AdaptiveSize, LpPoolOptions, Pool1dOptions } from './ops/pool-variants';
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveMaxPool1d,
  adaptiveMaxPool1dWithIndices,
  adaptiveMaxPool2d,
  adaptiveMaxPool2dWithIndices,
  avgPool1d,
  kMaxPool,
  lpPool1d,
  lpPool2d,
  maxPool1d,
  maxPool1dWithIndices,
  maxUnpool1d,
  maxUnpool2d,
} from './ops/pool-variants';
export type { Weights } from './ops/products';
export {
  addbmm,
  addmm,
  addmv,
  addr,
  baddbmm,
  cdist,
  chainMatmul,
  cross,
  inner,
  kron,
  matrixPower,
  mm,
  multiDot,
  mv,
  pdist,
  vdot,
} from './ops/products';
export type { RandomOptions } from './ops/random';
export {
  bernoulli,
  dropElements,
  exponential,
  multinomial,
  normal,
  rand,
  randint,
  randLike,
  randn,
  randnLike,
  randperm,
} from './ops/random';
export type { Recurrence, RecurrentWeights } from './ops/recurrent';
export { gru, lstm, rnn } from './ops/recurrent';
export type { AxesArgument } from './ops/reduce';
export {
  all,
  amax,
  amin,
  any,
  argmax,
  argmin,
  cumprod,
  cumsum,
  mean,
  prod,
  sum,
} from './ops/reduce';
export { diagonalScatter, selectScatter, sliceScatter } from './ops/replace';
export type { InterpolateOptions, InterpolationMode, UnfoldOptions } from './ops/resize';
export {
  channelShuffle,
  fold,
  interpolate,
  pixelShuffle,
  pixelUnshuffle,
  unfold,
} from './ops/resize';
export { cummax, cummin, diff, logcumsumexp, trapezoid } from './ops/scan';
export type { ScatterReduction } from './ops/scattering';
export { indexReduce, scatterReduce } from './ops/scattering';
export type { Unique } from './ops/search';
export {
  bincount,
  bucketize,
  histc,
  nonzero,
  searchsorted,
  unique,
  uniqueConsecutive,
} from './ops/search';
export { logSoftmax, logsumexp, softmax } from './ops/softmax';
export type { VarianceOptions } from './ops/statistics';
export {
  aminmax,
  corrcoef,
  countNonzero,
  cov,
  dist,
  nanmean,
  nansum,
  norm,
  renorm,
  std,
  stdMean,
  variance,
  variance as var,
  varMean,
} from './ops/statistics';
export type {
  AttributesOf,
  BackwardKernel,
  ConvAttributes,
  Declaration,
  Fused,
  FusedDeclaration,
  FusedKernels,
  FusedUpdates,
  InputsOf,
  Kernel,
  Kernels,
  NoAttributes,
  Op,
  OpName,
  Ops,
  OutputsOf,
  PoolAttributes,
  PrimitiveDeclaration,
  Primitives,
  RandomStream,
  ResultsOf,
  Spec,
  SpecsOf,
  UpdateDeclaration,
  Updates,
  ViewDeclaration,
  Views,
} from './ops/table';
export type {
  AdagradStepOptions,
  AdamStepOptions,
  RmspropStepOptions,
  SgdStepOptions,
} from './ops/update';
export {
  adagradStep,
  adamStep,
  assign,
  rmspropStep,
  sgdStep,
} from './ops/update';

registerBackend(createCpuBackend('cpu'));
registerBackend(createReferenceBackend('reference'));

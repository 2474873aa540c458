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
export { debugCheck, isDebugChecks, setDebugChecks, valuesAtHand } from './core/checks';
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
export type { Weights } from './ops/composed/blas';
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
} from './ops/composed/blas';
export type {
  Conv1dOptions,
  ConvTranspose1dOptions,
  ConvTranspose2dOptions,
} from './ops/composed/convolution';
export { conv1d, convTranspose1d, convTranspose2d, corr2d } from './ops/composed/convolution';
export type { CreationOptions, TensorOptions } from './ops/composed/creation';
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
} from './ops/composed/creation';
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
} from './ops/composed/diagonal';
export {
  einsum,
  tensordot,
} from './ops/composed/einsum';
export type { GridSampleOptions } from './ops/composed/grid-sample';
export { affineGrid, gridSample } from './ops/composed/grid-sample';
export type { Index } from './ops/composed/indexing';
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
} from './ops/composed/indexing';
export { combinations, gcd, lcm } from './ops/composed/integers';
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
} from './ops/composed/movement';
export type { PadMode } from './ops/composed/padding';
export { pad } from './ops/composed/padding';
export type { Tolerance } from './ops/composed/pointwise';
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
} from './ops/composed/pointwise';
export type { AdaptiveSize, LpPoolOptions, Pool1dOptions } from './ops/composed/pooling';
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
} from './ops/composed/pooling';
export type { Interpolation, Picked } from './ops/composed/reduction';
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
} from './ops/composed/reduction';
export { diagonalScatter, selectScatter, sliceScatter } from './ops/composed/replace';
export { cummax, cummin, diff, logcumsumexp, trapezoid } from './ops/composed/scan';
export type { ScatterReduction } from './ops/composed/scattering';
export { indexReduce, scatterReduce } from './ops/composed/scattering';
export type { Unique } from './ops/composed/search';
export {
  bincount,
  bucketize,
  histc,
  nonzero,
  searchsorted,
  unique,
  uniqueConsecutive,
} from './ops/composed/search';
export type { VarianceOptions } from './ops/composed/statistics';
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
} from './ops/composed/statistics';
export type { InterpolateOptions, InterpolationMode, UnfoldOptions } from './ops/composed/vision';
export {
  channelShuffle,
  fold,
  interpolate,
  pixelShuffle,
  pixelUnshuffle,
  unfold,
} from './ops/composed/vision';
export { declarations } from './ops/declarations';
export { reluGradient, sigmoidGradient, tanhGradient } from './ops/declared/activation';
export type { LinearOptions } from './ops/declared/blas';
export { bmm, dot, linear, matmul, outer } from './ops/declared/blas';
export type { Conv2dOptions, Pair } from './ops/declared/convolution';
export { conv2d, convolveInto } from './ops/declared/convolution';
export { gather, indexAdd, indexSelect, scatter, scatterAdd, sort } from './ops/declared/indexing';
export type { CrossEntropyAttributes } from './ops/declared/loss';
export { softmaxCrossEntropy } from './ops/declared/loss';
export type { Bounds } from './ops/declared/movement';
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
} from './ops/declared/movement';
export type { NormalizedBatch } from './ops/declared/normalization';
export { normalizeBatch, normalizeChannels, normalizeLayer } from './ops/declared/normalization';
export type {
  AdagradStepOptions,
  AdamStepOptions,
  RmspropStepOptions,
  SgdStepOptions,
} from './ops/declared/optimizer';
export {
  adagradStep,
  adamStep,
  assign,
  rmspropStep,
  sgdStep,
} from './ops/declared/optimizer';
export type { SoftplusOptions } from './ops/declared/pointwise';
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
} from './ops/declared/pointwise';
export type { AvgPool2dOptions, Pool2dOptions, Pooled } from './ops/declared/pooling';
export { avgPool2d, maxPool2d, maxPool2dWithIndices } from './ops/declared/pooling';
export type { RandomOptions } from './ops/declared/random';
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
} from './ops/declared/random';
export type { Recurrence, RecurrentWeights } from './ops/declared/recurrent';
export { gru, lstm, rnn } from './ops/declared/recurrent';
export type { AxesArgument } from './ops/declared/reduction';
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
} from './ops/declared/reduction';
export { logSoftmax, logsumexp, softmax } from './ops/declared/softmax';
export type { Operand } from './ops/operand';
export { cast } from './ops/operand';
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

registerBackend(createCpuBackend('cpu'));
registerBackend(createReferenceBackend('reference'));

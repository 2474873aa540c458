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

// Devices, tensors, memory and the runner

export type { Backend, Device } from './backend/backend';
export { getDefaultDevice, registeredDevices, setDefaultDevice } from './backend/registry';
export { getNumThreads, setNumThreads } from './backend/threads';
export type { ArgumentCheck } from './core/arguments';
export { argumentChecker } from './core/arguments';
export { isTensor } from './core/brand';
export { isDebugChecks, setDebugChecks } from './core/checks';
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
  DeviceLostError,
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
export { inferenceScope } from './core/inference';
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
export { forEachTensor, keep, Scope, scope } from './core/lifetime';
export type { MemoryInfo } from './core/memory';
export { memory, resetPeakMemory } from './core/memory';
export type { TensorMethods } from './core/methods';
export { to, toAsync } from './core/methods';
export type { DeviceBuffer } from './core/storage';
export { Storage } from './core/storage';
export type { NestedArray } from './core/tensor';
export { Tensor } from './core/tensor';

// The op table

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

// Creation

export { arange, eye, linspace, logspace, meshgrid, oneHot, vander } from './ops/composed/creation';
export type { CreationOptions, TensorOptions } from './ops/declared/creation';
export { full, fullLike, ones, onesLike, tensor, zeros, zerosLike } from './ops/declared/creation';

// Random sampling

export {
  bernoulli,
  exponential,
  multinomial,
  normal,
  randint,
  randLike,
  randnLike,
  randperm,
} from './ops/composed/random';
export type { RandomOptions } from './ops/declared/random';
export { rand, randn } from './ops/declared/random';

// Shapes, slicing and joining

export { blockDiag, columnStack, dstack, hstack, vstack } from './ops/composed/joining';
export {
  atleast1d,
  atleast2d,
  atleast3d,
  broadcastTensors,
  broadcastTo,
  expandAs,
  flatten,
  flip,
  fliplr,
  flipud,
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
  tile,
  unflatten,
  unfoldAxis,
} from './ops/composed/movement';
export type { PadMode } from './ops/composed/padding';
export { pad } from './ops/composed/padding';
export { chunk, dsplit, hsplit, split, tensorSplit, unbind, vsplit } from './ops/composed/slicing';
export type { Bounds } from './ops/declared/movement';
export {
  alias,
  assign,
  cat,
  clone,
  contiguous,
  detach,
  expand,
  narrow,
  permute,
  reshape,
  select,
  slice,
  squeeze,
  stack,
  transpose,
  unsqueeze,
  view,
} from './ops/declared/movement';

// Indexing and changing parts

export type { Index } from './ops/composed/indexing';
export {
  index,
  indexAsync,
  maskedSelect,
  maskedSelectAsync,
  nonzero,
  nonzeroAsync,
  take,
  takeAlongDim,
} from './ops/composed/indexing';
export type { ScatterReduction } from './ops/composed/scattering';
export {
  diagonalScatter,
  indexCopy,
  indexFill,
  indexPut,
  indexPutAsync,
  indexReduce,
  maskedFill,
  maskedScatter,
  maskedScatterAsync,
  scatterReduce,
  selectScatter,
  sliceScatter,
} from './ops/composed/scattering';
export { gather, indexAdd, indexSelect, scatter, scatterAdd } from './ops/declared/indexing';

// Pointwise

export {
  addcdiv,
  addcmul,
  clamp,
  clamp as clip,
  copysign,
  deg2rad,
  divmod,
  exp2,
  floatPower,
  frac,
  gcd,
  heaviside,
  hypot,
  lcm,
  ldexp,
  lerp,
  logaddexp,
  logaddexp2,
  logit,
  logsigmoid,
  nanToNum,
  rad2deg,
  rsqrt,
  signbit,
  sinc,
  xlog1py,
  xlogy,
} from './ops/composed/pointwise';
export type { AlphaOptions } from './ops/declared/pointwise';
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
  erf,
  erfc,
  erfinv,
  exp,
  expm1,
  floor,
  floorDivide,
  fmod,
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
  mul,
  neg,
  polygamma,
  pow,
  reciprocal,
  remainder,
  rightShift,
  round,
  sigmoid,
  sign,
  sin,
  sinh,
  sqrt,
  square,
  sub,
  tan,
  tanh,
  trunc,
  where,
} from './ops/declared/pointwise';

// Comparison

export type { Tolerance } from './ops/composed/comparison';
export {
  allclose,
  allcloseAsync,
  equal,
  equalAsync,
  fmax,
  fmin,
  isclose,
  isin,
  isinf,
  isneginf,
  isposinf,
} from './ops/composed/comparison';
export {
  eq,
  ge,
  gt,
  isfinite,
  isnan,
  le,
  lt,
  maximum,
  minimum,
  ne,
} from './ops/declared/comparison';

// Reduction

export {
  aminmax,
  countNonzero,
  dist,
  logsumexp,
  max,
  min,
  nanmean,
  nansum,
  norm,
  renorm,
} from './ops/composed/reduction';
export type { VarianceOptions } from './ops/composed/statistics';
export {
  bincount,
  bincountAsync,
  corrcoef,
  cov,
  histc,
  histcAsync,
  std,
  stdMean,
  variance,
  variance as var,
  varMean,
} from './ops/composed/statistics';
export type { AxesArgument, KeepdimOptions } from './ops/declared/reduction';
export { all, amax, amin, any, argmax, argmin, mean, prod, sum } from './ops/declared/reduction';

// Scans: running sums, products and extremes

export { diff, logcumsumexp, trapezoid } from './ops/composed/scan';
export { cummax, cummin, cumprod, cumsum } from './ops/declared/scan';

// Sorting and searching

export type { Unique } from './ops/composed/search';
export {
  bucketize,
  searchsorted,
  searchsortedAsync,
  unique,
  uniqueAsync,
  uniqueConsecutive,
  uniqueConsecutiveAsync,
} from './ops/composed/search';
export type { Interpolation, QuantileOptions } from './ops/composed/sorting';
export {
  argsort,
  kthvalue,
  median,
  mode,
  msort,
  nanmedian,
  nanquantile,
  quantile,
  topk,
} from './ops/composed/sorting';
export type { Picked } from './ops/declared/sorting';
export { sort } from './ops/declared/sorting';

// Products of matrices and vectors (BLAS)

export type { Weights } from './ops/composed/blas';
export {
  addbmm,
  addmm,
  addmv,
  addr,
  baddbmm,
  bmm,
  cdist,
  chainMatmul,
  cross,
  dot,
  inner,
  kron,
  matrixPower,
  mm,
  multiDot,
  mv,
  pdist,
  vdot,
} from './ops/composed/blas';
export { einsum, tensordot } from './ops/composed/einsum';
export type { LinearOptions } from './ops/declared/blas';
export { linear, matmul, outer } from './ops/declared/blas';

// Diagonals, triangles and combinations

export { cartesianProd, combinations } from './ops/composed/combinations';
export {
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

// Convolution

export type {
  Conv1dOptions,
  ConvTranspose1dOptions,
  ConvTranspose2dOptions,
  UnfoldOptions,
} from './ops/composed/convolution';
export {
  conv1d,
  convTranspose1d,
  convTranspose2d,
  corr2d,
  fold,
  unfold,
} from './ops/composed/convolution';
export type { Conv2dOptions, Pair } from './ops/declared/convolution';
export { conv2d } from './ops/declared/convolution';

// Pooling

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
export type { AvgPool2dOptions, Pool2dOptions, Pooled } from './ops/declared/pooling';
export { avgPool2d, maxPool2d, maxPool2dWithIndices } from './ops/declared/pooling';

// Vision

export type { GridSampleOptions } from './ops/composed/grid-sample';
export { affineGrid, gridSample } from './ops/composed/grid-sample';
export type { InterpolateOptions, InterpolationMode } from './ops/composed/vision';
export { channelShuffle, interpolate, pixelShuffle, pixelUnshuffle } from './ops/composed/vision';

// Activation functions and their gradients

export { logSoftmax, relu, softmax, softplus } from './ops/declared/activation';

// Normalisation

export type { EpsOptions } from './ops/declared/normalization';

// Losses

export type { CrossEntropyAttributes } from './ops/declared/loss';
export { softmaxCrossEntropy } from './ops/declared/loss';

// Recurrent networks

export type { Recurrence, RecurrentWeights } from './ops/declared/recurrent';
export { gru, lstm, rnn } from './ops/declared/recurrent';

// Steps of optimisers

registerBackend(createCpuBackend('cpu'));
registerBackend(createReferenceBackend('reference'));

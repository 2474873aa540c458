/** Functions without parameters of their own that layers and losses are made of. */

export type { RReLUOptions } from './functional/activation';
export {
  celu,
  elu,
  gelu,
  glu,
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logSigmoid,
  maxout,
  mish,
  prelu,
  relu6,
  rrelu,
  selu,
  silu,
  softmin,
  softplus,
  softshrink,
  softsign,
  swish,
  tanhshrink,
  threshold,
} from './functional/activation';
export type { DropoutOptions } from './functional/dropout';
export { alphaDropout, dropout } from './functional/dropout';
export { embedding } from './functional/embedding';
export type { AffineOptions, BatchNormOptions } from './functional/norm';
export { batchNorm, groupNorm, layerNorm, normalize } from './functional/norm';
export type { Conv1dOptions, Pool1dOptions } from './functional/windows';
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  avgPool1d,
  conv1d,
  kMaxPool,
  maxPool1d,
} from './functional/windows';

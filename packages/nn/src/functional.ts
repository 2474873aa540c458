/** Functions without parameters of their own that layers and losses are made of. */

export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  affineGrid,
  avgPool1d,
  avgPool2d,
  channelShuffle,
  conv1d,
  conv2d,
  convTranspose1d,
  convTranspose2d,
  fold,
  gridSample,
  interpolate,
  kMaxPool,
  lpPool1d,
  lpPool2d,
  maxPool1d,
  maxPool2d,
  maxUnpool1d,
  maxUnpool2d,
  pdist,
  pixelShuffle,
  pixelUnshuffle,
  softplus,
  unfold,
} from '@dl/tensor';
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
  softshrink,
  softsign,
  swish,
  tanhshrink,
  threshold,
} from './functional/activation';
export { bilinear } from './functional/bilinear';
export { cosineSimilarity, pairwiseDistance } from './functional/distance';
export type { DropoutOptions } from './functional/dropout';
export { alphaDropout, dropout } from './functional/dropout';
export type { EmbeddingFunctionOptions, LookupOptions } from './functional/embedding';
export { embedding } from './functional/embedding';
export type { BagMode, EmbeddingBagOptions } from './functional/embedding-bag';
export { embeddingBag } from './functional/embedding-bag';
export type { InstanceNormFunctionOptions, LocalResponseOptions } from './functional/instance-norm';
export { instanceNorm, localResponseNorm } from './functional/instance-norm';
export type { AffineOptions, BatchNormOptions } from './functional/norm';
export { batchNorm, groupNorm, layerNorm, normalize } from './functional/norm';

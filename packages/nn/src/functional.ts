/**
 * PyTorch's `torch.nn.functional` under its names in camelCase, and some more: the functions that layers and losses are made of. Each is
 * defined in one place; those of @dl/tensor are passed on.
 */

export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveMaxPool1d,
  adaptiveMaxPool1dWithIndices,
  adaptiveMaxPool2d,
  adaptiveMaxPool2dWithIndices,
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
  linear,
  logSoftmax,
  logsigmoid,
  lpPool1d,
  lpPool2d,
  maxPool1d,
  maxPool1dWithIndices,
  maxPool2d,
  maxPool2dWithIndices,
  maxUnpool1d,
  maxUnpool2d,
  oneHot,
  pad,
  pdist,
  pixelShuffle,
  pixelUnshuffle,
  relu,
  sigmoid,
  softmax,
  softplus,
  tanh,
  unfold,
} from '@dl/tensor';
export type { GumbelSoftmaxOptions, RReLUOptions } from './functional/activation';
export {
  celu,
  elu,
  gelu,
  glu,
  gumbelSoftmax,
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
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
export { convTbc } from './functional/conv-tbc';
export type { PairwiseDistanceOptions } from './functional/distance';
export { cosineSimilarity, pairwiseDistance } from './functional/distance';
export type { ChannelDropoutOptions, DropoutOptions } from './functional/dropout';
export {
  alphaDropout,
  dropout,
  dropout1d,
  dropout2d,
  dropout3d,
  featureAlphaDropout,
} from './functional/dropout';
export type { EmbeddingFunctionOptions, LookupOptions } from './functional/embedding';
export { embedding } from './functional/embedding';
export type { BagMode, EmbeddingBagOptions } from './functional/embedding-bag';
export { embeddingBag } from './functional/embedding-bag';
export type { InstanceNormFunctionOptions } from './functional/instance-norm';
export { instanceNorm, localResponseNorm } from './functional/instance-norm';
export type { BatchNormOptions } from './functional/norm';
export { batchNorm, groupNorm, layerNorm, normalize } from './functional/norm';
export {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  crossEntropy,
  nllLoss,
} from './losses/classification';
export { ctcLoss } from './losses/ctc';
export { gaussianNllLoss, poissonNllLoss } from './losses/likelihood';
export {
  cosineEmbeddingLoss,
  hingeEmbeddingLoss,
  hingeLoss,
  marginRankingLoss,
  multiMarginLoss,
  softMarginLoss,
  tripletMarginLoss,
} from './losses/margin';
export {
  multilabelMarginLoss,
  multilabelSoftMarginLoss,
  tripletMarginWithDistanceLoss,
} from './losses/multi-label';
export {
  halfSquaredError,
  huberLoss,
  klDiv,
  l1Loss,
  mseLoss,
  smoothL1Loss,
} from './losses/regression';

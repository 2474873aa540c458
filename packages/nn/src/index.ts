/**
 * Layers, losses, initialisers and models for @dl/tensor, with PyTorch's names, defaults and parameter names.
 *
 * @packageDocumentation
 */

import * as functional from './functional';
import * as init from './init';

export { deepcopy } from './deepcopy';
export type { DrawOptions } from './diagram';
export { drawModel } from './diagram';
export type { Named } from './fields';
export { functionalCall } from './functional-call';
export { fuseConvNorm } from './fusion';
export {
  CELU,
  ELU,
  GELU,
  GLU,
  Hardshrink,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  LeakyReLU,
  LogSigmoid,
  LogSoftmax,
  Maxout,
  Mish,
  PReLU,
  ReLU,
  ReLU6,
  RReLU,
  SELU,
  Sigmoid,
  SiLU,
  Softmax,
  Softmax2d,
  Softmin,
  Softplus,
  Softshrink,
  Softsign,
  Swish,
  Tanh,
  Tanhshrink,
  Threshold,
} from './layers/activation';
export type { HighwayOptions, ResidualOptions } from './layers/block';
export { Highway, Residual } from './layers/block';
export type { TensorModule } from './layers/container';
export { ModuleDict, ModuleList, Sequential } from './layers/container';
export type { Conv1dLayerOptions, Conv2dLayerOptions } from './layers/conv';
export { Conv1d, Conv2d } from './layers/conv';
export type {
  ConvTranspose1dLayerOptions,
  ConvTranspose2dLayerOptions,
} from './layers/conv-transpose';
export { ConvTranspose1d, ConvTranspose2d } from './layers/conv-transpose';
export { CosineSimilarity, PairwiseDistance } from './layers/distance';
export {
  AlphaDropout,
  ClassicDropout,
  Dropout,
  Dropout1d,
  Dropout2d,
  FeatureAlphaDropout,
  VariationalDropout,
} from './layers/dropout';
export type { EmbeddingOptions } from './layers/embedding';
export { Embedding } from './layers/embedding';
export type { EmbeddingBagLayerOptions } from './layers/embedding-bag';
export { EmbeddingBag } from './layers/embedding-bag';
export type { InstanceNormOptions } from './layers/instance-norm';
export { InstanceNorm1d, InstanceNorm2d, LocalResponseNorm } from './layers/instance-norm';
export type { LayerOptions } from './layers/linear';
export { Bilinear, Linear } from './layers/linear';
export type { BatchNormLayerOptions, NormOptions } from './layers/norm';
export { BatchNorm1d, BatchNorm2d, GroupNorm, LayerNorm } from './layers/norm';
export {
  ConstantPad1d,
  ConstantPad2d,
  ReflectionPad1d,
  ReflectionPad2d,
  ReplicationPad1d,
  ReplicationPad2d,
  ZeroPad2d,
} from './layers/pad';
export { ParameterDict, ParameterList } from './layers/parameter-containers';
export type { MaybePooled, WithIndices } from './layers/pool';
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AvgPool1d,
  AvgPool2d,
  LPPool1d,
  LPPool2d,
  MaxPool1d,
  MaxPool2d,
} from './layers/pool';
export type { UpsamplingOptions } from './layers/resize';
export {
  Fold,
  PixelShuffle,
  PixelUnshuffle,
  Unfold,
  Upsample,
  UpsamplingBilinear2d,
  UpsamplingNearest2d,
} from './layers/resize';
export { ChannelShuffle, Flatten, Identity, Unflatten } from './layers/shape';
export type { UnpoolOptions } from './layers/unpool';
export { MaxUnpool1d, MaxUnpool2d } from './layers/unpool';
export type {
  BCEOptions,
  BCEWithLogitsOptions,
  CrossEntropyOptions,
  NLLOptions,
} from './losses/classification';
export {
  BCELoss,
  BCEWithLogitsLoss,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  CrossEntropyLoss,
  crossEntropy,
  NLLLoss,
  nllLoss,
} from './losses/classification';
export type { CTCOptions, Lengths } from './losses/ctc';
export { CTCLoss, ctcLoss } from './losses/ctc';
export type { GaussianNLLOptions, PoissonNLLOptions } from './losses/likelihood';
export {
  GaussianNLLLoss,
  gaussianNllLoss,
  PoissonNLLLoss,
  poissonNllLoss,
} from './losses/likelihood';
export type { HingeOptions, MultiMarginOptions, TripletOptions } from './losses/margin';
export {
  CosineEmbeddingLoss,
  cosineEmbeddingLoss,
  HingeEmbeddingLoss,
  HingeLoss,
  hingeEmbeddingLoss,
  hingeLoss,
  MarginRankingLoss,
  MultiMarginLoss,
  marginRankingLoss,
  multiMarginLoss,
  SoftMarginLoss,
  softMarginLoss,
  TripletMarginLoss,
  tripletMarginLoss,
} from './losses/margin';
export type { MultiLabelSoftMarginOptions, TripletDistanceOptions } from './losses/multi-label';
export {
  MultiLabelMarginLoss,
  MultiLabelSoftMarginLoss,
  multilabelMarginLoss,
  multilabelSoftMarginLoss,
  TripletMarginWithDistanceLoss,
  tripletMarginWithDistanceLoss,
} from './losses/multi-label';
export type { KLDivOptions } from './losses/regression';
export {
  HuberLoss,
  halfSquaredError,
  huberLoss,
  KLDivLoss,
  klDiv,
  L1Loss,
  l1Loss,
  MSELoss,
  mseLoss,
  SmoothL1Loss,
  smoothL1Loss,
} from './losses/regression';
export { LinearRegression, LogisticRegression, MLP, SoftmaxRegression } from './models';
export type { BackwardHook, ForwardHook, ForwardPreHook, Gradients, Output } from './module';
export { buffer, Module, parameter } from './module';
export type { MinMaxOptions, PreprocessingOptions } from './preprocessing';
export {
  MeanSubtraction,
  MinMaxScaler,
  Preprocessing,
  StandardScaler,
} from './preprocessing';
export { frobeniusPenalty, l1Penalty, l2Penalty, maxNorm, weightsOf } from './regularization';
export type { LoadStateDictOptions } from './state';
export { StateDictError } from './state';
export type { Summary, SummaryRow } from './summary';
export { summary } from './summary';
export type { TextCNNOptions } from './text-cnn';
export { TextCNN } from './text-cnn';
export { removeWeightNorm, weightNorm } from './weight-norm';
export { functional, init };

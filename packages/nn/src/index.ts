/**
 * Layers, losses, initialisers and models for @dl/tensor, with PyTorch's names, defaults and parameter names.
 *
 * @packageDocumentation
 */

import * as functional from './functional';
import * as init from './init';

export type { Named } from './fields';
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
export {
  AlphaDropout,
  ClassicDropout,
  Dropout,
  Dropout2d,
  VariationalDropout,
} from './layers/dropout';
export type { EmbeddingOptions } from './layers/embedding';
export { Embedding } from './layers/embedding';
export type { LayerOptions } from './layers/linear';
export { Bilinear, Linear } from './layers/linear';
export type { BatchNormLayerOptions, NormOptions } from './layers/norm';
export { BatchNorm1d, BatchNorm2d, GroupNorm, LayerNorm } from './layers/norm';
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
export { Fold, PixelShuffle, PixelUnshuffle, Unfold, Upsample } from './layers/resize';
export { Flatten, Identity, Unflatten } from './layers/shape';
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
export type { LossOptions, Reduction } from './losses/reduction';
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
export type { ForwardHook, ForwardPreHook, Output } from './module';
export { buffer, Module, parameter } from './module';
export { frobeniusPenalty, l1Penalty, l2Penalty, maxNorm, weightsOf } from './regularization';
export { StateDictError } from './state';
export type { Summary, SummaryRow } from './summary';
export { summary } from './summary';
export type { TextCNNOptions } from './text-cnn';
export { TextCNN } from './text-cnn';
export { functional, init };

/**
 * Layers, losses, initialisers and models for @dl/tensor, with PyTorch's names, defaults and parameter names.
 *
 * @packageDocumentation
 */

import * as functional from './functional';
import * as init from './init';

export {
  ELU,
  GELU,
  Hardtanh,
  LeakyReLU,
  LogSigmoid,
  LogSoftmax,
  PReLU,
  ReLU,
  SELU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Softsign,
  Tanh,
} from './layers/activation';
export type { TensorModule } from './layers/container';
export { ModuleList, Sequential } from './layers/container';
export type { Conv2dLayerOptions } from './layers/conv';
export { Conv2d } from './layers/conv';
export type { LayerOptions } from './layers/linear';
export { Linear } from './layers/linear';
export { AvgPool2d, MaxPool2d } from './layers/pool';
export { Dropout, Flatten, Identity } from './layers/shape';
export type {
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
export type { Reduction } from './losses/reduction';
export type { KLDivOptions, LossOptions } from './losses/regression';
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
} from './losses/regression';
export { LinearRegression, LogisticRegression, MLP, SoftmaxRegression } from './models';
export type { ForwardHook, Named, Output } from './module';
export { buffer, Module, parameter } from './module';
export { StateDictError } from './state';
export type { Summary, SummaryRow } from './summary';
export { summary } from './summary';
export { functional, init };

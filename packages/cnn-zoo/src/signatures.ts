/** What the public functions take, written from their types by tools/signatures/make.mjs, and the check of it. */

import { argumentChecker } from '@dl/tensor';

/** Types with names, by name. */
export const types = {
  Classifier:
    '{ training: boolean, forward: object, members: function, namedChildren: function, children: function, namedModules: function, modules: function, namedParameters: function, parameters: function, namedBuffers: function, buffers: function, tensors: function, ownTensors: function, stateDict: function, loadStateDict: function, to: function, train: function, eval: function, requiresGrad: function, zeroGrad: function, apply: function, registerForwardHook: function, registerForwardPreHook: function, registerFullBackwardHook: function, changeHooks: function, describe: function, multiplyAdds: function }',
  ClassifyOptions:
    '{ topK?: number, labels?: string[], resizeSize?: ImageSize, cropSize?: number, mean?: number[], std?: number[], bytes?: boolean }',
  Conv2dLayerOptions:
    "{ paddingMode?: PadMode | 'zeros', stride?: Pair, padding?: Pair | 'valid' | 'same' | 'full', dilation?: Pair, groups?: number, activation?: 'relu', bias?: boolean, dtype?: DType }",
  DType: "'float32' | 'float64' | 'int32' | 'uint8' | 'bool'",
  DenseHeadOptions:
    "{ hidden?: number, dropout?: number, variant?: Variant, inChannels?: number, classes?: number, stem?: 'standard' | 'small' }",
  GoogLeNetOptions:
    "{ auxLogits?: boolean, dropout?: number, dropoutAux?: number, variant?: Variant, inChannels?: number, classes?: number, stem?: 'standard' | 'small' }",
  ImageBatch: 'with data and shape',
  ImageSize: 'number | number[]',
  InceptionChannels: 'with one and three and five',
  LeNetOptions:
    "{ activation?: 'sigmoid' | 'relu', imageSize?: number, inChannels?: number, classes?: number }",
  LoadOptions: '{ strict?: boolean }',
  MobileNetV2Options:
    "{ widthMult?: number, dropout?: number, variant?: Variant, inChannels?: number, classes?: number, stem?: 'standard' | 'small' }",
  ModelOptions:
    "{ variant?: Variant, inChannels?: number, classes?: number, stem?: 'standard' | 'small' }",
  Module: 'with training and forward and namedChildren',
  NiNOptions:
    "{ dropout?: number, inChannels?: number, classes?: number, stem?: 'standard' | 'small' }",
  PadMode: "'constant' | 'reflect' | 'replicate' | 'circular'",
  Pair: 'number | number[]',
  PreprocessOptions:
    '{ resizeSize?: ImageSize, cropSize?: number, mean?: number[], std?: number[], bytes?: boolean }',
  ResidualBlockOptions: '{ useConv1x1?: boolean, stride?: number }',
  SqueezeNetOptions:
    "{ dropout?: number, variant?: Variant, inChannels?: number, classes?: number, stem?: 'standard' | 'small' }",
  VGGOptions:
    "{ batchNorm?: boolean, hidden?: number, dropout?: number, variant?: Variant, inChannels?: number, classes?: number, stem?: 'standard' | 'small' }",
  Variant: "'d2l' | 'torchvision'",
};

/** The parameters of functions, constructors and methods. */
export const signatures = {
  AlexNet: 'options?: DenseHeadOptions',
  'AlexNet.forward': 'x: Tensor',
  BasicBlock: 'inChannels: number, width: number, stride?: number',
  'BasicBlock.forward': 'x: Tensor',
  Bottleneck: 'inChannels: number, width: number, stride?: number',
  'Bottleneck.forward': 'x: Tensor',
  BottleneckDenseBlock: 'count: number, inChannels: number, growth: number',
  'BottleneckDenseBlock.forward': 'x: Tensor',
  ConvNorm:
    'inChannels: number, outChannels: number, kernelSize: Pair, options?: Conv2dLayerOptions',
  'ConvNorm.forward': 'x: Tensor',
  DenseBlock: 'count: number, inChannels: number, growth: number',
  'DenseBlock.forward': 'x: Tensor',
  DenseNet:
    "layers: number | 'd2l', options?: { inChannels?: number, classes?: number, stem?: 'standard' | 'small' }",
  'DenseNet.forward': 'x: Tensor',
  Fire: 'inChannels: number, squeezed: number, expanded: number',
  'Fire.forward': 'x: Tensor',
  'GlobalAvgPool2d.forward': 'x: Tensor',
  GoogLeNet: 'options?: GoogLeNetOptions',
  'GoogLeNet.forward': 'x: Tensor',
  'GoogLeNet.forwardAll': 'x: Tensor',
  Inception: 'inChannels: number, channels: InceptionChannels',
  'Inception.forward': 'x: Tensor',
  InceptionNorm: 'inChannels: number, channels: InceptionChannels',
  'InceptionNorm.forward': 'x: Tensor',
  InvertedResidual:
    'inChannels: number, outChannels: number, options: { stride: number, expansion: number }',
  'InvertedResidual.forward': 'x: Tensor',
  LeNet: 'options?: LeNetOptions',
  'LeNet.forward': 'x: Tensor',
  MobileNetV2: 'options?: MobileNetV2Options',
  'MobileNetV2.forward': 'x: Tensor',
  NiN: 'options?: NiNOptions',
  'NiN.forward': 'x: Tensor',
  ResNet: 'layers: number, options?: ModelOptions',
  'ResNet.features': 'x: Tensor',
  'ResNet.forward': 'x: Tensor',
  Residual: 'inChannels: number, outChannels: number, options?: ResidualBlockOptions',
  'Residual.forward': 'x: Tensor',
  SqueezeNet: "version: '1_0' | '1_1', options?: SqueezeNetOptions",
  'SqueezeNet.forward': 'x: Tensor',
  VGG: 'layers: number, options?: VGGOptions',
  'VGG.forward': 'x: Tensor',
  classify: 'model: Classifier, images: ImageBatch, options?: ClassifyOptions',
  convNormReLU6:
    'inChannels: number, outChannels: number, kernelSize: number, options?: { stride?: number, groups?: number }',
  createModel:
    "name: any, options?: { variant?: Variant, inChannels?: number, classes?: number, stem?: 'standard' | 'small', hidden?: number }",
  decodeWeightsFile: 'path: string',
  foldBatchNorm: 'model: Module',
  infer: 'model: Classifier, x: Tensor, use?: function',
  loadTorchvision:
    'model: Module, source: Uint8Array | ArrayBuffer | Record<string, Tensor>, options?: LoadOptions',
  loadTorchvisionFile: 'model: Module, path: string, options?: LoadOptions',
  ninBlock:
    'inChannels: number, outChannels: number, kernelSize: number, options?: Conv2dLayerOptions',
  preprocess: 'options?: PreprocessOptions',
  transitionBlock: 'inChannels: number, outChannels: number',
  vggBlock:
    'count: number, inChannels: number, outChannels: number, options?: { batchNorm?: boolean }',
};

/** Refuses arguments that the named function, constructor or method does not take: `takes('name', arguments)`. */
export const takes = /* @__PURE__ */ argumentChecker(signatures, types);

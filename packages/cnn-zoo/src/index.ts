/**
 * The convolutional networks of Dive into Deep Learning for @dl/nn, and those of torchvision with its names, numbers and weights.
 *
 * @packageDocumentation
 */

export { ConvNorm } from './blocks/conv-norm';
export { BottleneckDenseBlock, DenseBlock, transitionBlock } from './blocks/dense';
export { Fire } from './blocks/fire';
export { GlobalAvgPool2d } from './blocks/global-avg-pool';
export type { InceptionChannels } from './blocks/inception';
export { Inception, InceptionNorm } from './blocks/inception';
export { convNormReLU6, InvertedResidual } from './blocks/inverted-residual';
export { ninBlock } from './blocks/nin-block';
export type { ResidualBlockOptions } from './blocks/residual';
export { BasicBlock, Bottleneck, Residual } from './blocks/residual';
export { vggBlock } from './blocks/vgg-block';
export type { ClassifyOptions, Guess, PreprocessOptions } from './classify';
export { classify, IMAGENET_MEAN, IMAGENET_STD, infer, preprocess } from './classify';
export type { Foldable } from './fold';
export { foldBatchNorm } from './fold';
export type { LoadOptions } from './load';
export { loadTorchvision } from './load';
export type { DenseHeadOptions } from './models/alexnet';
export { AlexNet } from './models/alexnet';
export { DenseNet } from './models/densenet';
export type { GoogLeNetOptions, GoogLeNetOutputs } from './models/googlenet';
export { GoogLeNet } from './models/googlenet';
export type { LeNetOptions } from './models/lenet';
export { LeNet } from './models/lenet';
export type { MobileNetV2Options } from './models/mobilenet';
export { MobileNetV2 } from './models/mobilenet';
export type { NiNOptions } from './models/nin';
export { NiN } from './models/nin';
export { ResNet } from './models/resnet';
export type { SqueezeNetOptions } from './models/squeezenet';
export { SqueezeNet } from './models/squeezenet';
export type { VGGOptions } from './models/vgg';
export { VGG } from './models/vgg';
export type { ModelOptions, Variant } from './options';
export type { Classifier, ModelName, ModelOf, ZooEntry } from './zoo';
export { createModel, ZOO } from './zoo';

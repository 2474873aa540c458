/** All models by name. */

import type { Module } from '@dl/nn';
import type { Tensor } from '@dl/tensor';
import { ValueError } from '@dl/tensor';
import { AlexNet } from './models/alexnet';
import { DenseNet } from './models/densenet';
import { GoogLeNet } from './models/googlenet';
import { LeNet } from './models/lenet';
import { MobileNetV2 } from './models/mobilenet';
import { NiN } from './models/nin';
import { ResNet } from './models/resnet';
import { SqueezeNet } from './models/squeezenet';
import { VGG } from './models/vgg';
import type { ModelOptions, Variant } from './options';
import { takes } from './signatures';

/** A network that gives class scores [N, classes] for images [N, channels, H, W]. */
export type Classifier = Module & {
  /** Computes class scores. */
  forward(x: Tensor): Tensor;
};

/** A model of the zoo. */
export interface ZooEntry<M extends Classifier = Classifier> {
  /** As in a heading. */
  readonly title: string;
  /** Whose definitions there are; the first is the default. */
  readonly variants: readonly Variant[];
  /** Height and width of the images that it was made for. */
  readonly imageSize: number;
  /** Makes it; options that other models have and this one lacks do nothing. */
  build(options?: ModelOptions & { readonly hidden?: number }): M;
}

const BOTH: readonly Variant[] = ['torchvision', 'd2l'];

function vgg(layers: 11 | 13 | 16 | 19, batchNorm: boolean): ZooEntry<VGG> {
  return {
    title: `VGG-${layers}${batchNorm ? ' with batch norm' : ''}`,
    variants: BOTH,
    imageSize: 224,
    build: (options) => new VGG(layers, { ...options, batchNorm }),
  };
}

function resnet(layers: 18 | 34 | 50 | 101): ZooEntry<ResNet> {
  return {
    title: `ResNet-${layers}`,
    variants: layers < 50 ? BOTH : ['torchvision'],
    imageSize: 224,
    build: ({ hidden: _, ...options } = {}) => new ResNet(layers, options),
  };
}

function densenet(layers: 121 | 169): ZooEntry<DenseNet> {
  return {
    title: `DenseNet-${layers}`,
    variants: ['torchvision'],
    imageSize: 224,
    build: ({ variant: _, hidden: __, ...options } = {}) => new DenseNet(layers, options),
  };
}

function squeezenet(version: '1_0' | '1_1'): ZooEntry {
  return {
    title: `SqueezeNet ${version.replace('_', '.')}`,
    variants: ['torchvision'],
    imageSize: 224,
    build: ({ hidden: _, ...options } = {}) => new SqueezeNet(version, options),
  };
}

const MODELS = {
  lenet: {
    title: 'LeNet-5',
    variants: ['d2l'],
    imageSize: 28,
    build: ({ variant: _, stem: __, hidden: ___, ...options } = {}) => new LeNet(options),
  },
  alexnet: {
    title: 'AlexNet',
    variants: BOTH,
    imageSize: 224,
    build: (options) => new AlexNet(options),
  },
  vgg11: vgg(11, false),
  vgg11_bn: vgg(11, true),
  vgg13: vgg(13, false),
  vgg13_bn: vgg(13, true),
  vgg16: vgg(16, false),
  vgg16_bn: vgg(16, true),
  vgg19: vgg(19, false),
  vgg19_bn: vgg(19, true),
  nin: {
    title: 'Network in Network',
    variants: ['d2l'],
    imageSize: 224,
    build: ({ variant: _, hidden: __, ...options } = {}) => new NiN(options),
  },
  googlenet: {
    title: 'GoogLeNet',
    variants: BOTH,
    imageSize: 224,
    build: ({ hidden: _, ...options } = {}) => new GoogLeNet(options),
  },
  resnet18: resnet(18),
  resnet34: resnet(34),
  resnet50: resnet(50),
  resnet101: resnet(101),
  densenet: {
    title: 'DenseNet of Dive into Deep Learning',
    variants: ['d2l'],
    imageSize: 224,
    build: ({ variant: _, hidden: __, ...options } = {}) => new DenseNet('d2l', options),
  },
  densenet121: densenet(121),
  densenet169: densenet(169),
  squeezenet1_0: squeezenet('1_0'),
  squeezenet1_1: squeezenet('1_1'),
  mobilenet_v2: {
    title: 'MobileNetV2',
    variants: ['torchvision'],
    imageSize: 224,
    build: ({ hidden: _, ...options } = {}) => new MobileNetV2(options),
  },
} as const satisfies Record<string, ZooEntry>;

/** A name in `ZOO`. */
export type ModelName = keyof typeof MODELS;

/** The classes of the models. */
type Models = { readonly [N in ModelName]: ReturnType<(typeof MODELS)[N]['build']> };

/** The class of the model with a name. */
export type ModelOf<N extends ModelName> = Models[N];

/** The models by the names that torchvision gives them. */
export const ZOO: Readonly<Record<ModelName, ZooEntry>> = MODELS;

/**
 * Makes a model by its name, which decides its type: `createModel('resnet18').fc` is known to be there.
 *
 * @throws ValueError for a name, variant or option that does not exist.
 * @example createModel('resnet18', { classes: 10, stem: 'small' }).forward(images) // [N, 3, 32, 32] to [N, 10]
 */
export function createModel<N extends ModelName>(
  name: N,
  options: ModelOptions & { readonly hidden?: number } = {},
): ModelOf<N> {
  takes('createModel', arguments);
  const entry: ZooEntry | undefined = Object.hasOwn(ZOO, name) ? ZOO[name] : undefined;
  if (!entry) {
    throw new ValueError('createModel', `there is no model "${name}"`, {
      expected: Object.keys(ZOO).join(', '),
    });
  }
  const { variant } = options;
  if (variant !== undefined && !entry.variants.includes(variant)) {
    throw new ValueError('createModel', `there is no variant ${variant} of ${name}`, {
      expected: entry.variants.join(' or '),
    });
  }
  return entry.build(options) as ModelOf<N>;
}

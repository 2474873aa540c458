import type { TensorModule } from '@dl/nn';
import { AdaptiveAvgPool2d, Dropout, Linear, Module, ReLU, Sequential } from '@dl/nn';
import type { Tensor } from '@dl/tensor';
import { ValueError } from '@dl/tensor';
import { vggBlock, vggLayers } from '../blocks/vgg-block';
import { begin } from '../initial';
import { resolve } from '../options';
import { takes } from '../signatures';
import type { DenseHeadOptions } from './alexnet';

/** Convolutions in each of the five blocks, by the number of layers that learn. */
const BLOCKS: Readonly<Record<number, readonly number[]>> = {
  11: [1, 1, 2, 2, 2],
  13: [2, 2, 2, 2, 2],
  16: [2, 2, 3, 3, 3],
  19: [2, 2, 4, 4, 4],
};

/** Options of `VGG`. */
export interface VGGOptions extends DenseHeadOptions {
  /** Batch norm after every convolution. Default false. */
  readonly batchNorm?: boolean;
}

/** Fields of `VGG` that take more than they are made with. */
export interface VGG {
  /** The dense layers: a `Sequential` at first, in whose place any module from features to scores may be put. */
  get classifier(): Sequential;
  /** Puts another head there. */
  set classifier(head: TensorModule);
}

/**
 * VGG with 11, 13, 16 or 19 layers: five blocks of 3×3 convolutions with 64 to 512 channels, three dense layers with dropout. In the
 * variant of Dive into Deep Learning each block is a `Sequential` of its own, and images must be 224 × 224. Parameters: those of `features` and `classifier`.
 *
 * @example new VGG(11, { batchNorm: true }).forward(images) // [N, 3, 224, 224] to [N, 1000]
 * Source: Simonyan and Zisserman 2015; Zhang et al., Dive into Deep Learning.
 */
export class VGG extends Module {
  features: Sequential;
  avgpool: TensorModule;

  /** Makes the model. @param layers - 11, 13, 16 or 19. @throws ValueError for other numbers. */
  constructor(layers: 11 | 13 | 16 | 19, options: VGGOptions = {}) {
    takes('VGG', arguments);
    const { batchNorm = false, ...rest } = options;
    super();
    const {
      variant,
      inChannels,
      classes,
      stem,
      hidden = 4096,
      dropout = 0.5,
    } = resolve('VGG', rest);
    const counts = BLOCKS[layers];
    if (!counts) {
      throw new ValueError('VGG', `there is no VGG-${layers}`, { expected: '11, 13, 16 or 19' });
    }
    const widths = [64, 128, 256, 512, 512];
    const inputs = [inChannels, ...widths];
    this.features =
      variant === 'torchvision'
        ? new Sequential(
            ...counts.flatMap((count, i) => vggLayers(count, inputs[i], widths[i], batchNorm)),
          )
        : new Sequential(
            ...counts.map((count, i) => vggBlock(count, inputs[i], widths[i], { batchNorm })),
          );
    const side = stem === 'small' ? 1 : 7;
    this.avgpool = new AdaptiveAvgPool2d([side, side]);
    this.classifier = new Sequential(
      new Linear(512 * side * side, hidden),
      new ReLU(),
      new Dropout(dropout),
      new Linear(hidden, hidden),
      new ReLU(),
      new Dropout(dropout),
      new Linear(hidden, classes),
    );
    // torchvision's dense layers begin for 4096 units; narrow ones would begin almost silent.
    const published = variant === 'torchvision' && stem === 'standard';
    begin(this, published ? { conv: 'fanOut', linear: 'small' } : { conv: 'fanIn' });
  }

  /** Computes class scores. @param x - [N, channels, H, W]. @returns [N, classes]. */
  forward(x: Tensor): Tensor {
    takes('VGG.forward', arguments);
    return this.classifier.forward(this.avgpool.forward(this.features.forward(x)).flatten(1));
  }
}

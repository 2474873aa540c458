import type { TensorModule } from '@dl/nn';
import {
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  Linear,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
} from '@dl/nn';
import type { Tensor } from '@dl/tensor';
import { ValueError } from '@dl/tensor';
import { BottleneckDenseBlock, DenseBlock, transitionBlock } from '../blocks/dense';
import { begin } from '../initial';
import type { ModelOptions, Resolved } from '../options';
import { resolve } from '../options';
import { takes } from '../signatures';

/** Layers in each of the four blocks of torchvision's forms. */
const BLOCKS: Readonly<Record<number, readonly number[]>> = {
  121: [6, 12, 24, 16],
  169: [6, 12, 32, 32],
};

/** Channels that a layer adds. */
const GROWTH = 32;

/** Layers in each of the four blocks of the form in Dive into Deep Learning. */
const D2L = [4, 4, 4, 4];

/** Fields of `DenseNet` that take more than they are made with. */
export interface DenseNet {
  /** The head: a `Linear` at first, in whose place any module from features to scores may be put. */
  get classifier(): Linear;
  /** Puts another head there. */
  set classifier(head: TensorModule);
}

/**
 * DenseNet: four dense blocks with transitions that halve channels and size between them. 121 and 169 are torchvision's, with 1×1
 * convolutions before the 3×3 ones; 'd2l' is that of Dive into Deep Learning, four blocks of four layers. Both add 32 channels a layer. Parameters: those of
 * `features` and `classifier`.
 *
 * @example new DenseNet(121).forward(images) // [N, 3, 224, 224] to [N, 1000]
 * Source: Huang et al. 2017; Zhang et al., Dive into Deep Learning.
 */
export class DenseNet extends Module {
  features: Sequential;

  /** Makes the model. @param layers - 121, 169, or 'd2l'. @throws ValueError for others. */
  constructor(layers: 121 | 169 | 'd2l', options: Omit<ModelOptions, 'variant'> = {}) {
    super();
    takes('DenseNet', arguments);
    const all = resolve('DenseNet', options);
    const counts = layers === 'd2l' ? D2L : BLOCKS[layers];
    if (!counts) {
      throw new ValueError('DenseNet', `there is no DenseNet-${layers}`, {
        expected: "121, 169 or 'd2l'",
      });
    }
    const d2l = layers === 'd2l';
    let channels = 64;
    const parts: Record<string, TensorModule> = { ...stem(all, d2l) };
    for (const [i, count] of counts.entries()) {
      const Block = d2l ? DenseBlock : BottleneckDenseBlock;
      const block = new Block(count, channels, GROWTH);
      parts[`denseblock${i + 1}`] = block;
      channels = block.outChannels;
      if (i === counts.length - 1) break;
      parts[`transition${i + 1}`] = d2l
        ? transitionBlock(channels, channels / 2)
        : transition(channels);
      channels /= 2;
    }
    parts.norm5 = new BatchNorm2d(channels);
    parts.relu5 = new ReLU();
    this.features = new Sequential(parts);
    this.classifier = new Linear(channels, all.classes);
    if (!d2l) begin(this, { conv: 'fanIn', linear: 'zeroBias' });
  }

  /** Computes class scores. @param x - [N, channels, H, W]. @returns [N, classes]. */
  forward(x: Tensor): Tensor {
    takes('DenseNet.forward', arguments);
    return this.classifier.forward(this.features.forward(x).mean([2, 3]));
  }
}

function stem({ inChannels, stem }: Resolved, bias: boolean): Record<string, TensorModule> {
  const small = stem === 'small';
  return {
    conv0: small
      ? new Conv2d(inChannels, 64, 3, { padding: 1, bias })
      : new Conv2d(inChannels, 64, 7, { stride: 2, padding: 3, bias }),
    norm0: new BatchNorm2d(64),
    relu0: new ReLU(),
    ...(!small && { pool0: new MaxPool2d(3, { stride: 2, padding: 1 }) }),
  };
}

/** `transitionBlock` under torchvision's names, without bias. */
function transition(channels: number): Sequential {
  return new Sequential({
    norm: new BatchNorm2d(channels),
    relu: new ReLU(),
    conv: new Conv2d(channels, channels / 2, 1, { bias: false }),
    pool: new AvgPool2d(2, { stride: 2 }),
  });
}

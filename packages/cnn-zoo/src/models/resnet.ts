import type { TensorModule } from '@dl/nn';
import { BatchNorm2d, Conv2d, Linear, MaxPool2d, Module, Sequential } from '@dl/nn';
import type { Tensor } from '@dl/tensor';
import { relu, ValueError } from '@dl/tensor';
import { BasicBlock, Bottleneck, Residual } from '../blocks/residual';
import type { Foldable } from '../fold';
import { begin } from '../initial';
import type { ModelOptions } from '../options';
import { resolve } from '../options';
import { takes } from '../signatures';

/** Blocks in each of the four stages. */
const STAGES: Readonly<Record<number, readonly number[]>> = {
  18: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
};

const WIDTHS = [64, 128, 256, 512];

/** Fields of `ResNet` that take more than they are made with. */
export interface ResNet {
  /** The head: a `Linear` at first, in whose place any module from features to scores may be put. */
  get fc(): Linear;
  /** Puts another head there. */
  set fc(head: TensorModule);
}

/**
 * ResNet with 18, 34, 50 or 101 layers: four stages of residual blocks. The torchvision variant has convolutions without bias, batch
 * norm on the short ways, and bottlenecks from 50 layers on; the variant of Dive into Deep Learning (18 and 34) has `Residual` blocks with bias. Parameters:
 * those of `conv1`, `bn1`, `layer1` to `layer4`, `fc` in both.
 *
 * @example new ResNet(18, { classes: 10, stem: 'small' }).forward(images) // [N, 3, 32, 32] to [N, 10]
 * @example model.fc = new Linear(model.fc.inFeatures, 10); // another head, for other classes
 * Source: He et al. 2016; Zhang et al., Dive into Deep Learning.
 */
export class ResNet extends Module implements Foldable {
  conv1: Conv2d;
  bn1 = new BatchNorm2d(64);
  maxpool: TensorModule | null;
  layer1: Sequential;
  layer2: Sequential;
  layer3: Sequential;
  layer4: Sequential;
  readonly foldable = { conv1: 'bn1' };

  /** Makes the model. @param layers - 18, 34, 50 or 101. @throws ValueError for other numbers, and deep ones of the variant of Dive into Deep Learning. */
  constructor(layers: 18 | 34 | 50 | 101, options: ModelOptions = {}) {
    super();
    takes('ResNet', arguments);
    const { variant, inChannels, classes, stem } = resolve('ResNet', options);
    const counts = STAGES[layers];
    const torch = variant === 'torchvision';
    const deep = layers >= 50;
    if (!counts || (deep && !torch)) {
      throw new ValueError('ResNet', `there is no ResNet-${layers} of this variant`, {
        args: { variant },
        expected: torch
          ? '18, 34, 50 or 101'
          : '18 or 34: Dive into Deep Learning has no bottlenecks',
      });
    }
    const small = stem === 'small';
    const bias = !torch;
    this.conv1 = small
      ? new Conv2d(inChannels, 64, 3, { padding: 1, bias })
      : new Conv2d(inChannels, 64, 7, { stride: 2, padding: 3, bias });
    this.maxpool = small ? null : new MaxPool2d(3, { stride: 2, padding: 1 });
    const Block = deep ? Bottleneck : BasicBlock;
    let channels = 64;
    const stage = (i: number) => {
      const blocks = Array.from({ length: counts[i] }, (_, k) => {
        const stride = i > 0 && k === 0 ? 2 : 1;
        const inputs = channels;
        channels = WIDTHS[i] * (torch ? Block.expansion : 1);
        if (torch) return new Block(inputs, WIDTHS[i], stride);
        return new Residual(inputs, channels, { useConv1x1: stride === 2, stride });
      });
      return new Sequential(...blocks);
    };
    [this.layer1, this.layer2, this.layer3, this.layer4] = [0, 1, 2, 3].map(stage);
    this.fc = new Linear(channels, classes);
    if (torch) begin(this, { conv: 'fanOut' });
  }

  /** Computes class scores. @param x - [N, channels, H, W]. @returns [N, classes]. */
  forward(x: Tensor): Tensor {
    takes('ResNet.forward', arguments);
    return this.fc.forward(this.features(x).mean([2, 3]));
  }

  /** What the last stage finds. @param x - [N, channels, H, W]. @returns [N, 512 or 2048, H/32, W/32]; with the small stem, H/8. */
  features(x: Tensor): Tensor {
    takes('ResNet.features', arguments);
    let y = relu(this.bn1.forward(this.conv1.forward(x)));
    if (this.maxpool) y = this.maxpool.forward(y);
    for (const layer of [this.layer1, this.layer2, this.layer3, this.layer4]) y = layer.forward(y);
    return y;
  }
}

/** Inception blocks: four parallel branches, concatenated along the channels. */

import { Conv2d, MaxPool2d, Module, Sequential } from '@dl/nn';
import type { Tensor } from '@dl/tensor';
import { cat, relu } from '@dl/tensor';
import { takes } from '../signatures';
import { ConvNorm } from './conv-norm';

/** Channels of an Inception block. */
export interface InceptionChannels {
  /** Of the 1×1 convolution alone. */
  readonly one: number;
  /** Before and after the 3×3 convolution. */
  readonly three: readonly [reduced: number, out: number];
  /** Before and after the 5×5 convolution. */
  readonly five: readonly [reduced: number, out: number];
  /** After pooling. */
  readonly pool: number;
}

/** The channels that come out. */
export function inceptionOutputs({ one, three, five, pool }: InceptionChannels): number {
  return one + three[1] + five[1] + pool;
}

/**
 * 1×1, 3×3 and 5×5 convolutions and 3×3 max pooling side by side, with 1×1 convolutions that reduce the channels before or after.
 * Parameters: those of `p1_1`, `p2_1`, `p2_2`, `p3_1`, `p3_2`, `p4_2`.
 *
 * @example new Inception(192, { one: 64, three: [96, 128], five: [16, 32], pool: 32 }) // to 256 channels
 * Source: Szegedy et al. 2015; Zhang et al., Dive into Deep Learning.
 */
export class Inception extends Module {
  p1_1: Conv2d;
  p2_1: Conv2d;
  p2_2: Conv2d;
  p3_1: Conv2d;
  p3_2: Conv2d;
  p4_1 = new MaxPool2d(3, { stride: 1, padding: 1 });
  p4_2: Conv2d;

  /** Makes the block. */
  constructor(inChannels: number, channels: InceptionChannels) {
    takes('Inception', arguments);
    const { one, three, five, pool } = channels;
    super();
    this.p1_1 = new Conv2d(inChannels, one, 1);
    this.p2_1 = new Conv2d(inChannels, three[0], 1);
    this.p2_2 = new Conv2d(three[0], three[1], 3, { padding: 1 });
    this.p3_1 = new Conv2d(inChannels, five[0], 1);
    this.p3_2 = new Conv2d(five[0], five[1], 5, { padding: 2 });
    this.p4_2 = new Conv2d(inChannels, pool, 1);
  }

  /** Computes the output. @param x - [N, in, H, W]. @returns [N, out, H, W]. */
  forward(x: Tensor): Tensor {
    takes('Inception.forward', arguments);
    const ways = [
      relu(this.p1_1.forward(x)),
      relu(this.p2_2.forward(relu(this.p2_1.forward(x)))),
      relu(this.p3_2.forward(relu(this.p3_1.forward(x)))),
      relu(this.p4_2.forward(this.p4_1.forward(x))),
    ];
    return cat(ways, 1);
  }
}

/**
 * `Inception` as torchvision has it: batch norm after every convolution, and 3×3 in the place of 5×5 (as in the weights that
 * torchvision publishes). Parameters: those of `branch1` to `branch4`.
 */
export class InceptionNorm extends Module {
  branch1: ConvNorm;
  branch2: Sequential;
  branch3: Sequential;
  branch4: Sequential;

  /** Makes the block. */
  constructor(inChannels: number, channels: InceptionChannels) {
    takes('InceptionNorm', arguments);
    const { one, three, five, pool } = channels;
    super();
    this.branch1 = new ConvNorm(inChannels, one, 1);
    this.branch2 = new Sequential(
      new ConvNorm(inChannels, three[0], 1),
      new ConvNorm(three[0], three[1], 3, { padding: 1 }),
    );
    this.branch3 = new Sequential(
      new ConvNorm(inChannels, five[0], 1),
      new ConvNorm(five[0], five[1], 3, { padding: 1 }),
    );
    this.branch4 = new Sequential(
      new MaxPool2d(3, { stride: 1, padding: 1, ceilMode: true }),
      new ConvNorm(inChannels, pool, 1),
    );
  }

  /** Computes the output. @param x - [N, in, H, W]. @returns [N, out, H, W]. */
  forward(x: Tensor): Tensor {
    takes('InceptionNorm.forward', arguments);
    const { branch1, branch2, branch3, branch4 } = this;
    return cat(
      [branch1, branch2, branch3, branch4].map((branch) => branch.forward(x)),
      1,
    );
  }
}

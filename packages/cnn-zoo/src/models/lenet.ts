import { Conv2d, Flatten, Linear, MaxPool2d, Module, ReLU, Sequential, Sigmoid } from '@dl/nn';
import type { Tensor } from '@dl/tensor';
import { ValueError } from '@dl/tensor';
import type { ModelOptions } from '../options';
import { resolve } from '../options';
import { takes } from '../signatures';

/** Options of `LeNet`. */
export interface LeNetOptions extends Omit<ModelOptions, 'variant' | 'stem'> {
  /** The activation function: 'sigmoid' as first published (default), or 'relu', which learns much faster. */
  readonly activation?: 'sigmoid' | 'relu';
  /** Height and width of the images. Default 28. */
  readonly imageSize?: number;
}

/**
 * LeNet-5: two 5×5 convolutions of 6 and 16 channels with pooling, then dense layers of 120 and 84. Images keep their size in the
 * first convolution (padding 2), so that 28 × 28 gives the 16 × 5 × 5 of the original's 32 × 32. Parameters: those of `net`.
 *
 * @example new LeNet().forward(digits) // [N, 1, 28, 28] to [N, 10]
 * Source: LeCun et al. 1998; Zhang et al., Dive into Deep Learning.
 */
export class LeNet extends Module {
  net: Sequential;

  /** Makes the model. @throws ValueError for images smaller than 12 × 12. */
  constructor(options: LeNetOptions = {}) {
    takes('LeNet', arguments);
    const { activation = 'sigmoid', imageSize = 28, ...rest } = options;
    super();
    const { inChannels, classes } = resolve(
      'LeNet',
      { ...rest, inChannels: rest.inChannels ?? 1, classes: rest.classes ?? 10 },
      ['d2l'],
    );
    const size = Math.floor((Math.floor(imageSize / 2) - 4) / 2);
    if (!Number.isInteger(imageSize) || size < 1) {
      throw new ValueError('LeNet', 'the images are too small', {
        args: { imageSize },
        expected: 'a whole number from 12',
      });
    }
    const activate = () => (activation === 'sigmoid' ? new Sigmoid() : new ReLU());
    this.net = new Sequential(
      new Conv2d(inChannels, 6, 5, { padding: 2 }),
      activate(),
      new MaxPool2d(2, { stride: 2 }),
      new Conv2d(6, 16, 5),
      activate(),
      new MaxPool2d(2, { stride: 2 }),
      new Flatten(),
      new Linear(16 * size * size, 120),
      activate(),
      new Linear(120, 84),
      activate(),
      new Linear(84, classes),
    );
  }

  /** Computes class scores. @param x - [N, channels, size, size]. @returns [N, classes]. */
  forward(x: Tensor): Tensor {
    takes('LeNet.forward', arguments);
    return this.net.forward(x);
  }
}

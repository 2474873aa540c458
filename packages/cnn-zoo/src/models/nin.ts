import { Conv2d, Dropout, Flatten, init, MaxPool2d, Module, Sequential } from '@dl/nn';
import type { Tensor } from '@dl/tensor';
import { GlobalAvgPool2d } from '../blocks/global-avg-pool';
import { ninBlock } from '../blocks/nin-block';
import { begin } from '../initial';
import type { ModelOptions } from '../options';
import { resolve } from '../options';
import { takes } from '../signatures';

/** Options of `NiN`. */
export interface NiNOptions extends Omit<ModelOptions, 'variant'> {
  /** The share of pixels dropped before the last block while training. Default 0.5. */
  readonly dropout?: number;
}

/**
 * Network in Network: four blocks of a convolution and two 1×1 ones, the last with a channel for each class, whose mean is the
 * class's score; no dense layers. Convolutions begin as He et al. 2015 draw them: with PyTorch's default nothing would come through twelve
 * of them. Parameters: those of `net`.
 *
 * @example new NiN({ classes: 10 }).forward(images) // [N, 3, 224, 224] to [N, 10]
 * Source: Lin et al. 2014; Zhang et al., Dive into Deep Learning.
 */
export class NiN extends Module {
  net: Sequential;

  /** Makes the model. */
  constructor(options: NiNOptions = {}) {
    takes('NiN', arguments);
    const { dropout = 0.5, ...rest } = options;
    super();
    const { inChannels, classes, stem } = resolve('NiN', rest, ['d2l']);
    const scores = ninBlock(384, classes, 3, { padding: 1 });
    const pool = () => new MaxPool2d(3, { stride: 2 });
    this.net = new Sequential(
      stem === 'small'
        ? ninBlock(inChannels, 96, 5, { padding: 2 })
        : ninBlock(inChannels, 96, 11, { stride: 4 }),
      pool(),
      ninBlock(96, 256, 5, { padding: 2 }),
      pool(),
      ninBlock(256, 384, 3, { padding: 1 }),
      pool(),
      new Dropout(dropout),
      scores,
      new GlobalAvgPool2d(),
      new Flatten(),
    );
    begin(this, { conv: 'fanIn' });
    // A class whose channel is silent for all images never learns to speak: all begin a little above zero.
    for (const layer of scores) {
      if (!(layer instanceof Conv2d) || !layer.bias) continue;
      init.constant(layer.bias, 1);
      if (layer.inChannels === classes) init.normal(layer.weight, 0, 0.3 / Math.sqrt(classes));
    }
  }

  /** Computes class scores, none of them negative. @param x - [N, channels, H, W]. @returns [N, classes]. */
  forward(x: Tensor): Tensor {
    takes('NiN.forward', arguments);
    return this.net.forward(x);
  }
}

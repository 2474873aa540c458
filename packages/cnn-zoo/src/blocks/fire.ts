/** Fire modules: few channels, then many. */

import { Conv2d, Module } from '@dl/nn';
import type { Tensor } from '@dl/tensor';
import { cat, relu } from '@dl/tensor';
import { takes } from '../signatures';

/**
 * A 1×1 convolution that squeezes the channels, then 1×1 and 3×3 convolutions side by side, each to `expanded` channels; ReLU after each.
 * Parameters: those of `squeeze`, `expand1x1`, `expand3x3`.
 *
 * @example new Fire(96, 16, 64) // [N, 96, H, W] to [N, 128, H, W]
 * Source: Iandola et al. 2016, section 3.
 */
export class Fire extends Module {
  squeeze: Conv2d;
  expand1x1: Conv2d;
  expand3x3: Conv2d;

  /** Makes the block. */
  constructor(inChannels: number, squeezed: number, expanded: number) {
    super();
    takes('Fire', arguments);
    this.squeeze = new Conv2d(inChannels, squeezed, 1, { activation: 'relu' });
    this.expand1x1 = new Conv2d(squeezed, expanded, 1);
    this.expand3x3 = new Conv2d(squeezed, expanded, 3, { padding: 1 });
  }

  /** Computes the output. @param x - [N, in, H, W]. @returns [N, 2 · expanded, H, W]. */
  forward(x: Tensor): Tensor {
    takes('Fire.forward', arguments);
    const narrow = this.squeeze.forward(x);
    return relu(cat([this.expand1x1.forward(narrow), this.expand3x3.forward(narrow)], 1));
  }
}

import { Module } from '@dl/nn';
import type { Tensor } from '@dl/tensor';
import { takes } from '../signatures';

/** The mean of each channel: the window is as large as the image. No parameters. Source: Lin et al. 2014; Zhang et al., Dive into Deep Learning. */
export class GlobalAvgPool2d extends Module {
  /** Computes the output. @param x - [N, C, H, W]. @returns [N, C, 1, 1]. */
  forward(x: Tensor): Tensor {
    takes('GlobalAvgPool2d.forward', arguments);
    return x.mean([2, 3], { keepdim: true });
  }
}

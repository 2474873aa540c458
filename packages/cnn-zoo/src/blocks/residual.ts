/** Residual blocks: what is learned is added to what comes in. */

import type { TensorModule } from '@dl/nn';
import { BatchNorm2d, Conv2d, Module, Sequential } from '@dl/nn';
import type { Tensor } from '@dl/tensor';
import { relu } from '@dl/tensor';
import type { Foldable } from '../fold';
import { takes } from '../signatures';

/** Options of `Residual`. */
export interface ResidualBlockOptions {
  /** Whether the skip connection has a 1×1 convolution, needed where channels or size change. Default false. */
  readonly useConv1x1?: boolean;
  /** Step of the first convolution, and of the 1×1 one. Default 1. */
  readonly stride?: number;
}

/**
 * Two 3×3 convolutions with batch norm beside the input, or beside a 1×1 convolution of it; ReLU of the sum. Parameters: those of
 * `conv1`, `bn1`, `conv2`, `bn2`, `conv3`.
 *
 * @example new Residual(64, 128, { useConv1x1: true, stride: 2 }) // [N, 64, H, W] to [N, 128, H/2, W/2]
 * Source: He et al. 2016; Zhang et al., Dive into Deep Learning. `BasicBlock` is torchvision's form.
 */
export class Residual extends Module implements Foldable {
  conv1: Conv2d;
  bn1: BatchNorm2d;
  conv2: Conv2d;
  bn2: BatchNorm2d;
  conv3: Conv2d | null;
  readonly foldable = { conv1: 'bn1', conv2: 'bn2' };

  /** Makes the block. */
  constructor(inChannels: number, outChannels: number, options: ResidualBlockOptions = {}) {
    takes('Residual', arguments);
    const { useConv1x1 = false, stride = 1 } = options;
    super();
    this.conv1 = new Conv2d(inChannels, outChannels, 3, { padding: 1, stride });
    this.bn1 = new BatchNorm2d(outChannels);
    this.conv2 = new Conv2d(outChannels, outChannels, 3, { padding: 1 });
    this.bn2 = new BatchNorm2d(outChannels);
    this.conv3 = useConv1x1 ? new Conv2d(inChannels, outChannels, 1, { stride }) : null;
  }

  /** Computes the output. @param x - [N, in, H, W]. @returns [N, out, OH, OW]. */
  forward(x: Tensor): Tensor {
    takes('Residual.forward', arguments);
    const { conv1, bn1, conv2, bn2, conv3 } = this;
    const hidden = relu(bn1.forward(conv1.forward(x)));
    const y = bn2.forward(conv2.forward(hidden));
    return relu(y.add(conv3 ? conv3.forward(x) : x));
  }
}

/** A 1×1 convolution and batch norm on the short way, where the shape changes. */
function shortcut(inChannels: number, outChannels: number, stride: number): Sequential | null {
  if (stride === 1 && inChannels === outChannels) return null;
  return new Sequential(
    new Conv2d(inChannels, outChannels, 1, { stride, bias: false }),
    new BatchNorm2d(outChannels),
  );
}

/**
 * Two 3×3 convolutions without bias, each with batch norm, beside the input; torchvision's block of ResNet-18 and 34. Parameters:
 * those of `conv1`, `bn1`, `conv2`, `bn2`, `downsample`.
 */
export class BasicBlock extends Module implements Foldable {
  /** Channels that come out, as a multiple of the width. */
  static readonly expansion = 1;
  conv1: Conv2d;
  bn1: BatchNorm2d;
  conv2: Conv2d;
  bn2: BatchNorm2d;
  downsample: TensorModule | null;
  readonly foldable = { conv1: 'bn1', conv2: 'bn2' };

  /** Makes the block. @param width - channels of both convolutions. */
  constructor(inChannels: number, width: number, stride = 1) {
    super();
    takes('BasicBlock', arguments);
    this.conv1 = new Conv2d(inChannels, width, 3, { stride, padding: 1, bias: false });
    this.bn1 = new BatchNorm2d(width);
    this.conv2 = new Conv2d(width, width, 3, { padding: 1, bias: false });
    this.bn2 = new BatchNorm2d(width);
    this.downsample = shortcut(inChannels, width, stride);
  }

  /** Computes the output. @param x - [N, in, H, W]. @returns [N, width, OH, OW]. */
  forward(x: Tensor): Tensor {
    takes('BasicBlock.forward', arguments);
    const { conv1, bn1, conv2, bn2, downsample } = this;
    const hidden = relu(bn1.forward(conv1.forward(x)));
    const y = bn2.forward(conv2.forward(hidden));
    return relu(y.add(downsample ? downsample.forward(x) : x));
  }
}

/**
 * A 1×1 convolution down to the width, a 3×3 one, and a 1×1 one up to four times the width, each with batch norm, beside the input;
 * the block of ResNet-50 and deeper, with the step in the 3×3 convolution as torchvision has it. Parameters: those of `conv1`
 * to `conv3`, `bn1` to `bn3`, `downsample`.
 *
 * Source: He et al. 2016, figure 5.
 */
export class Bottleneck extends Module implements Foldable {
  /** Channels that come out, as a multiple of the width. */
  static readonly expansion = 4;
  conv1: Conv2d;
  bn1: BatchNorm2d;
  conv2: Conv2d;
  bn2: BatchNorm2d;
  conv3: Conv2d;
  bn3: BatchNorm2d;
  downsample: TensorModule | null;
  readonly foldable = {
    conv1: 'bn1',
    conv2: 'bn2',
    conv3: 'bn3',
  };

  /** Makes the block. @param width - channels in the middle. */
  constructor(inChannels: number, width: number, stride = 1) {
    super();
    takes('Bottleneck', arguments);
    const out = width * Bottleneck.expansion;
    this.conv1 = new Conv2d(inChannels, width, 1, { bias: false });
    this.bn1 = new BatchNorm2d(width);
    this.conv2 = new Conv2d(width, width, 3, { stride, padding: 1, bias: false });
    this.bn2 = new BatchNorm2d(width);
    this.conv3 = new Conv2d(width, out, 1, { bias: false });
    this.bn3 = new BatchNorm2d(out);
    this.downsample = shortcut(inChannels, out, stride);
  }

  /** Computes the output. @param x - [N, in, H, W]. @returns [N, 4·width, OH, OW]. */
  forward(x: Tensor): Tensor {
    takes('Bottleneck.forward', arguments);
    const { conv1, bn1, conv2, bn2, conv3, bn3, downsample } = this;
    const narrow = relu(bn1.forward(conv1.forward(x)));
    const hidden = relu(bn2.forward(conv2.forward(narrow)));
    const y = bn3.forward(conv3.forward(hidden));
    return relu(y.add(downsample ? downsample.forward(x) : x));
  }
}

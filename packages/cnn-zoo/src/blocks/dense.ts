/** Dense blocks: each layer sees the outputs of all layers before it. */

import type { Named } from '@dl/nn';
import {
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  Module,
  ModuleDict,
  ModuleList,
  ReLU,
  Sequential,
} from '@dl/nn';
import type { Tensor } from '@dl/tensor';
import { cat, relu } from '@dl/tensor';
import type { Foldable } from '../fold';
import { expectCount } from '../options';
import { takes } from '../signatures';

/** Batch norm, ReLU and a 3×3 convolution. Source: Zhang et al., Dive into Deep Learning. */
function convBlock(inChannels: number, outChannels: number): Sequential {
  return new Sequential(
    new BatchNorm2d(inChannels),
    new ReLU(),
    new Conv2d(inChannels, outChannels, 3, { padding: 1 }),
  );
}

/** Joins what each layer finds to what it saw. */
function grow(x: Tensor, layers: Iterable<{ forward(x: Tensor): Tensor }>): Tensor {
  let all = x;
  for (const layer of layers) all = cat([all, layer.forward(all)], 1);
  return all;
}

/**
 * `count` layers of batch norm, ReLU and a 3×3 convolution, each of which adds `growth` channels to all it has seen. Parameters:
 * those of `net`.
 *
 * @example new DenseBlock(4, 64, 32) // [N, 64, H, W] to [N, 192, H, W]
 * Source: Huang et al. 2017; Zhang et al., Dive into Deep Learning.
 */
export class DenseBlock extends Module {
  readonly net: ModuleList<Sequential>;
  /** Channels that come out. */
  readonly outChannels: number;

  /** Makes the block. */
  constructor(count: number, inChannels: number, growth: number) {
    super();
    takes('DenseBlock', arguments);
    expectCount('DenseBlock', 'count', count);
    this.net = new ModuleList(
      Array.from({ length: count }, (_, i) => convBlock(inChannels + i * growth, growth)),
    );
    this.outChannels = inChannels + count * growth;
  }

  /** Computes the output. @param x - [N, in, H, W]. @returns [N, in + count·growth, H, W]. */
  forward(x: Tensor): Tensor {
    takes('DenseBlock.forward', arguments);
    return grow(x, this.net);
  }
}

/**
 * Batch norm, ReLU, a 1×1 convolution to fewer channels, and average pooling that halves the size. Source: Zhang et al., Dive into Deep Learning.
 *
 * @example transitionBlock(192, 96) // [N, 192, H, W] to [N, 96, H/2, W/2]
 */
export function transitionBlock(inChannels: number, outChannels: number): Sequential {
  takes('transitionBlock', arguments);
  return new Sequential(
    new BatchNorm2d(inChannels),
    new ReLU(),
    new Conv2d(inChannels, outChannels, 1),
    new AvgPool2d(2, { stride: 2 }),
  );
}

/** The 1×1 convolutions of DenseNet-121 and its like have so many times the growth as channels. */
const BOTTLENECK = 4;

/** Norm, ReLU, 1×1 convolution, norm, ReLU, 3×3 convolution. Parameters: those of `norm1`, `conv1`, `norm2`, `conv2`. */
class DenseLayer extends Module implements Foldable {
  norm1: BatchNorm2d;
  conv1: Conv2d;
  norm2: BatchNorm2d;
  conv2: Conv2d;
  readonly foldable = { conv1: 'norm2' };

  constructor(inChannels: number, growth: number) {
    super();
    const width = BOTTLENECK * growth;
    this.norm1 = new BatchNorm2d(inChannels);
    this.conv1 = new Conv2d(inChannels, width, 1, { bias: false });
    this.norm2 = new BatchNorm2d(width);
    this.conv2 = new Conv2d(width, growth, 3, { padding: 1, bias: false });
  }

  forward(x: Tensor): Tensor {
    const { norm1, conv1, norm2, conv2 } = this;
    const narrow = conv1.forward(relu(norm1.forward(x)));
    return conv2.forward(relu(norm2.forward(narrow)));
  }
}

/** A dense block as torchvision has it, with 1×1 convolutions before the 3×3 ones. Parameters: those of `denselayer1` and so on. */
export class BottleneckDenseBlock extends Module {
  private readonly layers: ModuleDict<DenseLayer>;
  /** Channels that come out. */
  readonly outChannels: number;

  /** Makes the block. */
  constructor(count: number, inChannels: number, growth: number) {
    super();
    takes('BottleneckDenseBlock', arguments);
    expectCount('BottleneckDenseBlock', 'count', count);
    const layers = Array.from({ length: count }, (_, i) => [
      `denselayer${i + 1}`,
      new DenseLayer(inChannels + i * growth, growth),
    ]);
    this.layers = new ModuleDict(Object.fromEntries(layers));
    this.outChannels = inChannels + count * growth;
  }

  /** The layers stand in the block itself, as in torchvision's state dicts. */
  protected override members(): Iterable<Named<unknown>> {
    return [...this.layers];
  }

  /** Computes the output. @param x - [N, in, H, W]. @returns [N, in + count·growth, H, W]. */
  forward(x: Tensor): Tensor {
    takes('BottleneckDenseBlock.forward', arguments);
    return grow(
      x,
      Array.from(this.layers, ([, layer]) => layer),
    );
  }
}

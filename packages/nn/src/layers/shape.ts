/** Layers that only move elements. */

import type { Tensor } from '@dl/tensor';
import { alias, channelShuffle, flatten, unflatten } from '@dl/tensor';
import { Module } from '../module';
import { takes } from '../signatures';

/** Merges axes into one, by default all but the first. No parameters. */
export class Flatten extends Module {
  /** Makes the layer. @param start - the first axis merged, default 1. @param end - the last, default −1. */
  constructor(
    readonly start = 1,
    readonly end = -1,
  ) {
    super();
    takes('Flatten', arguments);
  }

  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('Flatten.forward', arguments);
    return flatten(x, this.start, this.end);
  }
}

/** Returns what it gets; stands in for a layer that was taken out. */
export class Identity extends Module {
  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('Identity.forward', arguments);
    return alias(x);
  }
}

/** Splits an axis into several. No parameters. */
export class Unflatten extends Module {
  /** Makes the layer. @param axis - the axis split. @param sizes - what it becomes. */
  constructor(
    readonly axis: number,
    readonly sizes: readonly number[],
  ) {
    super();
    takes('Unflatten', arguments);
  }

  /** Computes the output. @param x - any shape. @throws ShapeError where the sizes do not multiply to the axis. */
  forward(x: Tensor): Tensor {
    takes('Unflatten.forward', arguments);
    return unflatten(x, this.axis, [...this.sizes]);
  }
}

/** Deals the channels of each group out to all groups; see `channelShuffle`. No parameters. */
export class ChannelShuffle extends Module {
  /** Makes the layer. @param groups - must divide the channels. */
  constructor(readonly groups: number) {
    super();
    takes('ChannelShuffle', arguments);
  }

  /** Computes the output. @param x - [N, C, ...]. */
  forward(x: Tensor): Tensor {
    takes('ChannelShuffle.forward', arguments);
    return channelShuffle(x, this.groups);
  }
}

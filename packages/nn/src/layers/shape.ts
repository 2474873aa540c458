/** Layers that only move or drop elements. */

import type { Generator, Tensor } from '@dl/tensor';
import { alias, flatten, ValueError } from '@dl/tensor';
import { dropout } from '../functional';
import { Module } from '../module';

/** Merges axes into one, by default all but the first. No parameters. */
export class Flatten extends Module {
  /** @param start - the first axis merged, default 1. @param end - the last, default −1. */
  constructor(
    readonly start = 1,
    readonly end = -1,
  ) {
    super();
  }

  /** @param x - any shape. */
  forward(x: Tensor): Tensor {
    return flatten(x, this.start, this.end);
  }
}

/** Returns what it gets; stands in for a layer that was taken out. */
export class Identity extends Module {
  /** @param x - any shape. */
  forward(x: Tensor): Tensor {
    return alias(x);
  }
}

/** Drops elements while training; passes everything after `eval()`. Inverted: the mean stays. No parameters. */
export class Dropout extends Module {
  /** @param p - the share of elements dropped, default 0.5. @param generator - default: the global one. @throws ValueError where p is not from 0 to 1. */
  constructor(
    readonly p = 0.5,
    private readonly generator?: Generator,
  ) {
    super();
    if (!(p >= 0 && p <= 1))
      throw new ValueError('Dropout', 'p must be from 0 to 1', { args: { p } });
  }

  /** @param x - any shape. */
  forward(x: Tensor): Tensor {
    return dropout(x, this.p, { training: this.training, generator: this.generator });
  }

  override describe(): string {
    return `p = ${this.p}`;
  }
}

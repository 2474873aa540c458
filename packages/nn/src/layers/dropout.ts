/** Layers that drop elements while training. No parameters; they pass everything after `eval()`. */

import type { Generator, Tensor } from '@dl/tensor';
import type { DropoutOptions } from '../functional/dropout';
import {
  alphaDropout,
  checkProbability,
  dropout,
  dropout1d,
  dropout2d,
  featureAlphaDropout,
} from '../functional/dropout';
import { Module } from '../module';
import { takes } from '../signatures';

/** Options of the layers that draw random numbers. */
export interface GeneratorOptions {
  /** Where the random numbers come from. Default: the global generator. */
  readonly generator?: Generator;
}

/** What the dropout layers have in common. */
abstract class Noise extends Module {
  private readonly generator: Generator | undefined;

  /** Makes the layer. @param p - the share dropped, default 0.5. @param options - `generator`, default the global one. @throws ValueError where p is not from 0 to 1. */
  constructor(
    readonly p = 0.5,
    options: GeneratorOptions = {},
  ) {
    super();
    takes('Noise', arguments, new.target.name);
    this.generator = options.generator;
    checkProbability(new.target.name, p);
  }

  /** What the functions in `functional` need to know. */
  protected get mode(): DropoutOptions {
    return { training: this.training, generator: this.generator };
  }

  override describe(): string {
    return `p = ${this.p}`;
  }
}

/** Drops elements and divides the others by 1 − p, so that the mean stays; see `functional.dropout`. */
export class Dropout extends Noise {
  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('Dropout.forward', arguments);
    return dropout(x, this.p, this.mode);
  }
}

/** Dropout as first published: nothing is scaled while training, and everything by 1 − p after `eval()`. */
export class ClassicDropout extends Noise {
  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('ClassicDropout.forward', arguments);
    return dropout(x, this.p, { ...this.mode, scaling: 'classic' });
  }
}

/** Drops whole channels of images. Source: Tompson et al. 2015. */
export class Dropout2d extends Noise {
  /** Computes the output. @param x - [N, C, H, W] or [C, H, W]. @throws ShapeError for other axes. */
  forward(x: Tensor): Tensor {
    takes('Dropout2d.forward', arguments);
    return dropout2d(x, this.p, this.mode);
  }
}

/** Drops whole channels of sequences. Source: Tompson et al. 2015. */
export class Dropout1d extends Noise {
  /** Computes the output. @param x - [N, C, L] or [C, L]. @throws ShapeError for other axes. */
  forward(x: Tensor): Tensor {
    takes('Dropout1d.forward', arguments);
    return dropout1d(x, this.p, this.mode);
  }
}

/** Drops the same elements at every time step of a sequence. Source: Gal and Ghahramani 2016. */
export class VariationalDropout extends Noise {
  /** Makes the layer. @param p - the share dropped, default 0.5. @param axis - the axis of time, default 1. @param options - `generator`, default the global one. */
  constructor(
    p = 0.5,
    readonly axis = 1,
    options: GeneratorOptions = {},
  ) {
    super(p, options);
    takes('VariationalDropout', arguments);
  }

  /** Computes the output. @param x - [N, T, ...] for axis 1. */
  forward(x: Tensor): Tensor {
    takes('VariationalDropout.forward', arguments);
    return dropout(x, this.p, { ...this.mode, shared: [this.axis] });
  }
}

/** Dropout that keeps mean 0 and variance 1 of SELU networks; see `functional.alphaDropout`. */
export class AlphaDropout extends Noise {
  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('AlphaDropout.forward', arguments);
    return alphaDropout(x, this.p, this.mode);
  }
}

/** `AlphaDropout` of whole channels. */
export class FeatureAlphaDropout extends Noise {
  /** Computes the output. @param x - [N, C, ...]. */
  forward(x: Tensor): Tensor {
    takes('FeatureAlphaDropout.forward', arguments);
    return featureAlphaDropout(x, this.p, this.mode);
  }
}

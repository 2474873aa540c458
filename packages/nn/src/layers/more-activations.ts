/** More activations, as PyTorch has them. No parameters unless stated; the formulas are those of `functional`. */

import type { Generator, Tensor } from '@dl/tensor';
import { full } from '@dl/tensor';
import * as functional from '../functional/activation';
import { Module, parameter } from '../module';

/** α(e^{x/α} − 1) below 0, x above. */
export class CELU extends Module {
  /** Makes the layer. @param alpha - default 1. */
  constructor(readonly alpha = 1) {
    super();
  }

  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    return functional.celu(x, this.alpha);
  }
}

/** x cut to [0, 6]. */
export class ReLU6 extends Module {
  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    return functional.relu6(x);
  }
}

/** x·tanh(softplus x). */
export class Mish extends Module {
  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    return functional.mish(x);
  }
}

/** A sigmoid of three straight lines. */
export class Hardsigmoid extends Module {
  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    return functional.hardsigmoid(x);
  }
}

/** x times `Hardsigmoid` of x. */
export class Hardswish extends Module {
  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    return functional.hardswish(x);
  }
}

/** x where |x| > λ, otherwise 0. */
export class Hardshrink extends Module {
  /** Makes the layer. @param lambda - default ½. */
  constructor(readonly lambda = 0.5) {
    super();
  }

  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    return functional.hardshrink(x, this.lambda);
  }
}

/** x drawn towards 0 by λ. */
export class Softshrink extends Module {
  /** Makes the layer. @param lambda - default ½. */
  constructor(readonly lambda = 0.5) {
    super();
  }

  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    return functional.softshrink(x, this.lambda);
  }
}

/** x − tanh x. */
export class Tanhshrink extends Module {
  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    return functional.tanhshrink(x);
  }
}

/** x above a threshold, another value up to it. */
export class Threshold extends Module {
  /** Makes the layer. @param threshold - the bound. @param value - what takes the place of x up to it. */
  constructor(
    readonly threshold: number,
    readonly value: number,
  ) {
    super();
  }

  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    return functional.threshold(x, this.threshold, this.value);
  }
}

/** The softmax of −x along an axis. */
export class Softmin extends Module {
  /** Makes the layer. @param axis - default the last. */
  constructor(readonly axis = -1) {
    super();
  }

  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    return functional.softmin(x, this.axis);
  }
}

/** One half of x times the sigmoid of the other. */
export class GLU extends Module {
  /** Makes the layer. @param axis - the axis that is halved, default the last. */
  constructor(readonly axis = -1) {
    super();
  }

  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    return functional.glu(x, this.axis);
  }
}

/** The largest of neighbouring channels. */
export class Maxout extends Module {
  /** Makes the layer. @param pieces - how many channels make one. @param axis - of the channels, default 1. */
  constructor(
    readonly pieces: number,
    readonly axis = 1,
  ) {
    super();
  }

  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    return functional.maxout(x, this.pieces, this.axis);
  }
}

/** x·σ(βx) with a learnt β. Parameters: `beta` [1]. With β = 1 it is `SiLU`. */
export class Swish extends Module {
  readonly beta: Tensor;

  /** Makes the layer. @param start - the first β, default 1. */
  constructor(start = 1) {
    super();
    this.beta = parameter(full([1], start));
  }

  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    return functional.swish(x, this.beta);
  }
}

/** Slopes below 0 drawn for each element while training, their mean after `eval()`. */
export class RReLU extends Module {
  /** Makes the layer. @param lower - least slope, default 1/8. @param upper - largest, default 1/3. @param generator - default: the global one. */
  constructor(
    readonly lower = 1 / 8,
    readonly upper = 1 / 3,
    private readonly generator?: Generator,
  ) {
    super();
  }

  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    const { lower, upper, training, generator } = this;
    return functional.rrelu(x, { lower, upper, training, generator });
  }
}

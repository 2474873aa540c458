/** Activation functions as layers. None has parameters but PReLU and Swish. */

import type { Generator, Tensor } from '@dl/tensor';
import {
  full,
  logSoftmax,
  logsigmoid,
  relu,
  ShapeError,
  sigmoid,
  softmax,
  softplus,
  tanh,
} from '@dl/tensor';
import * as functional from '../functional/activation';
import { Module, parameter } from '../module';
import { takes } from '../signatures';

/** max(x, 0). */
export class ReLU extends Module {
  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('ReLU.forward', arguments);
    return relu(x);
  }
}

/** 1 / (1 + e⁻ˣ). */
export class Sigmoid extends Module {
  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('Sigmoid.forward', arguments);
    return sigmoid(x);
  }
}

/** tanh x. */
export class Tanh extends Module {
  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('Tanh.forward', arguments);
    return tanh(x);
  }
}

/** x above 0, slope·x below. */
export class LeakyReLU extends Module {
  /** Makes the layer. @param negativeSlope - default 0.01. */
  constructor(readonly negativeSlope = 0.01) {
    super();
    takes('LeakyReLU', arguments);
  }

  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('LeakyReLU.forward', arguments);
    return functional.leakyRelu(x, this.negativeSlope);
  }
}

/** x above 0, a learned slope times x below. Parameter: `weight` [1] or one for each channel (axis 1). */
export class PReLU extends Module {
  weight: Tensor;

  /** Makes the layer. @param channels - 1 (default) or the size of axis 1. @param start - the first slope, default 0.25. */
  constructor(channels = 1, start = 0.25) {
    super();
    takes('PReLU', arguments);
    this.weight = parameter(full([channels], start));
  }

  /** Computes the output. @param x - any shape; [N, channels, ...] where there is more than one slope. */
  forward(x: Tensor): Tensor {
    takes('PReLU.forward', arguments);
    return functional.prelu(x, this.weight);
  }
}

/** x above 0, α(eˣ − 1) below. */
export class ELU extends Module {
  /** Makes the layer. @param alpha - default 1. */
  constructor(readonly alpha = 1) {
    super();
    takes('ELU', arguments);
  }

  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('ELU.forward', arguments);
    return functional.elu(x, this.alpha);
  }
}

/** The self-normalising ELU. */
export class SELU extends Module {
  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('SELU.forward', arguments);
    return functional.selu(x);
  }
}

/** x·Φ(x). */
export class GELU extends Module {
  readonly approximate: 'none' | 'tanh';

  /** Makes the layer. @param options - `approximate`: 'none' (default) or 'tanh'. */
  constructor(options: { readonly approximate?: 'none' | 'tanh' } = {}) {
    super();
    takes('GELU', arguments);
    this.approximate = options.approximate ?? 'none';
  }

  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('GELU.forward', arguments);
    return functional.gelu(x, { approximate: this.approximate });
  }
}

/** x·σ(x), also called swish. */
export class SiLU extends Module {
  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('SiLU.forward', arguments);
    return functional.silu(x);
  }
}

/** x cut to [low, high]. */
export class Hardtanh extends Module {
  /** Makes the layer. @param low - default −1. @param high - default 1. */
  constructor(
    readonly low = -1,
    readonly high = 1,
  ) {
    super();
    takes('Hardtanh', arguments);
  }

  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('Hardtanh.forward', arguments);
    return functional.hardtanh(x, this.low, this.high);
  }
}

/** x / (1 + |x|). */
export class Softsign extends Module {
  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('Softsign.forward', arguments);
    return functional.softsign(x);
  }
}

/** log(1 + eˣ). */
export class Softplus extends Module {
  /**
   * Makes the layer. @param beta - default 1. @param threshold - above βx = threshold the layer returns x; default ∞, see
   * `softplus`. @throws ValueError where beta is not positive, at the first call.
   */
  constructor(
    readonly beta = 1,
    readonly threshold = Number.POSITIVE_INFINITY,
  ) {
    super();
    takes('Softplus', arguments);
  }

  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('Softplus.forward', arguments);
    return softplus(x, this.beta, this.threshold);
  }
}

/** log σ(x). */
export class LogSigmoid extends Module {
  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('LogSigmoid.forward', arguments);
    return logsigmoid(x);
  }
}

/** A distribution along an axis. */
export class Softmax extends Module {
  /** Makes the layer. @param axis - default the last. */
  constructor(readonly axis = -1) {
    super();
    takes('Softmax', arguments);
  }

  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('Softmax.forward', arguments);
    return softmax(x, this.axis);
  }
}

/** A distribution over the channels of every pixel. */
export class Softmax2d extends Module {
  /** Computes the output. @param x - [N, C, H, W] or [C, H, W]. @throws ShapeError for other axes. */
  forward(x: Tensor): Tensor {
    takes('Softmax2d.forward', arguments);
    if (x.ndim !== 3 && x.ndim !== 4)
      throw new ShapeError('Softmax2d', 'x does not fit', {
        args: { x },
        expected: 'x: [N, C, H, W] or [C, H, W]',
      });
    return softmax(x, -3);
  }
}

/** The logarithm of a distribution along an axis. */
export class LogSoftmax extends Module {
  /** Makes the layer. @param axis - default the last. */
  constructor(readonly axis = -1) {
    super();
    takes('LogSoftmax', arguments);
  }

  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('LogSoftmax.forward', arguments);
    return logSoftmax(x, this.axis);
  }
}

/** α(e^{x/α} − 1) below 0, x above. */
export class CELU extends Module {
  /** Makes the layer. @param alpha - default 1. */
  constructor(readonly alpha = 1) {
    super();
    takes('CELU', arguments);
  }

  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('CELU.forward', arguments);
    return functional.celu(x, this.alpha);
  }
}

/** x cut to [0, 6]. */
export class ReLU6 extends Module {
  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('ReLU6.forward', arguments);
    return functional.relu6(x);
  }
}

/** x·tanh(softplus x). */
export class Mish extends Module {
  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('Mish.forward', arguments);
    return functional.mish(x);
  }
}

/** A sigmoid of three straight lines. */
export class Hardsigmoid extends Module {
  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('Hardsigmoid.forward', arguments);
    return functional.hardsigmoid(x);
  }
}

/** x times `Hardsigmoid` of x. */
export class Hardswish extends Module {
  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('Hardswish.forward', arguments);
    return functional.hardswish(x);
  }
}

/** x where |x| > λ, otherwise 0. */
export class Hardshrink extends Module {
  /** Makes the layer. @param lambda - default ½. */
  constructor(readonly lambda = 0.5) {
    super();
    takes('Hardshrink', arguments);
  }

  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('Hardshrink.forward', arguments);
    return functional.hardshrink(x, this.lambda);
  }
}

/** x drawn towards 0 by λ. */
export class Softshrink extends Module {
  /** Makes the layer. @param lambda - default ½. */
  constructor(readonly lambda = 0.5) {
    super();
    takes('Softshrink', arguments);
  }

  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('Softshrink.forward', arguments);
    return functional.softshrink(x, this.lambda);
  }
}

/** x − tanh x. */
export class Tanhshrink extends Module {
  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('Tanhshrink.forward', arguments);
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
    takes('Threshold', arguments);
  }

  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('Threshold.forward', arguments);
    return functional.threshold(x, this.threshold, this.value);
  }
}

/** The softmax of −x along an axis. */
export class Softmin extends Module {
  /** Makes the layer. @param axis - default the last. */
  constructor(readonly axis = -1) {
    super();
    takes('Softmin', arguments);
  }

  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('Softmin.forward', arguments);
    return functional.softmin(x, this.axis);
  }
}

/** One half of x times the sigmoid of the other. */
export class GLU extends Module {
  /** Makes the layer. @param axis - the axis that is halved, default the last. */
  constructor(readonly axis = -1) {
    super();
    takes('GLU', arguments);
  }

  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('GLU.forward', arguments);
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
    takes('Maxout', arguments);
  }

  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('Maxout.forward', arguments);
    return functional.maxout(x, this.pieces, this.axis);
  }
}

/** x·σ(βx) with a learned β. Parameters: `beta` [1]. With β = 1 it is `SiLU`. */
export class Swish extends Module {
  beta: Tensor;

  /** Makes the layer. @param start - the first β, default 1. */
  constructor(start = 1) {
    super();
    takes('Swish', arguments);
    this.beta = parameter(full([1], start));
  }

  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('Swish.forward', arguments);
    return functional.swish(x, this.beta);
  }
}

/** Slopes below 0 drawn for each element while training, their mean after `eval()`. */
export class RReLU extends Module {
  private readonly generator: Generator | undefined;

  /** Makes the layer. @param lower - least slope, default 1/8. @param upper - largest, default 1/3. @param options - `generator`, default the global one. */
  constructor(
    readonly lower = 1 / 8,
    readonly upper = 1 / 3,
    options: { readonly generator?: Generator } = {},
  ) {
    super();
    takes('RReLU', arguments);
    this.generator = options.generator;
  }

  /** Computes the output. @param x - any shape. */
  forward(x: Tensor): Tensor {
    takes('RReLU.forward', arguments);
    const { lower, upper, training, generator } = this;
    return functional.rrelu(x, lower, upper, { training, generator });
  }
}

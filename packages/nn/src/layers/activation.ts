/** Activation functions as layers. None has parameters but PReLU; all keep the shape. */

import type { Tensor } from '@dl/tensor';
import { full, logSoftmax, relu, sigmoid, softmax, softplus, tanh, where } from '@dl/tensor';
import * as functional from '../functional';
import { Module, parameter } from '../module';

/** max(x, 0). */
export class ReLU extends Module {
  /** @param x - any shape. */
  forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/** 1 / (1 + e⁻ˣ). */
export class Sigmoid extends Module {
  /** @param x - any shape. */
  forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/** tanh x. */
export class Tanh extends Module {
  /** @param x - any shape. */
  forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

/** x above 0, slope·x below. */
export class LeakyReLU extends Module {
  /** @param negativeSlope - default 0.01. */
  constructor(readonly negativeSlope = 0.01) {
    super();
  }

  /** @param x - any shape. */
  forward(x: Tensor): Tensor {
    return functional.leakyRelu(x, this.negativeSlope);
  }
}

/** x above 0, a learnt slope times x below. Parameter: `weight` [1] or one for each channel (axis 1). */
export class PReLU extends Module {
  readonly weight: Tensor;

  /** @param channels - 1 (default) or the size of axis 1. @param start - the first slope, default 0.25. */
  constructor(channels = 1, start = 0.25) {
    super();
    this.weight = parameter(full([channels], start));
  }

  /** @param x - any shape; [N, channels, ...] where there is more than one slope. */
  forward(x: Tensor): Tensor {
    const trailing = new Array<number>(Math.max(x.ndim - 2, 0)).fill(1);
    const slope = this.weight.size === 1 ? this.weight : this.weight.reshape([-1, ...trailing]);
    return where(x.gt(0), x, x.mul(slope));
  }
}

/** x above 0, α(eˣ − 1) below. */
export class ELU extends Module {
  /** @param alpha - default 1. */
  constructor(readonly alpha = 1) {
    super();
  }

  /** @param x - any shape. */
  forward(x: Tensor): Tensor {
    return functional.elu(x, this.alpha);
  }
}

/** The self-normalising ELU. */
export class SELU extends Module {
  /** @param x - any shape. */
  forward(x: Tensor): Tensor {
    return functional.selu(x);
  }
}

/** x·Φ(x). */
export class GELU extends Module {
  /** @param approximate - 'none' (default) or 'tanh'. */
  constructor(readonly approximate: 'none' | 'tanh' = 'none') {
    super();
  }

  /** @param x - any shape. */
  forward(x: Tensor): Tensor {
    return functional.gelu(x, this.approximate);
  }
}

/** x·σ(x), also called swish. */
export class SiLU extends Module {
  /** @param x - any shape. */
  forward(x: Tensor): Tensor {
    return functional.silu(x);
  }
}

/** x cut to [low, high]. */
export class Hardtanh extends Module {
  /** @param low - default −1. @param high - default 1. */
  constructor(
    readonly low = -1,
    readonly high = 1,
  ) {
    super();
  }

  /** @param x - any shape. */
  forward(x: Tensor): Tensor {
    return functional.hardtanh(x, this.low, this.high);
  }
}

/** x / (1 + |x|). */
export class Softsign extends Module {
  /** @param x - any shape. */
  forward(x: Tensor): Tensor {
    return functional.softsign(x);
  }
}

/** log(1 + eˣ). */
export class Softplus extends Module {
  /** @param x - any shape. */
  forward(x: Tensor): Tensor {
    return softplus(x);
  }
}

/** log σ(x). */
export class LogSigmoid extends Module {
  /** @param x - any shape. */
  forward(x: Tensor): Tensor {
    return functional.logSigmoid(x);
  }
}

/** A distribution along an axis. */
export class Softmax extends Module {
  /** @param axis - default the last. */
  constructor(readonly axis = -1) {
    super();
  }

  /** @param x - any shape. */
  forward(x: Tensor): Tensor {
    return softmax(x, this.axis);
  }
}

/** The logarithm of a distribution along an axis. */
export class LogSoftmax extends Module {
  /** @param axis - default the last. */
  constructor(readonly axis = -1) {
    super();
  }

  /** @param x - any shape. */
  forward(x: Tensor): Tensor {
    return logSoftmax(x, this.axis);
  }
}

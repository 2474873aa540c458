/** Layers around which the input takes a short way. */

import type { DType, Tensor } from '@dl/tensor';
import { relu, ShapeError, sigmoid } from '@dl/tensor';
import * as init from '../init';
import { Module } from '../module';
import { takes } from '../signatures';
import type { TensorModule } from './container';
import { Linear } from './linear';

/** Options of `Residual`. */
export interface ResidualOptions {
  /** The module on the skip connection, for instance a 1×1 convolution where shapes differ. Default the identity. */
  readonly shortcut?: TensorModule;
  /** Applied to the sum, for instance a ReLU as in the first residual networks. Default: nothing. */
  readonly activation?: TensorModule;
}

/**
 * y = F(x) + x: a body that is 0 leaves x as it is. Parameters: those of `body`, `shortcut` and `activation`.
 *
 * @example new Residual(new Sequential(new Conv2d(16, 16, 3, { padding: 1 }), new ReLU()))
 * Source: He et al. 2016.
 */
export class Residual extends Module {
  shortcut: TensorModule | undefined;
  activation: TensorModule | undefined;

  /** Makes the block. @param body - F. */
  constructor(
    public body: TensorModule,
    options: ResidualOptions = {},
  ) {
    super();
    takes('Residual', arguments);
    const { shortcut, activation } = options;
    this.shortcut = shortcut;
    this.activation = activation;
  }

  /** Computes the output. @param x - what the body takes. @returns what it gives. @throws ShapeError where the two ways differ in shape. */
  forward(x: Tensor): Tensor {
    takes('Residual.forward', arguments);
    const long = this.body.forward(x);
    const short = this.shortcut ? this.shortcut.forward(x) : x;
    if (long.shape.join() !== short.shape.join())
      throw new ShapeError('Residual', 'the two ways end in different shapes', {
        args: { body: long, shortcut: short },
        hint: 'give a shortcut that makes the shape of the body, for instance a 1×1 convolution',
      });
    const sum = long.add(short);
    return this.activation ? this.activation.forward(sum) : sum;
  }
}

/** Options of `Highway`. */
export interface HighwayOptions {
  /** H, from size to size. Default: a linear layer and a ReLU. */
  readonly transform?: TensorModule;
  /** The first bias of the gate; negative ones let x pass at the start. Default −2. */
  readonly gateBias?: number;
  /** Element type of the parameters. Default float32. */
  readonly dtype?: DType;
}

/**
 * y = H(x)·T(x) + x·(1 − T(x)) with the gate T = σ(W x + b). Parameters: those of `transform` and `gate`.
 *
 * @example new Highway(64).forward(x) // [..., 64] to [..., 64]
 * Source: Srivastava et al. 2015.
 */
export class Highway extends Module {
  transform: TensorModule;
  gate: Linear;

  /** Makes the layer. @param size - size of the last axis of x. */
  constructor(size: number, options: HighwayOptions = {}) {
    super();
    takes('Highway', arguments);
    const { transform, gateBias = -2, dtype } = options;
    this.transform = transform ?? new DenseReLU(size, dtype);
    this.gate = new Linear(size, size, { dtype });
    if (this.gate.bias) init.constant(this.gate.bias, gateBias);
  }

  /** Computes the output. @param x - [..., size]. @returns [..., size]. */
  forward(x: Tensor): Tensor {
    takes('Highway.forward', arguments);
    const gate = sigmoid(this.gate.forward(x));
    return this.transform.forward(x).sub(x).mul(gate).add(x);
  }
}

class DenseReLU extends Module {
  linear: Linear;

  constructor(size: number, dtype: DType | undefined) {
    super();
    this.linear = new Linear(size, size, { dtype });
  }

  forward(x: Tensor): Tensor {
    return relu(this.linear.forward(x));
  }
}

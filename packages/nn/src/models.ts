/** The first models of a course: linear, logistic and softmax regression, and the multilayer perceptron. */

import type { Tensor } from '@dl/tensor';
import { sigmoid, ValueError } from '@dl/tensor';
import { ReLU } from './layers/activation';
import type { TensorModule } from './layers/container';
import { Sequential } from './layers/container';
import { Linear } from './layers/linear';
import { Flatten } from './layers/shape';
import { Module } from './module';
import { takes } from './signatures';

/** Linear regression: one affine map; train it with `mseLoss`. Parameters: those of `linear`. */
export class LinearRegression extends Module {
  linear: Linear;

  /** Makes the layer. @param inputs - numbers in an example. @param outputs - numbers predicted, default 1. */
  constructor(inputs: number, outputs = 1) {
    super();
    takes('LinearRegression', arguments);
    this.linear = new Linear(inputs, outputs);
  }

  /** Computes the output. @param x - [N, inputs]. @returns [N, outputs]. */
  forward(x: Tensor): Tensor {
    takes('LinearRegression.forward', arguments);
    return this.linear.forward(x);
  }
}

/** Logistic regression: the logit of one class; train it with `binaryCrossEntropyWithLogits`. Parameters: those of `linear`. */
export class LogisticRegression extends LinearRegression {
  /** The probability of the class. @param x - [N, inputs]. @returns [N, outputs]. */
  probability(x: Tensor): Tensor {
    takes('LogisticRegression.probability', arguments);
    return sigmoid(this.forward(x));
  }
}

/** Softmax regression: the logits of several classes; train it with `crossEntropy`. Images are flattened. Parameters: those of `linear`. */
export class SoftmaxRegression extends Module {
  linear: Linear;
  private readonly flatten = new Flatten();

  /** Makes the layer. @param inputs - numbers in an example. @param classes - number of classes. */
  constructor(inputs: number, classes: number) {
    super();
    takes('SoftmaxRegression', arguments);
    this.linear = new Linear(inputs, classes);
  }

  /** Computes the output. @param x - [N, ...] with `inputs` numbers an example. @returns logits [N, classes]. */
  forward(x: Tensor): Tensor {
    takes('SoftmaxRegression.forward', arguments);
    return this.linear.forward(this.flatten.forward(x));
  }
}

/**
 * A multilayer perceptron from a list of sizes.
 *
 * @example new MLP([784, 256, 10]) // one hidden layer
 */
export class MLP extends Module {
  layers: Sequential;

  /** Makes the layer. @param sizes - inputs, hidden layers, outputs. @param activation - makes what comes between, default ReLU. @throws ValueError below two sizes. */
  constructor(sizes: readonly number[], activation: () => TensorModule = () => new ReLU()) {
    super();
    takes('MLP', arguments);
    if (sizes.length < 2)
      throw new ValueError('MLP', 'needs at least the sizes of inputs and outputs', {
        args: { sizes },
      });
    const list: TensorModule[] = [new Flatten()];
    for (let i = 1; i < sizes.length; i++) {
      if (i > 1) list.push(activation());
      list.push(new Linear(sizes[i - 1], sizes[i]));
    }
    this.layers = new Sequential(...list);
  }

  /** Computes the output. @param x - [N, ...] with sizes[0] numbers an example. @returns [N, last size]. */
  forward(x: Tensor): Tensor {
    takes('MLP.forward', arguments);
    return this.layers.forward(x);
  }
}

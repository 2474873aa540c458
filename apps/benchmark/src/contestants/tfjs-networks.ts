/** Our networks, operation by operation, in TensorFlow.js: images as NHWC, kernels as HWIO. */

import type * as Core from '@tensorflow/tfjs';
import type { Constant, Operations, Tape } from '../tape';
import { poolPadding, record, replay } from '../tape';
import type { Computation, Task } from '../workloads';

type Value = Core.Tensor;

/** Two numbers of an attribute. */
const two = (value: unknown) => value as [number, number];

function operationsOf(tf: typeof Core): Operations<Value> {
  const spread = (x: Value, [top, bottom, left, right]: readonly number[], value: number) =>
    top + bottom + left + right === 0
      ? x
      : tf.pad(
          x as Core.Tensor4D,
          [
            [0, 0],
            [top, bottom],
            [left, right],
            [0, 0],
          ],
          value,
        );
  const convolution = ([x, w, bias]: readonly Value[], attributes: Record<string, unknown>) => {
    const framed = spread(x, attributes.padding as number[], 0);
    const y = tf.conv2d(
      framed as Core.Tensor4D,
      w as Core.Tensor4D,
      two(attributes.stride),
      'valid',
    );
    return bias ? tf.add(y, bias) : y;
  };
  const flat = (x: Value) => (x.rank === 4 ? tf.transpose(x, [0, 3, 1, 2]) : x);
  return {
    alias: ([x]) => x,
    conv2d: convolution,
    convolution,
    channelNorm: ([x, mean, variance, weight, bias], { eps }) =>
      tf.batchNorm(
        x,
        mean as Core.Tensor1D,
        variance as Core.Tensor1D,
        bias,
        weight,
        eps as number,
      ),
    batchNorm: ([x, weight, bias], { eps }) => {
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      return tf.batchNorm(
        x,
        mean as Core.Tensor1D,
        variance as Core.Tensor1D,
        bias,
        weight,
        eps as number,
      );
    },
    relu: ([x]) => tf.relu(x),
    tanh: ([x]) => tf.tanh(x),
    add: ([a, b]) => tf.add(a, b),
    mul: ([a, b]) => tf.mul(a, b),
    div: ([a, b]) => tf.div(a, b),
    concat: (list) => tf.concat([...list] as Core.Tensor4D[], 3),
    maxPool2d: ([x], attributes, step, tape) => {
      const image = tape.shapes.get(step.inputs[0] as number) as number[];
      const framed = spread(x, poolPadding(attributes, image), -1e30);
      return tf.maxPool(
        framed as Core.Tensor4D,
        two(attributes.kernel),
        two(attributes.stride),
        'valid',
      );
    },
    // Average pooling is a sum and a division; here they have both in one.
    sumPool2d: ([x], { kernel, stride }) => {
      const [rows, columns] = two(kernel);
      return tf.mul(
        tf.avgPool(x as Core.Tensor4D, [rows, columns], two(stride), 'valid'),
        rows * columns,
      );
    },
    sum: ([x], { axes, keepdim }) =>
      tf.sum(
        x,
        (axes as number[]).map((axis) => (x.rank === 4 ? [0, 3, 1, 2][axis] : axis)),
        keepdim as boolean,
      ),
    reshape: ([x], { shape }) => tf.reshape(flat(x), shape as number[]),
    linear: ([x, w, bias]) => {
      const y = tf.matMul(x as Core.Tensor2D, w as Core.Tensor2D, false, true);
      return bias ? tf.add(y, bias) : y;
    },
    crossEntropy: ([logits, targets]) =>
      tf.losses.softmaxCrossEntropy(
        tf.oneHot(targets as Core.Tensor1D, logits.shape[1] as number),
        logits as Core.Tensor2D,
      ),
  };
}

/** A value in their layout: kernels are turned, images too. */
function convert(tf: typeof Core, { shape, dtype, data }: Constant, isImage: boolean): Value {
  const x = tf.tensor(data, [...shape], dtype === 'int32' ? 'int32' : 'float32');
  if (shape.length !== 4) return x;
  return tf.tidy(() => tf.transpose(x, isImage ? [0, 2, 3, 1] : [2, 3, 1, 0]));
}

/** The task that does what ours computes. */
export function networkTask(
  tf: typeof Core,
  { inputs, f, parameters, descent }: Computation,
): Task {
  const trained = parameters && new Set(parameters);
  const tape: Tape = record([...inputs, ...(trained ?? [])], f);
  const operations = operationsOf(tf);
  const images = new Set(tape.inputs.slice(0, inputs.length));
  const learned = new Set(tape.inputs.slice(inputs.length));
  const begin = new Map<number, Value>();
  for (const [at, constant] of tape.constants) {
    const x = convert(tf, constant, images.has(at));
    begin.set(at, learned.has(at) ? tf.variable(x) : x);
  }
  const result = () => replay(tape, begin, operations).get(tape.result) as Value;
  if (!parameters || !descent) {
    const head = () => tf.tidy(() => Array.from(result().dataSync() as Float32Array));
    return {
      run: () => tf.tidy(() => void result().dataSync()),
      check: () => {
        const data = head();
        return [data.reduce((a, b) => a + b, 0) / data.length, ...data.slice(0, 3)];
      },
    };
  }
  const { lr, momentum } = descent;
  const optimizer = momentum > 0 ? tf.train.momentum(lr, momentum) : tf.train.sgd(lr);
  const variables = [...learned].map((at) => begin.get(at) as Core.Variable);
  const step = () =>
    tf.tidy(() => {
      const loss = optimizer.minimize(() => result() as Core.Scalar, true, variables);
      return (loss as Core.Scalar).dataSync()[0];
    });
  return { run: () => void step(), check: () => [step()] };
}

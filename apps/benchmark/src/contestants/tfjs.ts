/** TensorFlow.js on its WebAssembly backend: SIMD, one thread in Node. Images are NHWC there. */

import { createRequire } from 'node:module';
import type * as Core from '@tensorflow/tfjs';
import type { Computation, Contestant, Task, Tasks } from '../workloads';
import { networkRows, ramp } from '../workloads';
import { load as loadOwn } from './dl';
import { networkTask } from './tfjs-networks';

const require = createRequire(import.meta.url);

function tasksOf(tf: typeof Core): Tasks {
  const from = (shape: number[], seed: number) =>
    tf.tensor(
      ramp(
        shape.reduce((a, b) => a * b, 1),
        seed,
      ),
      shape,
    );
  // Its own mean adds up in one float32, which loses digits over a million numbers.
  const head = (x: Core.Tensor) => {
    const data = x.dataSync() as Float32Array;
    const total = data.reduce((a, b) => a + b, 0);
    return [total / data.length, ...Array.from(data.slice(0, 3))];
  };
  const pure = (f: () => Core.Tensor): Task => ({
    run: () => tf.tidy(() => void f()),
    check: () => tf.tidy(() => head(f())),
  });
  const differentiated = (inputs: Core.Tensor[], f: (...x: Core.Tensor[]) => Core.Tensor): Task => {
    const slopes = tf.grads(f as never) as (x: Core.Tensor[], dy: Core.Tensor) => Core.Tensor[];
    const gradient = () => slopes(inputs, f(...inputs));
    return {
      run: () => tf.tidy(() => void gradient()),
      check: () => tf.tidy(() => gradient().flatMap(head)),
    };
  };
  /** Our images as NHWC, our kernels as HWIO. */
  const image = (shape: number[], seed: number) => tf.transpose(from(shape, seed), [0, 2, 3, 1]);
  const kernel = (shape: number[], seed: number) => tf.transpose(from(shape, seed), [2, 3, 1, 0]);
  const back = (y: Core.Tensor) => tf.transpose(y, [0, 3, 1, 2]);
  const matmul = (n: number) => () => {
    const [a, b] = [from([n, n], 1), from([n, n], 2)];
    return pure(() => tf.matMul(a as Core.Tensor2D, b as Core.Tensor2D));
  };
  const unary = (f: (x: Core.Tensor) => Core.Tensor) => () => {
    const x = from([1_000_000], 1);
    return pure(() => f(x));
  };
  const square = (f: (x: Core.Tensor) => Core.Tensor) => () => {
    const x = from([1000, 1000], 1);
    return pure(() => f(x));
  };
  const convolution = (channels: number, size: number, trains: boolean) => () => {
    const x = image([8, channels, 56, 56], 1) as Core.Tensor4D;
    const w = kernel([64, channels, size, size], 2) as Core.Tensor4D;
    const f = (...[a, b]: Core.Tensor[]) =>
      tf.conv2d(a as Core.Tensor4D, b as Core.Tensor4D, 1, 'same');
    if (trains) return differentiated([x, w], f);
    return { run: pure(() => f(x, w)).run, check: pure(() => back(f(x, w))).check };
  };
  const adds = (trains: boolean) => () => {
    const [first, b] = [from([8], 1), from([8], 2)];
    const f = (a: Core.Tensor) => {
      let sum = a;
      for (let i = 0; i < 10_000; i++) sum = tf.add(sum, b);
      return sum;
    };
    return trains ? differentiated([first], f) : pure(() => f(first));
  };
  const mlp = (make: () => Core.Optimizer) => (): Task => {
    const weight = (shape: number[], seed: number, fan: number) =>
      tf.variable(tf.tidy(() => tf.div(from(shape, seed), Math.sqrt(fan))));
    const [w1, b1] = [weight([256, 784], 1, 784), weight([256], 2, 4)];
    const [w2, b2] = [weight([10, 256], 3, 256), weight([10], 4, 4)];
    const x = from([128, 784], 99) as Core.Tensor2D;
    const y = tf.oneHot(
      tf.tensor1d(
        Int32Array.from({ length: 128 }, (_, i) => (i * 7) % 10),
        'int32',
      ),
      10,
    );
    const loss = () => {
      const h = tf.relu(tf.add(tf.matMul(x, w1 as Core.Tensor2D, false, true), b1));
      const z = tf.add(tf.matMul(h as Core.Tensor2D, w2 as Core.Tensor2D, false, true), b2);
      return tf.losses.softmaxCrossEntropy(y, z) as Core.Scalar;
    };
    const optimizer = make();
    const step = () =>
      tf.tidy(
        () =>
          (
            optimizer.minimize(loss, true, [w1, b1, w2, b2] as Core.Variable[]) as Core.Scalar
          ).dataSync()[0],
      );
    return { run: () => void step(), check: () => [step()] };
  };
  return {
    'matmul 64³': matmul(64),
    'matmul 256³': matmul(256),
    'matmul 512³': matmul(512),
    'matmul 1024³': matmul(1024),
    'add 10⁶': () => {
      const [a, b] = [from([1_000_000], 1), from([1_000_000], 2)];
      return pure(() => tf.add(a, b));
    },
    'relu 10⁶': unary((x) => tf.relu(x)),
    'exp 10⁶': unary((x) => tf.exp(x)),
    'tanh 10⁶': unary((x) => tf.tanh(x)),
    'sigmoid 10⁶': unary((x) => tf.sigmoid(x)),
    'softmax 1000²': square((x) => tf.softmax(x)),
    'sum of rows 1000²': square((x) => tf.sum(x, 1)),
    'sum of columns 1000²': square((x) => tf.sum(x, 0)),
    'conv 3×3': convolution(64, 3, false),
    'conv 3×3, gradients': convolution(64, 3, true),
    'conv 1×1': convolution(256, 1, false),
    'conv 1×1, gradients': convolution(256, 1, true),
    'max-pool, gradients': () => {
      const x = image([8, 64, 56, 56], 1) as Core.Tensor4D;
      const task = differentiated([x], (a) => tf.maxPool(a as Core.Tensor4D, 2, 2, 'valid'));
      const slope = tf.grads(((a: Core.Tensor4D) => tf.maxPool(a, 2, 2, 'valid')) as never) as (
        x: Core.Tensor[],
        dy: Core.Tensor,
      ) => Core.Tensor[];
      return {
        run: task.run,
        check: () => tf.tidy(() => head(back(slope([x], tf.maxPool(x, 2, 2, 'valid'))[0]))),
      };
    },
    '10⁴ adds of 8': adds(false),
    '10⁴ adds of 8, gradient': adds(true),
    'MLP step, Adam': mlp(() => tf.train.adam(1e-4)),
  };
}

/** The rows of networks, made of what ours do. */
function networkTasks(tf: typeof Core): Tasks {
  const own = loadOwn(1).tasks;
  return Object.fromEntries(
    networkRows.flatMap((name) => {
      const make = own[name];
      if (!make) return [];
      return [[name, async () => networkTask(tf, (await make()).computes as Computation)]];
    }),
  );
}

/** TensorFlow.js, loaded as it is for Node. */
export async function load(): Promise<Contestant> {
  const tf = require('@tensorflow/tfjs') as typeof Core;
  require('@tensorflow/tfjs-backend-wasm');
  await tf.setBackend('wasm');
  await tf.ready();
  return {
    version: `tfjs ${tf.version['tfjs-core']}, wasm`,
    tasks: { ...tasksOf(tf), ...networkTasks(tf) },
  };
}

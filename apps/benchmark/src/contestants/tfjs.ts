/** TensorFlow.js on one of its backends. Images are NHWC there. */

import type * as Core from '@tensorflow/tfjs';
import type { Computation, Contestant, Task, Tasks } from '../workloads';
import { networkRows, ramp } from '../workloads';
import { load as loadOwn } from './dl';
import { networkTask } from './tfjs-networks';

/** A backend of TensorFlow.js: WebAssembly with SIMD on one thread, or the GPU. */
export type TfjsBackend = 'wasm' | 'webgl';

/** A function that waits until the GPU has computed its results: it reads an element of each. */
function finishing(tf: typeof Core): (results: readonly Core.Tensor[]) => void {
  if (tf.getBackend() !== 'webgl') return () => {};
  return (results) => {
    for (const y of results) tf.slice(tf.reshape(y, [-1]), 0, 1).dataSync();
  };
}

function tasksOf(tf: typeof Core): Tasks {
  const finish = finishing(tf);
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
  /** What is shown of a result may first be laid out as ours are. */
  const several = (f: () => Core.Tensor[], shown = (y: Core.Tensor[]) => y): Task => ({
    run: () => tf.tidy(() => finish(f())),
    check: () => tf.tidy(() => shown(f()).flatMap(head)),
  });
  const pure = (f: () => Core.Tensor): Task => several(() => [f()]);
  const differentiated = (
    inputs: Core.Tensor[],
    f: (...x: Core.Tensor[]) => Core.Tensor,
    shown?: (y: Core.Tensor[]) => Core.Tensor[],
  ): Task => {
    const slopes = tf.grads(f as never) as (x: Core.Tensor[], dy: Core.Tensor) => Core.Tensor[];
    return several(() => slopes(inputs, f(...inputs)), shown);
  };
  /** Our images as NHWC, our kernels as HWIO. */
  const image = (shape: number[], seed: number) => tf.transpose(from(shape, seed), [0, 2, 3, 1]);
  const kernel = (shape: number[], seed: number) => tf.transpose(from(shape, seed), [2, 3, 1, 0]);
  const back = (y: Core.Tensor) => tf.transpose(y, [0, 3, 1, 2]);
  const kernelBack = (w: Core.Tensor) => tf.transpose(w, [3, 2, 0, 1]);
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
    if (trains) return differentiated([x, w], f, ([dx, dw]) => [back(dx), kernelBack(dw)]);
    return several(
      () => [f(x, w)],
      ([y]) => [back(y)],
    );
  };
  /** One gradient of the 3×3 convolution, for a gradient of the output that is the output itself. */
  const gradientOf = (part: 'input' | 'kernels') => () => {
    const x = image([8, 64, 56, 56], 1) as Core.Tensor4D;
    const filter = kernel([64, 64, 3, 3], 2) as Core.Tensor4D;
    const dy = tf.conv2d(x, filter, 1, 'same');
    const how = { strides: [1, 1], pad: 'same', dataFormat: 'NHWC' };
    const run = (name: string, given: object, attributes: object) => () => [
      tf
        .engine()
        .runKernel(name, given as never, { ...how, ...attributes } as never) as Core.Tensor,
    ];
    if (part === 'input') {
      const f = run('Conv2DBackpropInput', { dy, filter }, { inputShape: x.shape });
      return several(f, ([dx]) => [back(dx)]);
    }
    const f = run('Conv2DBackpropFilter', { x, dy }, { filterShape: filter.shape });
    return several(f, ([dw]) => [kernelBack(dw)]);
  };
  const depthwise = () => {
    const x = image([8, 64, 56, 56], 1) as Core.Tensor4D;
    const w = tf.transpose(from([64, 1, 3, 3], 2), [2, 3, 0, 1]) as Core.Tensor4D;
    return several(
      () => [tf.depthwiseConv2d(x, w, 1, 'same')],
      ([y]) => [back(y)],
    );
  };
  const batchNorm = () => {
    const inputs = [image([8, 64, 56, 56], 1), from([64], 2), from([64], 3)];
    const f = (...[x, weight, bias]: Core.Tensor[]) => {
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      return tf.batchNorm(
        x,
        mean as Core.Tensor1D,
        variance as Core.Tensor1D,
        bias as Core.Tensor1D,
        weight as Core.Tensor1D,
        1e-5,
      );
    };
    return differentiated(inputs, f, ([dx, ...rest]) => [back(dx), ...rest]);
  };
  const adds = (count: number, trains: boolean) => () => {
    const [first, b] = [from([8], 1), from([8], 2)];
    const f = (a: Core.Tensor) => {
      let sum = a;
      for (let i = 0; i < count; i++) sum = tf.add(sum, b);
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
    'sum 10⁶': unary((x) => tf.sum(x)),
    'conv 3×3': convolution(64, 3, false),
    'conv 3×3, gradients': convolution(64, 3, true),
    'conv 1×1': convolution(256, 1, false),
    'conv 1×1, gradients': convolution(256, 1, true),
    'conv 3×3, gradient of the input': gradientOf('input'),
    'conv 3×3, gradient of the kernels': gradientOf('kernels'),
    'conv 3×3, depthwise': depthwise,
    'batch norm, gradients': batchNorm,
    'max-pool, gradients': () => {
      const x = image([8, 64, 56, 56], 1) as Core.Tensor4D;
      const f = (a: Core.Tensor) => tf.maxPool(a as Core.Tensor4D, 2, 2, 'valid');
      return differentiated([x], f, ([dx]) => [back(dx)]);
    },
    '10³ adds of 8': adds(1000, false),
    '10⁴ adds of 8': adds(10_000, false),
    '10⁴ adds of 8, gradient': adds(10_000, true),
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

/** TensorFlow.js on a backend that has been registered. */
export async function load(tf: typeof Core, backend: TfjsBackend): Promise<Contestant> {
  if (!(await tf.setBackend(backend)))
    throw new Error(`tfjs does not start its backend ${backend}`);
  await tf.ready();
  return {
    version: `tfjs ${tf.version['tfjs-core']}, ${backend}`,
    tasks: { ...tasksOf(tf), ...networkTasks(tf) },
  };
}

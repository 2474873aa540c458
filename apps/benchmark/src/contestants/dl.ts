/** Our packages. */

import { noGrad } from '@dl/autograd';
import type { Classifier, ModelOptions } from '@dl/cnn-zoo';
import { createModel } from '@dl/cnn-zoo';
import {
  Conv2d,
  CrossEntropyLoss,
  crossEntropy,
  Flatten,
  Linear,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
  Tanh,
} from '@dl/nn';
import type { Optimizer } from '@dl/optim';
import { Adam, clipGradNorm, SGD } from '@dl/optim';
import type { Tensor } from '@dl/tensor';
import {
  assign,
  conv2d,
  getNumThreads,
  keep,
  lstm,
  maxPool2d,
  scope,
  setNumThreads,
  tensor,
} from '@dl/tensor';
import { normalizeBatch } from '@dl/tensor/internal';
import type { Computation, Contestant, NetworkName, Task, Tasks } from '../workloads';
import { networks } from '../workloads';
import { layoutTasks } from './dl-layouts';
import { backwards, differentiated, fill, from, ids, leaf, pure, training } from './dl-tasks';

function mlp(make: (model: Module) => Optimizer<never>, descent?: Computation['descent']): Task {
  const model = new Sequential(new Linear(784, 256), new ReLU(), new Linear(256, 10));
  fill(model.parameters());
  const [x, y] = [from([128, 784], 99), ids(128, 10)];
  const criterion = new CrossEntropyLoss();
  return training(model, () => criterion.forward(model.forward(x), y), make(model), { x, descent });
}

function lenet(): Task {
  const model = new Sequential(
    new Conv2d(1, 6, 5, { padding: 2 }),
    new Tanh(),
    new MaxPool2d(2),
    new Conv2d(6, 16, 5),
    new Tanh(),
    new MaxPool2d(2),
    new Flatten(),
    new Linear(400, 120),
    new Tanh(),
    new Linear(120, 84),
    new Tanh(),
    new Linear(84, 10),
  );
  fill(model.parameters());
  const [x, y] = [from([128, 1, 28, 28], 99), ids(128, 10)];
  const criterion = new CrossEntropyLoss();
  const descent = { lr: 0.01, momentum: 0 };
  const optimizer = new SGD(model.parameters(), descent);
  return training(model, () => criterion.forward(model.forward(x), y), optimizer as never, {
    x,
    descent,
  });
}

/** Options of networks that would make every run another, or learn from more than the last layer. */
const SETTINGS: { readonly [K in NetworkName]?: object } = {
  AlexNet: { dropout: 0 },
  'VGG-11': { dropout: 0 },
  GoogLeNet: { dropout: 0, auxLogits: false },
};

/** A network of the zoo with numbers that every contestant has. */
function network(name: NetworkName, options: ModelOptions = {}): Module & Classifier {
  const quiet = (SETTINGS[name] ?? {}) as ModelOptions;
  const model = createModel(networks[name], { ...options, ...quiet }) as Module & Classifier;
  const sorted = [...model.namedParameters()].sort(([a], [b]) => (a < b ? -1 : 1));
  fill(sorted.map(([, p]) => p));
  return model;
}

function stepOf(model: Module & Classifier, x: Tensor, y: Tensor): Task {
  const criterion = new CrossEntropyLoss();
  const descent = { lr: 0.001, momentum: 0.9 };
  const optimizer = new SGD(model.parameters(), descent);
  return training(model, () => criterion.forward(model.forward(x), y), optimizer as never, {
    x,
    descent,
  });
}

function smallStep(): Task {
  const model = network('ResNet-18', { stem: 'small', classes: 10 });
  return stepOf(model, from([32, 3, 32, 32], 99), ids(32, 10));
}

/** The two rows of a network. */
function rowsOf<K extends NetworkName>(name: K) {
  const inference = () => {
    const model = network(name);
    model.eval();
    const x = from([1, 3, 224, 224], 99);
    return pure([x], () => model.forward(x));
  };
  const step = () => stepOf(network(name), from([2, 3, 224, 224], 99), ids(2, 1000));
  return { [`${name} inference 224²`]: inference, [`${name} step 224²`]: step };
}

function lstmWeights(input: number, hidden: number, make: typeof leaf) {
  const scaled = (shape: number[], seed: number) => {
    const w = make(shape, seed);
    noGrad(() => scope(() => assign(w, w.mul(0.1))));
    return w;
  };
  return {
    weightIh: scaled([4 * hidden, input], 1),
    weightHh: scaled([4 * hidden, hidden], 2),
    biasIh: scaled([4 * hidden], 3),
    biasHh: scaled([4 * hidden], 4),
  };
}

function charLstm(): Task {
  const [time, batch, classes, hidden] = [64, 32, 64, 256];
  class Net extends Module {
    readonly weights = lstmWeights(classes, hidden, leaf);
    readonly head = new Linear(hidden, classes);
    forward(x: Tensor): Tensor {
      return this.head.forward(lstm(x, this.weights).output).reshape([-1, classes]);
    }
  }
  const model = new Net();
  fill(model.head.parameters());
  const parameters = [...Object.values(model.weights), ...model.head.parameters()];
  const data = new Float32Array(time * batch * classes);
  for (let i = 0; i < time * batch; i++) data[i * classes + ((i * 5) % classes)] = 1;
  const x = keep(tensor(data, { shape: [time, batch, classes] }));
  const y = ids(time * batch, classes);
  const optimizer = new Adam(parameters, { lr: 1e-3 });
  const step = () =>
    scope(() => {
      const loss = crossEntropy(model.forward(x), y);
      optimizer.zeroGrad();
      loss.backward();
      clipGradNorm(parameters, 1);
      optimizer.step();
      return loss.item() as number;
    });
  return { run: () => void step(), check: () => [step()] };
}

const matmul = (n: number) => (): Task => {
  const [a, b] = [from([n, n], 1), from([n, n], 2)];
  return pure([a, b], () => a.matmul(b));
};

const unary = (name: 'relu' | 'exp' | 'tanh' | 'sigmoid') => (): Task => {
  const x = from([1_000_000], 1);
  return pure([x], () => x[name]());
};

const square = (f: (x: Tensor) => Tensor) => (): Task => {
  const x = from([1000, 1000], 1);
  return pure([x], () => f(x));
};

const convolution = (channels: number, size: number, trains: boolean) => (): Task => {
  const make = trains ? leaf : from;
  const [x, w] = [make([8, channels, 56, 56], 1), make([64, channels, size, size], 2)];
  const f = () => conv2d(x, w, undefined, { padding: size >> 1 });
  return trains ? differentiated([x, w], f) : pure([x, w], f);
};

/** One gradient of the 3×3 convolution. */
const gradientOf = (part: 'input' | 'kernels') => (): Task => {
  const [x, w] = [
    (part === 'input' ? leaf : from)([8, 64, 56, 56], 1),
    (part === 'kernels' ? leaf : from)([64, 64, 3, 3], 2),
  ];
  return backwards([part === 'input' ? x : w], () => conv2d(x, w, undefined, { padding: 1 }));
};

const adds = (count: number, trains: boolean) => (): Task => {
  const [first, b] = [(trains ? leaf : from)([8], 1), from([8], 2)];
  const f = () => {
    let sum = first;
    for (let i = 0; i < count; i++) sum = sum.add(b);
    return sum;
  };
  return trains ? differentiated([first], f) : pure([first, b], f);
};

const tasks: Tasks = {
  'matmul 64³': matmul(64),
  'matmul 256³': matmul(256),
  'matmul 512³': matmul(512),
  'matmul 1024³': matmul(1024),
  'add 10⁶': () => {
    const [a, b] = [from([1_000_000], 1), from([1_000_000], 2)];
    return pure([a, b], () => a.add(b));
  },
  'relu 10⁶': unary('relu'),
  'exp 10⁶': unary('exp'),
  'tanh 10⁶': unary('tanh'),
  'sigmoid 10⁶': unary('sigmoid'),
  'softmax 1000²': square((x) => x.softmax(1)),
  'sum of rows 1000²': square((x) => x.sum(1)),
  'sum of columns 1000²': square((x) => x.sum(0)),
  'sum 10⁶': () => {
    const x = from([1_000_000], 1);
    return pure([x], () => x.sum());
  },
  'conv 3×3': convolution(64, 3, false),
  'conv 3×3, gradients': convolution(64, 3, true),
  'conv 3×3, gradient of the input': gradientOf('input'),
  'conv 3×3, gradient of the kernels': gradientOf('kernels'),
  'conv 3×3, depthwise': () => {
    const [x, w] = [from([8, 64, 56, 56], 1), from([64, 1, 3, 3], 2)];
    return pure([x, w], () => conv2d(x, w, undefined, { padding: 1, groups: 64 }));
  },
  'conv 1×1': convolution(256, 1, false),
  'conv 1×1, gradients': convolution(256, 1, true),
  'batch norm, gradients': () => {
    const [x, w, b] = [leaf([8, 64, 56, 56], 1), leaf([64], 2), leaf([64], 3)];
    return differentiated([x, w, b], () => normalizeBatch(x, w, b).y);
  },
  'max-pool, gradients': () => {
    const x = leaf([8, 64, 56, 56], 1);
    return differentiated([x], () => maxPool2d(x, 2));
  },
  '10³ adds of 8': adds(1000, false),
  '10⁴ adds of 8': adds(10_000, false),
  '10⁴ adds of 8, gradient': adds(10_000, true),
  'MLP step, SGD': () => {
    const descent = { lr: 0.01, momentum: 0 };
    return mlp((m) => new SGD(m.parameters(), descent) as never, descent);
  },
  'MLP step, Adam': () => mlp((m) => new Adam(m.parameters(), { lr: 1e-4 }) as never),
  'LeNet-5 step': lenet,
  'LSTM forward': () => {
    const x = from([35, 20, 200], 9);
    const weights = lstmWeights(200, 200, from);
    return pure([x], () => lstm(x, weights).output);
  },
  'LSTM gradients': () => {
    const x = leaf([35, 20, 200], 9);
    const weights = lstmWeights(200, 200, leaf);
    return differentiated([x, ...Object.values(weights)], () => lstm(x, weights).output);
  },
  'char-LSTM step': charLstm,
  ...layoutTasks,
  'ResNet-18 step': smallStep,
  ...Object.assign({}, ...(Object.keys(networks) as NetworkName[]).map(rowsOf)),
};

/** Our packages on so many threads. */
export function load(threads: number): Contestant {
  setNumThreads(threads);
  return { version: `${getNumThreads()} thread${threads > 1 ? 's' : ''}`, tasks };
}

/** Peers do what our functions do, operation by operation. */

import { createRequire } from 'node:module';
import { noGrad } from '@dl/autograd';
import { createModel, type ModelName } from '@dl/cnn-zoo';
import {
  BatchNorm2d,
  Conv2d,
  CrossEntropyLoss,
  Flatten,
  Linear,
  MaxPool2d,
  ReLU,
  Sequential,
} from '@dl/nn';
import { keep, manualSeed, randn, tensor } from '@dl/tensor';
import type * as Core from '@tensorflow/tfjs';
import * as ort from 'onnxruntime-web';
import { beforeAll, describe, expect, it } from 'vitest';
import { networkTask } from '../src/contestants/tfjs-networks';
import { encodeOnnx } from '../src/onnx';
import { agree } from '../src/statistics';
import { type Constant, record } from '../src/tape';

/** Small relatives of the benchmark's networks: every operation that these have. */
const models: [ModelName, object][] = [
  ['resnet18', { stem: 'small', classes: 7 }],
  ['densenet', { stem: 'small', classes: 7 }],
  ['vgg11', { stem: 'small', classes: 7, hidden: 16 }],
  ['googlenet', { stem: 'small', classes: 7 }],
];

function make(name: ModelName, options: object) {
  manualSeed(7);
  const model = createModel(name, options);
  model.eval();
  const x = keep(randn([1, 3, 32, 32]));
  const f = () => model.forward(x);
  return { model, x, f, expected: Array.from(noGrad(f).dataSync()) };
}

it('leaves out what does not lead to the result, and keeps definitions in one piece', () => {
  const x = tensor([[1, -2]]);
  const tape = record([x], () => {
    x.exp();
    return x.relu().add(x);
  });
  expect(tape.steps.map(({ op }) => op)).toEqual(['relu', 'add']);
  expect(tape.constants.size).toBe(1);
  expect(tape.shapes.get(tape.result)).toEqual([1, 2]);
});

describe('onnxruntime-web', () => {
  beforeAll(() => {
    ort.env.wasm.numThreads = 1;
    ort.env.logLevel = 'error';
  });

  it.each(models)('infers what %s infers', async (name, options) => {
    const { x, f, expected } = make(name, options);
    const tape = record([x], f);
    const session = await ort.InferenceSession.create(encodeOnnx(tape));
    const [at] = tape.inputs;
    const { data, shape } = tape.constants.get(at) as Constant;
    const input = new ort.Tensor('float32', data as Float32Array, [...shape]);
    const output = (await session.run({ [`v${at}`]: input }))[`v${tape.result}`];
    expect(agree(Array.from(output.data as Float32Array), expected, 1e-3)).toBe(true);
  });
});

describe('TensorFlow.js', () => {
  const require = createRequire(import.meta.url);
  let tf: typeof Core;

  beforeAll(async () => {
    tf = require('@tensorflow/tfjs') as typeof Core;
    await tf.setBackend('cpu');
  });

  it.each(models)('infers what %s infers', async (name, options) => {
    const { x, f, expected } = make(name, options);
    const [, ...first] = await networkTask(tf, { inputs: [x], f }).check();
    expect(agree(first, expected.slice(0, 3), 1e-3)).toBe(true);
  });

  it('learns what a network learns', async () => {
    const model = new Sequential(
      new Conv2d(3, 4, 3, { padding: 1 }),
      new BatchNorm2d(4),
      new ReLU(),
      new MaxPool2d(2),
      new Flatten(),
      new Linear(64, 7),
    );
    const x = randn([2, 3, 8, 8]);
    const y = tensor(Int32Array.of(3, 5));
    const criterion = new CrossEntropyLoss();
    const f = () => criterion.forward(model.forward(x), y);
    const descent = { lr: 0.001, momentum: 0.9 };
    const task = networkTask(tf, { inputs: [x], f, parameters: [...model.parameters()], descent });
    const [loss] = await task.check();
    expect(loss).toBeCloseTo(noGrad(f).item() as number, 3);
    expect((await task.check())[0]).not.toBe(loss);
  });
});

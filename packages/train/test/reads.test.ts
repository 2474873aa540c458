import '@dl/autograd';
// A device whose values have to be waited for: it counts who asks for them.
import {
  BatchNorm2d,
  BCEWithLogitsLoss,
  Conv2d,
  CrossEntropyLoss,
  ctcLoss,
  Dropout,
  Embedding,
  Flatten,
  init,
  Linear,
  MaxPool2d,
  Module,
  MSELoss,
  parameter,
  ReLU,
  Sequential,
} from '@dl/nn';
import { Adam, AdamW, RMSprop, SGD } from '@dl/optim';
import {
  lstm,
  manualSeed,
  rand,
  randint,
  setDefaultDevice,
  type Tensor,
  tensor,
  zeros,
} from '@dl/tensor';
import { registerBackend } from '@dl/tensor/backend';
import { registerFake } from '@dl/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Callback, Loss, Metric, Model } from '../src/index';
import {
  Accuracy,
  ConfusionMatrix,
  evaluate,
  F1,
  fit,
  LossCurve,
  NonFiniteLossError,
  Perplexity,
  TopK,
  WorstMistakes,
} from '../src/index';
import { ProgressBar } from '../src/node/index';

const options = { synchronous: false, dtypes: ['float32', 'int32', 'uint8', 'bool'] } as const;
const { backend } = registerFake('far', options);
let reads = 0;
registerBackend({
  ...backend,
  read(...place) {
    reads++;
    return backend.read(...place);
  },
});

beforeAll(() => setDefaultDevice('far'));
afterAll(() => setDefaultDevice('cpu'));
beforeEach(() => manualSeed(0));

/** Writes down how often values were read before each step's end, and before each epoch's. */
function counter() {
  const start = reads;
  const steps: number[] = [];
  const epochs: number[] = [];
  const callback: Callback = {
    onStepEnd: () => void steps.push(reads - start),
    onEpochEnd: () => void epochs.push(reads - start),
  };
  return { callback, steps, epochs };
}

const whole = (most: number, shape: number[]) =>
  randint(0, most, shape, { device: 'cpu' }).to('far');
const ids = (count: number, classes: number) => whole(classes, [count]);
const cut = (all: readonly Tensor[], size: number) =>
  Array.from({ length: all[0].shape[0] / size }, (_, i) =>
    all.map((x) => x.narrow(0, i * size, size)),
  );

function lenet() {
  return new Sequential(
    new Conv2d(1, 3, 3, { padding: 1 }),
    new BatchNorm2d(3, { momentum: null }),
    new ReLU(),
    new MaxPool2d(2),
    new Flatten(),
    new Dropout(0.3),
    new Linear(48, 4),
  );
}

class Tagger extends Module {
  readonly table = new Embedding(9, 5, { maxNorm: 1, scaleGradByFreq: true, paddingIdx: 0 });
  readonly weightIh = parameter(rand([24, 5]));
  readonly weightHh = parameter(rand([24, 6]));
  readonly last = new Linear(6, 3);

  forward(x: Tensor): Tensor {
    const { hidden } = lstm(this.table.forward(x).transpose(0, 1), this);
    return this.last.forward(hidden);
  }
}

interface Case {
  readonly name: string;
  readonly model: () => Model & { parameters(): Tensor[] };
  readonly data: () => Tensor[];
  readonly loss: Loss;
  readonly metrics?: Metric[];
}

const cases: Case[] = [
  {
    name: 'convolutions, batch norm and dropout with cross-entropy',
    model: lenet,
    data: () => [rand([8, 1, 8, 8]), ids(8, 4)],
    loss: new CrossEntropyLoss(),
    metrics: [new Accuracy(), new TopK(2), new ConfusionMatrix(4), new F1(4), new WorstMistakes(3)],
  },
  {
    name: 'binary cross-entropy',
    model: () => new Linear(3, 1),
    data: () => [rand([8, 3]), ids(8, 2).cast('float32').unsqueeze(1)],
    loss: new BCEWithLogitsLoss(),
    metrics: [new Accuracy()],
  },
  {
    name: 'squared errors',
    model: () => new Linear(3, 2),
    data: () => [rand([8, 3]), rand([8, 2])],
    loss: new MSELoss(),
  },
  {
    name: 'embeddings and an LSTM',
    model: () => new Tagger(),
    data: () => [whole(9, [8, 5]), ids(8, 3)],
    loss: new CrossEntropyLoss(),
    metrics: [new Perplexity(), new Accuracy()],
  },
];

describe('training reads nothing in a step and once an epoch', () => {
  it.each(cases)('$name', async ({ model: make, data, loss, metrics = [] }) => {
    for (const optimiser of [Adam, AdamW, SGD, RMSprop]) {
      const model = make();
      const train = cut(data(), 4);
      const { callback, steps, epochs } = counter();
      const history = await fit(model, {
        train,
        validation: train,
        optimizer: new optimiser(model.parameters(), { lr: 0.01 }),
        loss,
        metrics,
        clipNorm: 1,
        clipValue: 0.5,
        epochs: 2,
        callbacks: [callback, new LossCurve()],
      });
      // Two steps an epoch; at its end the figures, and those of the validation.
      expect(steps).toEqual([0, 0, 2, 2]);
      expect(epochs).toEqual([2, 4]);
      expect(history.epochs[1].validation?.loss).toBeGreaterThan(0);
    }
  });

  it('adds up batches', async () => {
    const model = lenet();
    const train = cut([rand([12, 1, 8, 8]), ids(12, 4)], 2);
    const { callback, steps } = counter();
    const optimizer = new Adam(model.parameters());
    const options = { train, optimizer, loss: new CrossEntropyLoss(), accumulate: 3, clipNorm: 1 };
    await fit(model, { ...options, callbacks: [callback] });
    expect(steps).toEqual([0, 0]);
  });
});

it('a progress update reads once', async () => {
  const model = lenet();
  const before = reads;
  const lines: string[] = [];
  const stream = { write: (text: string) => lines.push(text) };
  await fit(model, {
    train: cut([rand([12, 1, 8, 8]), ids(12, 4)], 4),
    optimizer: new Adam(model.parameters()),
    loss: new CrossEntropyLoss(),
    metrics: [new Accuracy(), new ConfusionMatrix(4)],
    callbacks: [new ProgressBar({ stream, bar: false, quietSeconds: 0 })],
  });
  // A line a step and one for the epoch, whose figures were read with the last step's.
  expect(lines).toHaveLength(4);
  expect(reads - before).toBe(3);
});

it('a loss that is not finite is noticed when the figures are read', async () => {
  const model = new Linear(1, 1);
  const optimizer = new SGD(model.parameters(), { lr: 1 });
  const good = [tensor([[1]]), tensor([[1]])];
  const bad = [tensor([[Number.NaN]]), tensor([[1]])];
  const options = { train: [good, bad, good], optimizer, loss: new MSELoss() };
  const { callback, steps } = counter();
  const run = fit(model, { ...options, callbacks: [callback] });
  await expect(run).rejects.toThrow(NonFiniteLossError);
  await expect(run).rejects.toThrow(/epoch 1/);
  expect(steps).toEqual([0, 0, 0]);
});

it('metrics are those of a device whose values are at hand', async () => {
  const [scores, target] = [rand([40, 5]), ids(40, 5)];
  const figures = [];
  for (const device of ['far', 'cpu'] as const) {
    const [x, y] =
      device === 'far'
        ? [scores, target]
        : [
            tensor(await scores.data(), { shape: [40, 5], device }),
            tensor(await target.data(), { device }),
          ];
    const model = {
      training: false,
      forward: (input: Tensor) => input,
      train() {},
      stateDict: () => ({}),
    };
    const worst = new WorstMistakes(5);
    const confusion = new ConfusionMatrix(5);
    const metrics = [new Accuracy(), new TopK(2), confusion, new F1(5), worst, new Perplexity()];
    const found = await evaluate(model, cut([x, y], 8), { loss: new CrossEntropyLoss(), metrics });
    figures.push({ found, worst: worst.mistakes, counts: confusion.counts });
  }
  expect(figures[0].counts).toEqual(figures[1].counts);
  expect(figures[0].worst.map(({ index }) => index)).toEqual(
    figures[1].worst.map(({ index }) => index),
  );
  for (const [name, value] of Object.entries(figures[0].found)) {
    expect(value).toBeCloseTo(figures[1].found[name], 5);
  }
});

it('connectionist temporal classification is computed where the logarithms of probabilities are', async () => {
  const targets = tensor([1, 2, 2], { dtype: 'int32', device: 'cpu' });
  const scores = rand([6, 1, 3], { device: 'cpu' });
  const found: number[][] = [];
  for (const device of ['far', 'cpu'] as const) {
    const x = scores.to(device);
    x.requiresGrad = true;
    const before = reads;
    const loss = ctcLoss(x.logSoftmax(2), targets.unsqueeze(0), [6], [3]);
    loss.backward();
    expect(reads).toBe(before);
    found.push([...(await loss.data()), ...((await x.grad?.data()) ?? [])]);
  }
  found[0].forEach((value, i) => {
    expect(value).toBeCloseTo(found[1][i], 5);
  });
});

it('weights are drawn for a device that lacks what drawing them needs', async () => {
  const drawn = [init.truncNormal(zeros([40])), init.orthogonal(zeros([3, 3]))];
  for (const x of drawn) expect((await x.data()).every((value) => Math.abs(value) <= 2)).toBe(true);
});

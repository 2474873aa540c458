/** Whole trainings on the GPU: what they learn, what they read, and what they hold. */

import '@dl/autograd';
import { LeNet, ResNet } from '@dl/cnn-zoo';
import { DataLoader, syntheticDigits } from '@dl/data';
import {
  CrossEntropyLoss,
  Embedding,
  Linear,
  Module,
  MSELoss,
  parameter,
  Sequential,
  Tanh,
} from '@dl/nn';
import { Adam } from '@dl/optim';
import type { Tensor } from '@dl/tensor';
import {
  bernoulli,
  Generator,
  lstm,
  manualSeed,
  memory,
  rand,
  randint,
  randn,
  randperm,
  scope,
  setDefaultDevice,
  steps,
  tensor,
} from '@dl/tensor';
import { backendFor, registerBackend } from '@dl/tensor/backend';
import { Accuracy, evaluate, fit } from '@dl/train';
import { registerWebGL, webglInfo } from '../src/index';
import { offer } from './offer';

/** Runs `act` with new tensors on a device. */
async function on<T>(device: string, act: () => T | Promise<T>): Promise<T> {
  setDefaultDevice(device);
  try {
    return await act();
  } finally {
    setDefaultDevice('cpu');
  }
}

/** LeNet-5 on the built-in digits: accuracy on digits it has not seen. */
function lenet({ device, epochs }: { device: string; epochs: number }): Promise<number> {
  return on(device, async () => {
    manualSeed(1);
    const { train, test } = syntheticDigits({ train: 800, test: 400 });
    const model = new LeNet({ activation: 'relu' });
    const loss = new CrossEntropyLoss();
    await fit(model, {
      train: new DataLoader(train, { batchSize: 25, shuffle: true }),
      optimizer: new Adam(model.parameters(), { lr: 0.003 }),
      loss,
      epochs,
    });
    const batches = new DataLoader(test, { batchSize: 100 });
    return (await evaluate(model, batches, { loss, metrics: [new Accuracy()] })).accuracy;
  });
}

/** How far the gradients of ResNet-18 are from those of `cpu`, as shares of the largest of each parameter. */
async function resnet(): Promise<{ loss: number[]; largest: number; parameters: number }> {
  manualSeed(2);
  const images = randn([2, 3, 32, 32]);
  const target = tensor([3, 7], { dtype: 'int32' });
  const model = new ResNet(18, { classes: 10, stem: 'small' });
  const found: Float32Array[][] = [];
  const loss: number[] = [];
  for (const device of ['cpu', 'webgl']) {
    model.to(device);
    const value = new CrossEntropyLoss().forward(
      model.forward(images.to(device)),
      target.to(device),
    );
    value.backward();
    loss.push((await value.data())[0]);
    const gradients = model.parameters().map((p) => p.grad?.data());
    found.push((await Promise.all(gradients)) as Float32Array[]);
    for (const p of model.parameters()) p.grad = null;
  }
  const shares = found[0].map((expected, i) => {
    let [largest, apart] = [0, 0];
    expected.forEach((value, k) => {
      largest = Math.max(largest, Math.abs(value));
      // NaN must not pass.
      const difference = Math.abs(value - found[1][i][k]);
      apart = Math.max(apart, difference);
    });
    return apart / largest;
  });
  return { loss, largest: Math.max(...shares), parameters: shares.length };
}

const TEXT = 'the quick brown fox jumps over the lazy dog. '.repeat(12);
const ALPHABET = [...new Set(TEXT)];
const SPAN = 16;

/** The next character, from those before it. */
class CharRNN extends Module {
  readonly embedding = new Embedding(ALPHABET.length, 12);
  readonly weightIh = parameter(randn([4 * 32, 12]).mul(0.2));
  readonly weightHh = parameter(randn([4 * 32, 32]).mul(0.2));
  readonly biasIh = parameter(randn([4 * 32]).mul(0.2));
  readonly biasHh = parameter(randn([4 * 32]).mul(0.2));
  readonly head = new Linear(32, ALPHABET.length);

  /** @param ids - [T, N]. @returns [T·N, characters]. */
  forward(ids: Tensor): Tensor {
    const { output } = lstm(this.embedding.forward(ids), this);
    return this.head.forward(output.reshape([-1, 32]));
  }
}

/** An LSTM over a sentence: the loss of the first step and of the last, and what it writes by itself. */
function charRNN(): Promise<{ first: number; last: number; written: string }> {
  return on('webgl', async () => {
    manualSeed(3);
    const ids = Int32Array.from(TEXT, (c) => ALPHABET.indexOf(c));
    const model = new CharRNN();
    const optimizer = new Adam(model.parameters(), { lr: 0.02 });
    const criterion = new CrossEntropyLoss();
    const losses: number[] = [];
    for (const step of steps(100)) {
      const starts = Array.from({ length: 8 }, (_, i) => (step * 7 + i * 5) % (45 * 4));
      const windows = (shift: number) =>
        tensor(
          starts.map((s) => Array.from(ids.subarray(s + shift, s + shift + SPAN))),
          { dtype: 'int32' },
        ).transpose(0, 1);
      optimizer.zeroGrad();
      const loss = criterion.forward(model.forward(windows(0)), windows(1).reshape([-1]));
      loss.backward();
      optimizer.step();
      losses.push((await loss.data())[0]);
    }
    let written = 'the q';
    for (let i = 0; i < 30; i++) {
      const seen = Array.from(written, (c) => [ALPHABET.indexOf(c)]);
      const next = scope(() => {
        const scores = model.forward(tensor(seen, { dtype: 'int32' }));
        return scores
          .narrow(0, seen.length - 1, 1)
          .argmax(1)
          .item();
      });
      written += ALPHABET[next];
    }
    return { first: losses[0], last: losses[losses.length - 1], written };
  });
}

/** What 2,000 steps of a small network hold, at two moments. */
function flat(): Promise<{ early: unknown; late: unknown; first: number; last: number }> {
  return on('webgl', async () => {
    manualSeed(4);
    const model = new Sequential(new Linear(4, 16), new Tanh(), new Linear(16, 1));
    const optimizer = new Adam(model.parameters(), { lr: 0.01 });
    const criterion = new MSELoss();
    const held = () => {
      const { tensors, storages, bytes } = memory('webgl');
      const { textures = 0, programs = 0 } = webglInfo() ?? {};
      return { tensors, storages, bytes, textures, programs };
    };
    let early: unknown;
    let late: unknown;
    const losses: number[] = [];
    for (const step of steps(2000)) {
      const x = rand([16, 4]);
      optimizer.zeroGrad();
      const loss = criterion.forward(model.forward(x), x.sum(1, { keepdim: true }));
      loss.backward();
      optimizer.step();
      if (step === 100) early = held();
      if (step === 1999) late = held();
      if (step % 100 !== 99) continue;
      // Without a turn now and then, the page would not answer for as long as the loop takes.
      losses.push((await loss.data())[0]);
    }
    return { early, late, first: losses[0], last: losses[losses.length - 1] };
  });
}

/** Reads of the device, by the user's side and by the context's, while `fit` runs with an update every fourth step. */
async function reads() {
  const before = backendFor('webgl');
  const { readPixels } = WebGL2RenderingContext.prototype;
  const counts = { waiting: 0, blocking: 0, numbers: 0, pixels: 0, updates: 0 };
  registerBackend({
    ...before,
    read(buffer, dtype, start, count) {
      counts.waiting++;
      counts.numbers += count;
      return before.read(buffer, dtype, start, count);
    },
    readSync(buffer, dtype, start, count) {
      counts.blocking++;
      return before.readSync?.(buffer, dtype, start, count) as Float32Array;
    },
  });
  WebGL2RenderingContext.prototype.readPixels = function (...given: unknown[]) {
    counts.pixels++;
    return (readPixels as (...given: unknown[]) => void).apply(this, given);
  };
  try {
    return await on('webgl', async () => {
      manualSeed(5);
      const { train } = syntheticDigits({ train: 48, test: 1 });
      const model = new LeNet({ activation: 'relu' });
      const history = await fit(model, {
        train: new DataLoader(train, { batchSize: 4, shuffle: true }),
        optimizer: new Adam(model.parameters()),
        loss: new CrossEntropyLoss(),
        callbacks: [
          {
            async onStepEnd(_, { step, loss }) {
              if (step % 4 !== 0) return;
              await loss.data();
              counts.updates++;
            },
          },
        ],
      });
      return { ...counts, steps: history.epochs[0].step, loss: history.epochs[0].train.loss };
    });
  } finally {
    WebGL2RenderingContext.prototype.readPixels = readPixels;
    registerBackend(before);
  }
}

const SAMPLERS: Readonly<Record<string, (device: string) => Tensor>> = {
  rand: (device) => rand([33, 65], { device }),
  'rand of one': (device) => rand([1], { device }),
  'rand of 100,003': (device) => rand([100_003], { device }),
  'rand with a generator': (device) => rand([7], { device, generator: new Generator(9) }),
  randint: (device) => randint(-5, 1000, [33, 7], { device }),
  randperm: (device) => randperm(99, { device }),
  bernoulli: (device) => bernoulli(tensor([0.5], { device }).expand([101])),
};

/** Samplers whose bits are not those of `cpu`, one after the other from the same seed. */
function random(): string[] {
  const drawn = ['cpu', 'webgl'].map((device) =>
    scope(() => {
      manualSeed(6);
      return Object.values(SAMPLERS).map((draw) => {
        const values = draw(device).dataSync();
        return new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
      });
    }),
  );
  return Object.keys(SAMPLERS).filter((_, i) => String(drawn[0][i]) !== String(drawn[1][i]));
}

offer({ lenet, resnet, charRNN, flat, reads, random }, registerWebGL);

/** The worker behind the demonstrations: everything that takes longer than a blink. */

import { noGrad } from '@dl/autograd';
import { createModel, LeNet, type ModelName } from '@dl/cnn-zoo';
import { DataLoader, syntheticDigits } from '@dl/data';
import { registerWebGL, webglInfo } from '@dl/gpu-webgl';
import { encodeSafetensors } from '@dl/io';
import {
  BatchNorm1d,
  CrossEntropyLoss,
  Dropout,
  drawModel,
  Linear,
  MSELoss,
  ReLU,
  Sequential,
  Sigmoid,
  summary,
  Tanh,
  type TensorModule,
} from '@dl/nn';
import { Adam, AdamW, SGD } from '@dl/optim';
import {
  Generator,
  getNumThreads,
  manualSeed,
  randn,
  scope,
  setDefaultDevice,
  softmax,
  steps,
  type Tensor,
  tensor,
  zeros,
} from '@dl/tensor';
import { Accuracy, fit } from '@dl/train';
import { GRID, type JobName, type Jobs } from './jobs';

type Tell<N extends JobName> = (progress: Jobs[N]['progress']) => void;

/** Milliseconds between two messages: as often as eyes follow, and no more than a page can draw. */
const PAUSE = 60;
let told = Number.NEGATIVE_INFINITY;

/** Whether it is time to say something again. */
function due(): boolean {
  const now = performance.now();
  if (now - told < PAUSE) return false;
  told = now;
  return true;
}

/** Lets messages out. */
const turn = (pause = 0) => new Promise<void>((resolve) => setTimeout(resolve, pause));

/** Steps of the playground between two messages; it could do a thousand, but nobody could watch. */
const PACE = 60;

const ACTIVATIONS = { relu: ReLU, tanh: Tanh, sigmoid: Sigmoid };

async function playground(
  { points, layers, width, activation, rate, steps: count }: Jobs['playground']['options'],
  tell: Tell<'playground'>,
): Promise<void> {
  manualSeed(4);
  const modules: TensorModule[] = [];
  for (let i = 0; i < layers; i++) {
    modules.push(new Linear(i === 0 ? 2 : width, width), new ACTIVATIONS[activation]());
  }
  const model = new Sequential(...modules, new Linear(layers === 0 ? 2 : width, 2));
  const optimizer = new Adam(model.parameters(), { lr: rate });
  const criterion = new CrossEntropyLoss();
  const x = tensor(points.positions.map(([a, b]) => [a, b]));
  const y = tensor(Int32Array.from(points.labels));
  const places = Array.from({ length: GRID * GRID }, (_, i) => [
    -1 + (2 * ((i % GRID) + 0.5)) / GRID,
    1 - (2 * (Math.floor(i / GRID) + 0.5)) / GRID,
  ]);
  const grid = tensor(places);
  for (const step of steps(count)) {
    optimizer.zeroGrad();
    const { loss, accuracy } = scope(() => {
      const scores = model.forward(x);
      const value = criterion.forward(scores, y);
      value.backward();
      const hits = scores.argmax(1).eq(y).cast('float32').mean();
      return { loss: value.item(), accuracy: hits.item() };
    });
    optimizer.step();
    if (step > 0 && step % PACE !== 0 && step + 1 < count) continue;
    const surface = noGrad(() =>
      scope(() => Float32Array.from(softmax(model.forward(grid), 1).select(1, 1).dataSync())),
    );
    tell({ step: step + 1, loss, accuracy, surface });
    await turn(PAUSE);
  }
}

/** Lets new tensors go to the GPU, or says why that cannot be. */
async function useGPU(): Promise<void> {
  setDefaultDevice(await registerWebGL());
  postMessage({ kind: 'place', place: `WebGL2 on ${webglInfo()?.renderer}` });
}

async function digits(
  { epochs, images, device }: Jobs['digits']['options'],
  tell: Tell<'digits'>,
): Promise<void> {
  if (device === 'webgl') await useGPU();
  manualSeed(1);
  const { train, test } = syntheticDigits({ train: images, test: 500 });
  const model = new LeNet({ activation: 'relu' });
  let step = 0;
  let loss = 0;
  await fit(model, {
    train: new DataLoader(train, { batchSize: 50, shuffle: true }),
    validation: new DataLoader(test, { batchSize: 100 }),
    optimizer: new Adam(model.parameters(), { lr: 0.002 }),
    loss: new CrossEntropyLoss(),
    metrics: [new Accuracy()],
    epochs,
    callbacks: [
      {
        onStepEnd: async (_, report) => {
          step = report.step;
          if (step % 5 !== 0) return;
          const [last] = await report.loss.data();
          loss = step === 5 ? last : 0.6 * loss + 0.4 * last;
          const { epoch } = report;
          tell({ epoch, step, loss, accuracy: null, samplesPerSecond: null, weights: null });
        },
        onEpochEnd: (_, { epoch, validation, samplesPerSecond }) => {
          const weights = encodeSafetensors(model.stateDict());
          tell({
            epoch,
            step,
            loss,
            accuracy: validation?.accuracy ?? null,
            samplesPerSecond,
            weights,
          });
        },
      },
    ],
  });
}

/** A line, and few points beside it. */
function wave(x: number): number {
  return Math.sin(3 * x) * 0.7 + 0.3 * x;
}

async function curve(
  { weightDecay, dropout, steps: count }: Jobs['curve']['options'],
  tell: Tell<'curve'>,
): Promise<void> {
  manualSeed(2);
  const random = new Generator(5);
  const points = Array.from({ length: 14 }, (_, i) => {
    const x = -1 + (2 * (i + 0.5)) / 14 + 0.06 * (random.random() - 0.5);
    return [x, wave(x) + 0.5 * (random.random() - 0.5)] as const;
  });
  const model = new Sequential(
    new Linear(1, 64),
    new Tanh(),
    new Dropout(dropout),
    new Linear(64, 64),
    new Tanh(),
    new Dropout(dropout),
    new Linear(64, 1),
  );
  const optimizer = new AdamW(model.parameters(), { lr: 0.01, weightDecay });
  const criterion = new MSELoss();
  const column = (values: readonly number[]) => tensor(values.map((v) => [v]));
  const [x, y] = [column(points.map(([a]) => a)), column(points.map(([, b]) => b))];
  const axis = Array.from({ length: 121 }, (_, i) => -1 + i / 60);
  const [line, truth] = [column(axis), column(axis.map(wave))];
  // Inputs reach far enough for the network to bend.
  for (const step of steps(count)) {
    optimizer.zeroGrad();
    scope(() => criterion.forward(model.forward(x.mul(4)), y).backward());
    optimizer.step();
    if (!due() && step + 1 < count) continue;
    model.eval();
    const seen = noGrad(() =>
      scope(() => {
        const guess = model.forward(line.mul(4));
        const training = Math.sqrt(criterion.forward(model.forward(x.mul(4)), y).item());
        const test = Math.sqrt(criterion.forward(guess, truth).item());
        return { training, test, line: Array.from(guess.dataSync()) };
      }),
    );
    model.train();
    tell({ step: step + 1, points, ...seen });
    await turn();
  }
}

async function batchNorm(
  { depth, rate, steps: count }: Jobs['batchNorm']['options'],
  tell: Tell<'batchNorm'>,
): Promise<void> {
  const { train } = syntheticDigits({ train: 1000, test: 1 });
  const make = (norm: boolean) => {
    manualSeed(3);
    const layers: TensorModule[] = [];
    for (let i = 0; i < depth; i++) {
      layers.push(new Linear(i === 0 ? 784 : 64, 64));
      if (norm) layers.push(new BatchNorm1d(64));
      layers.push(new Sigmoid());
    }
    const model = new Sequential(...layers, new Linear(64, 10));
    const optimizer = new SGD(model.parameters(), { lr: rate });
    return { model, optimizer, losses: [] as number[] };
  };
  const both = [make(false), make(true)];
  const criterion = new CrossEntropyLoss();
  const loader = new DataLoader(train, { batchSize: 100, shuffle: true });
  for (let step = 0; step < count; ) {
    for (const [images, labels] of loader) {
      for (const { model, optimizer, losses } of both) {
        optimizer.zeroGrad();
        scope(() => {
          const loss = criterion.forward(model.forward((images as Tensor).flatten(1)), labels);
          loss.backward();
          losses.push(loss.item());
        });
        optimizer.step();
      }
      if (++step === count || due()) {
        tell({ without: [...both[0].losses], with: [...both[1].losses] });
        await turn();
      }
      if (step >= count) break;
    }
  }
}

async function zoo(
  { model: name, variant }: Jobs['zoo']['options'],
  tell: Tell<'zoo'>,
): Promise<void> {
  const lenet = name === 'lenet';
  const model = createModel(name as ModelName, {
    variant,
    classes: lenet ? 10 : 1000,
    inChannels: 3,
  });
  const size = lenet ? 28 : 224;
  const report = scope(() =>
    summary(model, lenet ? zeros([1, 3, size, size]) : randn([1, 3, size, size])),
  );
  const { parameters, multiplyAdds } = report;
  tell({ svg: drawModel(report), table: String(report), parameters, multiplyAdds });
}

const jobs: {
  readonly [N in JobName]: (options: Jobs[N]['options'], tell: Tell<N>) => Promise<void>;
} = {
  playground,
  digits,
  curve,
  batchNorm,
  zoo,
};

self.onmessage = async ({ data }: MessageEvent<{ name: JobName; options: never }>) => {
  const threads = getNumThreads();
  postMessage({
    kind: 'place',
    place: `WebAssembly SIMD on ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
  });
  try {
    const tell = (progress: unknown) => postMessage({ kind: 'progress', progress });
    await jobs[data.name](data.options, tell as never);
    postMessage({ kind: 'done' });
  } catch (error) {
    postMessage({ kind: 'failed', message: (error as Error).message });
  }
};

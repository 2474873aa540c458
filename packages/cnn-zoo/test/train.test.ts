import { CrossEntropyLoss } from '@dl/nn';
import { Adam } from '@dl/optim';
import { Generator, manualSeed, scope, steps, type Tensor, tensor } from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import { createModel, LeNet, type ModelName, ZOO } from '../src/index';
import type { Variant } from '../src/options';

const COUNT = 64;
const BATCH = 16;
const CLASSES = 4;

/** Four kinds of stripes and checks, with noise: nothing that the mean colour tells. */
function pictures(size: number): { x: Tensor; y: Tensor } {
  const random = new Generator(1);
  const data = new Float32Array(COUNT * 3 * size * size);
  for (let n = 0; n < COUNT; n++) {
    const [kind, shift] = [n % CLASSES, Math.floor(random.random() * 4)];
    for (let i = 0; i < 3 * size * size; i++) {
      const [row, column] = [Math.floor(i / size) % size, i % size];
      const place = [row, column, row + column, row ^ column][kind] + shift;
      data[n * 3 * size * size + i] = (place & 2 ? 1 : -1) + random.random() - 0.5;
    }
  }
  const labels = Int32Array.from({ length: COUNT }, (_, n) => n % CLASSES);
  return { x: tensor(data, { shape: [COUNT, 3, size, size] }), y: tensor(labels) };
}

/** Trains until the mean loss of all images falls below 0.05. @returns after how many steps, or Infinity. */
function learn(name: ModelName, variant: Variant, size: number, lr: number): number {
  // Sigmoids leave their plateau late or early as they begin; this beginning does at any rate near this one.
  manualSeed(name === 'lenet' ? 8 : 0);
  // More channels than classes: NiN's last block has one each, and four would be a narrow gate.
  const options = { variant, classes: 10, inChannels: 3, stem: 'small', hidden: 128 } as const;
  const model =
    name === 'lenet'
      ? new LeNet({ classes: 10, inChannels: 3, imageSize: size })
      : createModel(name, options);
  for (const module of model.modules()) if ('p' in module) Object.assign(module, { p: 0 });
  const { x, y } = pictures(size);
  const optimizer = new Adam(model.parameters(), { lr });
  const criterion = new CrossEntropyLoss();
  const recent: number[] = [];
  let done = Number.POSITIVE_INFINITY;
  for (const step of steps(200)) {
    const from = (step * BATCH) % COUNT;
    optimizer.zeroGrad();
    const loss = scope(() => {
      const images = x.slice([[from, from + BATCH]]);
      const value = criterion.forward(model.forward(images), y.slice([[from, from + BATCH]]));
      value.backward();
      return value.item();
    });
    optimizer.step();
    recent.push(loss);
    // The last passes over all images, in the behaviour that learns.
    const last = recent.slice(-COUNT / BATCH);
    if (recent.length >= COUNT / BATCH && Math.max(...last) < 0.05) {
      done = step + 1;
      break;
    }
  }
  for (const p of Object.values(model.stateDict())) p.dispose();
  return done;
}

/** Models that take seconds each; they run where DL_SLOW is set. */
const SLOW = /nin|alexnet|vgg|resnet34|resnet50|resnet101|densenet121|densenet169|squeezenet1_0/;

const cases = Object.entries(ZOO)
  .flatMap(([name, { variants }]) =>
    variants.map((variant) => [name as ModelName, variant] as const),
  )
  .filter(([name]) => process.env.DL_SLOW || !SLOW.test(name));

describe('overfits a batch of 64 pictures', () => {
  it.each(cases)(
    '%s (%s)',
    (name, variant) => {
      const rate = /vgg\d+$|alexnet/.test(name) ? 3e-4 : 1e-3;
      const count = learn(
        name,
        variant,
        /nin|alexnet|vgg/.test(name) ? 32 : 16,
        name === 'lenet' ? 1e-2 : rate,
      );
      expect(count).toBeLessThanOrEqual(200);
    },
    300_000,
  );
});

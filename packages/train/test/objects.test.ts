// In a file of its own, and so in a process of its own: what other tests leave to the garbage collector would count here.
import { decodeSafetensors, encodeSafetensors } from '@dl/io';
import { CrossEntropyLoss, summary } from '@dl/nn';
import { Adam, ExponentialMovingAverage, StepLR } from '@dl/optim';
import { memory, ones, scope } from '@dl/tensor';
import { expect, it } from 'vitest';
import { Accuracy, ConfusionMatrix, trainStep } from '../src/index';
import { circleLoader, circleModel } from './helpers';

const loss = new CrossEntropyLoss();
const batch = [...circleLoader(16, 16)][0];

/** A model and its optimiser after a step. */
function trained() {
  const model = circleModel();
  const optimizer = new Adam(model.namedParameters());
  scope(() => {
    trainStep({ model, optimizer, loss }, batch);
  });
  return { model, optimizer };
}
const lasting = trained();

/** What programs make again and again, and forget. */
const makers: Record<string, () => unknown> = {
  models: () => circleModel(),
  'models that learned': trained,
  'models whose gradients are still there': () => {
    const { model } = trained();
    return model.parameters().every((x) => x.grad !== null);
  },
  'outputs with their graphs': () => lasting.model.forward(batch[0]),
  'models with hooks': () => {
    const { model } = trained();
    model.registerForwardHook((module, _inputs, output) => {
      module.train();
      return output;
    });
    return scope(() => model.forward(batch[0]));
  },
  'optimisers of one model': () => {
    const optimizer = new Adam(lasting.model.namedParameters());
    scope(() => {
      trainStep({ model: lasting.model, optimizer, loss }, batch);
    });
    return optimizer;
  },
  schedules: () => new StepLR(lasting.optimizer, 5).step(),
  'moving averages': () => {
    const average = new ExponentialMovingAverage(lasting.model.parameters());
    average.update();
    average.swap();
    average.swap();
    return average;
  },
  'states, loaded into a model': () => {
    const { tensors } = decodeSafetensors(encodeSafetensors(lasting.model.stateDict()));
    lasting.model.loadStateDict(tensors);
  },
  'states of optimisers': () => {
    const { optimizer } = trained();
    lasting.optimizer.loadStateDict(optimizer.stateDict());
  },
  copies: () => circleModel().to({ dtype: 'float64' }),
  metrics: () => {
    const metrics = [new Accuracy(), new ConfusionMatrix(2)];
    scope(() => {
      const output = lasting.model.forward(batch[0]);
      for (const metric of metrics)
        metric.update({ output, target: batch[1], loss: ones([]), count: 16 });
    });
    return metrics.map(({ value }) => value);
  },
  summaries: () => summary(lasting.model, batch[0]),
};

const turn = () => new Promise((resolve) => setTimeout(resolve));

/** Collects until nothing more comes back. */
async function settle(): Promise<number> {
  let last = -1;
  for (let quiet = 0; quiet < 3; ) {
    globalThis.gc?.();
    await turn();
    const { tensors } = memory();
    quiet = tensors === last ? quiet + 1 : 0;
    last = tensors;
  }
  return last;
}

it.each(Object.keys(makers))('%s that nobody holds are given back', async (name) => {
  for (let i = 0; i < 3; i++) makers[name]();
  const before = await settle();
  for (let i = 0; i < 30; i++) makers[name]();
  const after = await settle();
  expect(after - before).toBeLessThanOrEqual(0);
});

// In a file of its own, and so in a process of its own: what other tests leave to the garbage collector would count here.
import { CrossEntropyLoss } from '@dl/nn';
import { SGD } from '@dl/optim';
import { keep, manualSeed, memory } from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import { type Callback, fit } from '../src/index';
import { circleLoader, circleModel, noiseLoader, SmallLeNet } from './helpers';

const loss = new CrossEntropyLoss();

let finalized = 0;
const canary = new FinalizationRegistry(() => finalized++);

/** Lets the garbage collector bring back what the set-up left. */
async function tidy(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    const before = finalized;
    canary.register({}, 0);
    while (finalized === before) {
      globalThis.gc?.();
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
}

describe('fit', () => {
  it('holds memory flat over 2,000 steps of LeNet', async () => {
    manualSeed(0);
    const model = new SmallLeNet();
    const optimizer = new SGD(model.parameters(), { lr: 0.01 });
    await tidy();
    const found: Record<number, object> = {};
    const onStepEnd: Callback['onStepEnd'] = (_run, { step }) => {
      const { bytes, tensors, storages } = memory();
      if (step === 100 || step === 1900 || step === 2000)
        found[step] = { bytes, tensors, storages };
    };
    // 50 batches an epoch: the steps compared stand at the same place, and an epoch lies behind them.
    const train = noiseLoader(100, 2);
    await fit(model, { train, optimizer, loss, epochs: 40, callbacks: [{ onStepEnd }] });
    expect(found[1900]).toEqual(found[2000]);
    expect(found[100]).toEqual(found[2000]);
  });

  it('holds memory flat with plain arrays of batches, too', async () => {
    const model = circleModel();
    const optimizer = new SGD(model.parameters(), { lr: 0.3 });
    const batches = Array.from(circleLoader(400, 32), ([x, y]) => [
      keep(x.clone()),
      keep(y.clone()),
    ]);
    await tidy();
    const bytes: number[] = [];
    const onEpochEnd: Callback['onEpochEnd'] = () => void bytes.push(memory().bytes);
    const options = { train: batches, validation: batches, optimizer, loss, epochs: 6 };
    await fit(model, { ...options, callbacks: [{ onEpochEnd }] });
    expect(bytes[5]).toBe(bytes[2]);
  });
});

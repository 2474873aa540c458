// First: it chooses the heap that @dl/tensor makes when it is loaded.
import '@dl/testing/allocation-faults';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSafetensors, saveSafetensors } from '@dl/io/node';
import { CrossEntropyLoss } from '@dl/nn';
import { Adam } from '@dl/optim';
import type { Tensor } from '@dl/tensor';
import { isTensor, memory } from '@dl/tensor';
import { failEach } from '@dl/testing/allocation-faults';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Callback } from '../src/index';
import { fit, trainStep } from '../src/index';
import { latestRun, RunCheckpoint } from '../src/node/index';
import { circleLoader, circleModel } from './helpers';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dl-memory-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const held = () => {
  const { tensors, storages, bytes } = memory();
  return { tensors, storages, bytes };
};
const release = (tensors: Readonly<Record<string, Tensor>>) => {
  for (const x of Object.values(tensors)) x.dispose();
};

/** A model and an optimiser that made some steps. */
function trained(steps: number, seed = 0) {
  const model = circleModel(seed);
  const optimizer = new Adam(model.namedParameters());
  const loss = new CrossEntropyLoss();
  let left = steps;
  for (const batch of circleLoader(80, 16)) {
    if (left-- <= 0) break;
    trainStep({ model, optimizer, loss }, batch);
  }
  optimizer.zeroGrad();
  return { model, optimizer };
}

/** Weights, and the state of the optimiser, as text. */
function contents({ model, optimizer }: ReturnType<typeof trained>): string {
  const text = (v: Tensor | number) => (isTensor(v) ? [...v.dataSync()] : v);
  const { state } = optimizer.stateDict();
  const entries = Object.entries(state).map(([name, own]) => [
    name,
    Object.entries(own).map(([key, v]) => [key, text(v)]),
  ]);
  return JSON.stringify([Object.values(model.stateDict()).map(text), entries]);
}

describe('a checkpoint whose memory runs out', () => {
  it('is loaded whole or not at all, and nothing stays behind', async () => {
    const file = join(folder, 'model.safetensors');
    const { model } = trained(2);
    const weights = model.stateDict();
    // Views and strided tensors are gathered while they are saved.
    const turned = { ...weights, turned: weights[Object.keys(weights)[0]].transpose() };
    let before = held();
    await failEach(
      () => {
        before = held();
      },
      () => saveSafetensors(file, turned),
      () => expect(held()).toEqual(before),
    );
    let loaded: Record<string, Tensor> = {};
    const failures = await failEach(
      () => {
        before = held();
      },
      async () => {
        loaded = (await loadSafetensors(file)).tensors;
      },
      () => expect(held()).toEqual(before),
    );
    expect(failures).toBe(Object.keys(turned).length);
    release(loaded);
    expect(held()).toEqual(before);
  });

  it('leaves model and optimiser as they were where their state does not fit into memory', async () => {
    const source = trained(3, 1);
    const [weights, state] = [source.model.stateDict(), source.optimizer.stateDict()];
    const doubles = Object.fromEntries(
      Object.entries(weights).map(([name, x]) => [name, x.cast('float64')]),
    );
    for (const steps of [0, 2]) {
      const target = trained(steps);
      let before = contents(target);
      const bytes = held();
      const unchanged = () => {
        expect(contents(target)).toBe(before);
        expect(held()).toEqual(bytes);
      };
      expect(
        await failEach(
          () => {},
          () => target.model.loadStateDict(doubles),
          unchanged,
        ),
      ).toBe(Object.keys(doubles).length);
      before = contents(target);
      const slots = await failEach(
        () => {},
        () => target.optimizer.loadStateDict(state),
        unchanged,
      );
      expect(slots).toBe(steps === 0 ? 2 * Object.keys(weights).length : 0);
      expect(contents(target)).toBe(contents(source));
    }
    release(doubles);
  });

  it('a model that moves to another dtype moves whole or not at all', async () => {
    const { model } = trained(1);
    const bytes = held();
    const types = () => new Set(Object.values(model.stateDict()).map((x) => x.dtype));
    const failures = await failEach(
      () => {},
      () => model.to({ dtype: 'float64' }),
      () => {
        expect(held()).toEqual(bytes);
        expect(types()).toEqual(new Set(['float32']));
      },
    );
    expect(failures).toBe(Object.keys(model.stateDict()).length);
    expect(types()).toEqual(new Set(['float64']));
  });

  it('a run that is resumed after it ran out of memory ends where it would have ended', async () => {
    const run = async (runs: string, epochs: number, callbacks: Callback[]) => {
      const model = circleModel();
      const optimizer = new Adam(model.namedParameters());
      const options = { train: circleLoader(40, 20), optimizer, loss: new CrossEntropyLoss() };
      const resume = await latestRun(runs);
      await fit(model, { ...options, epochs, callbacks, resume });
      return contents({ model, optimizer });
    };
    const whole = join(folder, 'whole');
    const expected = await run(whole, 2, [new RunCheckpoint(whole)]);
    const runs = join(folder, 'runs');
    await run(runs, 1, [new RunCheckpoint(runs)]);
    let found = '';
    await failEach(
      () => {},
      async () => {
        found = await run(runs, 2, []);
      },
      async () => {
        // Only some of the many: each is a whole run.
      },
    );
    expect(found).toBe(expected);
  });
});

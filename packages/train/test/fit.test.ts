import { DataLoader, ListDataset, StreamLoader } from '@dl/data';
import { CrossEntropyLoss, Linear, MSELoss } from '@dl/nn';
import { SGD } from '@dl/optim';
import { manualSeed, type Tensor, tensor } from '@dl/tensor';
import { describe, expect, it, vi } from 'vitest';
import type { Callback, EpochReport } from '../src/index';
import { Accuracy, EarlyStopping, evaluate, fit, predict, Schedule, trainStep } from '../src/index';
import { circleLoader, circleModel, noiseLoader, SmallLeNet } from './helpers';

const loss = new CrossEntropyLoss();

function setUp(lr = 0.3) {
  const model = circleModel();
  return { model, optimizer: new SGD(model.parameters(), { lr }), train: circleLoader(400, 32) };
}

describe('fit', () => {
  it('learns a circle, and says so', async () => {
    const { model, ...rest } = setUp();
    const validation = circleLoader(200, 64, 1);
    const metrics = [new Accuracy()];
    const history = await fit(model, { ...rest, validation, loss, epochs: 25, metrics });
    expect(history.ending).toBe('finished');
    expect(history.epochs.map((e) => e.epoch)).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
    expect(history.epochs[0].validation?.accuracy).toBeLessThan(0.9);
    const last = history.epochs[24];
    expect(last.validation?.accuracy).toBeGreaterThan(0.93);
    expect(last.train.loss).toBeLessThan(history.epochs[0].train.loss / 2);
    expect(last).toMatchObject({ step: 25 * 13, examples: 400, complete: true });
    const again = await evaluate(model, validation, { loss, metrics });
    expect(again.accuracy).toBe(last.validation?.accuracy);
    expect(again.loss).toBeCloseTo(last.validation?.loss ?? Number.NaN, 6);
  });

  it('weights means by the size of the batch', async () => {
    const { model, ...rest } = setUp(0);
    const [whole] = (await fit(model, { ...rest, loss })).epochs;
    const all = await evaluate(model, new DataLoader(rest.train.dataset, { batchSize: 400 }), {
      loss,
    });
    expect(whole.train.loss).toBeCloseTo(all.loss, 5);
    const losses: number[] = [];
    const onStepEnd: Callback['onStepEnd'] = (_run, report) => void losses.push(report.loss.item());
    await fit(model, { ...rest, loss, callbacks: [{ onStepEnd }] });
    const plain = losses.reduce((a, b) => a + b) / losses.length;
    expect(Math.abs(plain - all.loss)).toBeGreaterThan(1e-5);
  });

  it('gives the same final loss twice, bit for bit', async () => {
    const once = async (seed: number) => {
      manualSeed(seed);
      const model = new SmallLeNet();
      const optimizer = new SGD(model.parameters(), { lr: 0.1 });
      const history = await fit(model, { train: noiseLoader(96, 16), optimizer, loss, epochs: 3 });
      const [weight] = model.parameters();
      return [history.epochs[2].train.loss, ...weight.dataSync()];
    };
    const first = await once(5);
    expect(await once(5)).toEqual(first);
    expect(await once(6)).not.toEqual(first);
  });

  it('stops after the batch at which the signal comes, and keeps what was learned', async () => {
    const { model, ...rest } = setUp();
    const before = (await evaluate(model, rest.train, { loss })).loss;
    const control = new AbortController();
    const reports: EpochReport[] = [];
    const callback: Callback = {
      onStepEnd: (_run, { step }) => void (step === 20 && control.abort()),
      onEpochEnd: (_run, report) => void reports.push(report),
    };
    const { signal } = control;
    const options = { ...rest, validation: rest.train, loss, epochs: 9, signal };
    const history = await fit(model, { ...options, callbacks: [callback] });
    expect(history.ending).toBe('aborted');
    expect(history.epochs).toEqual(reports);
    expect(reports.map((r) => [r.step, r.complete])).toEqual([
      [13, true],
      [20, false],
    ]);
    expect(reports[1].validation).toBeUndefined();
    expect((await evaluate(model, rest.train, { loss })).loss).toBeLessThan(before);
  });

  it('lets timers and signals have a turn', async () => {
    const { model, ...rest } = setUp();
    // A clock on which every look takes longer than others need wait for their turn.
    let clock = 0;
    const watch = vi.spyOn(performance, 'now').mockImplementation(() => (clock += 50));
    let turns = 0;
    const count = () => {
      turns++;
      next = setImmediate(count);
    };
    let next = setImmediate(count);
    const { epochs } = await fit(model, { ...rest, loss, epochs: 4 });
    clearImmediate(next);
    watch.mockRestore();
    expect(turns).toBeGreaterThanOrEqual(epochs[3].step);
  });

  it('calls callbacks at every turn, also the last one after an error', async () => {
    const { model, ...rest } = setUp();
    const calls: string[] = [];
    const callback: Callback = {
      onFitStart: () => void calls.push('start'),
      onEpochStart: (_run, epoch) => void calls.push(`epoch ${epoch}`),
      onStepEnd: (run) => {
        if (run.batches === 13) throw new Error('enough');
      },
      onEpochEnd: () => void calls.push('epoch end'),
      onFitEnd: () => void calls.push('end'),
    };
    const run = fit(model, { ...rest, loss, callbacks: [callback] });
    await expect(run).rejects.toThrow('enough');
    expect(calls).toEqual(['start', 'epoch 1', 'end']);
  });

  it('refuses what makes no sense', async () => {
    const { model, ...rest } = setUp();
    await expect(fit(model, { ...rest, loss, epochs: 1.5 })).rejects.toThrow('epochs');
    const train = [[tensor([[1, 2]])]];
    await expect(fit(model, { ...rest, train, loss })).rejects.toThrow('a batch has no targets');
  });
});

describe('callbacks', () => {
  it('EarlyStopping stops when a figure no longer improves', async () => {
    const { model, ...rest } = setUp(0);
    const stop = new EarlyStopping({ patience: 3 });
    const options = { ...rest, validation: [...circleLoader(50, 50)], loss, epochs: 20 };
    const history = await fit(model, { ...options, callbacks: [stop] });
    expect(history).toMatchObject({
      ending: 'stopped',
      reason: expect.stringContaining('3 epochs'),
    });
    expect(history.epochs.length).toBe(4);
    expect(stop.best.epoch).toBe(1);
  });

  it('EarlyStopping says which figures there are', async () => {
    const { model, ...rest } = setUp();
    const callbacks = [new EarlyStopping({ monitor: 'validation.accuracy' })];
    await expect(fit(model, { ...rest, loss, callbacks })).rejects.toThrow(
      'an epoch has no figure validation.accuracy',
    );
  });

  it('Schedule steps once an epoch, or once a step', async () => {
    const { model, ...rest } = setUp();
    let epochs = 0;
    let steps = 0;
    const callbacks = [
      new Schedule({ step: () => epochs++ }),
      new Schedule({ step: () => steps++ }, { every: 'step' }),
    ];
    await fit(model, { ...rest, loss, epochs: 3, callbacks });
    expect([epochs, steps]).toEqual([3, 39]);
  });

  it('Schedule sets the rate by the progress', async () => {
    const { model, optimizer, train } = setUp(0.3);
    const rates: number[] = [];
    const onStepEnd: Callback['onStepEnd'] = () => void rates.push(optimizer.groups[0].options.lr);
    const callbacks = [new Schedule((progress) => 1 - progress), { onStepEnd }];
    await fit(model, { train, optimizer, loss, epochs: 2, callbacks });
    expect(rates.length).toBe(26);
    rates.forEach((rate, i) => {
      expect(rate).toBeCloseTo(0.3 * (1 - (i + 1) / 26), 12);
    });
  });
});

it('trainStep gives loss and outputs, and changes the model', () => {
  const { model, optimizer, train } = setUp();
  const seen: number[] = [];
  for (const batch of train) {
    const result: { loss: Tensor; output: Tensor } = trainStep({ model, optimizer, loss }, batch);
    expect(result.output.shape).toEqual([batch[0].shape[0], 2]);
    expect(result.loss.requiresGrad || result.output.requiresGrad).toBe(false);
    seen.push(result.loss.item());
  }
  expect(seen.at(-1)).toBeLessThan(seen[0]);
});

it('predict gives the rows in order, and leaves the model as it was', async () => {
  const { model, train } = setUp();
  const loader = new DataLoader(train.dataset, { batchSize: 150 });
  const output = await predict(model, loader);
  expect(output.shape).toEqual([400, 2]);
  expect(model.training).toBe(true);
  const [x] = train.dataset.batch([0, 151, 399]);
  const rows = [0, 151, 399].map((i) => output.select(0, i).toArray());
  // A product of three rows adds up in another order than one of many.
  const direct = model.forward(x).toArray() as number[][];
  rows.flat().forEach((value, i) => {
    expect(value).toBeCloseTo(direct.flat()[i], 5);
  });
  await expect(predict(model, [])).rejects.toThrow('there is no batch');
});

it('learns from a stream as from a list', async () => {
  const rows = Array.from({ length: 64 }, (_, i) => [
    Float32Array.of(i / 64),
    Float32Array.of(i / 32),
  ]);
  const ends = [];
  for (const stream of [true, false]) {
    manualSeed(1);
    const model = new Linear(1, 1);
    const batches = stream
      ? new StreamLoader(
          async function* () {
            yield* rows as [Float32Array, Float32Array][];
          },
          { batchSize: 8 },
        )
      : new DataLoader(new ListDataset(rows as [Float32Array, Float32Array][]), { batchSize: 8 });
    const history = await fit(model, {
      train: batches,
      validation: batches,
      optimizer: new SGD(model.parameters(), { lr: 0.1 }),
      loss: new MSELoss(),
      epochs: 2,
    });
    const shown = await predict(model, batches);
    ends.push([history.epochs.map((e) => [e.train, e.validation, e.step]), shown.toArray()]);
  }
  expect(ends[0]).toEqual(ends[1]);
  expect((ends[0][0] as unknown[]).length).toBe(2);
});

it('goes back to the best weights after early stopping', async () => {
  const { model, optimizer } = setUp(3);
  const seen: { loss: number; weights: number[] }[] = [];
  const watch: Callback = {
    onEpochEnd: (_, { validation }) => {
      const weights = model.parameters().flatMap((p) => Array.from(p.dataSync()));
      seen.push({ loss: validation?.loss ?? Number.NaN, weights });
    },
  };
  const stop = new EarlyStopping({ patience: 4, restoreBest: true });
  const [train, validation] = [circleLoader(100, 10), circleLoader(100, 50, 1)];
  const callbacks = [stop, watch];
  await fit(model, { train, validation, optimizer, loss, epochs: 60, callbacks });
  const best = seen.reduce((a, b) => (b.loss < a.loss ? b : a));
  expect(best).not.toBe(seen[seen.length - 1]);
  expect(model.parameters().flatMap((p) => Array.from(p.dataSync()))).toEqual(best.weights);
});

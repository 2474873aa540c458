import '@dl/autograd';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Linear, MSELoss } from '@dl/nn';
import { SGD } from '@dl/optim';
import { ones } from '@dl/tensor';
import { wrongTypes } from '@dl/testing/wrong-types';
import { expect, it } from 'vitest';
import * as main from '../src/index';
import * as node from '../src/node/index';
import { signatures, types } from '../src/signatures';

const model = () => new Linear(2, 1);
const batches = () => [[ones([3, 2]), ones([3, 1])]];
const learner = () => {
  const net = model();
  return { model: net, optimizer: new SGD(net.parameters(), { lr: 0.1 }), loss: new MSELoss() };
};
const report = () => ({
  epoch: 1,
  step: 1,
  complete: true,
  train: { loss: 1 },
  validation: { loss: 1 },
  examples: 1,
  seconds: 1,
  samplesPerSecond: 1,
});
const run = () => ({ ...learner(), epochs: 1, batches: 1, figures: { loss: 1 }, stop() {} });
const scored = () => ({ output: ones([2, 3]), target: ones([2]).cast('int32'), loss: 1, count: 2 });
const matrix = () => new main.ConfusionMatrix(2);

/** Calls that work. */
const valid = {
  'Accuracy.update': () => [scored()],
  'Best.improves': () => [report()],
  'ConfusionMatrix.add': () => [0, 0],
  'EarlyStopping.onEpochEnd': () => [run(), report()],
  'LossCurve.onStepEnd': () => [run(), { step: 1, epoch: 1, batch: 1, count: 1, loss: 1 }],
  'Perplexity.update': () => [scored()],
  'Schedule.onEpochEnd': () => [run(), report()],
  'TopK.update': () => [scored()],
  ConfusionMatrix: () => [2],
  F1: () => [2],
  Schedule: () => [() => 1],
  evaluate: () => [model(), batches(), { loss: new MSELoss() }],
  figure: () => [report(), 'train.loss'],
  fit: () => {
    const { model, ...rest } = learner();
    return [model, { ...rest, train: batches() }];
  },
  formatConfusion: () => [matrix()],
  formatFigures: () => [{ loss: 1 }],
  predict: () => [model(), batches()],
  trainStep: () => [learner(), batches()[0]],
};

it('answers arguments of wrong types with typed errors', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dl-wrong-types-'));
  const here = process.cwd();
  // What is written under a name like 'foo' lands there.
  process.chdir(folder);
  try {
    const report = await wrongTypes({ ...main, ...node }, signatures, types, { valid });
    expect(report.calls).toBeGreaterThan(900);
    expect(report.raw).toEqual([]);
    expect(report.accepted).toEqual([]);
  } finally {
    process.chdir(here);
    rmSync(folder, { recursive: true });
  }
}, 120_000);

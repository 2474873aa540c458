// A run that kills itself at a step, or in the middle of saving, and can be started again; the test bundles it and starts it as a
// process of its own.
import { writeFileSync } from 'node:fs';
import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { BatchNorm1d, CrossEntropyLoss, Dropout, Linear, ReLU, Sequential } from '@dl/nn';
import { Adam, ExponentialMovingAverage, ReduceLROnPlateau } from '@dl/optim';
import { manualSeed } from '@dl/tensor';
import { disk } from '@dl/testing/disk-faults';
import { Accuracy, EarlyStopping, figure, fit, LossCurve, Schedule } from '../src/index';
import { latestRun, ModelCheckpoint, RunCheckpoint } from '../src/node/index';
import { circleLoader } from './helpers';

const [folder, result, killAt] = process.argv.slice(2);

Object.assign(files, disk.over({ ...files }));
syncBuiltinESMExports();

manualSeed(3);
const layers = [new Linear(2, 16), new BatchNorm1d(16), new ReLU(), new Dropout(0.2)];
const model = new Sequential(...layers, new Linear(16, 2));
const optimizer = new Adam(model.namedParameters(), { lr: 0.02 });
const average = new ExponentialMovingAverage(model.parameters(), 0.9);
const curve = new LossCurve(8);

const resume = await latestRun(folder);
disk.failAt(Number(killAt), 'SIGKILL');
const history = await fit(model, {
  train: circleLoader(300, 20),
  validation: circleLoader(100, 50, 1),
  optimizer,
  loss: new CrossEntropyLoss(),
  metrics: [new Accuracy()],
  epochs: 6,
  accumulate: 2,
  clipNorm: 0.5,
  average,
  callbacks: [
    { onStepEnd: () => disk.pass('step') },
    // Saving is not the last callback: what comes behind it must be saved all the same.
    new RunCheckpoint(folder, { everySteps: 3 }),
    new Schedule(new ReduceLROnPlateau(optimizer, { patience: 0 }), { monitor: 'validation.loss' }),
    new EarlyStopping({ patience: 100 }),
    new ModelCheckpoint(folder),
    curve,
  ],
  resume,
});

writeFileSync(
  result,
  JSON.stringify({
    weights: Object.values(model.stateDict()).map((x) => Array.from(x.dataSync())),
    averages: average.averages.map((x) => Array.from(x.dataSync())),
    curve: curve.points,
    figures: history.epochs.map((report) => [
      report.step,
      ...['train.loss', 'train.accuracy', 'validation.loss'].map((path) => figure(report, path)),
    ]),
    lr: optimizer.groups[0].options.lr,
  }),
);

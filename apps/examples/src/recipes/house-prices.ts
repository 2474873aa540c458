/** Prices of houses from their features: what L2, dropout and early stopping do against overfitting. */

import { join, relative } from 'node:path';
import { DataLoader, TensorDataset } from '@dl/data';
import { makeFolder, writeFileAtomic } from '@dl/io/node';
import { Dropout, Linear, MSELoss, ReLU, Sequential, StandardScaler } from '@dl/nn';
import { AdamW } from '@dl/optim';
import { Generator, keep, manualSeed, scope, type Tensor, tensor } from '@dl/tensor';
import { EarlyStopping, evaluate, figure, fit, type History } from '@dl/train';
import type { Series } from '@dl/train/node';
import { JsonLinesLog, lineChart, renderPage, table } from '@dl/train/node';
import { round } from '../classifier';
import type { Recipe, Settings, Summary } from '../recipe';
import { say } from '../recipe';

/** Features that mean something, and features that do not. */
const MEANINGFUL = 10;
const FEATURES = 60;

/** Features [N, 60] and the logarithm of the price [N, 1]. */
interface Houses {
  readonly x: Tensor;
  readonly y: Tensor;
}

/** Houses by formula: area, rooms, age and so on act together, most of what is known does not matter, and prices are noisy. */
function build(count: number, random: Generator): Houses {
  const normal = () =>
    Math.sqrt(-2 * Math.log(1 - random.random())) * Math.cos(2 * Math.PI * random.random());
  const x = new Float32Array(count * FEATURES);
  const y = new Float32Array(count);
  for (let n = 0; n < count; n++) {
    const own = Array.from({ length: FEATURES }, normal);
    const [area, rooms, age, noise, garden, ...rest] = own.slice(0, MEANINGFUL);
    const character = rest.reduce((sum, v, i) => sum + v / (i + 2), 0);
    y[n] =
      0.5 * area +
      0.2 * rooms -
      0.25 * Math.max(age, 0) +
      0.2 * area * garden -
      0.15 * Math.abs(noise) +
      0.15 * character +
      0.25 * normal();
    // As measured: square metres, years, … are of very different size.
    for (let i = 0; i < FEATURES; i++) x[n * FEATURES + i] = own[i] * 10 ** (i % 4) + i;
  }
  return {
    x: keep(tensor(x, { shape: [count, FEATURES] })),
    y: keep(tensor(y, { shape: [count, 1] })),
  };
}

/** A way to learn. */
interface Variant {
  readonly name: string;
  readonly weightDecay?: number;
  readonly dropout?: number;
  readonly early?: boolean;
}

const VARIANTS: readonly Variant[] = [
  { name: 'nothing against overfitting' },
  { name: 'L2', weightDecay: 3 },
  { name: 'dropout', dropout: 0.5 },
  { name: 'early stopping', early: true },
  { name: 'all three', weightDecay: 1, dropout: 0.3, early: true },
];

interface Trial {
  readonly variant: Variant;
  readonly history: History;
  readonly test: number;
}

async function run(settings: Settings): Promise<Summary | null> {
  const { seed, out, signal, limit = 300 } = settings;
  const { epochs = 60, batchSize = 20, lr = 0.002 } = settings;
  const random = new Generator(seed);
  const parts = [limit, 200, 2000].map((count) => build(count, random));
  const scaler = new StandardScaler(FEATURES).fit(parts[0].x);
  const [train, validation, test] = parts.map(
    ({ x, y }) => new TensorDataset(keep(scaler.transform(x)), y),
  );
  makeFolder(out);
  const log = new JsonLinesLog(join(out, 'metrics.jsonl'));
  log.write({ event: 'start', recipe: 'house-prices', epochs, batchSize, lr, seed });
  const loss = new MSELoss();
  const trials: Trial[] = [];
  for (const variant of VARIANTS) {
    manualSeed(seed);
    const { dropout = 0, weightDecay = 0 } = variant;
    const model = new Sequential(
      new Linear(FEATURES, 128),
      new ReLU(),
      new Dropout(dropout),
      new Linear(128, 64),
      new ReLU(),
      new Dropout(dropout),
      new Linear(64, 1),
    );
    const history = await fit(model, {
      train: new DataLoader(train, { batchSize, shuffle: true, seed }) as never,
      validation: new DataLoader(validation, { batchSize: 200 }) as never,
      optimizer: new AdamW(model.parameters(), { lr, weightDecay }),
      loss,
      epochs,
      signal,
      callbacks: [
        ...(variant.early
          ? [new EarlyStopping({ monitor: 'validation.loss', patience: 8, restoreBest: true })]
          : []),
        log,
      ],
    });
    if (signal.aborted) return null;
    const figures = await evaluate(model, new DataLoader(test, { batchSize: 500 }), { loss });
    trials.push({ variant, history, test: Math.sqrt(figures.loss) });
    say(
      `${variant.name}: test error ${trials[trials.length - 1].test.toFixed(3)} after ${history.epochs.length} epochs`,
    );
    scope(() => {
      for (const p of model.parameters()) p.dispose();
    });
  }
  return report(trials, settings, { epochs, batchSize, lr });
}

/** Root of the mean squared error of the logarithm: 0.1 is about ten per cent of the price. */
function rmse(history: History, path: string): Series['points'] {
  return history.epochs.flatMap((report) => {
    const value = figure(report, path);
    return value === undefined ? [] : [[report.epoch, Math.sqrt(value)] as const];
  });
}

async function report(
  trials: readonly Trial[],
  { out, tell }: Settings,
  facts: Readonly<Record<string, number>>,
): Promise<Summary> {
  const figures: string[] = [];
  for (const { variant, history } of trials) {
    const svg = await lineChart({
      series: [
        { name: 'training', points: rmse(history, 'train.loss') },
        { name: 'validation', points: rmse(history, 'validation.loss') },
      ],
      xTitle: 'epoch',
      yTitle: 'error',
    });
    figures.push(`<figure><h2>${variant.name}</h2>${svg}</figure>`);
  }
  const rows = trials.map(({ variant, history, test }) => {
    const last = history.epochs[history.epochs.length - 1];
    return [
      variant.name,
      String(history.epochs.length),
      Math.sqrt(last.train.loss).toFixed(3),
      test.toFixed(3),
    ];
  });
  const head = ['against overfitting', 'epochs', 'training error', 'test error'];
  const page = renderPage({
    title: 'Prices of houses',
    subtitle:
      'A network that is far too large for its few examples, and three remedies. Errors are of the logarithm of the price.',
    facts: Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, String(value)])),
    sections: [table(head, rows), `<div class="charts">${figures.join('\n')}</div>`],
  });
  await writeFileAtomic(join(out, 'report.html'), [new TextEncoder().encode(page)]);
  const place = relative('', out) || '.';
  const best = trials.reduce((a, b) => (b.test < a.test ? b : a));
  tell(`Least test error ${best.test.toFixed(3)}: ${best.variant.name}\n${place}: report.html`);
  const seconds = trials.reduce((sum, { history }) => sum + history.seconds, 0);
  const errors = trials.map(({ variant, test }) => [`error, ${variant.name}`, round(test, 4)]);
  return {
    recipe: 'house-prices',
    dataset: 'built-in houses',
    seconds: round(seconds, 2),
    ...Object.fromEntries(errors),
    run: place,
  };
}

export const housePrices: Recipe = {
  name: 'house-prices',
  about: 'a regression that overfits, with L2, dropout and early stopping compared',
  run,
};

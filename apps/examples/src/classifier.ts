/** Training and testing a classifier, with what a run leaves behind: weights, log, report. */

import { join, relative } from 'node:path';
import { makeFolder } from '@dl/io/node';
import type { Module } from '@dl/nn';
import { CrossEntropyLoss } from '@dl/nn';
import { Adam } from '@dl/optim';
import type { Tensor } from '@dl/tensor';
import type { Average, Batches, Callback, FitOptions, History } from '@dl/train';
import {
  Accuracy,
  ConfusionMatrix,
  evaluate,
  fit,
  formatConfusion,
  formatFigure,
  formatRate,
  formatTime,
  LossCurve,
  NonFiniteLossError,
  Schedule,
  WorstMistakes,
} from '@dl/train';
import type { Picture } from '@dl/train/node';
import { JsonLinesLog, ModelCheckpoint, ProgressBar, writeReport } from '@dl/train/node';
import type { Settings, Summary } from './recipe';
import { say } from './recipe';

/** A network that gives class scores [N, classes] for a batch of inputs [N, ...]. */
export type Classifier = Module & { forward(x: Tensor): Tensor };

/** An example that the model got wrong. */
export type Mistake = WorstMistakes['mistakes'][number];

/** A classifier, its data and how it learns. */
export interface Job {
  readonly recipe: string;
  /** As in a heading. */
  readonly title: string;
  readonly about: string;
  readonly dataset: string;
  readonly model: Classifier;
  readonly classes: number;
  readonly classNames?: readonly string[];
  readonly train: Batches;
  readonly trainSize: number;
  /** Not shuffled. */
  readonly test: Batches;
  readonly testSize: number;
  /** What the examples are called. Default 'images'. */
  readonly things?: string;
  readonly epochs: number;
  readonly batchSize: number;
  readonly lr: number;
  /** Default Adam. */
  readonly optimizer?: (lr: number) => FitOptions['optimizer'];
  /** The factor of the learning rate over the run, 0 to 1. Default a cosine down to 0. */
  readonly schedule?: (progress: number) => number;
  readonly loss?: CrossEntropyLoss;
  readonly average?: Average;
  readonly clipNorm?: number;
  readonly callbacks?: readonly Callback[];
  /** Shows a mistake. */
  picture(mistake: Mistake): Picture;
  /** Figures of the recipe's own, for the report and `--json`. */
  readonly facts?: Readonly<Record<string, string | number>>;
}

/** Half a wave of a cosine. */
const cosine = (progress: number) => (1 + Math.cos(Math.PI * progress)) / 2;

/** Does a job. @returns null where it was stopped before it learned anything. */
export async function runClassifier(job: Job, settings: Settings): Promise<Summary | null> {
  const { seed, out, signal } = settings;
  const { model, epochs, batchSize, lr, things = 'images', classes } = job;
  const { loss = new CrossEntropyLoss(), schedule = cosine, callbacks = [] } = job;
  const count = model.parameters().reduce((sum, p) => sum + p.size, 0);
  const amounts = [job.trainSize, job.testSize, count].map((n) => n.toLocaleString('en-US'));
  say(
    `${job.title} on ${job.dataset}: ${amounts[0]} training ${things}, ${amounts[1]} test ${things}, ${amounts[2]} parameters`,
  );
  makeFolder(out);
  const log = new JsonLinesLog(join(out, 'metrics.jsonl'));
  const { recipe, dataset } = job;
  log.write({ event: 'start', recipe, dataset, epochs, batchSize, lr, seed });
  const curve = new LossCurve();
  const history = await fit(model, {
    train: job.train,
    validation: job.test,
    optimizer: job.optimizer?.(lr) ?? new Adam(model.parameters(), { lr }),
    loss,
    epochs,
    metrics: [new Accuracy()],
    clipNorm: job.clipNorm,
    average: job.average,
    signal,
    callbacks: [
      new Schedule(schedule),
      curve,
      log,
      new ModelCheckpoint(out, { last: 'model.safetensors', best: null }),
      new ProgressBar({ validationName: 'test' }),
      ...callbacks,
    ],
  });
  if (history.epochs.length === 0) return null;

  job.average?.swap();
  const confusion = new ConfusionMatrix(classes);
  const worst = new WorstMistakes(24);
  const figures = await evaluate(model, job.test, { loss, metrics: [confusion, worst] });
  const summary = summarise(job, history, figures.accuracy, out);
  log.write({ event: 'end', ending: history.ending, ...summary });
  const outcome = { job, settings, summary, parameters: count, history, curve, confusion };
  await report(outcome, worst);
  if (!Number.isFinite(figures.loss)) {
    throw new NonFiniteLossError(
      'runClassifier',
      `the run ends with a test loss of ${figures.loss}`,
      {
        hint: `the learning rate of ${lr} is probably too large; ${summary.run} has the log and the report`,
      },
    );
  }
  settings.tell(results(summary, confusion, figures.mistakes, job.classNames));
  return summary;
}

function summarise(job: Job, { epochs }: History, testAccuracy: number, out: string) {
  const seconds = epochs.reduce((sum, e) => sum + e.seconds, 0);
  const examples = epochs.reduce((sum, e) => sum + e.examples, 0);
  return {
    recipe: job.recipe,
    dataset: job.dataset,
    epochs: epochs.length,
    trainAccuracy: round(epochs[epochs.length - 1].train.accuracy, 5),
    testAccuracy: round(testAccuracy, 5),
    seconds: round(seconds, 2),
    samplesPerSecond: round(examples / seconds, 1),
    ...job.facts,
    run: relative('', out) || '.',
  };
}

/** The number with so many digits behind the point. */
export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

interface Outcome {
  readonly job: Job;
  readonly settings: Settings;
  readonly summary: ReturnType<typeof summarise>;
  readonly parameters: number;
  readonly history: History;
  readonly curve: LossCurve;
  readonly confusion: ConfusionMatrix;
}

async function report(
  { job, settings, summary, parameters, history, curve, confusion }: Outcome,
  worst: WorstMistakes,
): Promise<void> {
  const { things = 'images', about } = job;
  const stopped = history.ending === 'finished' ? '' : ' Stopped before the end.';
  const own = Object.entries(job.facts ?? {}).map(([name, value]) => [name, String(value)]);
  await writeReport(join(settings.out, 'report.html'), {
    title: `${job.title} on ${job.dataset}`,
    subtitle: `${about[0].toUpperCase()}${about.slice(1)}.${stopped}`,
    facts: {
      'test accuracy': formatFigure('accuracy', summary.testAccuracy),
      'training accuracy': formatFigure('accuracy', summary.trainAccuracy),
      'learning time': formatTime(summary.seconds),
      [`${things} a second`]: formatRate(summary.samplesPerSecond),
      parameters: parameters.toLocaleString('en-US'),
      'batch size': String(job.batchSize),
      'learning rate': String(job.lr),
      seed: String(settings.seed),
      ...Object.fromEntries(own),
    },
    history,
    validationName: 'test',
    curve: curve.points,
    confusion,
    classNames: job.classNames,
    gallery: { title: 'Worst mistakes', pictures: worst.mistakes.map((m) => job.picture(m)) },
  });
}

function results(
  summary: ReturnType<typeof summarise>,
  confusion: ConfusionMatrix,
  mistakes: number,
  classNames?: readonly string[],
): string {
  const accuracy = formatFigure('accuracy', summary.testAccuracy);
  return `
${formatConfusion(confusion, classNames)}

Test accuracy ${accuracy} (${mistakes} of ${confusion.total} wrong)
${summary.run}: model.safetensors, metrics.jsonl, report.html`;
}

/** The recipe behind all image classifiers: data, training, test, run folder. */

import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { ArrayDataset } from '@dl/data';
import { DataLoader, syntheticDigits, take } from '@dl/data';
import { loadMnist } from '@dl/data/node';
import type { Module } from '@dl/nn';
import { CrossEntropyLoss } from '@dl/nn';
import { Adam } from '@dl/optim';
import { manualSeed, type Tensor } from '@dl/tensor';
import type { History } from '@dl/train';
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
  Schedule,
  WorstMistakes,
} from '@dl/train';
import {
  JsonLinesLog,
  ModelCheckpoint,
  ProgressBar,
  pngDataUri,
  writeReport,
} from '@dl/train/node';
import type { Recipe, Settings, Summary } from './recipe';
import { say } from './recipe';

/** A network that gives class scores [N, classes] for images [N, ...]. */
type Classifier = Module & { forward(x: Tensor): Tensor };

/** What one image classifier has of its own. */
export interface ImageRecipe {
  readonly name: string;
  /** As in a heading. */
  readonly title: string;
  readonly about: string;
  readonly epochs: number;
  readonly lr: number;
  /** @param shape - of an image, [channels, height, width]. */
  build(shape: readonly number[], classes: number): Classifier;
}

const BATCH_SIZE = 64;
const CLASSES = 10;
const loss = new CrossEntropyLoss();

interface Images {
  readonly name: string;
  readonly train: ArrayDataset;
  readonly test: ArrayDataset;
}

async function readImages({ data, seed }: Settings): Promise<Images> {
  if (data) return { name: data, ...(await loadMnist(data)) };
  say('Drawing 12,000 digits …');
  return { name: 'built-in digits', ...syntheticDigits({ seed }) };
}

/** Makes a recipe of an image classifier. */
export function imageRecipe(own: ImageRecipe): Recipe {
  return { name: own.name, about: own.about, run: (settings) => run(own, settings) };
}

async function run(own: ImageRecipe, settings: Settings): Promise<Summary | null> {
  const { seed, out, signal, limit = Number.POSITIVE_INFINITY } = settings;
  const { epochs = own.epochs, batchSize = BATCH_SIZE, lr = own.lr } = settings;
  const images = await readImages(settings);
  const train = take(images.train, limit);
  manualSeed(seed);
  const model = own.build(images.train.shape, CLASSES);
  const count = model.parameters().reduce((sum, p) => sum + p.size, 0);
  const amounts = [train.length, images.test.length, count].map((n) => n.toLocaleString('en-US'));
  say(
    `${own.title} on ${images.name}: ${amounts[0]} training images, ${amounts[1]} test images, ${amounts[2]} parameters`,
  );

  await mkdir(out, { recursive: true });
  const log = new JsonLinesLog(join(out, 'metrics.jsonl'));
  log.write({
    event: 'start',
    recipe: own.name,
    dataset: images.name,
    epochs,
    batchSize,
    lr,
    seed,
  });
  const curve = new LossCurve();
  const test = new DataLoader(images.test, { batchSize: 250 });
  const history = await fit(model, {
    train: new DataLoader(train, { batchSize, shuffle: true, seed }),
    validation: test,
    optimizer: new Adam(model.parameters(), { lr }),
    loss,
    epochs,
    metrics: [new Accuracy()],
    signal,
    callbacks: [
      new Schedule((progress) => (1 + Math.cos(Math.PI * progress)) / 2),
      curve,
      log,
      new ModelCheckpoint(out, { last: 'model.safetensors', best: null }),
      new ProgressBar({ validationName: 'test' }),
    ],
  });
  if (history.epochs.length === 0) return null;

  const confusion = new ConfusionMatrix(CLASSES);
  const worst = new WorstMistakes(24);
  const figures = await evaluate(model, test, { loss, metrics: [confusion, worst] });
  const summary = summarise(own, images.name, history, figures.accuracy, out);
  log.write({ event: 'end', ending: history.ending, ...summary });
  const facts = { epochs, batchSize, lr, seed, parameters: count };
  await report({ own, images, summary, facts, history, curve, confusion, worst, out });
  settings.tell(results(summary, confusion, figures.mistakes));
  return summary;
}

function summarise(
  own: ImageRecipe,
  dataset: string,
  { epochs }: History,
  testAccuracy: number,
  out: string,
): Summary {
  const seconds = epochs.reduce((sum, e) => sum + e.seconds, 0);
  const examples = epochs.reduce((sum, e) => sum + e.examples, 0);
  return {
    recipe: own.name,
    dataset,
    epochs: epochs.length,
    trainAccuracy: round(epochs[epochs.length - 1].train.accuracy, 5),
    testAccuracy: round(testAccuracy, 5),
    seconds: round(seconds, 2),
    samplesPerSecond: round(examples / seconds, 1),
    run: relative('', out) || '.',
  };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

interface Outcome {
  readonly own: ImageRecipe;
  readonly images: Images;
  readonly summary: Summary;
  readonly facts: Readonly<Record<string, number>>;
  readonly history: History;
  readonly curve: LossCurve;
  readonly confusion: ConfusionMatrix;
  readonly worst: WorstMistakes;
  readonly out: string;
}

async function report(outcome: Outcome): Promise<void> {
  const { own, images, summary, facts, history, curve, confusion, worst, out } = outcome;
  const stopped = history.ending === 'finished' ? '' : ' Stopped before the end.';
  await writeReport(join(out, 'report.html'), {
    title: `${own.title} on ${images.name}`,
    subtitle: `${own.about[0].toUpperCase()}${own.about.slice(1)}.${stopped}`,
    facts: {
      'test accuracy': formatFigure('accuracy', summary.testAccuracy),
      'training accuracy': formatFigure('accuracy', summary.trainAccuracy),
      'learning time': formatTime(summary.seconds),
      'images a second': formatRate(summary.samplesPerSecond),
      parameters: facts.parameters.toLocaleString('en-US'),
      'batch size': String(facts.batchSize),
      'learning rate': String(facts.lr),
      seed: String(facts.seed),
    },
    history,
    validationName: 'test',
    curve: curve.points,
    confusion,
    gallery: {
      title: 'Worst mistakes',
      pictures: worst.mistakes.map((m) => picture(images.test, m)),
    },
  });
}

function picture(
  test: ArrayDataset,
  { index, target, predicted, confidence }: WorstMistakes['mistakes'][number],
) {
  const [image] = test.batch([index]);
  const picture = {
    uri: pngDataUri(image.squeeze(0)),
    caption: `${target}, taken for ${predicted}`,
    detail: `#${index}, ${Math.round(confidence * 100)} % sure`,
  };
  image.dispose();
  return picture;
}

function results(summary: Summary, confusion: ConfusionMatrix, mistakes: number): string {
  const accuracy = formatFigure('accuracy', summary.testAccuracy);
  return `
${formatConfusion(confusion)}

Test accuracy ${accuracy} (${mistakes} of ${confusion.total} wrong)
${summary.run}: model.safetensors, metrics.jsonl, report.html`;
}

/** A network of the zoo that tells ten kinds of things apart. */

import { createModel, type ModelName, ZOO } from '@dl/cnn-zoo';
import type { Dataset } from '@dl/data';
import {
  ArrayDataset,
  AugmentedDataset,
  DataError,
  DataLoader,
  normalize,
  randomCrop,
  randomHorizontalFlip,
  take,
} from '@dl/data';
import { CIFAR10_MEAN, CIFAR10_STD, loadCifar10 } from '@dl/data/node';
import { CrossEntropyLoss } from '@dl/nn';
import { SGD } from '@dl/optim';
import { Generator, manualSeed, type Tensor } from '@dl/tensor';
import type { Mistake } from '../classifier';
import { runClassifier } from '../classifier';
import { pictureOf } from '../images';
import type { Recipe, Settings, Summary } from '../recipe';
import { say } from '../recipe';

/** Pictures of 32 × 32 with values from 0 to 1. */
export interface Pictures {
  readonly name: string;
  readonly train: ArrayDataset;
  readonly test: ArrayDataset;
}

const SHAPES = ['disc', 'ring', 'square', 'cross', 'stripes across', 'stripes down', 'checks'];
const KINDS = [...SHAPES, 'triangle', 'diagonal', 'spot'];

/** How much of a pixel belongs to the shape, at a place in units of its size. */
const INSIDE: readonly ((u: number, v: number) => boolean)[] = [
  (u, v) => Math.hypot(u, v) < 1,
  (u, v) => Math.abs(Math.hypot(u, v) - 0.8) < 0.25,
  (u, v) => Math.max(Math.abs(u), Math.abs(v)) < 0.85,
  (u, v) => Math.min(Math.abs(u), Math.abs(v)) < 0.25 && Math.max(Math.abs(u), Math.abs(v)) < 1,
  (u, v) => Math.max(Math.abs(u), Math.abs(v)) < 1 && Math.floor(v * 3 + 9) % 2 === 0,
  (u, v) => Math.max(Math.abs(u), Math.abs(v)) < 1 && Math.floor(u * 3 + 9) % 2 === 0,
  (u, v) =>
    Math.max(Math.abs(u), Math.abs(v)) < 1 &&
    (Math.floor(u * 2.5 + 10) + Math.floor(v * 2.5 + 10)) % 2 === 0,
  (u, v) => v < 0.8 && v > -0.9 && Math.abs(u) < (v + 0.9) * 0.55,
  (u, v) => Math.abs(u - v) < 0.4 && Math.max(Math.abs(u), Math.abs(v)) < 1,
  (u, v) => Math.hypot(u, v) < 0.4,
];

/** Draws coloured shapes of any size and place on coloured grounds, with noise. */
function draw(count: number, seed: number): ArrayDataset {
  const random = new Generator(seed);
  const between = (low: number, high: number) => low + (high - low) * random.random();
  const size = 32;
  const inputs = new Uint8Array(count * 3 * size * size);
  const labels = new Uint8Array(count);
  for (let n = 0; n < count; n++) {
    const kind = Math.floor(random.random() * KINDS.length);
    labels[n] = kind;
    const [cx, cy, radius] = [between(11, 21), between(11, 21), between(6, 11)];
    const [ink, ground] = [0, 1].map(() => Array.from({ length: 3 }, () => between(30, 225)));
    for (let c = 0; c < 3; c++) {
      for (let y = 0; y < size; y++) {
        for (let x = 0; x < size; x++) {
          const inside = INSIDE[kind]((x - cx) / radius, (y - cy) / radius);
          const value = (inside ? ink : ground)[c] + between(-25, 25);
          inputs[((n * 3 + c) * size + y) * size + x] = Math.min(255, Math.max(0, value));
        }
      }
    }
  }
  return new ArrayDataset({ inputs, labels, shape: [3, size, size], classNames: KINDS });
}

/** CIFAR-10 from a folder, or drawn shapes. */
export async function readPictures({ data, seed }: Settings): Promise<Pictures> {
  if (data) return { name: data, ...(await loadCifar10(data, { normalize: false })) };
  say('Drawing 2,500 pictures …');
  return { name: 'built-in shapes', train: draw(2000, 2 * seed), test: draw(500, 2 * seed + 1) };
}

const standardize = normalize(CIFAR10_MEAN, CIFAR10_STD);

/** The training pictures, moved and mirrored anew in every epoch. */
export function augmented(train: Dataset<[Tensor, Tensor]>, seed: number) {
  const changes = [randomCrop(32, { padding: 4 }), randomHorizontalFlip(), standardize];
  return new AugmentedDataset(train, changes, { seed });
}

/** The test pictures as they are. */
export function plain(test: Dataset<[Tensor, Tensor]>) {
  return new AugmentedDataset(test, [standardize]);
}

/** A model's name from the command line. @throws DataError for another. */
export function modelName(name = 'resnet18'): ModelName {
  if (Object.hasOwn(ZOO, name)) return name as ModelName;
  throw new DataError(
    'cifar',
    `there is no model "${name}"; there are ${Object.keys(ZOO).join(', ')}`,
  );
}

/** The factor of the learning rate: up for a fifth of the run, then down along a cosine. */
export function warmUp(progress: number): number {
  if (progress < 0.2) return 0.1 + (0.9 * progress) / 0.2;
  return (1 + Math.cos((Math.PI * (progress - 0.2)) / 0.8)) / 2;
}

async function run(settings: Settings): Promise<Summary | null> {
  const { seed, limit = Number.POSITIVE_INFINITY } = settings;
  const { epochs = 12, batchSize = 32, lr = 0.05 } = settings;
  const name = modelName(settings.model);
  const pictures = await readPictures(settings);
  const train = take(pictures.train, limit);
  manualSeed(seed);
  const model = createModel(name, { classes: 10, inChannels: 3, stem: 'small', hidden: 512 });
  const job = {
    recipe: 'cifar',
    title: ZOO[name].title,
    about: 'ten kinds of small pictures, moved and mirrored while it learns',
    dataset: pictures.name,
    model,
    classes: 10,
    classNames: pictures.train.classNames,
    train: new DataLoader(augmented(train, seed), {
      batchSize,
      shuffle: true,
      seed,
      dropLast: true,
    }),
    trainSize: train.length,
    test: new DataLoader(plain(pictures.test), { batchSize: 100 }),
    testSize: pictures.test.length,
    epochs,
    batchSize,
    lr,
    optimizer: (rate: number) =>
      new SGD(model.parameters(), { lr: rate, momentum: 0.9, nesterov: true, weightDecay: 5e-4 }),
    schedule: warmUp,
    loss: new CrossEntropyLoss({ labelSmoothing: 0.1 }),
    facts: { model: name },
    picture: (mistake: Mistake) => pictureOf(pictures.test, mistake),
  };
  return runClassifier(job, settings);
}

export const cifar: Recipe = {
  name: 'cifar',
  about: 'a network of the zoo on small colour pictures (--model, --data: a folder with CIFAR-10)',
  run,
};

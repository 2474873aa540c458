/** The recipe behind all classifiers of digits. */

import type { ArrayDataset } from '@dl/data';
import { DataLoader, syntheticDigits, take } from '@dl/data';
import { loadMnist } from '@dl/data/node';
import { manualSeed } from '@dl/tensor';
import type { Picture } from '@dl/train/node';
import { pngDataUri } from '@dl/train/node';
import type { Classifier, Mistake } from './classifier';
import { runClassifier } from './classifier';
import type { Recipe, Settings, Summary } from './recipe';
import { say } from './recipe';

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
  const { seed, limit = Number.POSITIVE_INFINITY } = settings;
  const { epochs = own.epochs, batchSize = BATCH_SIZE, lr = own.lr } = settings;
  const images = await readImages(settings);
  const train = take(images.train, limit);
  manualSeed(seed);
  const job = {
    recipe: own.name,
    title: own.title,
    about: own.about,
    dataset: images.name,
    model: own.build(images.train.shape, CLASSES),
    classes: CLASSES,
    train: new DataLoader(train, { batchSize, shuffle: true, seed }),
    trainSize: train.length,
    test: new DataLoader(images.test, { batchSize: 250 }),
    testSize: images.test.length,
    epochs,
    batchSize,
    lr,
    picture: (mistake: Mistake) => pictureOf(images.test, mistake),
  };
  return runClassifier(job, settings);
}

/** A picture that was taken for another. */
export function pictureOf(
  test: ArrayDataset,
  { index, target, predicted, confidence }: Mistake,
): Picture {
  const [image] = test.batch([index]);
  const name = (id: number) => test.classNames?.[id] ?? String(id);
  const picture = {
    uri: pngDataUri(image.squeeze(0)),
    caption: `${name(target)}, taken for ${name(predicted)}`,
    detail: `#${index}, ${Math.round(confidence * 100)} % sure`,
  };
  image.dispose();
  return picture;
}

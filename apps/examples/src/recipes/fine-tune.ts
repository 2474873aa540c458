/** A network that was trained on something else learns a new task: first layers frozen, the last one new. */

import { createModel, ResNet, ZOO } from '@dl/cnn-zoo';
import { decodeWeightsFile } from '@dl/cnn-zoo/node';
import { DataError, DataLoader, take } from '@dl/data';
import { SGD } from '@dl/optim';
import { manualSeed } from '@dl/tensor';
import type { Mistake } from '../classifier';
import { runClassifier } from '../classifier';
import { pictureOf } from '../images';
import type { Recipe, Settings, Summary } from '../recipe';
import { say } from '../recipe';
import { augmented, modelName, plain, readPictures, warmUp } from './cifar';

/** Names of the last layer, whose shape depends on the classes. */
const HEAD = /^(fc|classifier|aux\d)\b/;

async function run(settings: Settings): Promise<Summary | null> {
  const { seed, weights, limit = Number.POSITIVE_INFINITY } = settings;
  const { epochs = 3, batchSize = 32, lr = 0.01 } = settings;
  if (!weights) throw new DataError('fine-tune', 'give a file with weights: --weights <file>');
  const name = modelName(settings.model);
  const pictures = await readPictures(settings);
  const train = take(pictures.train, limit);
  manualSeed(seed);
  const model = createModel(name, { classes: 10, inChannels: 3, stem: 'small', hidden: 512 });
  const state = await decodeWeightsFile(weights);
  // The file's last layer is of other classes; all else must fit.
  const own = model.stateDict();
  const body = Object.fromEntries(Object.entries(state).filter(([key]) => !HEAD.test(key)));
  const head = Object.fromEntries(Object.entries(own).filter(([key]) => HEAD.test(key)));
  model.loadStateDict({ ...body, ...head });
  for (const x of Object.values(state)) x.dispose();
  // The first stages see edges and colours, whatever the pictures are of.
  const frozen =
    model instanceof ResNet ? [model.conv1, model.bn1, model.layer1, model.layer2] : [];
  for (const part of frozen) part.requiresGrad(false);
  const learning = model.parameters().filter((p) => p.requiresGrad);
  say(`${frozen.length} parts are frozen; ${learning.length} tensors learn`);
  const job = {
    recipe: 'fine-tune',
    title: `${ZOO[name].title}, fine-tuned`,
    about: `begins from ${weights}; the first parts are frozen, the last layer is new`,
    dataset: pictures.name,
    model,
    classes: 10,
    classNames: pictures.train.classNames,
    train: new DataLoader(augmented(train, seed), { batchSize, shuffle: true, seed }),
    trainSize: train.length,
    test: new DataLoader(plain(pictures.test), { batchSize: 100 }),
    testSize: pictures.test.length,
    epochs,
    batchSize,
    lr,
    optimizer: (rate: number) =>
      new SGD(learning, { lr: rate, momentum: 0.9, nesterov: true, weightDecay: 5e-4 }),
    schedule: warmUp,
    facts: { model: name, frozen: frozen.length },
    picture: (mistake: Mistake) => pictureOf(pictures.test, mistake),
  };
  return runClassifier(job, settings);
}

export const fineTune: Recipe = {
  name: 'fine-tune',
  about:
    'a trained network learns other pictures: frozen first layers, a new head (--weights, --model, --data)',
  run,
};

/** What the layers of a network see: activations and first filters, as pictures. */

import { join, relative } from 'node:path';
import { createModel, infer, ZOO } from '@dl/cnn-zoo';
import { loadTorchvisionFile } from '@dl/cnn-zoo/node';
import { fromImages, type ImageBatch, resize } from '@dl/data';
import { imageToBatch } from '@dl/data/images';
import { readImage } from '@dl/data/node';
import { makeFolder, writeFileAtomic } from '@dl/io/node';
import { Conv2d, type Module } from '@dl/nn';
import { Generator, keep, manualSeed, scope, type Tensor } from '@dl/tensor';
import { escapeHtml, pngDataUri, renderPage } from '@dl/train/node';
import type { Recipe, Settings, Summary } from '../recipe';
import { modelName, plain, readPictures } from './cifar';

/** Pictures shown of a layer at most. */
const SHOWN = 16;

/** Numbers with their place in the network. */
interface Seen {
  readonly name: string;
  readonly layer: string;
  readonly output: Tensor;
}

/** Runs the model and keeps what its convolutions give. */
function watch(model: Module & { forward(x: Tensor): Tensor }, x: Tensor): Seen[] {
  const seen: Seen[] = [];
  const undo = [...model.namedModules()].flatMap(([name, module]) =>
    module instanceof Conv2d
      ? [
          module.registerForwardHook((_, __, output) => {
            const layer = module.describe();
            seen.push({ name, layer, output: keep((output as Tensor).relu()) });
          }),
        ]
      : [],
  );
  try {
    infer(model, x).dispose();
  } finally {
    for (const remove of undo) remove();
  }
  return seen;
}

/** A row of pictures, each stretched from black to white. */
function gallery(heading: string, pictures: readonly string[]): string {
  const shown = pictures.map((uri) => `<figure><img src="${uri}" alt=""></figure>`);
  return `<h2>${escapeHtml(heading)}</h2><div class="pictures">${shown.join('')}</div>`;
}

/** The picture to look at: of a file, or the first of a data set. */
async function subject(settings: Settings): Promise<{ name: string; image: ImageBatch }> {
  const { data, model } = settings;
  if (data && /\.(png|jpe?g)$/i.test(data)) {
    const size = ZOO[modelName(model)].imageSize;
    const image = resize([size, size])(imageToBatch(await readImage(data)), new Generator(0));
    return { name: data, image };
  }
  const pictures = await readPictures(settings);
  const [x] = plain(pictures.test).batch([0]);
  const shape = [1, 3, 32, 32] as const;
  return {
    name: `${pictures.name}, test picture 0`,
    image: { data: Float32Array.from(x.dataSync()), shape },
  };
}

async function run(settings: Settings): Promise<Summary> {
  const start = performance.now();
  const name = modelName(settings.model);
  const { name: dataset, image } = await subject(settings);
  manualSeed(settings.seed);
  const small = image.shape[2] < 64;
  const model = createModel(name, {
    classes: small ? 10 : 1000,
    inChannels: 3,
    stem: small ? 'small' : 'standard',
    ...(small && { hidden: 512 }),
  });
  if (settings.weights) await loadTorchvisionFile(model, settings.weights);
  const x = fromImages(image);
  const seen = watch(model, x);
  const sections = [gallery('The picture', [scope(() => pngDataUri(x.squeeze(0)))])];
  const [first] = model.modules().filter((module) => module instanceof Conv2d);
  sections.push(
    gallery(
      'Filters of the first convolution',
      Array.from({ length: Math.min(64, first.outChannels) }, (_, i) =>
        scope(() => pngDataUri(first.weight.slice([[i, i + 1]]).squeeze(0))),
      ),
    ),
  );
  for (const { name: path, layer, output } of seen) {
    const [, channels, height, width] = output.shape;
    if (height * width < 4) continue;
    const maps = Array.from({ length: Math.min(SHOWN, channels) }, (_, c) =>
      scope(() =>
        pngDataUri(
          output
            .squeeze(0)
            .slice([[c, c + 1]])
            .squeeze(0),
        ),
      ),
    );
    sections.push(gallery(`${path}: ${layer}, ${height} × ${width}`, maps));
    output.dispose();
  }
  const { out, tell } = settings;
  makeFolder(out);
  const page = renderPage({
    title: `What ${ZOO[name].title} sees`,
    subtitle: `${settings.weights ? `Weights of ${settings.weights}` : 'Random weights: give --weights a file'}. The first ${SHOWN} channels of each convolution, after a ReLU.`,
    facts: { picture: dataset, convolutions: String(seen.length) },
    sections,
  });
  await writeFileAtomic(join(out, 'report.html'), [new TextEncoder().encode(page)]);
  const place = relative('', out) || '.';
  tell(`${seen.length} convolutions of ${ZOO[name].title}: ${join(place, 'report.html')}`);
  return {
    recipe: 'feature-maps',
    dataset,
    model: name,
    layers: seen.length,
    seconds: Number(((performance.now() - start) / 1000).toFixed(2)),
    run: place,
  };
}

export const featureMaps: Recipe = {
  name: 'feature-maps',
  about:
    'draws what each layer makes of a picture (--model, --weights, --data: a picture or CIFAR-10)',
  run,
};

/** From a picture to its most likely classes. */

import { noGrad } from '@dl/autograd';
import type { ImageBatch, ImageSize, ImageTransform } from '@dl/data';
import { centerCrop, compose, fromImages, normalize, resize } from '@dl/data';
import { Generator, scope, softmax, type Tensor, topk, ValueError } from '@dl/tensor';
import { takes } from './signatures';
import type { Classifier } from './zoo';

/** Means of red, green and blue over ImageNet, from 0 to 1, that torchvision's models subtract. */
export const IMAGENET_MEAN: readonly number[] = [0.485, 0.456, 0.406];
/** The deviations that they divide by. */
export const IMAGENET_STD: readonly number[] = [0.229, 0.224, 0.225];

/** Options of `preprocess`. */
export interface PreprocessOptions {
  /** The smaller edge after resizing. Default 256. */
  readonly resizeSize?: ImageSize;
  /** The square that is cut out of the middle. Default 224. */
  readonly cropSize?: number;
  /** Default `IMAGENET_MEAN`. */
  readonly mean?: readonly number[];
  /** Default `IMAGENET_STD`. */
  readonly std?: readonly number[];
  /** Round as Pillow does with pictures of bytes, which torchvision's weights were trained on. Default true. */
  readonly bytes?: boolean;
}

/**
 * What torchvision does to a picture before a model sees it: antialiased bilinear resizing, a centre crop, mean and deviation of
 * ImageNet.
 *
 * @example const x = preprocess()(imageToBatch(decodeImage(bytes))); // images [1, 3, 224, 224]
 */
export function preprocess(options: PreprocessOptions = {}): (images: ImageBatch) => ImageBatch {
  takes('preprocess', arguments);
  const {
    resizeSize = 256,
    cropSize = 224,
    mean = IMAGENET_MEAN,
    std = IMAGENET_STD,
    bytes = true,
  } = options;
  const transform: ImageTransform = compose(
    resize(resizeSize, { bytes }),
    centerCrop(cropSize),
    normalize(mean, std),
  );
  // None of these is random.
  const generator = new Generator(0);
  return (images) => transform(images, generator);
}

/** A class that a picture may show. */
export interface Guess {
  /** Position among the classes. */
  readonly index: number;
  /** Its name; the position as text where no labels were given. */
  readonly label: string;
  /** From 0 to 1. */
  readonly probability: number;
}

/** Options of `classify`. */
export interface ClassifyOptions extends PreprocessOptions {
  /** How many classes to name. Default 5, or all where there are fewer. */
  readonly topK?: number;
  /** Names of the classes, one for each. */
  readonly labels?: readonly string[];
}

/**
 * The most likely classes of a picture, the likeliest first. The model is called in evaluation mode and without gradients, and
 * goes back to the behaviour it had.
 *
 * @param images - one picture, as `imageToBatch` of @dl/data gives it. @throws ValueError for several pictures, and labels that are too few or too many.
 * @example const [{ label, probability }] = classify(model, imageToBatch(decodeImage(bytes)), { labels });
 */
export function classify(
  model: Classifier,
  images: ImageBatch,
  options: ClassifyOptions = {},
): Guess[] {
  takes('classify', arguments);
  const { topK = 5, labels, ...rest } = options;
  if (images.shape[0] !== 1) {
    throw new ValueError('classify', 'takes one picture at a time', {
      args: { images: images.shape },
    });
  }
  const x = fromImages(preprocess(rest)(images));
  const probabilities = infer(model, x, (logits) => softmax(logits, 1).squeeze(0));
  x.dispose();
  return scope(() => {
    const classes = probabilities.shape[0];
    if (labels && labels.length !== classes) {
      throw new ValueError('classify', 'there is not one label for each class', {
        args: { labels: labels.length, classes },
      });
    }
    const best = topk(probabilities, Math.min(topK, classes), 0);
    const [values, indices] = [best.values.dataSync(), best.indices.dataSync()];
    probabilities.dispose();
    return Array.from(values, (probability, i) => {
      const index = indices[i];
      return { index, label: labels?.[index] ?? String(index), probability };
    });
  });
}

/**
 * Runs a model in evaluation mode and without gradients, in a memory scope of its own, and puts it back.
 *
 * @param use - makes the result of the scores; default the scores themselves.
 */
export function infer(
  model: Classifier,
  x: Tensor,
  use: (logits: Tensor) => Tensor = (logits) => logits,
): Tensor {
  takes('infer', arguments);
  const { training } = model;
  model.eval();
  try {
    return noGrad(() => scope(() => use(model.forward(x))));
  } finally {
    model.train(training);
  }
}

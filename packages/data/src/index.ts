/**
 * Datasets, loaders, augmentation and readers of formats that yield @dl/tensor batches, and a set of digits that needs no files.
 *
 * @packageDocumentation
 */

export type { Collated, CollateOptions } from './collate';
export { collate } from './collate';
export type { ArrayDatasetOptions, Dataset } from './dataset';
export { ArrayDataset, Subset, TensorDataset } from './dataset';
export type { SyntheticDigitsOptions } from './digits/index';
export { syntheticDigits } from './digits/index';
export { DataError } from './errors';
export type { CifarImages } from './formats/cifar';
export { readCifar } from './formats/cifar';
export type { ConllOptions, ConllSentence } from './formats/conll';
export { readConll } from './formats/conll';
export type { IdxArray, IdxPair } from './formats/idx';
export { checkPair, readIdx } from './formats/idx';
export { readJsonLines } from './formats/json-lines';
export type {
  ColorJitterOptions,
  RandomAffineOptions,
  RandomResizedCropOptions,
} from './images/augment';
export {
  colorJitter,
  normalize,
  randomAffine,
  randomHorizontalFlip,
  randomResizedCrop,
  randomVerticalFlip,
} from './images/augment';
export type { AugmentedState } from './images/augmented';
export { AugmentedDataset } from './images/augmented';
export type { ImageBatch, ImageTransform } from './images/batch';
export { compose, fromImages, toImages } from './images/batch';
export type { ImageSize, RandomCropOptions, ResizeOptions } from './images/resize';
export { centerCrop, randomCrop, resize } from './images/resize';
export type { ListDatasetOptions } from './list';
export { ListDataset } from './list';
export type { DataLoaderOptions, DataLoaderState } from './loader';
export { DataLoader } from './loader';
export type { Fold } from './parts';
export { kFold, randomSplit, take } from './parts';
export type { Sampler } from './sampler';
export { WeightedSampler } from './sampler';
export { shuffle } from './shuffle';
export type { StreamLoaderOptions } from './stream';
export { StreamLoader } from './stream';

/**
 * Datasets and loaders that yield @dl/tensor batches, and a set of digits that needs no files.
 *
 * @packageDocumentation
 */

export type { ArrayDatasetOptions, Dataset } from './dataset';
export { ArrayDataset, randomSplit, Subset, TensorDataset, take } from './dataset';
export type { SyntheticDigitsOptions } from './digits/index';
export { syntheticDigits } from './digits/index';
export { DataError } from './errors';
export type { IdxArray, IdxPair } from './idx';
export { checkPair, readIdx } from './idx';
export type { DataLoaderOptions, DataLoaderState } from './loader';
export { DataLoader } from './loader';
export { shuffle } from './shuffle';

/** What the public functions take, written from their types by tools/signatures/make.mjs, and the check of it. */

import { argumentChecker } from '@dl/tensor';

/** Types with names, by name. */
export const types = {
  AbortSignal: 'with aborted and onabort and reason',
  ArrayDatasetOptions:
    '{ inputs: TypedArray, shape: number[], labels: Int32Array | Uint8Array, scale?: number, mean?: number | number[], std?: number | number[], classNames?: string[] }',
  AugmentedState: 'with seed and offset',
  Checksum: 'with algorithm and digest',
  CollateOptions: '{ integers?: string[] }',
  ColorJitterOptions:
    '{ brightness?: number | number[], contrast?: number | number[], saturation?: number | number[] }',
  ConllOptionsOfC:
    '{ columns: string[], separator?: string | RegExp, comment?: string, name?: string }',
  DataLoaderOptions:
    '{ batchSize?: number, shuffle?: boolean, dropLast?: boolean, sampler?: Sampler, seed?: number }',
  DataLoaderState: 'with epoch and batch',
  Dataset: 'with length and batch',
  DecodeImageOptions: "{ mode?: 'rgb' | 'gray', maxPixels?: number, name?: string }",
  DecodedImage: 'with width and height and channels',
  DownloadOptions:
    '{ checksum?: Checksum, retries?: number, timeout?: number, onProgress?: function, signal?: AbortSignal }',
  Generator: 'with seed and offset and reserve',
  IdxPair: 'with images and labels',
  ImageBatch: 'with data and shape',
  ImageSize: 'number | number[]',
  LineOptions: '{ maxLine?: number }',
  ListDatasetOptionsOfERB: '{ transform?: function, collate?: function }',
  LoadCifarOptions: '{ normalize?: boolean }',
  LoadNamedOptions:
    '{ folder?: string, cache?: string, url?: string, retries?: number, timeout?: number, onProgress?: function, signal?: AbortSignal }',
  RandomAffineOptions:
    '{ degrees?: number, translate?: number[], scale?: number[], shear?: number, fill?: number }',
  RandomCropOptions: '{ padding?: number, fill?: number }',
  RandomResizedCropOptions:
    '{ scale?: number[], ratio?: number[], antialias?: boolean, bytes?: boolean }',
  ResizeOptions: '{ antialias?: boolean, bytes?: boolean }',
  Sampler: 'with length and order',
  StreamLoaderOptionsOfERB:
    '{ batchSize?: number, transform?: function, collate?: function, shuffleBuffer?: number, dropLast?: boolean, prefetch?: number, seed?: number }',
  SyntheticDigitsOptions: '{ train?: number, test?: number, seed?: number, wildness?: number }',
  TableOptionsOfC:
    '{ delimiter?: string, columns?: string[], quote?: string | null, maxRow?: number }',
  TypedArray: 'Float32Array | Float64Array | Int32Array | Uint8Array',
  UnpackOptions: '{ maxBytes?: number }',
};

/** The parameters of functions, constructors and methods. */
export const signatures = {
  ArrayDataset: 'options: ArrayDatasetOptions',
  'ArrayDataset.batch': 'indices: ArrayLike<number>',
  AugmentedDataset: 'dataset: Dataset, transforms: function[], options?: { seed?: number }',
  'AugmentedDataset.batch': 'indices: ArrayLike<number>',
  'AugmentedDataset.loadStateDict': 'state: AugmentedState',
  DataLoader: 'dataset: Dataset, options?: DataLoaderOptions',
  'DataLoader.loadStateDict': 'state: DataLoaderState',
  ListDataset: 'examples: ArrayLike<any>, options?: ListDatasetOptionsOfERB',
  'ListDataset.batch': 'indices: ArrayLike<number>',
  StreamLoader: 'open: function, options?: StreamLoaderOptionsOfERB',
  'StreamLoader.loadStateDict': 'state: DataLoaderState',
  Subset: 'dataset: Dataset, indices: ArrayLike<number>',
  'Subset.batch': 'indices: ArrayLike<number>',
  TensorDataset: '...tensors: Tensor[]',
  'TensorDataset.batch': 'indices: ArrayLike<number>',
  WeightedSampler: 'weights: ArrayLike<number>, length?: number',
  'WeightedSampler.order': 'generator: Generator',
  centerCrop: 'size: ImageSize',
  checkPair: 'pair: IdxPair, names: { images: string, labels: string }, classes?: number',
  collate: 'examples: any[], options?: CollateOptions',
  colorJitter: 'options: ColorJitterOptions',
  compose: '...transforms: function[]',
  decodeImage: 'bytes: Uint8Array, options?: DecodeImageOptions',
  download: 'url: string | URL, path: string, options?: DownloadOptions',
  fromImages: 'batch: ImageBatch',
  imageToBatch: 'image: DecodedImage',
  kFold: 'dataset: Dataset, k: number, seed?: number',
  listImageFolder: 'folder: string',
  loadCifar10: 'folder: string, options?: LoadCifarOptions',
  loadIdx: 'path: string, options?: UnpackOptions',
  loadMnist: 'folder: string',
  loadNamed: 'name: any, options?: LoadNamedOptions',
  normalize: 'mean: number[], std: number[]',
  randomAffine: 'options: RandomAffineOptions',
  randomCrop: 'size: ImageSize, options?: RandomCropOptions',
  randomHorizontalFlip: 'p?: number',
  randomResizedCrop: 'size: number | number[], options?: RandomResizedCropOptions',
  randomSplit: 'dataset: Dataset, sizes: number[], seed?: number',
  randomVerticalFlip: 'p?: number',
  readCifar: 'bytes: Uint8Array, classes?: number, name?: string',
  readConll: 'lines: string | iterable, options: ConllOptionsOfC',
  readIdx: 'bytes: Uint8Array, name?: string',
  readImage: 'path: string, options?: DecodeImageOptions',
  readJsonLines: 'lines: string | iterable, name?: string',
  readTable:
    'path: string, options?: { delimiter?: string, columns?: string[], quote?: string | null, maxRow?: number, maxBytes?: number }',
  readText: 'path: string, options?: UnpackOptions',
  resize: 'size: ImageSize, options?: ResizeOptions',
  shuffle: 'n: number, generator: Generator',
  streamLines: 'path: string, options?: LineOptions',
  streamTable: 'path: string, options?: TableOptionsOfC',
  syntheticDigits: 'options?: SyntheticDigitsOptions',
  tableNumbers: 'rows: any[], columns: any[]',
  take: 'dataset: Dataset, count: number',
  toImages: 'x: Tensor',
};

/** Refuses arguments that the named function, constructor or method does not take: `takes('name', arguments)`. */
export const takes = /* @__PURE__ */ argumentChecker(signatures, types);

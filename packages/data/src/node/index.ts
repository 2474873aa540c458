/**
 * Data sets from the file system and the network, for Node.
 *
 * @packageDocumentation
 */

export type { LoadCifarOptions } from './cifar';
export { CIFAR10_MEAN, CIFAR10_STD, loadCifar10 } from './cifar';
export type { Checksum, DownloadOptions } from './download';
export { cacheFolder, download } from './download';
export type { LineOptions, UnpackOptions } from './files';
export { readText, streamLines } from './files';
export type { ImageFolder } from './image';
export { listImageFolder, readImage } from './image';
export type { Split } from './mnist';
export { loadIdx, loadMnist } from './mnist';
export type { DatasetName, LoadNamedOptions } from './named';
export { loadNamed } from './named';
export type { TableOptions, TableRow } from './table';
export { readTable, streamTable, tableNumbers } from './table';

/** NumPy and PyTorch files on disk. */

import type { Tensor } from '@dl/tensor';
import { encodeNpy, readNpyTensor } from '../npy/npy';
import type { NpzDecodeOptions, NpzOptions } from '../npy/npz';
import { encodeNpz, readNpzTensors } from '../npy/npz';
import type { NamedTensors } from '../safetensors/encode';
import { takes } from '../signatures';
import type { DecodeOptions } from '../tensors';
import type { TorchValue } from '../torch/convert';
import type { TorchOptions } from '../torch/torch';
import { readTorchTensors } from '../torch/torch';
import { readFile } from './read';
import { writeFileAtomic } from './write';

/** Loads an npy file. @param path - the file. @param options - as `decodeNpy`. @throws FormatError and FileError, which name the file. */
export function loadNpy(path: string, options: DecodeOptions = {}): Promise<Tensor> {
  takes('loadNpy', arguments);
  return readFile(path, (size) => readNpyTensor(size, options));
}

/** Saves an npy file atomically. @param path - the file. @param tensor - any tensor. @throws FileError. */
export function saveNpy(path: string, tensor: Tensor): Promise<void> {
  takes('saveNpy', arguments);
  return writeFileAtomic(path, [encodeNpy(tensor)]);
}

/**
 * Loads an npz file, one array after the other.
 *
 * @param path - the file.
 * @param options - as `decodeNpz`.
 * @throws FormatError and FileError, which name the file.
 */
export function loadNpz(
  path: string,
  options: NpzDecodeOptions = {},
): Promise<Record<string, Tensor>> {
  takes('loadNpz', arguments);
  return readFile(path, (size) => readNpzTensors(size, options));
}

/**
 * Saves an npz file atomically.
 *
 * @param path - the file.
 * @param tensors - as `encodeNpz`.
 * @param options - as `encodeNpz`.
 */
export function saveNpz(
  path: string,
  tensors: NamedTensors,
  options: NpzOptions = {},
): Promise<void> {
  takes('saveNpz', arguments);
  return writeFileAtomic(path, [encodeNpz(tensors, options)]);
}

/**
 * Loads a PyTorch file, one storage after the other; nothing in it is run.
 *
 * @param path - the file.
 * @param options - as `decodeTorch`.
 * @throws FormatError as `decodeTorch`, and FileError; both name the file.
 * @example model.loadStateDict(torchStateDict(await loadTorch('model.pth')));
 */
export function loadTorch(path: string, options: TorchOptions = {}): Promise<TorchValue> {
  takes('loadTorch', arguments);
  return readFile(path, (size) => readTorchTensors(size, options));
}

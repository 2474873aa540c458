/**
 * Weights from the file system, for Node.
 *
 * @packageDocumentation
 */

import { open } from 'node:fs/promises';
import { FileError, torchStateDict } from '@dl/io';
import { loadSafetensors, loadTorch } from '@dl/io/node';
import type { Module } from '@dl/nn';
import type { Tensor } from '@dl/tensor';
import type { LoadOptions } from '../load';
import { isSafetensors, loadTorchvision } from '../load';
import { takes } from '../signatures';

/**
 * `loadTorchvision` from a file, of which no more is held at once than its tensors.
 *
 * @param path - a `.pth` or safetensors file. @throws as `loadTorchvision`, and where the file cannot be read.
 * @example await loadTorchvisionFile(new ResNet(18), 'resnet18-f37072fd.pth');
 */
export async function loadTorchvisionFile(
  model: Module,
  path: string,
  options: LoadOptions = {},
): Promise<void> {
  takes('loadTorchvisionFile', arguments);
  const state = await decodeWeightsFile(path);
  try {
    await loadTorchvision(model, state, options);
  } finally {
    for (const x of Object.values(state)) x.dispose();
  }
}

/** The tensors of a `.pth` or safetensors file, by name; they are yours to dispose. @throws FormatError where it is neither. */
export async function decodeWeightsFile(path: string): Promise<Record<string, Tensor>> {
  takes('decodeWeightsFile', arguments);
  if (isSafetensors(await readBegin(path))) return (await loadSafetensors(path)).tensors;
  return torchStateDict(await loadTorch(path));
}

/** Enough of a file to tell its format. */
async function readBegin(path: string): Promise<Uint8Array> {
  const file = await open(path).catch((error: unknown) => {
    throw new FileError('loadTorchvisionFile', 'read', path, error);
  });
  try {
    return (await file.read(new Uint8Array(16), 0, 16, 0)).buffer;
  } finally {
    await file.close();
  }
}

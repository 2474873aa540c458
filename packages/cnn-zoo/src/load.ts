/** Weights that torchvision publishes, or that somebody trained with it. */

import { decodeSafetensors, decodeTorch, torchStateDict } from '@dl/io';
import type { Module } from '@dl/nn';
import type { Tensor } from '@dl/tensor';
import { takes } from './signatures';

/** Options of `loadTorchvision`. */
export interface LoadOptions {
  /** Refuse a file with names that the model does not have, or that lacks names. Default true. */
  readonly strict?: boolean;
}

/** Tensors of a `.pth` or safetensors file, told apart by how it begins. */
export function decodeWeights(bytes: Uint8Array): Record<string, Tensor> {
  if (isSafetensors(bytes)) return decodeSafetensors(bytes).tensors;
  return torchStateDict(decodeTorch(bytes));
}

/** Whether a file is safetensors, whose header, in braces, begins after eight bytes; the other formats have no brace there. */
export function isSafetensors(begin: Uint8Array): boolean {
  return begin[8] === 0x7b;
}

/** The names that DenseNet had before 2017, in weights that torchvision still publishes: `denselayer1.norm.1.weight`. */
const OLD_NAME =
  /^(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\.(?:weight|bias|running_mean|running_var))$/;

/** The tensors under the names that torchvision gives them today. */
function renamed(state: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(state).map(([name, x]) => [name.replace(OLD_NAME, '$1$2'), x]),
  );
}

/**
 * Loads a state dict of torchvision into a model of the 'torchvision' variant, with no renaming.
 *
 * @param model - from this package. @param source - the bytes of a `.pth` or safetensors file, or tensors by name.
 * @throws FormatError for a file that is neither or damaged; StateDictError that lists all unknown, missing and wrongly shaped entries,
 * and then has changed nothing.
 * @example await loadTorchvision(new ResNet(18), await (await fetch('resnet18.pth')).arrayBuffer());
 */
export async function loadTorchvision(
  model: Module,
  source: Uint8Array | ArrayBuffer | Readonly<Record<string, Tensor>>,
  options: LoadOptions = {},
): Promise<void> {
  takes('loadTorchvision', arguments);
  const { strict = true } = options;
  const given = source instanceof ArrayBuffer ? new Uint8Array(source) : source;
  if (!(given instanceof Uint8Array)) {
    model.loadStateDict(renamed(given), { strict });
    return;
  }
  const state = decodeWeights(given);
  try {
    model.loadStateDict(renamed(state), { strict });
  } finally {
    for (const x of Object.values(state)) x.dispose();
  }
}

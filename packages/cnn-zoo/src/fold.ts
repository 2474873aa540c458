/** Batch norm inside convolutions, for models that no longer learn. */

import { BatchNorm2d, Conv2d, fuseConvNorm, Identity, type Module, Sequential } from '@dl/nn';
import { takes } from './signatures';

/** A block that tells which of its fields are convolutions followed at once by batch norm. */
export interface Foldable {
  /** Field of the convolution → field of the batch norm. */
  readonly foldable: Readonly<Record<string, string>>;
}

function isFoldable(module: Module): module is Module & Foldable {
  return 'foldable' in module;
}

/** Puts the fused layer in the place of the convolution, and nothing in the place of the norm. */
function foldFields(module: Module & Foldable): number {
  const fields = module as unknown as Record<string, unknown>;
  let count = 0;
  for (const [conv, norm] of Object.entries(module.foldable)) {
    const [first, second] = [fields[conv], fields[norm]];
    if (!(first instanceof Conv2d) || !(second instanceof BatchNorm2d)) continue;
    fields[conv] = fuseConvNorm(first, second);
    fields[norm] = new Identity();
    release(first, second);
    count++;
  }
  return count;
}

function foldSequence(sequence: Sequential): number {
  const list = [...sequence];
  let count = 0;
  list.forEach((first, i) => {
    const second = list[i + 1];
    if (!(first instanceof Conv2d) || !(second instanceof BatchNorm2d)) return;
    sequence.set(i, fuseConvNorm(first, second));
    sequence.set(i + 1, new Identity());
    release(first, second);
    count++;
  });
  return count;
}

function release(...modules: readonly Module[]): void {
  for (const module of modules) {
    for (const x of Object.values(module.stateDict())) x.dispose();
  }
}

/**
 * Folds every batch norm that follows a convolution into it, so that a model computes the same (up to rounding) with fewer steps.
 * The model is put in evaluation mode and must not learn afterwards; its state dict has other names then.
 *
 * @returns how many norms were folded. @example foldBatchNorm(resnet18().eval()); // 20
 */
export function foldBatchNorm(model: Module): number {
  takes('foldBatchNorm', arguments);
  model.eval();
  let count = 0;
  for (const module of model.modules()) {
    if (module instanceof Sequential) count += foldSequence(module);
    else if (isFoldable(module)) count += foldFields(module);
  }
  return count;
}

/** Modules as functions of their parameters. */

import type { Tensor } from '@dl/tensor';
import { ValueError } from '@dl/tensor';
import { replaceTensors } from './fields';
import type { Module } from './module';
import { withStandIns } from './own-fields';
import { takes } from './signatures';

/**
 * Runs a module with other tensors in the place of its parameters and buffers. The module is as before afterwards, also where `forward`
 * throws. Derivatives of any order flow to the tensors given, so a step of learning can itself be differentiated.
 *
 * @param module - stays as it is; a buffer that `forward` changes in place changes the tensor that stands for it.
 * @param tensors - by the names of `stateDict()`; what is left out stays. A tensor that the module has under several names is replaced under
 * all of them. @param inputs - what `forward` takes.
 * @returns what `forward` returns.
 * @throws ValueError for a name that the module does not have, and for two tensors in the place of one that is shared.
 * Source: `torch.func.functional_call`.
 * @example
 * // One step of MAML: the outer gradient goes through the inner step.
 * const names = Object.fromEntries(model.namedParameters());
 * const inner = (p: Record<string, Tensor>) => mseLoss(functionalCall(model, p, x1), y1);
 * const outer = (p: Record<string, Tensor>) => {
 *   const g = grad(inner)(p);
 *   const learned = Object.fromEntries(Object.keys(p).map((name) => [name, p[name].sub(g[name].mul(0.1))]));
 *   return mseLoss(functionalCall(model, learned, x2), y2);
 * };
 * const gradients = grad(outer)(names); // of second order
 */
export function functionalCall<M extends Module>(
  module: M,
  tensors: Readonly<Record<string, Tensor>>,
  ...inputs: Parameters<M['forward']>
): ReturnType<M['forward']> {
  takes('functionalCall', arguments);
  const own = module.stateDict();
  const instead = new Map<Tensor, Tensor>();
  for (const [name, x] of Object.entries(tensors)) {
    if (!Object.hasOwn(own, name)) throw unknownName(name, own);
    const before = instead.get(own[name]);
    if (before !== undefined && before !== x) throw tied(name);
    instead.set(own[name], x);
  }
  const undo: (() => void)[] = [];
  try {
    for (const part of module.modules()) {
      replaceTensors(part, (x) => instead.get(x) ?? x, undo);
    }
    return withStandIns(
      [...instead.values()],
      () => module.forward(...(inputs as never[])) as ReturnType<M['forward']>,
    );
  } finally {
    for (const step of undo.reverse()) step();
  }
}

function unknownName(name: string, own: Readonly<Record<string, Tensor>>): ValueError {
  const names = Object.keys(own);
  const shown = names.length > 8 ? [...names.slice(0, 8), '…'] : names;
  return new ValueError('functionalCall', `the module has no parameter or buffer ${name}`, {
    expected:
      shown.length > 0 ? `names among ${shown.join(', ')}` : 'none: the module has no tensors',
  });
}

function tied(name: string): ValueError {
  return new ValueError('functionalCall', `${name} is shared, and another tensor stands for it`, {
    hint: 'give one tensor, under one of the names or the same under all',
  });
}

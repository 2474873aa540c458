/** A learning rate for each layer. */

import type { Tensor } from '@dl/tensor';
import type { NamedParameter } from './optimizer';
import { tensorsOf } from './optimizer';
import { takes } from './signatures';

/** Parameters with a learning rate of their own, as optimisers take them. */
export interface ScaledGroup {
  readonly params: readonly NamedParameter[];
  readonly lr: number;
}

/** How many inputs one output of a weight sees: [out, in, ...kernel]. */
function fanIn(weight: Tensor): number {
  return weight.shape.slice(1).reduce((a, b) => a * b, 1);
}

/**
 * One group for each size of input: weights learn at lr / √(fan-in), vectors (biases, scales) at lr.
 *
 * @param parameters - `model.namedParameters()` or `model.parameters()`. @param lr - of a weight with one input.
 * @example new SGD(scaleByFanIn(model.namedParameters(), 0.5), { lr: 0.5 });
 * Source: Collobert 2004, Large scale machine learning.
 */
export function scaleByFanIn(parameters: Iterable<NamedParameter>, lr: number): ScaledGroup[] {
  takes('scaleByFanIn', arguments);
  const groups = new Map<number, NamedParameter[]>();
  for (const entry of parameters) {
    const [weight] = tensorsOf('scaleByFanIn', [Array.isArray(entry) ? entry[1] : entry]);
    const inputs = fanIn(weight);
    groups.set(inputs, [...(groups.get(inputs) ?? []), entry]);
  }
  return Array.from(groups, ([inputs, params]) => ({ params, lr: lr / Math.sqrt(inputs) }));
}

/** Weights as a length and a direction. */

import { noGrad } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import { clone, isTensor, norm, scope, UsageError } from '@dl/tensor';
import type { Module } from './module';
import { parameter } from './module';
import { takes } from './signatures';

type Fields = Record<string, unknown>;

/**
 * Replaces a parameter of a module by two: its lengths `${name}_g` and its direction `${name}_v`. The module computes
 * w = g · v / ‖v‖ whenever it reads the parameter, which is no parameter any more; state dicts have PyTorch's names.
 *
 * @param module - for instance a `Linear` or `Conv2d`. @param name - of the parameter, default 'weight'.
 * @param axis - each slice along it has a length of its own, default 0 (the outputs); null: one length for all.
 * @returns the module. Make the optimiser afterwards.
 * @throws UsageError where the module has no such parameter.
 * @example const layer = weightNorm(new Linear(64, 10)); // parameters: bias, weight_g [10, 1], weight_v [10, 64]
 * Source: Salimans and Kingma 2016; as `torch.nn.utils.weight_norm`.
 */
export function weightNorm<M extends Module>(
  module: M,
  name = 'weight',
  axis: number | null = 0,
): M {
  takes('weightNorm', arguments);
  const fields = module as unknown as Fields;
  const weight = fields[name];
  if (!isTensor(weight) || !module.parameters().includes(weight)) {
    throw new UsageError('weightNorm', `${module.constructor.name} has no parameter ${name}`, {
      args: { name },
    });
  }
  const axes = axesBut(weight, axis);
  const [length, direction] = noGrad(() =>
    scope(() => [
      parameter(norm(weight, 2, axes, { keepdim: axes !== undefined })),
      parameter(clone(weight)),
    ]),
  );
  delete fields[name];
  fields[`${name}_g`] = length;
  fields[`${name}_v`] = direction;
  // Not enumerable: walks through the fields do not meet it, and a deep copy reads its own two.
  Object.defineProperty(module, name, {
    configurable: true,
    get(this: Fields): Tensor {
      return combined(this[`${name}_g`] as Tensor, this[`${name}_v`] as Tensor, axes);
    },
  });
  weight.dispose();
  return module;
}

/**
 * Takes `weightNorm` back: the parameter is there again, with the value that the two parts have now.
 *
 * @returns the module. @throws UsageError where `weightNorm` was not applied to the parameter.
 */
export function removeWeightNorm<M extends Module>(module: M, name = 'weight'): M {
  takes('removeWeightNorm', arguments);
  const fields = module as unknown as Fields;
  const [length, direction] = [fields[`${name}_g`], fields[`${name}_v`]];
  if (!isTensor(length) || !isTensor(direction)) {
    throw new UsageError('removeWeightNorm', `${name} of ${module.constructor.name} has no norm`, {
      hint: 'weightNorm(module, name) puts one there',
    });
  }
  const weight = noGrad(() => scope(() => parameter(clone(fields[name] as Tensor))));
  for (const key of [name, `${name}_g`, `${name}_v`]) delete fields[key];
  fields[name] = weight;
  length.dispose();
  direction.dispose();
  return module;
}

function combined(length: Tensor, direction: Tensor, axes: readonly number[] | undefined): Tensor {
  return scope(() =>
    direction.mul(length.div(norm(direction, 2, axes, { keepdim: axes !== undefined }))),
  );
}

/** All axes but one; undefined where one length is for all. */
function axesBut(x: Tensor, axis: number | null): number[] | undefined {
  if (axis === null) return undefined;
  const kept = axis < 0 ? axis + x.ndim : axis;
  if (!(kept in x.shape)) {
    throw new UsageError('weightNorm', `there is no axis ${axis}`, { args: { weight: x } });
  }
  return x.shape.map((_, i) => i).filter((i) => i !== kept);
}

/** Steps of optimisers in place, defined by what they write. */

import { ShapeError, ValueError } from '../../core/errors';
import { sameShape } from '../../core/layout';
import { run } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { expectFloat, expectSameDType } from '../operand';
import type { AttributesOf, UpdateDeclaration } from '../table';
import { maximum } from './comparison';
import { add, div, mul, sqrt, square, sub } from './pointwise';

/** The optimiser steps work on floating-point tensors of one shape and dtype. */
function checkAlike(op: string, args: Record<string, Tensor | undefined>, parameter: Tensor): void {
  expectFloat(op, parameter, 'parameter');
  expectSameDType(op, args);
  for (const tensor of Object.values(args)) {
    if (tensor && !sameShape(tensor.shape, parameter.shape)) {
      throw new ShapeError(op, 'parameter, gradient and state must have one shape', { args });
    }
  }
}

/** g, or g + decay·p. */
function decayed(parameter: Tensor, gradient: Tensor, weightDecay: number): Tensor {
  return weightDecay === 0 ? gradient : add(gradient, mul(parameter, weightDecay));
}

export const sgdStepOp: UpdateDeclaration<'sgdStep'> = {
  kind: 'update',
  name: 'sgdStep',
  targets: [0, 2],
  check: ([parameter, gradient, momentum]) =>
    checkAlike('sgdStep', { parameter, gradient, momentum }, parameter),
  define([parameter, gradient, buffer], attributes) {
    const { lr, momentum, dampening, weightDecay, nesterov, first } = attributes;
    const g = decayed(parameter, gradient, weightDecay);
    if (!buffer) return [sub(parameter, mul(g, lr))];
    const velocity = first ? g : add(mul(buffer, momentum), mul(g, 1 - dampening));
    const direction = nesterov ? add(g, mul(velocity, momentum)) : velocity;
    return [sub(parameter, mul(direction, lr)), undefined, velocity];
  },
};

export const adamStepOp: UpdateDeclaration<'adamStep'> = {
  kind: 'update',
  name: 'adamStep',
  targets: [0, 2, 3, 4],
  check: ([parameter, gradient, m, v, largest]) =>
    checkAlike('adamStep', { parameter, gradient, m, v, largest }, parameter),
  define([parameter, gradient, m, v, largest], attributes) {
    const { lr, beta1, beta2, eps, weightDecay, decoupled, step } = attributes;
    const decays = weightDecay !== 0;
    const g = decays && !decoupled ? add(gradient, mul(parameter, weightDecay)) : gradient;
    const decayed = decays && decoupled ? mul(parameter, 1 - lr * weightDecay) : parameter;
    const first = add(mul(m, beta1), mul(g, 1 - beta1));
    const second = add(mul(v, beta2), mul(square(g), 1 - beta2));
    const peak = largest ? maximum(largest, second) : second;
    const denominator = add(div(sqrt(peak), Math.sqrt(1 - beta2 ** step)), eps);
    const change = mul(div(first, denominator), lr / (1 - beta1 ** step));
    return [sub(decayed, change), undefined, first, second, largest && peak];
  },
};

function rootOf(squares: Tensor, eps: number, place: 'outside' | 'inside'): Tensor {
  return place === 'inside' ? sqrt(add(squares, eps)) : add(sqrt(squares), eps);
}

export const rmspropStepOp: UpdateDeclaration<'rmspropStep'> = {
  kind: 'update',
  name: 'rmspropStep',
  targets: [0, 2, 3, 4],
  check: ([parameter, gradient, squares, mean, velocity]) =>
    checkAlike('rmspropStep', { parameter, gradient, squares, mean, velocity }, parameter),
  define([parameter, gradient, squares, mean, velocity], attributes) {
    const { lr, alpha, eps, epsPlace, weightDecay, momentum } = attributes;
    const g = decayed(parameter, gradient, weightDecay);
    const second = add(mul(squares, alpha), mul(square(g), 1 - alpha));
    const first = mean && add(mul(mean, alpha), mul(g, 1 - alpha));
    const spread = first ? sub(second, square(first)) : second;
    const direction = div(g, rootOf(spread, eps, epsPlace));
    const next = velocity && add(mul(velocity, momentum), direction);
    return [sub(parameter, mul(next ?? direction, lr)), undefined, second, first, next];
  },
};

export const adagradStepOp: UpdateDeclaration<'adagradStep'> = {
  kind: 'update',
  name: 'adagradStep',
  targets: [0, 2],
  check: ([parameter, gradient, squares]) =>
    checkAlike('adagradStep', { parameter, gradient, squares }, parameter),
  define([parameter, gradient, squares], { lr, eps, epsPlace, weightDecay }) {
    const g = decayed(parameter, gradient, weightDecay);
    const sum = add(squares, square(g));
    return [sub(parameter, mul(div(g, rootOf(sum, eps, epsPlace)), lr)), undefined, sum];
  },
};

/** Options of `sgdStep`, as PyTorch's SGD has them. */
export type SgdStepOptions = AttributesOf<'sgdStep'>;

/**
 * One step of gradient descent in place: p ← p − lr · (v, or g where there is no momentum), v ← μ v + (1 − dampening) g.
 *
 * @param momentum - the velocity v, changed in place; undefined for plain descent.
 */
export function sgdStep(
  parameter: Tensor,
  gradient: Tensor,
  momentum: Tensor | undefined,
  options: SgdStepOptions,
): void {
  takes('sgdStep', arguments);
  run(sgdStepOp, [parameter, gradient, momentum], options);
}

/** Options of `adamStep`, as PyTorch's Adam and AdamW have them; `decoupled` chooses AdamW's weight decay. */
export type AdamStepOptions = AttributesOf<'adamStep'>;

/**
 * One step of Adam in place (Kingma and Ba 2015; AdamW with `decoupled`; AMSGrad where `largest` is given).
 *
 * @param m - running mean of gradients. @param v - running mean of squared gradients. @param largest - its running maximum.
 * @throws ValueError where `step` does not count from 1.
 */
export function adamStep(
  parameter: Tensor,
  gradient: Tensor,
  m: Tensor,
  v: Tensor,
  largest: Tensor | undefined,
  options: AdamStepOptions,
): void {
  takes('adamStep', arguments);
  if (!(options.step >= 1)) {
    throw new ValueError('adamStep', 'steps count from 1', { args: { step: options.step } });
  }
  run(adamStepOp, [parameter, gradient, m, v, largest], options);
}

/** Options of `rmspropStep`, as PyTorch's RMSprop has them; `epsPlace` is 'outside' of the root there. */
export type RmspropStepOptions = AttributesOf<'rmspropStep'>;

/**
 * One step of RMSProp in place (Tieleman and Hinton 2012).
 *
 * @param squares - running mean of squared gradients. @param mean - that of gradients, where the variance is used instead.
 * @param velocity - where there is momentum.
 */
export function rmspropStep(
  parameter: Tensor,
  gradient: Tensor,
  squares: Tensor,
  mean: Tensor | undefined,
  velocity: Tensor | undefined,
  options: RmspropStepOptions,
): void {
  takes('rmspropStep', arguments);
  run(rmspropStepOp, [parameter, gradient, squares, mean, velocity], options);
}

/** Options of `adagradStep`; `lr` is that of the step. */
export type AdagradStepOptions = AttributesOf<'adagradStep'>;

/** One step of AdaGrad in place (Duchi et al. 2011). @param squares - sum of squared gradients. */
export function adagradStep(
  parameter: Tensor,
  gradient: Tensor,
  squares: Tensor,
  options: AdagradStepOptions,
): void {
  takes('adagradStep', arguments);
  run(adagradStepOp, [parameter, gradient, squares], options);
}

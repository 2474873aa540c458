/** Penalties that are added to a loss, and constraints on weights after a step. */

import { noGrad } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import { assign, minimum, norm, scope, UsageError, ValueError } from '@dl/tensor';
import type { Module } from './module';
import { takes } from './signatures';

/**
 * The parameters that penalties are for: those with at least two axes. Biases and the scales of normalisation layers are left
 * alone: they are few, and shrinking them does not make a function smoother.
 *
 * @param model - any module. @returns each once.
 */
export function weightsOf(model: Module): Tensor[] {
  takes('weightsOf', arguments);
  return model.parameters().filter((x) => x.ndim >= 2);
}

function total(model: Module, strength: number, measure: (x: Tensor) => Tensor): Tensor {
  if (!(strength >= 0))
    throw new ValueError('penalty', 'strength must not be negative', { args: { strength } });
  return scope(() => {
    const weights = weightsOf(model);
    if (weights.length === 0)
      throw new UsageError('penalty', 'the model has no weights with two or more axes');
    const sum = weights.map(measure).reduce((a, b) => a.add(b));
    return sum.mul(strength);
  });
}

/**
 * ½ λ Σ w² over all weights but not biases. Its gradient is λw, so for SGD it equals `weightDecay: λ` on the weights; for Adam it
 * does not.
 *
 * @param model - any module. @param strength - λ. @returns a scalar to add to the loss.
 * @example crossEntropy(model.forward(x), y).add(l2Penalty(model, 1e-4)).backward();
 */
export function l2Penalty(model: Module, strength: number): Tensor {
  takes('l2Penalty', arguments);
  return total(model, strength / 2, (x) => x.square().sum());
}

/** λ Σ |w| over all weights but not biases, which drives many of them to 0. @param strength - λ. @returns a scalar. */
export function l1Penalty(model: Module, strength: number): Tensor {
  takes('l1Penalty', arguments);
  return total(model, strength, (x) => x.abs().sum());
}

/** λ Σ ‖W‖_F: the length, not its square, of each weight but not bias. @param strength - λ. @returns a scalar. */
export function frobeniusPenalty(model: Module, strength: number): Tensor {
  takes('frobeniusPenalty', arguments);
  return total(model, strength, (x) => norm(x));
}

/**
 * Shortens the weights of every unit to at most `limit`: to be called after a step of the optimiser.
 *
 * @param model - any module; a unit is a row of a weight (what belongs to one output), biases are left alone.
 * @param limit - the largest length, for instance 3. @throws ValueError where it is not positive. Source: Srivastava et al. 2014.
 */
export function maxNorm(model: Module, limit: number): void {
  takes('maxNorm', arguments);
  if (!(limit > 0)) throw new ValueError('maxNorm', 'limit must be positive', { args: { limit } });
  noGrad(() => {
    for (const x of weightsOf(model)) {
      scope(() => {
        const rest = x.shape.map((_, axis) => axis).slice(1);
        const length = norm(x, 2, rest, { keepdim: true });
        // 1e-30 keeps a row of zeros from 0 / 0.
        assign(x, x.mul(minimum(length.add(1e-30).reciprocal().mul(limit), 1)));
      });
    }
  });
}

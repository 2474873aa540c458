/** Losses for numbers. */

import type { Tensor } from '@dl/tensor';
import { scope, ValueError, where } from '@dl/tensor';
import { Module } from '../module';
import { takes } from '../signatures';
import type { LossOptions, Reduction } from './reduction';
import { checkBroadcast, reduce } from './reduction';

/** (x − t)². @param input - any shape. @param target - of the same shape; one that broadcasts brings a warning, as in the other losses. */
export function mseLoss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  takes('mseLoss', arguments);
  const { reduction = 'mean' } = options;
  checkBroadcast('mseLoss', { input, target });
  return scope(() => reduce(input.sub(target).square(), reduction));
}

/** ½ (x − t)²: the squared error with the factor that makes its derivative x − t. @param target - of the shape of input. */
export function halfSquaredError(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  takes('halfSquaredError', arguments);
  return scope(() => mseLoss(input, target, options).mul(0.5));
}

/** |x − t|. @param target - of the shape of input. */
export function l1Loss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  takes('l1Loss', arguments);
  const { reduction = 'mean' } = options;
  checkBroadcast('l1Loss', { input, target });
  return scope(() => reduce(input.sub(target).abs(), reduction));
}

/** ½ d² for |d| ≤ δ, δ(|d| − ½ δ) beyond, d = x − t. @param target - of the shape of input. Source: Huber 1964. */
export function huberLoss(
  input: Tensor,
  target: Tensor,
  options: LossOptions & { delta?: number } = {},
): Tensor {
  takes('huberLoss', arguments);
  const { delta = 1, reduction = 'mean' } = options;
  checkBroadcast('huberLoss', { input, target });
  if (!(delta > 0))
    throw new ValueError('huberLoss', 'delta must be positive', { args: { delta } });
  return scope(() => {
    const distance = input.sub(target).abs();
    const near = distance.square().mul(0.5);
    const far = distance.sub(delta / 2).mul(delta);
    return reduce(where(distance.le(delta), near, far), reduction);
  });
}

/**
 * ½ d² / β for |d| < β, |d| − ½ β beyond, d = x − t: Huber's loss over β.
 *
 * @param target - of the shape of input. @param options - `beta` default 1; 0 gives `l1Loss`. @throws ValueError for a negative beta.
 */
export function smoothL1Loss(
  input: Tensor,
  target: Tensor,
  options: LossOptions & { readonly beta?: number } = {},
): Tensor {
  takes('smoothL1Loss', arguments);
  const { beta = 1, reduction = 'mean' } = options;
  if (!(beta >= 0))
    throw new ValueError('smoothL1Loss', 'beta must not be negative', { args: { beta } });
  if (beta === 0) return l1Loss(input, target, { reduction });
  checkBroadcast('smoothL1Loss', { input, target });
  return scope(() => huberLoss(input, target, { delta: beta, reduction }).div(beta));
}

/** Options of `klDiv`. */
export interface KLDivOptions {
  /** 'batchmean' divides the sum by the first axis: the divergence itself. Default 'mean', as in PyTorch. */
  readonly reduction?: Reduction | 'batchmean';
  /** Whether the target is given as logarithms. Default false. */
  readonly logTarget?: boolean;
}

/** t (log t − x), where x are log-probabilities. @param target - probabilities of the shape of input. */
export function klDiv(input: Tensor, target: Tensor, options: KLDivOptions = {}): Tensor {
  takes('klDiv', arguments);
  const { reduction = 'mean', logTarget = false } = options;
  checkBroadcast('klDiv', { input, target });
  return scope(() => {
    const losses = logTarget
      ? target.exp().mul(target.sub(input))
      : where(target.gt(0), target.mul(where(target.gt(0), target, 1).log()), 0).sub(
          target.mul(input),
        );
    if (reduction !== 'batchmean') return reduce(losses, reduction);
    return losses.sum().div(input.ndim === 0 ? 1 : input.shape[0]);
  });
}

/** See `mseLoss`. No parameters. */
export class MSELoss extends Module {
  /** Makes the loss. */
  constructor(private readonly options: LossOptions = {}) {
    super();
    takes('MSELoss', arguments);
  }

  /** Computes the loss. @param input - any shape. @param target - of the same shape. */
  forward(input: Tensor, target: Tensor): Tensor {
    takes('MSELoss.forward', arguments);
    return mseLoss(input, target, this.options);
  }
}

/** See `l1Loss`. No parameters. */
export class L1Loss extends Module {
  /** Makes the loss. */
  constructor(private readonly options: LossOptions = {}) {
    super();
    takes('L1Loss', arguments);
  }

  /** Computes the loss. @param input - any shape. @param target - of the same shape. */
  forward(input: Tensor, target: Tensor): Tensor {
    takes('L1Loss.forward', arguments);
    return l1Loss(input, target, this.options);
  }
}

/** See `huberLoss`. No parameters. */
export class HuberLoss extends Module {
  /** Makes the loss. */
  constructor(private readonly options: LossOptions & { delta?: number } = {}) {
    super();
    takes('HuberLoss', arguments);
  }

  /** Computes the loss. @param input - any shape. @param target - of the same shape. */
  forward(input: Tensor, target: Tensor): Tensor {
    takes('HuberLoss.forward', arguments);
    return huberLoss(input, target, this.options);
  }
}

/** See `smoothL1Loss`. No parameters. */
export class SmoothL1Loss extends Module {
  /** Makes the loss. */
  constructor(private readonly options: LossOptions & { readonly beta?: number } = {}) {
    super();
    takes('SmoothL1Loss', arguments);
  }

  /** Computes the loss. @param input - any shape. @param target - of the same shape. */
  forward(input: Tensor, target: Tensor): Tensor {
    takes('SmoothL1Loss.forward', arguments);
    return smoothL1Loss(input, target, this.options);
  }
}

/** See `klDiv`. No parameters. */
export class KLDivLoss extends Module {
  /** Makes the loss. */
  constructor(private readonly options: KLDivOptions = {}) {
    super();
    takes('KLDivLoss', arguments);
  }

  /** Computes the loss. @param input - log-probabilities. @param target - probabilities of the same shape. */
  forward(input: Tensor, target: Tensor): Tensor {
    takes('KLDivLoss.forward', arguments);
    return klDiv(input, target, this.options);
  }
}

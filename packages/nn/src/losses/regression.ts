/** Losses for numbers. */

import type { Tensor } from '@dl/tensor';
import { scope, ValueError, where } from '@dl/tensor';
import { Module } from '../module';
import type { LossOptions, Reduction } from './reduction';
import { checkBroadcast, reduce } from './reduction';

/** (x − t)². @param input - any shape. @param target - of the same shape; one that broadcasts brings a warning, as in the other losses. */
export function mseLoss(
  input: Tensor,
  target: Tensor,
  { reduction = 'mean' }: LossOptions = {},
): Tensor {
  checkBroadcast('mseLoss', { input, target });
  return scope(() => reduce(input.sub(target).square(), reduction));
}

/** ½ (x − t)²: the notes' squared error, whose derivative is x − t. @param target - of the shape of input. */
export function halfSquaredError(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  return scope(() => mseLoss(input, target, options).mul(0.5));
}

/** |x − t|. @param target - of the shape of input. */
export function l1Loss(
  input: Tensor,
  target: Tensor,
  { reduction = 'mean' }: LossOptions = {},
): Tensor {
  checkBroadcast('l1Loss', { input, target });
  return scope(() => reduce(input.sub(target).abs(), reduction));
}

/** ½ d² for |d| ≤ δ, δ(|d| − ½ δ) beyond, d = x − t. @param target - of the shape of input. Source: Huber 1964. */
export function huberLoss(
  input: Tensor,
  target: Tensor,
  { delta = 1, reduction = 'mean' }: LossOptions & { delta?: number } = {},
): Tensor {
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
  { beta = 1, reduction = 'mean' }: LossOptions & { readonly beta?: number } = {},
): Tensor {
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
export function klDiv(
  input: Tensor,
  target: Tensor,
  { reduction = 'mean', logTarget = false }: KLDivOptions = {},
): Tensor {
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
  }

  /** Computes the loss. @param input - any shape. @param target - of the same shape. */
  forward(input: Tensor, target: Tensor): Tensor {
    return mseLoss(input, target, this.options);
  }
}

/** See `l1Loss`. No parameters. */
export class L1Loss extends Module {
  /** Makes the loss. */
  constructor(private readonly options: LossOptions = {}) {
    super();
  }

  /** Computes the loss. @param input - any shape. @param target - of the same shape. */
  forward(input: Tensor, target: Tensor): Tensor {
    return l1Loss(input, target, this.options);
  }
}

/** See `huberLoss`. No parameters. */
export class HuberLoss extends Module {
  /** Makes the loss. */
  constructor(private readonly options: LossOptions & { delta?: number } = {}) {
    super();
  }

  /** Computes the loss. @param input - any shape. @param target - of the same shape. */
  forward(input: Tensor, target: Tensor): Tensor {
    return huberLoss(input, target, this.options);
  }
}

/** See `smoothL1Loss`. No parameters. */
export class SmoothL1Loss extends Module {
  /** Makes the loss. */
  constructor(private readonly options: LossOptions & { readonly beta?: number } = {}) {
    super();
  }

  /** Computes the loss. @param input - any shape. @param target - of the same shape. */
  forward(input: Tensor, target: Tensor): Tensor {
    return smoothL1Loss(input, target, this.options);
  }
}

/** See `klDiv`. No parameters. */
export class KLDivLoss extends Module {
  /** Makes the loss. */
  constructor(private readonly options: KLDivOptions = {}) {
    super();
  }

  /** Computes the loss. @param input - log-probabilities. @param target - probabilities of the same shape. */
  forward(input: Tensor, target: Tensor): Tensor {
    return klDiv(input, target, this.options);
  }
}

/** Optimisers that look at signs, and averaged descent: Rprop, ASGD. */

import type { Tensor } from '@dl/tensor';
import { clamp, ValueError, where } from '@dl/tensor';
import type { CommonOptions, ParameterState, Parameters, Settings } from './optimizer';
import { expectAtLeast, Optimizer } from './optimizer';
import { takes } from './signatures';

/** Options of `Rprop`. */
export interface RpropOptions extends CommonOptions {
  /** The first step of every element. Default 0.01. */
  lr?: number;
  /** Factors of a step where the gradient's sign changes, and where it stays. Default [0.5, 1.2]. */
  etas?: readonly [shrink: number, grow: number];
  /** The smallest and the largest step. Default [1e-6, 50]. */
  stepSizes?: readonly [least: number, most: number];
}

/**
 * Resilient propagation: every element has a step of its own, which grows while its gradient keeps its sign and shrinks when it
 * changes. For whole data sets, not for batches. Source: Riedmiller and Braun 1993.
 */
export class Rprop extends Optimizer<Settings<RpropOptions>> {
  /** Optimises `parameters`: tensors, named tensors, or groups with options of their own. @throws ValueError for options out of range. */
  constructor(parameters: Parameters<RpropOptions>, options: RpropOptions = {}) {
    super(parameters as Parameters<Settings<RpropOptions>>, {
      lr: 0.01,
      etas: [0.5, 1.2],
      stepSizes: [1e-6, 50],
      ...options,
    });
    takes('Rprop', arguments);
  }

  protected override checkOptions(options: Settings<RpropOptions>): void {
    super.checkOptions(options);
    const { etas } = options;
    if (!(etas[0] > 0 && etas[0] < 1 && etas[1] > 1)) {
      throw new ValueError('Rprop', 'etas must be below and above 1', { args: { etas } });
    }
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    { lr, etas, stepSizes }: Settings<RpropOptions>,
    state: ParameterState,
  ): void {
    const before = this.slot(state, 'before', parameter);
    const slot = this.slot(state, 'sizes', parameter, lr);
    const agreement = gradient.mul(before);
    const turned = agreement.lt(0);
    const grown = where(agreement.gt(0), slot.mul(etas[1]), slot);
    const shrunk = where(turned, slot.mul(etas[0]), grown);
    const sizes = this.write(slot, clamp(shrunk, ...stepSizes));
    // After a turn the element rests for a step.
    const used = where(turned, 0, gradient);
    this.write(parameter, parameter.sub(used.sign().mul(sizes)));
    this.write(before, used);
  }
}

/** Options of `ASGD`. */
export interface ASGDOptions extends CommonOptions {
  /** Learning rate. Default 0.01. */
  lr?: number;
  /** How fast parameters decay. Default 1e-4. */
  lambd?: number;
  /** The power of the falling rate. Default 0.75. */
  alpha?: number;
  /** The step at which averaging begins. Default 1e6. */
  t0?: number;
  /** Added to the gradient, times the parameter. Default 0. */
  weightDecay?: number;
}

/**
 * Averaged stochastic gradient descent: the rate falls as lr / (1 + λ·lr·t)^α, and the mean of the parameters since step t0 is
 * kept as `average` in the state. Source: Polyak and Juditsky 1992.
 */
export class ASGD extends Optimizer<Settings<ASGDOptions>> {
  /** Optimises `parameters`: tensors, named tensors, or groups with options of their own. @throws ValueError for options out of range. */
  constructor(parameters: Parameters<ASGDOptions>, options: ASGDOptions = {}) {
    super(parameters as Parameters<Settings<ASGDOptions>>, {
      lr: 0.01,
      lambd: 1e-4,
      alpha: 0.75,
      t0: 1e6,
      weightDecay: 0,
      ...options,
    });
    takes('ASGD', arguments);
  }

  protected override checkOptions(options: Settings<ASGDOptions>): void {
    super.checkOptions(options);
    expectAtLeast('ASGD', 'weightDecay', options.weightDecay, 0);
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    { lr, lambd, alpha, t0, weightDecay }: Settings<ASGDOptions>,
    state: ParameterState,
  ): void {
    const eta = (state.eta as number | undefined) ?? lr;
    const share = (state.share as number | undefined) ?? 1;
    const step = this.count(state);
    const g = weightDecay === 0 ? gradient : gradient.add(parameter.mul(weightDecay));
    const shrink = 1 - lambd * eta;
    const next = this.write(parameter, parameter.mul(shrink).sub(g.mul(eta)));
    const average = this.slot(state, 'average', parameter);
    this.write(average, share === 1 ? next : average.add(next.sub(average).mul(share)));
    state.eta = lr / (1 + lambd * lr * step) ** alpha;
    state.share = 1 / Math.max(1, step - t0);
  }
}

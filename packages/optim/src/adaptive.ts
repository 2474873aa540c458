/** Optimisers that scale each parameter by the size of its gradients: AdaGrad, RMSProp, AdaDelta. */

import type { Tensor } from '@dl/tensor';
import { adagradStep, rmspropStep } from '@dl/tensor/internal';
import type { CommonOptions, ParameterState, Parameters, Settings } from './optimizer';
import { expectAtLeast, expectRate, Optimizer } from './optimizer';
import { takes } from './signatures';

/** Where the small constant goes: beside the root, √v + ε (PyTorch, default), or under it, √(v + ε). */
export type EpsPlace = 'outside' | 'inside';

function decayed(parameter: Tensor, gradient: Tensor, weightDecay: number): Tensor {
  return weightDecay === 0 ? gradient : gradient.add(parameter.mul(weightDecay));
}

/** Options of `Adagrad`. */
export interface AdagradOptions extends CommonOptions {
  /** Learning rate. Default 0.01. */
  lr?: number;
  /** The rate falls as lr / (1 + (step − 1)·lrDecay). Default 0. */
  lrDecay?: number;
  /** Added to the gradient, times the parameter. Default 0. */
  weightDecay?: number;
  /** Where the sums of squares begin. Default 0. */
  initialAccumulatorValue?: number;
  /** Default 1e-10. */
  eps?: number;
  /** Default 'outside'. */
  epsPlace?: EpsPlace;
}

/** AdaGrad: divides by the root of the sum of all squared gradients. Source: Duchi et al. 2011. */
export class Adagrad extends Optimizer<Settings<AdagradOptions>> {
  /** Optimises `parameters`: tensors, named tensors, or groups with options of their own. @throws ValueError for options out of range. */
  constructor(parameters: Parameters<AdagradOptions>, options: AdagradOptions = {}) {
    super(parameters as Parameters<Settings<AdagradOptions>>, {
      lr: 0.01,
      lrDecay: 0,
      weightDecay: 0,
      initialAccumulatorValue: 0,
      eps: 1e-10,
      epsPlace: 'outside',
      ...options,
    });
    takes('Adagrad', arguments);
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    options: Settings<AdagradOptions>,
    state: ParameterState,
  ): void {
    const { lrDecay, weightDecay, initialAccumulatorValue, eps, epsPlace } = options;
    const squares = this.slot(state, 'squares', parameter, initialAccumulatorValue);
    const lr = options.lr / (1 + (this.count(state) - 1) * lrDecay);
    adagradStep(parameter, gradient, squares, { lr, eps, epsPlace, weightDecay });
  }
}

/** Options of `RMSprop`. */
export interface RMSpropOptions extends CommonOptions {
  /** Learning rate. Default 0.01. */
  lr?: number;
  /** How much of the running mean of squares stays. Default 0.99. */
  alpha?: number;
  /** Default 1e-8. */
  eps?: number;
  /** Default 'outside'. */
  epsPlace?: EpsPlace;
  /** Added to the gradient, times the parameter. Default 0. */
  weightDecay?: number;
  /** How much of the velocity stays. Default 0. */
  momentum?: number;
  /** Subtract the squared running mean of the gradient. Default false. */
  centered?: boolean;
}

/** RMSProp: divides by the root of a running mean of squared gradients. Source: Tieleman and Hinton 2012. */
export class RMSprop extends Optimizer<Settings<RMSpropOptions>> {
  /** Optimises `parameters`: tensors, named tensors, or groups with options of their own. @throws ValueError for options out of range. */
  constructor(parameters: Parameters<RMSpropOptions>, options: RMSpropOptions = {}) {
    super(parameters as Parameters<Settings<RMSpropOptions>>, {
      lr: 0.01,
      alpha: 0.99,
      eps: 1e-8,
      epsPlace: 'outside',
      weightDecay: 0,
      momentum: 0,
      centered: false,
      ...options,
    });
    takes('RMSprop', arguments);
  }

  protected override checkOptions(options: Settings<RMSpropOptions>): void {
    super.checkOptions(options);
    expectAtLeast('RMSprop', 'alpha', options.alpha, 0);
    expectAtLeast('RMSprop', 'momentum', options.momentum, 0);
    expectAtLeast('RMSprop', 'weightDecay', options.weightDecay, 0);
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    options: Settings<RMSpropOptions>,
    state: ParameterState,
  ): void {
    const { centered, maximize: _, initialLr: __, ...rest } = options;
    const squares = this.slot(state, 'squares', parameter);
    const mean = centered ? this.slot(state, 'mean', parameter) : undefined;
    const velocity = rest.momentum > 0 ? this.slot(state, 'velocity', parameter) : undefined;
    rmspropStep(parameter, gradient, squares, mean, velocity, rest);
  }
}

/** Options of `Adadelta`. */
export interface AdadeltaOptions extends CommonOptions {
  /** Learning rate. Default 1. */
  lr?: number;
  /** How much of the running means stays. Default 0.9. */
  rho?: number;
  /** Added under both roots. Default 1e-6. */
  eps?: number;
  /** Added to the gradient, times the parameter. Default 0. */
  weightDecay?: number;
}

/** AdaDelta: steps in units of its own past steps; needs no learning rate. Source: Zeiler 2012. */
export class Adadelta extends Optimizer<Settings<AdadeltaOptions>> {
  /** Optimises `parameters`: tensors, named tensors, or groups with options of their own. @throws ValueError for options out of range. */
  constructor(parameters: Parameters<AdadeltaOptions>, options: AdadeltaOptions = {}) {
    super(parameters as Parameters<Settings<AdadeltaOptions>>, {
      lr: 1,
      rho: 0.9,
      eps: 1e-6,
      weightDecay: 0,
      ...options,
    });
    takes('Adadelta', arguments);
  }

  protected override checkOptions(options: Settings<AdadeltaOptions>): void {
    super.checkOptions(options);
    expectRate('Adadelta', 'rho', options.rho);
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    { lr, rho, eps, weightDecay }: Settings<AdadeltaOptions>,
    state: ParameterState,
  ): void {
    const g = decayed(parameter, gradient, weightDecay);
    const slot = this.slot(state, 'squares', parameter);
    const steps = this.slot(state, 'steps', parameter);
    const squares = this.write(slot, slot.mul(rho).add(g.square().mul(1 - rho)));
    const change = steps.add(eps).sqrt().div(squares.add(eps).sqrt()).mul(g);
    this.write(steps, steps.mul(rho).add(change.square().mul(1 - rho)));
    this.write(parameter, parameter.sub(change.mul(lr)));
  }
}

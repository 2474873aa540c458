/** Gradient descent: plain, with momentum, with Nesterov's. */

import type { Tensor } from '@dl/tensor';
import { ValueError } from '@dl/tensor';
import { sgdStep } from '@dl/tensor/internal';
import type { CommonOptions, ParameterState, Parameters, Settings } from './optimizer';
import { expectAtLeast, Optimizer } from './optimizer';
import { takes } from './signatures';

/** Options of `SGD`. */
export interface SGDOptions extends CommonOptions {
  /** Learning rate. */
  lr: number;
  /** How much of the velocity stays. Default 0. */
  momentum?: number;
  /** How much of the gradient does not enter the velocity. Default 0. */
  dampening?: number;
  /** Added to the gradient, times the parameter: L2. Default 0. */
  weightDecay?: number;
  /** Look ahead along the velocity. Default false. */
  nesterov?: boolean;
  /**
   * How the learning rate enters. 'pytorch' (default): v ← μv + g, p ← p − ηv. 'classic', with the rate inside the velocity: v ← μv + ηg,
   * p ← p − v. They differ once the learning rate changes.
   */
  form?: 'pytorch' | 'classic';
}

/**
 * (Mini-batch) stochastic gradient descent.
 *
 * @example new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
 * Source: Polyak 1964; Nesterov 1983; Sutskever et al. 2013.
 */
export class SGD extends Optimizer<Settings<SGDOptions>> {
  /** Optimises `parameters`: tensors, named tensors, or groups with options of their own. @throws ValueError for options out of range. */
  constructor(parameters: Parameters<SGDOptions>, options: SGDOptions) {
    super(parameters as Parameters<Settings<SGDOptions>>, {
      momentum: 0,
      dampening: 0,
      weightDecay: 0,
      nesterov: false,
      form: 'pytorch',
      ...options,
    });
    takes('SGD', arguments);
  }

  protected override checkOptions(options: Settings<SGDOptions>): void {
    super.checkOptions(options);
    expectAtLeast('SGD', 'momentum', options.momentum, 0);
    expectAtLeast('SGD', 'weightDecay', options.weightDecay, 0);
    if (options.nesterov && (options.momentum === 0 || options.dampening !== 0)) {
      throw new ValueError('SGD', 'Nesterov momentum needs a momentum and no dampening', {
        args: { ...options },
      });
    }
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    options: Settings<SGDOptions>,
    state: ParameterState,
  ): void {
    const { form, maximize: _, initialLr: __, ...rest } = options;
    const first = !('velocity' in state);
    const velocity = rest.momentum === 0 ? undefined : this.slot(state, 'velocity', parameter);
    if (form === 'pytorch' || !velocity) {
      sgdStep(parameter, gradient, velocity, { ...rest, first });
      return;
    }
    // The classic velocity is the other one times the learning rate of its time.
    const scaled = gradient.add(parameter.mul(rest.weightDecay)).mul(rest.lr);
    sgdStep(parameter, scaled, velocity, { ...rest, lr: 1, weightDecay: 0, first });
  }
}

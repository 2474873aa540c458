/** Adam and AdamW. */

import type { Tensor } from '@dl/tensor';
import { adamStep } from '@dl/tensor/internal';
import type { CommonOptions, ParameterState, Parameters, Settings } from './optimizer';
import { expectAtLeast, expectRate, Optimizer } from './optimizer';
import { takes } from './signatures';

/** Options of `Adam` and `AdamW`. */
export interface AdamOptions extends CommonOptions {
  /** Learning rate. Default 1e-3. */
  lr?: number;
  /** How much of the running means of gradient and squared gradient stays. Default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Added to the denominator. Default 1e-8. */
  eps?: number;
  /** Adam: added to the gradient, times the parameter. AdamW: shrinks the parameter itself. Default 0, AdamW 0.01. */
  weightDecay?: number;
  /** Use the largest running mean of squares so far (Reddi et al. 2018). Default false. */
  amsgrad?: boolean;
}

abstract class AdamBase extends Optimizer<Settings<AdamOptions>> {
  protected abstract readonly decoupled: boolean;

  constructor(parameters: Parameters<AdamOptions>, options: AdamOptions, weightDecay: number) {
    super(parameters as Parameters<Settings<AdamOptions>>, {
      lr: 1e-3,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay,
      amsgrad: false,
      ...options,
    });
    takes('AdamBase', arguments, new.target.name);
  }

  protected override checkOptions(options: Settings<AdamOptions>): void {
    super.checkOptions(options);
    const owner = this.constructor.name;
    expectRate(owner, 'beta1', options.betas[0]);
    expectRate(owner, 'beta2', options.betas[1]);
    expectAtLeast(owner, 'eps', options.eps, 0);
    expectAtLeast(owner, 'weightDecay', options.weightDecay, 0);
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    { lr, betas, eps, weightDecay, amsgrad }: Settings<AdamOptions>,
    state: ParameterState,
  ): void {
    const m = this.slot(state, 'mean', parameter);
    const v = this.slot(state, 'square', parameter);
    const largest = amsgrad ? this.slot(state, 'largest', parameter) : undefined;
    const step = this.count(state);
    const { decoupled } = this;
    const [beta1, beta2] = betas;
    adamStep(parameter, gradient, m, v, largest, {
      lr,
      beta1,
      beta2,
      eps,
      weightDecay,
      decoupled,
      step,
    });
  }
}

/**
 * Adam: steps by the running mean of the gradient over the root of that of its square.
 *
 * @example new Adam(model.parameters(), { lr: 1e-3 })
 * Source: Kingma and Ba 2015.
 */
export class Adam extends AdamBase {
  protected readonly decoupled = false;

  /** Optimises `parameters`: tensors, named tensors, or groups with options of their own. @throws ValueError for options out of range. */
  constructor(parameters: Parameters<AdamOptions>, options: AdamOptions = {}) {
    super(parameters, options, 0);
    takes('Adam', arguments);
  }
}

/** Adam with weight decay that does not pass through the running means. Source: Loshchilov and Hutter 2019. */
export class AdamW extends AdamBase {
  protected readonly decoupled = true;

  /** Optimises `parameters`: tensors, named tensors, or groups with options of their own. @throws ValueError for options out of range. */
  constructor(parameters: Parameters<AdamOptions>, options: AdamOptions = {}) {
    super(parameters, options, 0.01);
    takes('AdamW', arguments);
  }
}

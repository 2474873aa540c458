/** Relatives of Adam: Adamax, NAdam, RAdam. */

import type { Tensor } from '@dl/tensor';
import { maximum } from '@dl/tensor';
import type { CommonOptions, ParameterState, Parameters, Settings } from './optimizer';
import { expectAtLeast, expectRate, Optimizer } from './optimizer';
import { takes } from './signatures';

/** Options of `Adamax` and `RAdam`. */
export interface AdamaxOptions extends CommonOptions {
  /** Learning rate. Default 2e-3, RAdam 1e-3. */
  lr?: number;
  /** Decay rates of the moving averages of the gradient and of its magnitude. Default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Keeps the denominator from 0. Default 1e-8. */
  eps?: number;
  /** Added to the gradient, times the parameter. Default 0. */
  weightDecay?: number;
}

/** Options of `NAdam`. */
export interface NAdamOptions extends AdamaxOptions {
  /** How fast the momentum grows to its final value. Default 4e-3. */
  momentumDecay?: number;
}

abstract class Moments<O extends Settings<AdamaxOptions>> extends Optimizer<O> {
  protected override checkOptions(options: O): void {
    super.checkOptions(options);
    const owner = this.constructor.name;
    const { betas, eps, weightDecay } = options;
    expectRate(owner, 'beta1', betas[0]);
    expectRate(owner, 'beta2', betas[1]);
    expectAtLeast(owner, 'eps', eps, 0);
    expectAtLeast(owner, 'weightDecay', weightDecay, 0);
  }

  /** The gradient with weight decay, and its running mean. */
  protected follow(
    parameter: Tensor,
    gradient: Tensor,
    { betas, weightDecay }: Settings<AdamaxOptions>,
    state: ParameterState,
  ): { g: Tensor; mean: Tensor } {
    const g = weightDecay === 0 ? gradient : gradient.add(parameter.mul(weightDecay));
    const mean = this.slot(state, 'mean', parameter);
    return { g, mean: this.write(mean, mean.mul(betas[0]).add(g.mul(1 - betas[0]))) };
  }

  /** The running mean of the squared gradient. */
  protected squares(parameter: Tensor, g: Tensor, beta: number, state: ParameterState): Tensor {
    const square = this.slot(state, 'square', parameter);
    return this.write(square, square.mul(beta).add(g.square().mul(1 - beta)));
  }
}

const DEFAULTS = { betas: [0.9, 0.999] as const, eps: 1e-8, weightDecay: 0 };

/** Adam with the largest recent gradient for the size. Source: Kingma and Ba 2015, section 7. */
export class Adamax extends Moments<Settings<AdamaxOptions>> {
  /** Optimises `parameters`: tensors, named tensors, or groups with options of their own. @throws ValueError for options out of range. */
  constructor(parameters: Parameters<AdamaxOptions>, options: AdamaxOptions = {}) {
    super(parameters as Parameters<Settings<AdamaxOptions>>, { lr: 2e-3, ...DEFAULTS, ...options });
    takes('Adamax', arguments);
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    options: Settings<AdamaxOptions>,
    state: ParameterState,
  ): void {
    const { lr, betas, eps } = options;
    const { g, mean } = this.follow(parameter, gradient, options, state);
    const slot = this.slot(state, 'largest', parameter);
    const largest = this.write(slot, maximum(slot.mul(betas[1]), g.abs().add(eps)));
    const rate = lr / (1 - betas[0] ** this.count(state));
    this.write(parameter, parameter.sub(mean.div(largest).mul(rate)));
  }
}

/** Adam that looks ahead like Nesterov's momentum, which grows over time. As the paper and PyTorch since 2.0 have it; 1.13 counts one momentum twice. Source: Dozat 2016. */
export class NAdam extends Moments<Settings<NAdamOptions>> {
  /** Optimises `parameters`: tensors, named tensors, or groups with options of their own. @throws ValueError for options out of range. */
  constructor(parameters: Parameters<NAdamOptions>, options: NAdamOptions = {}) {
    super(parameters as Parameters<Settings<NAdamOptions>>, {
      lr: 2e-3,
      momentumDecay: 4e-3,
      ...DEFAULTS,
      ...options,
    });
    takes('NAdam', arguments);
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    options: Settings<NAdamOptions>,
    state: ParameterState,
  ): void {
    const { lr, betas, eps, momentumDecay } = options;
    const { g, mean } = this.follow(parameter, gradient, options, state);
    const square = this.squares(parameter, g, betas[1], state);
    const step = this.count(state);
    const momentum = (t: number) => betas[0] * (1 - 0.5 * 0.96 ** (t * momentumDecay));
    const [now, next] = [momentum(step), momentum(step + 1)];
    const product = ((state.momentumProduct as number | undefined) ?? 1) * now;
    state.momentumProduct = product;
    const below = square
      .div(1 - betas[1] ** step)
      .sqrt()
      .add(eps);
    const ahead = mean.mul((lr * next) / (1 - product * next));
    const own = g.mul((lr * (1 - now)) / (1 - product));
    this.write(parameter, parameter.sub(own.add(ahead).div(below)));
  }
}

/** Adam that trusts the sizes of gradients only when enough of them were seen. Source: Liu et al. 2020. */
export class RAdam extends Moments<Settings<AdamaxOptions>> {
  /** Optimises `parameters`: tensors, named tensors, or groups with options of their own. @throws ValueError for options out of range. */
  constructor(parameters: Parameters<AdamaxOptions>, options: AdamaxOptions = {}) {
    super(parameters as Parameters<Settings<AdamaxOptions>>, { lr: 1e-3, ...DEFAULTS, ...options });
    takes('RAdam', arguments);
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    options: Settings<AdamaxOptions>,
    state: ParameterState,
  ): void {
    const { lr, betas, eps } = options;
    const { g, mean } = this.follow(parameter, gradient, options, state);
    const square = this.squares(parameter, g, betas[1], state);
    const step = this.count(state);
    const forgotten = betas[1] ** step;
    const rate = lr / (1 - betas[0] ** step);
    const longest = 2 / (1 - betas[1]) - 1;
    const length = longest - (2 * step * forgotten) / (1 - forgotten);
    if (length <= 5) {
      this.write(parameter, parameter.sub(mean.mul(rate)));
      return;
    }
    const share =
      ((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length);
    const size = rate * Math.sqrt(share * (1 - forgotten));
    this.write(parameter, parameter.sub(mean.mul(size).div(square.sqrt().add(eps))));
  }
}

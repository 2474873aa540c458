/** Adam that leaves rows alone which have no gradient. */

import type { Tensor } from '@dl/tensor';
import { where } from '@dl/tensor';
import type { CommonOptions, ParameterState, Parameters, Settings } from './optimizer';
import { expectAtLeast, expectRate, Optimizer } from './optimizer';
import { takes } from './signatures';

/** Options of `SparseAdam`. */
export interface SparseAdamOptions extends CommonOptions {
  /** Learning rate. Default 1e-3. */
  lr?: number;
  /** How much of the running means of gradient and squared gradient stays. Default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Added to the denominator. Default 1e-8. */
  eps?: number;
}

/**
 * Adam for embeddings, of which a batch uses few rows: a row whose gradient is 0 keeps its value and its running means, while Adam would
 * go on moving it by its old mean. Gradients are dense here, and a row counts as used where any of its numbers is not 0; PyTorch's
 * SparseAdam takes sparse gradients and uses the rows that they list.
 *
 * @example new SparseAdam(embedding.parameters(), { lr: 1e-3 })
 * Source: as `torch.optim.SparseAdam`, after Kingma and Ba 2015.
 */
export class SparseAdam extends Optimizer<Settings<SparseAdamOptions>> {
  /** Optimises `parameters`: tensors, named tensors, or groups with options of their own. @throws ValueError for options out of range. */
  constructor(parameters: Parameters<SparseAdamOptions>, options: SparseAdamOptions = {}) {
    super(parameters as Parameters<Settings<SparseAdamOptions>>, {
      lr: 1e-3,
      betas: [0.9, 0.999],
      eps: 1e-8,
      ...options,
    });
    takes('SparseAdam', arguments);
  }

  protected override checkOptions(options: Settings<SparseAdamOptions>): void {
    super.checkOptions(options);
    expectRate('SparseAdam', 'beta1', options.betas[0]);
    expectRate('SparseAdam', 'beta2', options.betas[1]);
    expectAtLeast('SparseAdam', 'eps', options.eps, 0);
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    { lr, betas: [beta1, beta2], eps }: Settings<SparseAdamOptions>,
    state: ParameterState,
  ): void {
    const step = this.count(state);
    const m = this.slot(state, 'mean', parameter);
    const v = this.slot(state, 'square', parameter);
    const rest = Array.from({ length: Math.max(parameter.ndim - 1, 0) }, (_, i) => i + 1);
    const nonzero = gradient.ne(0);
    const used = rest.length > 0 ? nonzero.any(rest, { keepdim: true }) : nonzero;
    const mean = this.write(m, where(used, m.lerp(gradient, 1 - beta1), m));
    const square = this.write(v, where(used, v.lerp(gradient.square(), 1 - beta2), v));
    const rate = (lr * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step);
    const change = mean.div(square.sqrt().add(eps)).mul(rate);
    this.write(parameter, parameter.sub(where(used, change, 0)));
  }
}

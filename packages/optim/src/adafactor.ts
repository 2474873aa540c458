/** Adafactor: Adam's second moments in the memory of a row and a column. */

import type { Shape, Tensor } from '@dl/tensor';
import { maximum } from '@dl/tensor';
import type { CommonOptions, ParameterState, Parameters, Settings } from './optimizer';
import { expectAtLeast, Optimizer } from './optimizer';
import { takes } from './signatures';

/** Options of `Adafactor`. */
export interface AdafactorOptions extends CommonOptions {
  /** The largest step relative to the size of the parameter; from step 1 / lr² on it falls as 1 / √step. Default 0.01. */
  lr?: number;
  /** The running means of squares keep 1 − step^beta2Decay of what they were. Default −0.8. */
  beta2Decay?: number;
  /**
   * The least mean of squares, as its root, and the least size that a parameter counts with. Default [null, 1e-3]; null is the distance
   * from 1 to the next number of the dtype.
   */
  eps?: readonly [number | null, number];
  /** Where the root of the mean square of an update is clipped. Default 1. */
  d?: number;
  /** Shrinks the parameter itself, times lr. Default 0. */
  weightDecay?: number;
}

const EPSILON: Readonly<Record<string, number>> = { float32: 2 ** -23, float64: 2 ** -52 };

/**
 * Adafactor: divides the gradient by the root of a running mean of its squares, of which it keeps only the means of rows and of columns
 * where a parameter has two axes or more. V ≈ R·C / mean(R), U = G / √V, and the step is U · ρ · max(eps₂, rms(X)) / max(1, rms(U) / d).
 *
 * @example new Adafactor(model.parameters(), { lr: 1e-2 })
 * Source: Shazeer and Stern 2018, algorithms 4 and 6; as `torch.optim.Adafactor`.
 */
export class Adafactor extends Optimizer<Settings<AdafactorOptions>> {
  /** Optimises `parameters`: tensors, named tensors, or groups with options of their own. @throws ValueError for options out of range. */
  constructor(parameters: Parameters<AdafactorOptions>, options: AdafactorOptions = {}) {
    super(parameters as Parameters<Settings<AdafactorOptions>>, {
      lr: 0.01,
      beta2Decay: -0.8,
      eps: [null, 1e-3],
      d: 1,
      weightDecay: 0,
      ...options,
    });
    takes('Adafactor', arguments);
  }

  protected override checkOptions(options: Settings<AdafactorOptions>): void {
    super.checkOptions(options);
    expectAtLeast('Adafactor', '-beta2Decay', -options.beta2Decay, 0);
    expectAtLeast('Adafactor', 'eps[0]', options.eps[0] ?? 0, 0);
    expectAtLeast('Adafactor', 'eps[1]', options.eps[1], 0);
    expectAtLeast('Adafactor', 'd', options.d, 1);
    expectAtLeast('Adafactor', 'weightDecay', options.weightDecay, 0);
  }

  protected override shapeOfSlot(name: string, { shape }: Tensor): Shape {
    if (name === 'rows') return [...shape.slice(0, -1), 1];
    if (name === 'columns') return [...shape.slice(0, -2), 1, ...shape.slice(-1)];
    return shape;
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    { lr, beta2Decay, eps, d, weightDecay }: Settings<AdafactorOptions>,
    state: ParameterState,
  ): void {
    const step = this.count(state);
    const least = eps[0] ?? EPSILON[parameter.dtype];
    const size = maximum(rootMeanSquare(parameter), eps[1]).mul(Math.min(lr, 1 / Math.sqrt(step)));
    const shrunk = weightDecay === 0 ? parameter : parameter.mul(1 - lr * weightDecay);
    const squares = this.meanOfSquares(parameter, gradient, state, step ** beta2Decay, least);
    const change = gradient.div(maximum(squares, least ** 2).sqrt());
    const clip = maximum(rootMeanSquare(change).div(d), 1);
    this.write(parameter, shrunk.sub(change.mul(size.div(clip))));
  }

  /** An estimate of the running mean of squares, of which `share` is new. */
  private meanOfSquares(
    parameter: Tensor,
    gradient: Tensor,
    state: ParameterState,
    share: number,
    least: number,
  ): Tensor {
    const squares = gradient.square();
    const follow = (name: string, value: Tensor) => {
      const slot = this.slot(state, name, parameter);
      return this.write(slot, slot.lerp(value, share));
    };
    if (gradient.ndim < 2) return follow('squares', squares);
    const rows = follow('rows', squares.mean(-1, { keepdim: true }));
    const columns = follow('columns', squares.mean(-2, { keepdim: true }));
    return rows.matmul(columns).div(maximum(rows.mean(-2, { keepdim: true }), least));
  }
}

function rootMeanSquare(x: Tensor): Tensor {
  return x.square().mean().sqrt();
}

/** Muon: momentum made orthogonal, for the matrices inside a network. */

import type { Tensor } from '@dl/tensor';
import { maximum, ShapeError, ValueError } from '@dl/tensor';
import type { CommonOptions, ParameterState, Parameters, Settings } from './optimizer';
import { expectAtLeast, expectRate, Optimizer } from './optimizer';
import { takes } from './signatures';

/** Options of `Muon`. */
export interface MuonOptions extends CommonOptions {
  /** Learning rate. Default 1e-3. */
  lr?: number;
  /** Shrinks the parameter itself, times lr. Default 0.1. */
  weightDecay?: number;
  /** How much of the running mean of the gradient stays. Default 0.95. */
  momentum?: number;
  /** Look ahead: mix the gradient with the mean that it has already moved. Default true. */
  nesterov?: boolean;
  /** a, b and c of the iteration X ← a·X + (b·XXᵀ + c·(XXᵀ)²)·X. Default [3.4445, −4.775, 2.0315]. */
  nsCoefficients?: readonly [number, number, number];
  /** The least norm that the matrix is divided by before the iteration. Default 1e-7. */
  eps?: number;
  /** How often the iteration runs. Default 5. */
  nsSteps?: number;
  /**
   * How the rate depends on a matrix of A rows and B columns: 'original' times √max(1, A/B); 'matchRmsAdamw' times 0.2·√max(A, B), so
   * that rates tuned for AdamW fit. Default 'original'.
   */
  adjustLrFn?: 'original' | 'matchRmsAdamw';
}

/**
 * Muon: steps by the running mean of the gradient with its singular values brought near 1, by a few Newton–Schulz iterations. For the
 * weight matrices of hidden layers; give embeddings, heads, biases and gains to AdamW. The iteration runs in the dtype of the parameter
 * (PyTorch takes bfloat16).
 *
 * @example new Muon(model.parameters().filter((x) => x.ndim === 2), { lr: 0.02 })
 * Source: Jordan et al. 2024; 'matchRmsAdamw' is of Liu et al. 2025; as `torch.optim.Muon`.
 */
export class Muon extends Optimizer<Settings<MuonOptions>> {
  /**
   * Optimises `parameters`: matrices, named matrices, or groups with options of their own.
   *
   * @throws ShapeError for a parameter that is not a matrix; ValueError for options out of range.
   */
  constructor(parameters: Parameters<MuonOptions>, options: MuonOptions = {}) {
    super(parameters as Parameters<Settings<MuonOptions>>, {
      lr: 1e-3,
      weightDecay: 0.1,
      momentum: 0.95,
      nesterov: true,
      nsCoefficients: [3.4445, -4.775, 2.0315],
      eps: 1e-7,
      nsSteps: 5,
      adjustLrFn: 'original',
      ...options,
    });
    takes('Muon', arguments);
    for (const [parameter, name] of this.names) {
      if (parameter.ndim === 2) continue;
      throw new ShapeError('Muon', `parameter ${name} is not a matrix`, {
        args: { parameter },
        hint: 'give parameters of other shapes to AdamW, in an optimiser of its own',
      });
    }
  }

  protected override checkOptions(options: Settings<MuonOptions>): void {
    super.checkOptions(options);
    expectAtLeast('Muon', 'weightDecay', options.weightDecay, 0);
    expectRate('Muon', 'momentum', options.momentum);
    expectAtLeast('Muon', 'eps', options.eps, 0);
    const { nsSteps, adjustLrFn } = options;
    if (!Number.isInteger(nsSteps) || nsSteps < 1 || nsSteps >= 100) {
      throw new ValueError('Muon', 'nsSteps must be a whole number from 1 to 99', {
        args: { nsSteps },
      });
    }
    if (adjustLrFn === 'original' || adjustLrFn === 'matchRmsAdamw') return;
    throw new ValueError('Muon', 'adjustLrFn is not known', {
      args: { adjustLrFn },
      expected: "'original' or 'matchRmsAdamw'",
    });
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    options: Settings<MuonOptions>,
    state: ParameterState,
  ): void {
    const { lr, weightDecay, momentum, nesterov } = options;
    const slot = this.slot(state, 'mean', parameter);
    const mean = this.write(slot, slot.lerp(gradient, 1 - momentum));
    const direction = orthogonalized(nesterov ? gradient.lerp(mean, momentum) : mean, options);
    const shrunk = parameter.mul(1 - lr * weightDecay);
    this.write(parameter, shrunk.sub(direction.mul(lr * factor(parameter.shape, options))));
  }
}

/** A matrix with the singular vectors of x, and singular values near 1. */
function orthogonalized(
  x: Tensor,
  { nsCoefficients: [a, b, c], nsSteps, eps }: Settings<MuonOptions>,
): Tensor {
  const tall = x.shape[0] > x.shape[1];
  let y = tall ? x.transpose() : x;
  y = y.div(maximum(y.square().sum().sqrt(), eps));
  for (let step = 0; step < nsSteps; step++) {
    const gram = y.matmul(y.transpose());
    y = y.mul(a).add(gram.mul(b).add(gram.matmul(gram).mul(c)).matmul(y));
  }
  return tall ? y.transpose() : y;
}

function factor([rows, columns]: readonly number[], { adjustLrFn }: Settings<MuonOptions>): number {
  if (adjustLrFn === 'matchRmsAdamw') return 0.2 * Math.sqrt(Math.max(rows, columns));
  return Math.sqrt(Math.max(1, rows / columns));
}

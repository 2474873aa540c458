/** Normalisation of each example alone: instance norm, and the local response norm of AlexNet. */

import type { Tensor } from '@dl/tensor';
import { ones, ShapeError, zeros } from '@dl/tensor';
import type { Named } from '../fields';
import { renamed } from '../fields';
import { instanceNorm, localResponseNorm } from '../functional/instance-norm';
import { buffer, Module, parameter } from '../module';
import { takes } from '../signatures';
import type { NormOptions } from './norm';

/** Options of the instance norms. */
export interface InstanceNormOptions extends NormOptions {
  /** Whether there are `weight` (starts at 1) and `bias` (starts at 0). Default false. */
  readonly affine?: boolean;
  /** Share of the new batch in the moving averages. Default 0.1. */
  readonly momentum?: number;
  /** Whether there are moving averages, which take the place of each example's own statistics after `eval()`. Default false. */
  readonly trackRunningStats?: boolean;
}

const SAVED_NAMES = {
  runningMean: 'running_mean',
  runningVar: 'running_var',
  numBatchesTracked: 'num_batches_tracked',
};

/** What the instance norms have in common. */
abstract class InstanceNorm extends Module {
  weight: Tensor | undefined;
  bias: Tensor | undefined;
  readonly runningMean: Tensor | undefined;
  readonly runningVar: Tensor | undefined;
  /** As in PyTorch: saved and loaded, but never counted. */
  readonly numBatchesTracked: Tensor | undefined;
  readonly eps: number;
  readonly momentum: number;
  /** Axes behind the channels. */
  protected abstract readonly axes: number;

  /** Makes the layer. @param numFeatures - channels of x. */
  constructor(
    readonly numFeatures: number,
    options: InstanceNormOptions = {},
  ) {
    super();
    takes('InstanceNorm', arguments, new.target.name);
    const {
      eps = 1e-5,
      momentum = 0.1,
      affine = false,
      trackRunningStats = false,
      dtype = 'float32',
    } = options;
    this.eps = eps;
    this.momentum = momentum;
    if (affine) {
      this.weight = parameter(ones([numFeatures], { dtype }));
      this.bias = parameter(zeros([numFeatures], { dtype }));
    }
    if (trackRunningStats) {
      this.runningMean = buffer(zeros([numFeatures], { dtype }));
      this.runningVar = buffer(ones([numFeatures], { dtype }));
      this.numBatchesTracked = buffer(zeros([], { dtype: 'int32' }));
    }
  }

  protected override members(): Iterable<Named<unknown>> {
    return renamed(super.members(), SAVED_NAMES);
  }

  /** Computes the output. @param x - [N, C, ...] or [C, ...]. @returns the shape of x. @throws ShapeError for other axes. */
  forward(x: Tensor): Tensor {
    takes('InstanceNorm.forward', arguments);
    const single = x.ndim === this.axes + 1;
    if ((!single && x.ndim !== this.axes + 2) || x.shape[single ? 0 : 1] !== this.numFeatures) {
      const behind = this.axes === 1 ? 'L' : 'H, W';
      throw new ShapeError(this.constructor.name, 'x does not fit', {
        args: { x },
        expected: `x: [N, C, ${behind}] or [C, ${behind}], C = ${this.numFeatures}`,
      });
    }
    if (single) return this.forward(x.unsqueeze(0)).squeeze(0);
    const useInput = this.training || !this.runningMean;
    const { runningMean, runningVar, weight, bias, momentum, eps } = this;
    return instanceNorm(x, runningMean, runningVar, weight, bias, {
      useInputStats: useInput,
      momentum,
      eps,
    });
  }

  override describe(): string {
    return String(this.numFeatures);
  }
}

/**
 * Instance norm of sequences; see `functional.instanceNorm`. Parameters and buffers, where asked for: `weight`, `bias`,
 * `running_mean`, `running_var` [C], `num_batches_tracked`.
 *
 * @example new InstanceNorm1d(64).forward(x) // x: [N, 64, L]
 */
export class InstanceNorm1d extends InstanceNorm {
  protected readonly axes = 1;
}

/**
 * Instance norm of images. Parameters and buffers as `InstanceNorm1d`.
 *
 * @example new InstanceNorm2d(16).forward(x) // x: [N, 16, H, W]
 */
export class InstanceNorm2d extends InstanceNorm {
  protected readonly axes = 2;
}

/** Divides by a power of the neighbouring channels' mean square; see `functional.localResponseNorm`. No parameters. */
export class LocalResponseNorm extends Module {
  /** Makes the layer. @param size - channels that count. @param alpha - default 1e-4. @param beta - default 0.75. @param k - default 1. */
  constructor(
    readonly size: number,
    readonly alpha = 1e-4,
    readonly beta = 0.75,
    readonly k = 1,
  ) {
    super();
    takes('LocalResponseNorm', arguments);
  }

  /** Computes the output. @param x - [N, C, ...]. */
  forward(x: Tensor): Tensor {
    takes('LocalResponseNorm.forward', arguments);
    return localResponseNorm(x, this.size, this.alpha, this.beta, this.k);
  }
}

/** Normalisation layers. */

import type { DType, Tensor } from '@dl/tensor';
import { ones, ShapeError, ValueError, zeros } from '@dl/tensor';
import type { Named } from '../fields';
import { renamed } from '../fields';
import { batchNorm, groupNorm, layerNorm } from '../functional/norm';
import { buffer, Module, parameter } from '../module';
import { takes } from '../signatures';

/** Options that the normalisation layers share. */
export interface NormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Whether there are `weight` (starts at 1) and `bias` (starts at 0). Default true. */
  readonly affine?: boolean;
  /** Element type of the parameters. Default float32. */
  readonly dtype?: DType;
}

/** Options of the batch norms. */
export interface BatchNormLayerOptions extends NormOptions {
  /** Share of the new batch in the moving averages; null: the plain average of all batches so far. Default 0.1. */
  readonly momentum?: number | null;
  /** Whether there are moving averages; without them the batch is used after `eval()` too. Default true. */
  readonly trackRunningStats?: boolean;
}

const SAVED_NAMES = {
  runningMean: 'running_mean',
  runningVar: 'running_var',
  numBatchesTracked: 'num_batches_tracked',
};

/** What the batch norms have in common. */
abstract class BatchNorm extends Module {
  weight: Tensor | undefined;
  bias: Tensor | undefined;
  readonly runningMean: Tensor | undefined;
  readonly runningVar: Tensor | undefined;
  readonly numBatchesTracked: Tensor | undefined;
  readonly eps: number;
  readonly momentum: number | null;
  /** The numbers of axes that x may have, and how to say it. */
  protected abstract readonly accepts: { readonly ndim: readonly number[]; readonly as: string };

  /** Makes the layer. @param numFeatures - channels of x. */
  constructor(
    readonly numFeatures: number,
    options: BatchNormLayerOptions = {},
  ) {
    super();
    takes('BatchNorm', arguments, new.target.name);
    const {
      eps = 1e-5,
      momentum = 0.1,
      affine = true,
      trackRunningStats = true,
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

  /** Computes the output. @param x - [N, C, ...]. @returns the shape of x. @throws ShapeError for other axes. */
  forward(x: Tensor): Tensor {
    takes('BatchNorm.forward', arguments);
    const { ndim, as } = this.accepts;
    if (!ndim.includes(x.ndim) || x.shape[1] !== this.numFeatures) {
      throw new ShapeError(this.constructor.name, 'x does not fit', {
        args: { x },
        expected: `x: ${as}, C = ${this.numFeatures}`,
      });
    }
    const { weight, bias, runningMean, runningVar, eps } = this;
    const training = this.training || !runningMean;
    const momentum = training ? this.countBatch() : 0;
    return batchNorm(x, runningMean, runningVar, weight, bias, { training, momentum, eps });
  }

  /** Counts the batch and tells its share in the moving averages. */
  private countBatch(): number | Tensor {
    const { numBatchesTracked: count, runningMean } = this;
    if (!count || !runningMean) return 0;
    count.add_(1);
    return this.momentum ?? count.cast(runningMean.dtype).reciprocal();
  }

  override describe(): string {
    return String(this.numFeatures);
  }
}

/**
 * Batch norm of vectors or sequences; see `functional.batchNorm`. Parameters: `weight`, `bias` [C]. Buffers: `running_mean`,
 * `running_var` [C], `num_batches_tracked`. After `eval()` the moving averages take the place of the batch's statistics.
 *
 * @example new BatchNorm1d(64).forward(x) // x: [N, 64] or [N, 64, L]
 */
export class BatchNorm1d extends BatchNorm {
  protected readonly accepts = { ndim: [2, 3], as: '[N, C] or [N, C, L]' };
}

/**
 * Batch norm of images: one mean and variance a channel, over batch and pixels. Parameters, buffers and `eval()` as `BatchNorm1d`.
 *
 * @example new BatchNorm2d(16).forward(x) // x: [N, 16, H, W]
 */
export class BatchNorm2d extends BatchNorm {
  protected readonly accepts = { ndim: [4], as: '[N, C, H, W]' };
}

/**
 * Normalises the last axes of each example; the same in training and after `eval()`. Parameters: `weight`, `bias` of those axes.
 *
 * @example new LayerNorm(512).forward(x) // x: [..., 512]
 */
export class LayerNorm extends Module {
  readonly normalizedShape: readonly number[];
  weight: Tensor | undefined;
  bias: Tensor | undefined;
  readonly eps: number;

  /** Makes the layer. @param normalizedShape - sizes of the last axes. */
  constructor(normalizedShape: number | readonly number[], options: NormOptions = {}) {
    super();
    takes('LayerNorm', arguments);
    const { eps = 1e-5, affine = true, dtype = 'float32' } = options;
    this.eps = eps;
    this.normalizedShape =
      typeof normalizedShape === 'number' ? [normalizedShape] : [...normalizedShape];
    if (affine) {
      this.weight = parameter(ones(this.normalizedShape, { dtype }));
      this.bias = parameter(zeros(this.normalizedShape, { dtype }));
    }
  }

  /** Computes the output. @param x - [..., *normalizedShape]. @throws ShapeError where x does not end so. */
  forward(x: Tensor): Tensor {
    takes('LayerNorm.forward', arguments);
    return layerNorm(x, this.normalizedShape, this.weight, this.bias, { eps: this.eps });
  }

  override describe(): string {
    return this.normalizedShape.join('×');
  }
}

/**
 * Normalises groups of channels of each example; the same in training and after `eval()`. Parameters: `weight`, `bias` [C].
 *
 * @example new GroupNorm(4, 16).forward(x) // x: [N, 16, ...]
 */
export class GroupNorm extends Module {
  weight: Tensor | undefined;
  bias: Tensor | undefined;
  readonly eps: number;

  /** Makes the layer. @param numGroups - how many groups. @param numChannels - channels of x. @throws ValueError where groups do not divide them. */
  constructor(
    readonly numGroups: number,
    readonly numChannels: number,
    options: NormOptions = {},
  ) {
    super();
    takes('GroupNorm', arguments);
    const { eps = 1e-5, affine = true, dtype = 'float32' } = options;
    if (!(numGroups >= 1) || numChannels % numGroups !== 0) {
      throw new ValueError('GroupNorm', 'the groups do not divide the channels', {
        args: { numGroups, numChannels },
      });
    }
    this.eps = eps;
    if (affine) {
      this.weight = parameter(ones([numChannels], { dtype }));
      this.bias = parameter(zeros([numChannels], { dtype }));
    }
  }

  /** Computes the output. @param x - [N, C, ...]. @throws ShapeError where channels do not fit. */
  forward(x: Tensor): Tensor {
    takes('GroupNorm.forward', arguments);
    return groupNorm(x, this.numGroups, this.weight, this.bias, { eps: this.eps });
  }

  override describe(): string {
    return `${this.numGroups} groups of ${this.numChannels / this.numGroups}`;
  }
}

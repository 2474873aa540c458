/** Preprocessing by rotations: principal components and whitening, from the covariance matrix of the training set. */

import type { PreprocessingOptions } from '@dl/nn';
import { buffer, Preprocessing } from '@dl/nn';
import type { Tensor } from '@dl/tensor';
import { assign, ValueError, zeros } from '@dl/tensor';
import { svd } from './decompositions';
import { takes } from './signatures';

/** The means, and the directions and variances of the covariance matrix. */
abstract class Rotation extends Preprocessing {
  /** The mean of each feature, [features]. */
  readonly mean: Tensor;
  /** Orthonormal directions in rows, the one of the largest variance first, [components, features]. */
  readonly directions: Tensor;
  /** The variance along each direction (divided by N), [components]. */
  readonly variances: Tensor;

  constructor(
    shape: number | readonly number[],
    protected readonly components: number,
    options: PreprocessingOptions,
  ) {
    super(shape, options);
    takes('Rotation', arguments, new.target.name);
    if (!Number.isInteger(components) || components < 1 || components > this.features) {
      throw new ValueError(new.target.name, 'there cannot be so many components', {
        args: { components },
        expected: `1 to ${this.features}`,
      });
    }
    this.mean = buffer(zeros([this.features], this.like));
    this.directions = buffer(zeros([components, this.features], this.like));
    this.variances = buffer(zeros([components], this.like));
  }

  protected learn(rows: Tensor): void {
    const mean = rows.mean(0);
    const centred = rows.sub(mean);
    const { S, Vh } = svd(centred.transpose(0, 1).matmul(centred).div(rows.shape[0]));
    // A direction is determined up to its sign: its largest entry is made positive.
    const largest = Vh.gather(1, Vh.abs().argmax(1, { keepdim: true }));
    const signed = Vh.mul(largest.sign());
    assign(this.mean, mean);
    assign(this.directions, signed.narrow(0, 0, this.components));
    assign(this.variances, S.narrow(0, 0, this.components));
  }

  /** Coordinates [N, components] of examples along the directions. */
  protected rotate(x: Tensor): Tensor {
    const rows = x.reshape([x.shape[0], this.features]);
    return rows.sub(this.mean).matmul(this.directions.transpose(0, 1));
  }

  /** Examples [N, ...shape] from coordinates [N, components]. */
  protected unrotate(y: Tensor): Tensor {
    const rows = y.matmul(this.directions).add(this.mean);
    return rows.reshape([y.shape[0], ...this.shape]);
  }
}

/** Options of `PCA`. */
export interface PCAOptions extends PreprocessingOptions {
  /** How many directions are kept. Default all. */
  readonly components?: number;
  /** Whether each coordinate is divided by its standard deviation. Default false. */
  readonly whiten?: boolean;
  /** Added to the variances under the root when whitening. Default 1e-5. */
  readonly eps?: number;
}

/**
 * Principal component analysis: coordinates along the directions of largest variance, uncorrelated over the training set. Buffers:
 * `mean`, `directions`, `variances`.
 *
 * @example const codes = new PCA(784, { components: 50 }).fit(train).transform(test); // [N, 50]
 */
export class PCA extends Rotation {
  private readonly whiten: boolean;
  private readonly eps: number;

  /** Makes the analysis. @param shape - of one example, or its size. @throws ValueError for more components than features. */
  constructor(shape: number | readonly number[], options: PCAOptions = {}) {
    takes('PCA', arguments);
    const { components, whiten = false, eps = 1e-5, ...rest } = options;
    const features = [shape].flat().reduce((a, b) => a * b, 1);
    super(shape, components ?? features, rest);
    this.whiten = whiten;
    this.eps = eps;
  }

  private deviations(): Tensor {
    return this.variances.add(this.eps).sqrt();
  }

  protected encode(x: Tensor): Tensor {
    const coordinates = this.rotate(x);
    return this.whiten ? coordinates.div(this.deviations()) : coordinates;
  }

  protected decode(y: Tensor): Tensor {
    return this.unrotate(this.whiten ? y.mul(this.deviations()) : y);
  }
}

/** Options of `ZCAWhitening`. */
export interface ZCAOptions extends PreprocessingOptions {
  /** Added to the variances under the root; larger values smooth. Default 1e-5. */
  readonly eps?: number;
}

/**
 * Whitening that stays as close to the data as it can: rotate, divide by the standard deviations, rotate back. Images remain
 * images. Buffers: `mean`, `directions`, `variances`. Source: Bell and Sejnowski 1997.
 *
 * @example new ZCAWhitening([1, 28, 28], { eps: 0.1 }).fit(train).transform(test)
 */
export class ZCAWhitening extends Rotation {
  private readonly eps: number;

  /** Makes the whitening. @param shape - of one example, or its size. */
  constructor(shape: number | readonly number[], options: ZCAOptions = {}) {
    takes('ZCAWhitening', arguments);
    const { eps = 1e-5, ...rest } = options;
    super(
      shape,
      [shape].flat().reduce((a, b) => a * b, 1),
      rest,
    );
    this.eps = eps;
  }

  protected encode(x: Tensor): Tensor {
    const coordinates = this.rotate(x).div(this.variances.add(this.eps).sqrt());
    return coordinates.matmul(this.directions).reshape(x.shape);
  }

  protected decode(y: Tensor): Tensor {
    const rows = y.reshape([y.shape[0], this.features]);
    const coordinates = rows.matmul(this.directions.transpose(0, 1));
    return this.unrotate(coordinates.mul(this.variances.add(this.eps).sqrt()));
  }
}

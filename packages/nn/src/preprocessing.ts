/**
 * Preprocessing that is fitted on the training set only and then applied to everything: shifts and scales of each feature. The
 * statistics are buffers, so `stateDict` saves them. Rotations (`PCA`, `ZCAWhitening`) are in @dl/linalg.
 */

import { noGrad } from '@dl/autograd';
import type { DType, Tensor } from '@dl/tensor';
import { assign, ShapeError, scope, UsageError, ValueError, where, zeros } from '@dl/tensor';
import { buffer, Module } from './module';
import { takes } from './signatures';

/** Options that all kinds of preprocessing share. */
export interface PreprocessingOptions {
  /** Element type of the statistics. Default float32. */
  readonly dtype?: DType;
}

/**
 * What all kinds of preprocessing have in common. A kind of its own says what it learns from the rows of the training set, and how
 * examples are encoded and decoded by it.
 */
export abstract class Preprocessing extends Module {
  /** The shape of one example. */
  readonly shape: readonly number[];
  /** How many examples were seen by `fit`; 0 before. */
  readonly examples: Tensor;
  /** The element type of what is learned. */
  protected readonly like: { readonly dtype: DType };

  /** Makes the preprocessing, which is not fitted yet. @param shape - of one example, or its size. */
  constructor(shape: number | readonly number[], options: PreprocessingOptions) {
    super();
    takes('Preprocessing', arguments, new.target.name);
    const { dtype = 'float32' } = options;
    this.shape = typeof shape === 'number' ? [shape] : [...shape];
    this.like = { dtype };
    this.examples = buffer(zeros([], { dtype: 'int32' }));
  }

  /** Numbers in an example. */
  protected get features(): number {
    return this.shape.reduce((a, b) => a * b, 1);
  }

  /**
   * Learns from the training set.
   *
   * @param x - [N, ...shape], N at least 1. @returns this. @throws ShapeError for other shapes; ValueError for NaN, ±∞ or no example.
   */
  fit(x: Tensor): this {
    takes('Preprocessing.fit', arguments);
    this.check(x);
    const finite = scope(() => x.isfinite().all().item());
    if (x.shape[0] < 1 || !finite) {
      throw new ValueError(this.constructor.name, 'fit needs examples, all of them finite', {
        args: { x },
      });
    }
    noGrad(() =>
      scope(() => {
        this.learn(x.reshape([x.shape[0], -1]).cast('float64'));
        assign(this.examples, x.shape[0]);
      }),
    );
    return this;
  }

  /** Applies the fitted transformation. @param x - [N, ...shape]. @throws ShapeError for other shapes; UsageError before `fit`. */
  transform(x: Tensor): Tensor {
    takes('Preprocessing.transform', arguments);
    this.check(x);
    this.checkFitted();
    return scope(() => this.encode(x));
  }

  /** `transform`, so that it may stand in a `Sequential`. @param x - [N, ...shape]. */
  forward(x: Tensor): Tensor {
    takes('Preprocessing.forward', arguments);
    return this.transform(x);
  }

  /** Undoes `transform`, as far as nothing was left out. @param y - as `transform` gives. @throws UsageError before `fit`. */
  inverseTransform(y: Tensor): Tensor {
    takes('Preprocessing.inverseTransform', arguments);
    this.checkFitted();
    return scope(() => this.decode(y));
  }

  /** Fills the buffers from examples in rows [N, features] of float64. */
  protected abstract learn(rows: Tensor): void;
  /** From examples to what the network gets. */
  protected abstract encode(x: Tensor): Tensor;
  /** And back. */
  protected abstract decode(y: Tensor): Tensor;

  private check(x: Tensor): void {
    if (x.ndim > 0 && x.shape.slice(1).join() === this.shape.join()) return;
    throw new ShapeError(this.constructor.name, 'x does not fit', {
      args: { x },
      expected: `x: [N, ${this.shape.join(', ')}]`,
    });
  }

  private checkFitted(): void {
    if (this.examples.item() > 0) return;
    throw new UsageError(this.constructor.name, 'nothing was learned yet', {
      hint: 'call fit(training examples) first, or loadStateDict',
    });
  }

  override describe(): string {
    return this.shape.join('×');
  }
}

/** Shift and scale of each feature. */
abstract class Scaler extends Preprocessing {
  /** Subtracted, shape of an example. */
  readonly shift: Tensor;
  /** Divides after that, shape of an example; 1 for features that do not vary. */
  readonly scale: Tensor;

  /** Makes the scaler; call `fit` before you use it. @param shape - of one example, or its size. */
  constructor(shape: number | readonly number[], options: PreprocessingOptions = {}) {
    super(shape, options);
    takes('Scaler', arguments, new.target.name);
    this.shift = buffer(zeros([...this.shape], this.like));
    this.scale = buffer(zeros([...this.shape], this.like));
  }

  protected learn(rows: Tensor): void {
    const { shift, scale } = this.statistics(rows);
    assign(this.shift, shift.reshape(this.shift.shape));
    assign(this.scale, where(scale.gt(0), scale, 1).reshape(this.scale.shape));
  }

  /** Shift and scale [features] of the rows. */
  protected abstract statistics(rows: Tensor): { shift: Tensor; scale: Tensor };

  protected encode(x: Tensor): Tensor {
    return x.sub(this.shift).div(this.scale);
  }

  protected decode(y: Tensor): Tensor {
    return y.mul(this.scale).add(this.shift);
  }
}

/**
 * x − mean, feature by feature. Buffers: `shift`, `scale` (ones).
 *
 * @example new MeanSubtraction([3, 32, 32]).fit(train).transform(test)
 */
export class MeanSubtraction extends Scaler {
  protected statistics(rows: Tensor) {
    return { shift: rows.mean(0), scale: rows.mean(0).mul(0) };
  }
}

/**
 * (x − mean) / standard deviation, feature by feature; the deviation is that of the examples (divided by N). A
 * feature that does not vary becomes 0. Buffers: `shift`, `scale`.
 *
 * @example const scaler = new StandardScaler(13).fit(train);
 */
export class StandardScaler extends Scaler {
  protected statistics(rows: Tensor) {
    const shift = rows.mean(0);
    return { shift, scale: rows.sub(shift).square().mean(0).sqrt() };
  }
}

/** Options of `MinMaxScaler`. */
export interface MinMaxOptions extends PreprocessingOptions {
  /** Where the smallest and the largest training value of each feature go. Default [0, 1]. */
  readonly range?: readonly [low: number, high: number];
}

/** Each feature stretched from its range in the training set to a given one. Buffers: `shift`, `scale`. */
export class MinMaxScaler extends Scaler {
  private readonly range: readonly [number, number];

  /** Makes the scaler. @param shape - of one example, or its size. @throws ValueError where the range is empty. */
  constructor(shape: number | readonly number[], options: MinMaxOptions = {}) {
    takes('MinMaxScaler', arguments);
    const { range = [0, 1], ...rest } = options;
    super(shape, rest);
    if (!(range[0] < range[1])) {
      throw new ValueError('MinMaxScaler', 'the range must rise', { args: { range } });
    }
    this.range = range;
  }

  protected statistics(rows: Tensor) {
    const least = rows.amin(0);
    return { shift: least, scale: rows.amax(0).sub(least) };
  }

  /** From the fitted statistics to the range. */
  protected override encode(x: Tensor): Tensor {
    const [low, high] = this.range;
    return super
      .encode(x)
      .mul(high - low)
      .add(low);
  }

  /** From the range back. */
  protected override decode(y: Tensor): Tensor {
    const [low, high] = this.range;
    return super.decode(y.sub(low).div(high - low));
  }
}

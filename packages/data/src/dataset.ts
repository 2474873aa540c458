/** Collections of examples. An example of index i is whatever the loader's batch function makes of many. */

import type { Tensor, TypedArray } from '@dl/tensor';
import { IndexError, tensor, ValueError } from '@dl/tensor';
import { takes } from './signatures';

/**
 * Examples by position. `batch` builds the tensors of several examples at once, so that no example needs a tensor of its own.
 *
 * @typeParam B - what a batch is, for instance `[Tensor, Tensor]`.
 */
export interface Dataset<B = [Tensor, Tensor]> {
  /** The number of examples. */
  readonly length: number;
  /** The examples at `indices` as one batch. */
  batch(indices: ArrayLike<number>): B;
}

/** How the examples of an `ArrayDataset` are stored and what becomes of them. */
export interface ArrayDatasetOptions {
  /** The inputs of all examples, one after the other, in a compact type (images as bytes). */
  readonly inputs: TypedArray;
  /** The shape of one input, for instance [1, 28, 28]. */
  readonly shape: readonly number[];
  /** One class id an example. */
  readonly labels: Int32Array | Uint8Array;
  /** Inputs are multiplied by this. Default 1/255 for bytes, otherwise 1. */
  readonly scale?: number;
  /** Subtracted after scaling; one number, or one for each position of the first axis (channel). Default 0. */
  readonly mean?: number | readonly number[];
  /** Divides after that; as `mean`. Default 1. */
  readonly std?: number | readonly number[];
  /** Names of the classes; default none. */
  readonly classNames?: readonly string[];
}

/**
 * Inputs and class ids in two arrays. A batch is float32 inputs [N, ...shape], scaled and normalised, and int32 ids [N].
 *
 * @throws ValueError where there are not as many inputs as labels.
 */
export class ArrayDataset implements Dataset {
  readonly inputs: TypedArray;
  readonly labels: Int32Array | Uint8Array;
  readonly shape: readonly number[];
  readonly classNames: readonly string[] | undefined;
  private readonly size: number;
  /** Of each channel, or of everything. */
  private readonly factors: readonly number[];
  private readonly shifts: readonly number[];

  /** A data set over the arrays given; they are not copied. @throws ValueError where their lengths do not fit. */
  constructor(options: ArrayDatasetOptions) {
    takes('ArrayDataset', arguments);
    const { inputs, shape, labels, mean = 0, std = 1 } = options;
    const { scale = inputs instanceof Uint8Array ? 1 / 255 : 1 } = options;
    this.size = shape.reduce((a, b) => a * b, 1);
    if (inputs.length !== labels.length * this.size) {
      throw new ValueError('ArrayDataset', 'there are not as many inputs as labels', {
        args: { inputs: inputs.length, labels: labels.length, shape },
        expected: `${labels.length} · ${this.size} numbers`,
      });
    }
    this.inputs = inputs;
    this.labels = labels;
    this.shape = shape;
    this.classNames = options.classNames;
    const [means, stds] = [mean, std].map((value) => perChannel(value, shape));
    const channels = Math.max(means.length, stds.length);
    const at = (values: readonly number[], c: number) => values[values.length === 1 ? 0 : c];
    this.factors = Array.from({ length: channels }, (_, c) => scale / at(stds, c));
    this.shifts = Array.from({ length: channels }, (_, c) => -at(means, c) / at(stds, c));
  }

  /** The number of examples. */
  get length(): number {
    return this.labels.length;
  }

  /** Inputs [N, ...shape] as float32 and class ids [N] as int32. @throws IndexError for a position that is not there. */
  batch(indices: ArrayLike<number>): [Tensor, Tensor] {
    takes('ArrayDataset.batch', arguments);
    const { size, inputs, factors, shifts } = this;
    const stretch = size / factors.length;
    const x = new Float32Array(indices.length * size);
    const y = new Int32Array(indices.length);
    for (let n = 0; n < indices.length; n++) {
      const index = checkIndex(indices[n], this.length);
      const from = index * size;
      const to = n * size;
      for (let c = 0; c < factors.length; c++) {
        const factor = factors[c];
        const shift = shifts[c];
        const end = (c + 1) * stretch;
        for (let i = c * stretch; i < end; i++) x[to + i] = inputs[from + i] * factor + shift;
      }
      y[n] = this.labels[index];
    }
    return [tensor(x, { shape: [indices.length, ...this.shape] }), tensor(y)];
  }
}

/** Means or deviations as a list. @throws ValueError where there is not one for each channel. */
function perChannel(value: number | readonly number[], shape: readonly number[]): number[] {
  if (typeof value === 'number') return [value];
  if (value.length === shape[0]) return [...value];
  throw new ValueError('ArrayDataset', 'there is not one mean and deviation for each channel', {
    args: { shape, given: value.length },
  });
}

/** @throws IndexError where there is no such example. */
export function checkIndex(index: number, length: number): number {
  if (Number.isInteger(index) && index >= 0 && index < length) return index;
  throw new IndexError('Dataset', `there is no example ${index}`, {
    expected: `0 to ${length - 1}`,
  });
}

/** Tensors whose first axis counts examples; a batch is the rows at the positions asked for. */
export class TensorDataset implements Dataset<Tensor[]> {
  private readonly tensors: readonly Tensor[];

  /** A data set over tensors. @param tensors - at least one, all with as many rows. @throws ValueError where they have not. */
  constructor(...tensors: Tensor[]) {
    takes('TensorDataset', arguments);
    const [first] = tensors;
    if (!first || tensors.some((x) => x.ndim === 0 || x.shape[0] !== first.shape[0])) {
      throw new ValueError('TensorDataset', 'the tensors do not have as many rows', {
        args: { tensors },
      });
    }
    this.tensors = tensors;
  }

  /** The number of rows. */
  get length(): number {
    return this.tensors[0].shape[0];
  }

  /** The rows at `indices` of each tensor. */
  batch(indices: ArrayLike<number>): Tensor[] {
    takes('TensorDataset.batch', arguments);
    const index = tensor(Int32Array.from(indices), { device: this.tensors[0].device });
    const rows = this.tensors.map((x) => x.indexSelect(0, index));
    index.dispose();
    return rows;
  }
}

/** A part of a dataset, in an order of its own. */
export class Subset<B> implements Dataset<B> {
  /** The part of `dataset` at the positions `indices`, in their order. */
  constructor(
    readonly dataset: Dataset<B>,
    readonly indices: ArrayLike<number>,
  ) {
    takes('Subset', arguments);
  }

  /** The number of examples. */
  get length(): number {
    return this.indices.length;
  }

  /** The examples at positions of this part. */
  batch(indices: ArrayLike<number>): B {
    takes('Subset.batch', arguments);
    return this.dataset.batch(
      Array.from(indices, (index) => this.indices[checkIndex(index, this.length)]),
    );
  }
}

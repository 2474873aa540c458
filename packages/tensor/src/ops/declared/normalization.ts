/** Normalisation to mean 0 and variance 1, as fused operations. */

import { ShapeError } from '../../core/errors';
import { run } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { expectFloat, expectSameDType } from '../operand';
import type { FusedDeclaration } from '../table';
import { reshape } from './movement';
import { add, mul, reciprocal, sqrt, square, sub } from './pointwise';
import { mean } from './reduction';

/** Refuses weights and biases that do not fit the axes they scale. */
function checkAffine(
  op: string,
  x: Tensor,
  sizes: readonly number[],
  weight?: Tensor,
  bias?: Tensor,
): void {
  expectFloat(op, x);
  expectSameDType(op, { x, weight, bias });
  for (const part of [weight, bias]) {
    if (part && part.shape.join() !== sizes.join()) {
      throw new ShapeError(op, 'weight and bias do not fit', {
        args: { x, weight, bias },
        expected: `weight, bias: [${sizes.join(', ')}]`,
      });
    }
  }
}

/** Refuses x without an axis of channels. */
function checkAxes(op: string, x: Tensor): void {
  if (x.ndim >= 2) return;
  throw new ShapeError(op, 'x needs an axis of channels', {
    args: { x },
    expected: 'x: [N, C, ...]',
  });
}

/** Numbers for each channel in a shape that broadcasts to x. */
function perChannel(x: Tensor, part: Tensor): Tensor {
  return reshape(part, [x.shape[1], ...x.shape.slice(2).map(() => 1)]);
}

/** (x − mean) / √(variance + eps) · weight + bias over `axes`; weight and bias are already in the shape that broadcasts. */
function normalise(
  x: Tensor,
  axes: readonly number[],
  eps: number,
  weight?: Tensor,
  bias?: Tensor,
) {
  const centre = mean(x, axes, { keepdim: true });
  const distance = sub(x, centre);
  const variance = mean(square(distance), axes, { keepdim: true });
  const standard = mul(distance, reciprocal(sqrt(add(variance, eps))));
  const scaled = weight ? mul(standard, weight) : standard;
  return { y: bias ? add(scaled, bias) : scaled, centre, variance };
}

export const batchNormOp: FusedDeclaration<'batchNorm'> = {
  kind: 'fused',
  name: 'batchNorm',
  infer([x, weight, bias]) {
    checkAxes('batchNorm', x);
    checkAffine('batchNorm', x, [x.shape[1]], weight, bias);
    const channels = { shape: [x.shape[1]], dtype: x.dtype };
    return [{ shape: x.shape, dtype: x.dtype }, channels, channels];
  },
  define([x, weight, bias], { eps }) {
    const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
    const [scale, shift] = [weight, bias].map((part) => part && perChannel(x, part));
    const { y, centre, variance } = normalise(x, axes, eps, scale, shift);
    return [y, reshape(centre, [x.shape[1]]), reshape(variance, [x.shape[1]])];
  },
};

export const channelNormOp: FusedDeclaration<'channelNorm'> = {
  kind: 'fused',
  name: 'channelNorm',
  infer([x, average, variance, weight, bias]) {
    checkAxes('channelNorm', x);
    for (const [a, b] of [
      [average, variance],
      [weight, bias],
    ])
      checkAffine('channelNorm', x, [x.shape[1]], a, b);
    return [{ shape: x.shape, dtype: x.dtype }];
  },
  define([x, average, variance, weight, bias], { eps }) {
    const distance = sub(x, perChannel(x, average));
    const standard = mul(distance, reciprocal(sqrt(add(perChannel(x, variance), eps))));
    const scaled = weight ? mul(standard, perChannel(x, weight)) : standard;
    return [bias ? add(scaled, perChannel(x, bias)) : scaled];
  },
};

export const layerNormOp: FusedDeclaration<'layerNorm'> = {
  kind: 'fused',
  name: 'layerNorm',
  infer([x, weight, bias], { axes }) {
    if (axes < 1 || axes > x.ndim) {
      throw new ShapeError('layerNorm', 'x has too few axes', { args: { x, axes } });
    }
    checkAffine('layerNorm', x, x.shape.slice(x.ndim - axes), weight, bias);
    return [{ shape: x.shape, dtype: x.dtype }];
  },
  define([x, weight, bias], { axes, eps }) {
    const last = Array.from({ length: axes }, (_, i) => x.ndim - axes + i);
    return [normalise(x, last, eps, weight, bias).y];
  },
};

/** What `normalizeBatch` gives. */
export interface NormalizedBatch {
  /** The shape of x. */
  readonly y: Tensor;
  /** The means of the channels, [C]. */
  readonly mean: Tensor;
  /** The biased variances of the channels, [C]. */
  readonly variance: Tensor;
}

/** What the normalisations add to the variance. */
export interface EpsOptions {
  /** Keeps the root away from 0. Default 1e-5. */
  readonly eps?: number;
}

/**
 * (x − mean) / √(variance + eps) · weight + bias for each channel, with the mean and the variance of the batch: what batch
 * normalisation does in training.
 *
 * @param x - [N, C, ...]; mean and variance are over all axes but 1. @param weight - [C], default none. @param bias - [C], default none.
 * @throws ShapeError where there is no axis of channels or the parameters do not fit. Source: Ioffe and Szegedy 2015.
 */
export function normalizeBatch(
  x: Tensor,
  weight?: Tensor,
  bias?: Tensor,
  options: EpsOptions = {},
): NormalizedBatch {
  takes('normalizeBatch', arguments);
  const { eps = 1e-5 } = options;
  const [y, average, variance] = run(batchNormOp, [x, weight, bias], { eps });
  return { y, mean: average, variance };
}

/**
 * (x − mean) / √(variance + eps) · weight + bias for each channel, with statistics that are given: what batch normalisation does when
 * training is over.
 *
 * @param x - [N, C, ...]. @param mean - [C]. @param variance - [C]. @param weight - [C], default none. @param bias - [C], default none.
 * @throws ShapeError where there is no axis of channels or the others do not fit. Source: Ioffe and Szegedy 2015.
 */
export function normalizeChannels(
  x: Tensor,
  mean: Tensor,
  variance: Tensor,
  weight?: Tensor,
  bias?: Tensor,
  options: EpsOptions = {},
): Tensor {
  takes('normalizeChannels', arguments);
  const { eps = 1e-5 } = options;
  return run(channelNormOp, [x, mean, variance, weight, bias], { eps })[0];
}

/**
 * (x − mean) / √(variance + eps) · weight + bias for each example, over its last axes.
 *
 * @param x - [..., *sizes]. @param axes - how many last axes are normalised; weight and bias have their sizes.
 * @returns the shape of x. @throws ShapeError where the parameters do not fit. Source: Ba et al. 2016.
 */
export function normalizeLayer(
  x: Tensor,
  axes: number,
  weight?: Tensor,
  bias?: Tensor,
  options: EpsOptions = {},
): Tensor {
  takes('normalizeLayer', arguments);
  const { eps = 1e-5 } = options;
  return run(layerNormOp, [x, weight, bias], { axes, eps })[0];
}

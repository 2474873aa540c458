/** Normalisation: shift and scale to mean 0 and variance 1 over some axes. */

import { noGrad } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import { assign, maximum, norm, ShapeError, scope, UsageError, ValueError } from '@dl/tensor';
import { normalizeBatch, normalizeChannels, normalizeLayer } from '@dl/tensor/internal';
import { takes } from '../signatures';

/** y·weight + bias where they are given. */
function affine(y: Tensor, weight: Tensor | undefined, bias: Tensor | undefined): Tensor {
  const scaled = weight ? y.mul(weight) : y;
  return bias ? scaled.add(bias) : scaled;
}

/** Options of `batchNorm`. */
export interface BatchNormOptions {
  /** Whether the statistics are the batch's (true) or the moving averages (default false). */
  readonly training?: boolean;
  /** Share of the new batch in the moving averages, a number or a scalar tensor. Default 0.1. */
  readonly momentum?: number | Tensor;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

/** Writes `average ← (1 − momentum)·average + momentum·value` outside of all graphs. */
export function follow(
  average: Tensor | undefined,
  value: Tensor,
  momentum: number | Tensor,
): void {
  if (!average) return;
  const fresh = value.detach().reshape(average.shape).cast(average.dtype);
  const rest = typeof momentum === 'number' ? 1 - momentum : momentum.neg().add(1);
  noGrad(() => assign(average, average.mul(rest).add(fresh.mul(momentum))));
}

/**
 * (x − mean) / √(variance + eps) · weight + bias for each channel.
 *
 * @param x - [N, C] or [N, C, ...]; mean and variance are over all axes but 1.
 * @param runningMean - moving average of the means, [C], changed in place while training; default none.
 * @param runningVar - moving average of the unbiased variances, likewise.
 * @param weight - scale of each channel, [C], default none. @param bias - shift of each channel, [C], default none. @returns the shape of x.
 * @throws ShapeError where there is no axis of channels; ValueError where a channel has one value in training;
 * UsageError where training is over and there are no averages. Source: Ioffe and Szegedy 2015.
 */
export function batchNorm(
  x: Tensor,
  runningMean?: Tensor,
  runningVar?: Tensor,
  weight?: Tensor,
  bias?: Tensor,
  options: BatchNormOptions = {},
): Tensor {
  takes('batchNorm', arguments);
  const { training = false, momentum = 0.1, eps = 1e-5 } = options;
  if (x.ndim < 2)
    throw new ShapeError('batchNorm', 'x needs an axis of channels', {
      args: { x },
      expected: 'x: [N, C, ...]',
    });
  const channels = x.shape[1];
  for (const [name, part] of Object.entries({ runningMean, runningVar, weight, bias })) {
    if (part && part.shape.join() !== String(channels))
      throw new ShapeError('batchNorm', `${name} does not fit the channels`, {
        args: { x, [name]: part },
        expected: `${name}: [${channels}]`,
      });
  }
  return scope(() => {
    if (!training) {
      if (!runningMean || !runningVar)
        throw new UsageError('batchNorm', 'there are no moving averages', {
          hint: 'train with them first, or normalise by the batch: training: true',
        });
      return normalizeChannels(x, runningMean, runningVar, weight, bias, { eps });
    }
    const count = channels === 0 ? 0 : x.size / channels;
    if (count === 1)
      throw new ValueError('batchNorm', 'one value a channel has no variance', {
        args: { x },
        hint: 'train on larger batches, or call eval()',
      });
    const { y, mean, variance } = normalizeBatch(x, weight, bias, { eps });
    // No examples: nothing to follow, as in PyTorch.
    if (count === 0) return y;
    follow(runningMean, mean, momentum);
    follow(runningVar, variance.mul(count / (count - 1)), momentum);
    return y;
  });
}

/**
 * (x − mean) / √(variance + eps) · weight + bias for each example, over its last axes.
 *
 * @param x - [..., *shape]. @param shape - the sizes of the axes that are normalised.
 * @param weight - scale, in that shape; default none. @param bias - likewise. @param options - `eps`, default 1e-5.
 * @returns the shape of x. @throws ShapeError where x does not end in `shape`. Source: Ba et al. 2016.
 */
export function layerNorm(
  x: Tensor,
  shape: readonly number[],
  weight?: Tensor,
  bias?: Tensor,
  options: { readonly eps?: number } = {},
): Tensor {
  takes('layerNorm', arguments);
  const { eps = 1e-5 } = options;
  const first = x.ndim - shape.length;
  if (shape.length === 0 || first < 0 || shape.some((n, i) => n !== x.shape[first + i])) {
    throw new ShapeError('layerNorm', 'the last axes do not fit', {
      args: { x },
      expected: `x: [..., ${shape.join(', ')}]`,
    });
  }
  return normalizeLayer(x, shape.length, weight, bias, { eps });
}

/**
 * (x − mean) / √(variance + eps) · weight + bias for each example and group of channels.
 *
 * @param x - [N, C, ...]. @param groups - 1 is layer norm over everything, C is instance norm.
 * @param weight - scale of each channel, [C], default none. @param bias - likewise. @param options - `eps`, default 1e-5. @returns the shape of x.
 * @throws ShapeError where the groups do not divide the channels. Source: Wu and He 2018.
 */
export function groupNorm(
  x: Tensor,
  groups: number,
  weight?: Tensor,
  bias?: Tensor,
  options: { readonly eps?: number } = {},
): Tensor {
  takes('groupNorm', arguments);
  const { eps = 1e-5 } = options;
  if (x.ndim < 2 || !(groups >= 1) || x.shape[1] % groups !== 0) {
    throw new ShapeError('groupNorm', 'the groups do not divide the channels', {
      args: { x, groups },
      expected: 'x: [N, C, ...], C divisible by groups',
    });
  }
  const perChannel = (part: Tensor) => part.reshape([-1, ...x.shape.slice(2).map(() => 1)]);
  return scope(() => {
    const size = x.shape.slice(1).reduce((a, b) => a * b, 1) / groups;
    const flat = x.reshape([x.shape[0], groups, size]);
    const standard = normalizeLayer(flat, 1, undefined, undefined, { eps }).reshape(x.shape);
    return affine(standard, weight && perChannel(weight), bias && perChannel(bias));
  });
}

/**
 * x / max(‖x‖ₚ, eps) along an axis.
 *
 * @param p - default 2. @param axis - default 1. @param options - `eps`, default 1e-12. @returns the shape of x.
 */
export function normalize(
  x: Tensor,
  p = 2,
  axis = 1,
  options: { readonly eps?: number } = {},
): Tensor {
  takes('normalize', arguments);
  const { eps = 1e-12 } = options;
  return scope(() => x.div(maximum(norm(x, p, axis, { keepdim: true }), eps)));
}

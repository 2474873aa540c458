/** Instance norm, and the local response norm of AlexNet. */

import type { Tensor } from '@dl/tensor';
import { alias, avgPool2d, pad, ShapeError, scope, ValueError } from '@dl/tensor';
import { takes } from '../signatures';
import type { BatchNormOptions } from './norm';
import { batchNorm, follow, groupNorm } from './norm';

/** Options of `instanceNorm`. */
export interface InstanceNormFunctionOptions extends Omit<BatchNormOptions, 'training'> {
  /** Whether the statistics are each example's own (default) or the moving averages. */
  readonly useInputStats?: boolean;
}

/**
 * (x − mean) / √(variance + eps) · weight + bias for each channel of each example.
 *
 * @param x - [N, C, ...]; mean and variance are over all axes from 2.
 * @param runningMean - moving average of the means, [C], changed in place; default none. @param runningVar - likewise of the variances.
 * @param weight - scale of each channel, [C], default none. @param bias - likewise. @returns the shape of x. @throws ValueError where a channel has one value. Source: Ulyanov et al. 2016.
 */
export function instanceNorm(
  x: Tensor,
  runningMean?: Tensor,
  runningVar?: Tensor,
  weight?: Tensor,
  bias?: Tensor,
  options: InstanceNormFunctionOptions = {},
): Tensor {
  takes('instanceNorm', arguments);
  const { useInputStats = true, momentum = 0.1, eps } = options;
  if (!useInputStats) return batchNorm(x, runningMean, runningVar, weight, bias, { eps });
  if (x.ndim < 3) {
    throw new ShapeError('instanceNorm', 'x needs axes after the channels', {
      args: { x },
      expected: 'x: [N, C, ...]',
    });
  }
  const size = x.shape.slice(2).reduce((a, b) => a * b, 1);
  if (size === 1) {
    throw new ValueError('instanceNorm', 'one value a channel has no variance', { args: { x } });
  }
  return scope(() => {
    const axes = x.shape.map((_, axis) => axis).slice(2);
    const average = (values: Tensor) => values.mean(axes).mean(0);
    if (runningMean) follow(runningMean, average(x.detach()), momentum);
    if (runningVar) {
      const centred = x.detach().sub(x.detach().mean(axes, { keepdim: true }));
      follow(runningVar, average(centred.square().mul(size / (size - 1))), momentum);
    }
    return groupNorm(x, x.shape[1], weight, bias, { eps });
  });
}

/**
 * x / (k + α·m)^β, where m is the mean square of the `size` channels around each one, zeros beyond the first and last.
 *
 * @param x - [N, C, ...]. @param size - channels that count. @param alpha - default 1e-4. @param beta - default 0.75.
 * @param k - default 1. @returns the shape of x. Source: Krizhevsky et al. 2012, with α for the mean as in PyTorch, not for the sum.
 */
export function localResponseNorm(
  x: Tensor,
  size: number,
  alpha = 1e-4,
  beta = 0.75,
  k = 1,
): Tensor {
  takes('localResponseNorm', arguments);
  if (x.ndim < 3) {
    throw new ShapeError('localResponseNorm', 'x needs channels', {
      args: { x },
      expected: 'x: [N, C, ...]',
    });
  }
  if (!Number.isInteger(size) || size < 1) {
    throw new ValueError('localResponseNorm', 'size must be a positive integer', {
      args: { size },
    });
  }
  if (x.size === 0) return alias(x);
  return scope(() => {
    const [n, c] = x.shape;
    const squares = x.square().reshape([n, 1, c, -1]);
    const before = Math.floor(size / 2);
    const around = pad(squares, [0, 0, before, size - 1 - before]);
    const means = avgPool2d(around, [size, 1], { stride: 1 }).reshape(x.shape);
    return x.div(means.mul(alpha).add(k).pow(beta));
  });
}

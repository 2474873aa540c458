/** Dropout and its variants: random elements or channels are set to 0 in training. */

import type { Generator, Tensor } from '@dl/tensor';
import { alias, normalizeAxes, rand, ShapeError, scope, ValueError } from '@dl/tensor';
import { dropElements } from '@dl/tensor/internal';
import { takes } from '../signatures';

/** Options of `dropout`. */
export interface DropoutOptions {
  /** Whether anything is dropped at all. Default true. */
  readonly training?: boolean;
  /** Where the random numbers come from. Default: the global generator. */
  readonly generator?: Generator;
  /** Axes along which all elements share one draw: whole channels, or all time steps. Default none. */
  readonly shared?: readonly number[];
  /** 'inverted' (default) divides what stays by 1 − p while training; 'classic' multiplies by 1 − p outside of it. */
  readonly scaling?: 'inverted' | 'classic';
}

/** Options of the dropouts of whole channels. */
export type ChannelDropoutOptions = Omit<DropoutOptions, 'shared'>;

/** Refuses what is no probability. */
export function checkProbability(op: string, p: number): void {
  if (!(p >= 0 && p <= 1)) throw new ValueError(op, 'p must be from 0 to 1', { args: { p } });
}

/** 1 where an element stays, with probability 1 − p, and 0 where it is dropped; size 1 on the shared axes. */
function mask(x: Tensor, p: number, { generator, shared = [] }: DropoutOptions): Tensor {
  const axes = normalizeAxes('dropout', shared, x.ndim);
  const shape = x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
  return rand(shape, { generator, dtype: 'float32', device: x.device }).ge(p).cast(x.dtype);
}

/**
 * Sets each element to 0 with probability p. The expectation in training equals the output outside of it: the "inverted" form
 * divides what stays by 1 − p, the classic form of the first paper multiplies by 1 − p when training is over.
 *
 * @param p - from 0 to 1, default ½. @returns the shape of x.
 * @throws ValueError for other p. Source: Srivastava et al. 2014.
 * @example dropout(x, 0.2, { shared: [2, 3] }) // drops whole channels of [N, C, H, W]
 */
export function dropout(x: Tensor, p = 0.5, options: DropoutOptions = {}): Tensor {
  takes('dropout', arguments);
  checkProbability('dropout', p);
  const { training = true, scaling = 'inverted' } = options;
  const classic = scaling === 'classic';
  if (!training || p === 0) return classic && p > 0 ? x.mul(1 - p) : alias(x);
  if (p === 1) return x.mul(0);
  const scale = classic ? 1 : 1 / (1 - p);
  if (!options.shared?.length) return dropElements(x, p, { scale, generator: options.generator });
  return scope(() => {
    const kept = mask(x, p, options);
    return x.mul(kept.mul(scale));
  });
}

/**
 * Dropout for networks of SELUs: dropped elements take the value that SELU has at −∞, and an affine map restores mean 0 and
 * variance 1.
 *
 * @param p - from 0 to 1, default ½. @returns the shape of x. @throws ValueError for other p. Source: Klambauer et al. 2017.
 */
export function alphaDropout(x: Tensor, p = 0.5, options: DropoutOptions = {}): Tensor {
  takes('alphaDropout', arguments);
  checkProbability('alphaDropout', p);
  if (options.training === false || p === 0) return alias(x);
  if (p === 1) return x.mul(0);
  const low = -1.7580993408473766;
  const scale = 1 / Math.sqrt((1 - p) * (1 + p * low ** 2));
  return scope(() => {
    const kept = mask(x, p, options);
    const filled = x.mul(kept).add(kept.neg().add(1).mul(low));
    return filled.mul(scale).sub(scale * low * p);
  });
}

function dropChannels(op: string, axes: number, x: Tensor, p: number, given: DropoutOptions) {
  if (x.ndim !== axes + 1 && x.ndim !== axes + 2) {
    const places = ['L', 'H, W', 'D, H, W'][axes - 1];
    throw new ShapeError(op, 'x does not fit', {
      args: { x },
      expected: `x: [N, C, ${places}] or [C, ${places}]`,
    });
  }
  const shared = Array.from({ length: axes }, (_, i) => i - axes);
  return dropout(x, p, { ...given, shared });
}

/**
 * `dropout` of whole channels of sequences.
 *
 * @param x - [N, C, L] or [C, L]. @param p - default ½. @throws ShapeError for other axes. Source: Tompson et al. 2015.
 */
export function dropout1d(x: Tensor, p = 0.5, options: ChannelDropoutOptions = {}): Tensor {
  takes('dropout1d', arguments);
  return dropChannels('dropout1d', 1, x, p, options);
}

/** `dropout` of whole channels of images. @param x - [N, C, H, W] or [C, H, W]. @param p - default ½. @throws as `dropout1d`. */
export function dropout2d(x: Tensor, p = 0.5, options: ChannelDropoutOptions = {}): Tensor {
  takes('dropout2d', arguments);
  return dropChannels('dropout2d', 2, x, p, options);
}

/** `dropout` of whole channels of volumes. @param x - [N, C, D, H, W] or [C, D, H, W]. @param p - default ½. @throws as `dropout1d`. */
export function dropout3d(x: Tensor, p = 0.5, options: ChannelDropoutOptions = {}): Tensor {
  takes('dropout3d', arguments);
  return dropChannels('dropout3d', 3, x, p, options);
}

/** `alphaDropout` of whole channels. @param x - [N, C, ...]. @param p - default ½. Source: Klambauer et al. 2017. */
export function featureAlphaDropout(
  x: Tensor,
  p = 0.5,
  options: ChannelDropoutOptions = {},
): Tensor {
  takes('featureAlphaDropout', arguments);
  const shared = x.shape.map((_, axis) => axis).slice(2);
  return alphaDropout(x, p, { ...options, shared });
}

/** Padding in all modes. */

import { ShapeError, ValueError } from '../../core/errors';
import { scope } from '../../core/lifetime';
import { run } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { tensor } from '../declared/creation';
import { indexSelect } from '../declared/indexing';
import { padOp } from '../declared/movement';

/** What `pad` puts around a tensor. */
export type PadMode = 'constant' | 'reflect' | 'replicate' | 'circular';

/**
 * Surrounds x with more elements.
 *
 * @param widths - [before, after] of the last axis, then of the one before, …, as PyTorch's `F.pad`; negative ones crop.
 * @param options - `mode`: 'constant' (default), 'reflect' (without repeating the edge), 'replicate' (the edge) or 'circular';
 * `value` for 'constant', default 0.
 * @throws ShapeError where there is not enough to reflect, wrap around or crop.
 * @example pad(tensor([1, 2, 3]), [2, 0], { mode: 'reflect' }) // [3, 2, 1, 2, 3]
 */
export function pad(
  x: Tensor,
  widths: readonly number[],
  options: { mode?: PadMode; value?: number } = {},
): Tensor {
  takes('pad', arguments);
  const { mode = 'constant', value = 0 } = options;
  const whole = widths.every(Number.isInteger) && widths.length % 2 === 0;
  if (!whole || widths.length > 2 * x.ndim) {
    throw new ValueError('pad', 'the widths must be pairs of integers, at most one pair an axis', {
      args: { x, widths },
    });
  }
  const low = x.shape.map((_, i) => widths[2 * (x.ndim - 1 - i)] ?? 0);
  const high = x.shape.map((_, i) => widths[2 * (x.ndim - 1 - i) + 1] ?? 0);
  if (mode === 'constant') {
    return run(padOp, [x], { low, high, interior: low.map(() => 0), value })[0];
  }
  return scope(() => {
    // What wraps around is what is left after cropping.
    const crop = (list: number[]) => list.map((n) => (mode === 'circular' ? Math.min(n, 0) : 0));
    const none = low.map(() => 0);
    const cropped = { low: crop(low), high: crop(high), interior: none, value: 0 };
    let result = run(padOp, [x], cropped)[0];
    result.shape.forEach((size, axis) => {
      const [before, after] = [low[axis] - cropped.low[axis], high[axis] - cropped.high[axis]];
      if (before === 0 && after === 0) return;
      const places = sources(mode, size, before, after);
      result = indexSelect(result, axis, tensor(places, { device: x.device }));
    });
    return result;
  });
}

/** For every element of a padded axis, where it comes from. */
function sources(mode: PadMode, size: number, low: number, high: number): Int32Array {
  const limit = mode === 'reflect' ? size - 1 : mode === 'circular' ? size : Infinity;
  if (Math.max(low, high) > limit || size + low + high < 0 || (size === 0 && low + high > 0)) {
    throw new ShapeError('pad', `an axis of ${size} cannot be padded by ${low} and ${high}`, {
      expected: `at most ${limit} for mode ${mode}`,
    });
  }
  return Int32Array.from({ length: size + low + high }, (_, i) => {
    const at = i - low;
    if (at >= 0 && at < size) return at;
    if (mode === 'replicate') return at < 0 ? 0 : size - 1;
    if (mode === 'circular') return at < 0 ? at + size : at - size;
    return at < 0 ? -at : 2 * (size - 1) - at;
  });
}

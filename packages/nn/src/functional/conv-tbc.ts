/** Convolution of sequences whose first axis is time. */

import type { Tensor } from '@dl/tensor';
import { conv1d, permute, scope } from '@dl/tensor';
import { takes } from '../signatures';

/**
 * `conv1d` of sequences that have time first and channels last.
 *
 * @param x - [T, N, C]. @param weight - [K, C, O]. @param bias - [O]. @param padding - zeros on both ends, default 0.
 * @returns [T + 2·padding − K + 1, N, O]. @throws ShapeError where sizes do not fit.
 */
export function convTbc(x: Tensor, weight: Tensor, bias?: Tensor, padding = 0): Tensor {
  takes('convTbc', arguments);
  return scope(() => {
    const y = conv1d(permute(x, [1, 2, 0]), permute(weight, [2, 1, 0]), bias, { padding });
    return permute(y, [2, 0, 1]);
  });
}

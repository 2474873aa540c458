/** Checking indices, which only debugging asks for: it waits for the GPU. */

import { IndexError, isDebugChecks } from '@dl/tensor';
import { forEachPosition } from '@dl/tensor/backend';
import { blockOf } from '../device/block';
import type { Gpu } from '../device/gpu';
import { download } from '../device/transfer';
import type { Operand } from './operand';

/**
 * With debug checks on, refuses an index outside 0 … size − 1.
 *
 * @param ignored - an index that is allowed nevertheless.
 * @throws IndexError
 */
export function checkIndices(
  gpu: Gpu,
  op: string,
  index: Operand,
  size: number,
  ignored?: number,
): void {
  if (!isDebugChecks()) return;
  const block = blockOf(index);
  const values = download(gpu, block, 0, block.length);
  forEachPosition(index, (position) => {
    const value = values[position];
    if ((value >= 0 && value < size) || value === ignored) return;
    throw new IndexError(op, `index ${value} is out of range for an axis of ${size}`, {
      expected: size > 0 ? `0 to ${size - 1}` : 'no index at all',
    });
  });
}

/** Random orders that are the same on every machine. */

import type { Generator } from '@dl/tensor';
import { ValueError } from '@dl/tensor';
import { takes } from './signatures';

/** The numbers 0 to n − 1 in random order (Fisher–Yates). @param generator - where the random numbers come from. */
export function shuffle(n: number, generator: Generator): Int32Array {
  takes('shuffle', arguments);
  if (!Number.isInteger(n) || n < 0 || n >= 2 ** 32)
    throw new ValueError('shuffle', 'n must be a whole number from 0 to 2³² − 1', { args: { n } });
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(generator.random() * (i + 1));
    const other = order[j];
    order[j] = order[i];
    order[i] = other;
  }
  return order;
}

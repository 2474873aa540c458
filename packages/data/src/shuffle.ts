/** Random orders that are the same on every machine. */

import type { Generator } from '@dl/tensor';

/** The numbers 0 to n − 1 in random order (Fisher–Yates). @param generator - where the random numbers come from. */
export function shuffle(n: number, generator: Generator): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(generator.random() * (i + 1));
    const other = order[j];
    order[j] = order[i];
    order[i] = other;
  }
  return order;
}

/** Whether compiled kernels compute what they should, for engine features that are not finished. */

import type { Machine } from '../machine';

const SIZE = 77;

/** Numbers from −1 to 1 that repeat only after a long time. */
function fill(target: Float32Array, seed: number): void {
  for (let i = 0; i < target.length; i++)
    target[i] = ((i * 7919 + seed * 104729) % 2003) / 1001.5 - 1;
}

/**
 * Compares products, exponentials and sums with plain loops. They run often enough that the engine compiles them with its
 * optimising compiler, whose work is in doubt.
 */
export function passesSelfTest({ kernels, heap }: Machine): boolean {
  const count = SIZE * SIZE;
  const places = Array.from({ length: 4 }, () => heap.allocate(count * 4));
  const [a, b, product, other] = places.map(
    (at) => new Float32Array(heap.memory.buffer, at, count),
  );
  try {
    fill(a, 1);
    fill(b, 2);
    for (let round = 0; round < 100; round++) {
      kernels.matmul(
        ...([places[0], SIZE, 1, 0, places[1], SIZE, 1, 0] as const),
        ...([places[2], SIZE, 0, SIZE, SIZE, SIZE, 1, 0] as const),
      );
      kernels.exp(places[0], places[3], count);
    }
    const near = (found: number, expected: number) => Math.abs(found - expected) < 1e-4;
    for (let i = 0; i < SIZE; i++)
      for (let j = 0; j < SIZE; j++) {
        let sum = 0;
        for (let k = 0; k < SIZE; k++) sum += a[i * SIZE + k] * b[k * SIZE + j];
        if (!near(product[i * SIZE + j], sum)) return false;
      }
    if (!other.every((value, i) => near(value, Math.exp(a[i])))) return false;
    kernels.sumRows(places[0], places[3], SIZE, SIZE);
    return Array.from({ length: SIZE }, (_, i) => i).every((i) => {
      const row = a.subarray(i * SIZE, (i + 1) * SIZE);
      return near(
        other[i],
        row.reduce((x, y) => x + y, 0),
      );
    });
  } finally {
    for (const place of places) heap.release(place, count * 4);
  }
}

/** Medians and spreads of timings. */

/** What is shown of many timings, in milliseconds. */
export interface Timing {
  readonly median: number;
  /** Half of the distance between the quartiles. */
  readonly spread: number;
  readonly count: number;
}

/** The value below which a share `q` of the sorted numbers lies, between neighbours by proportion. */
export function quantile(sorted: readonly number[], q: number): number {
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

/** Summarises timings. @throws where there are none. */
export function summarise(samples: readonly number[]): Timing {
  if (samples.length === 0) throw new Error('there are no timings');
  const sorted = [...samples].sort((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    spread: (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 2,
    count: sorted.length,
  };
}

/** Whether the figures of two contestants are the same work. */
export function agree(a: readonly number[], b: readonly number[], tolerance: number): boolean {
  const scale = Math.max(...a.map(Math.abs), ...b.map(Math.abs), 1e-6);
  return a.length === b.length && a.every((x, i) => Math.abs(x - b[i]) <= tolerance * scale);
}

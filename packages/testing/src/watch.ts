/** Proof that a fused kernel ran, and that its operation's definition did not run in its place. */

import type { Device } from '@dl/tensor';
import { backendFor } from '@dl/tensor/backend';

/** Counts how often the fused kernel `name` of a device runs, until it is restored. */
export function watch(device: Device, name: string): { runs: () => number; restore: () => void } {
  const table = backendFor(device).fused as Record<string, unknown>;
  const kernel = table[name] as ((...all: unknown[]) => unknown) & object;
  let runs = 0;
  const counting = Object.assign((...all: unknown[]) => {
    runs++;
    return kernel(...all);
  }, kernel);
  table[name] = counting;
  return {
    runs: () => runs,
    restore: () => {
      table[name] = kernel;
    },
  };
}

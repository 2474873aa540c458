/** Memory that kernels borrow for the time of a call. */

import type { Machine } from '../machine';
import type { KernelArguments, KernelName } from '../module/load';

/** Lends `use` blocks of memory of so many bytes each. */
export function borrow(
  { heap }: Machine,
  sizes: readonly number[],
  use: (places: readonly number[]) => void,
): void {
  const places: number[] = [];
  try {
    for (const bytes of sizes) places.push(heap.allocate(bytes));
    use(places);
  } finally {
    places.forEach((place, i) => {
      heap.release(place, sizes[i]);
    });
  }
}

/** Shares `size` items in multiples of `chunk` between threads, each part with `bytes` of memory of its own. */
export function shareScratch<K extends KernelName>(
  machine: Machine,
  name: K,
  size: number,
  chunk: number,
  bytes: number,
  argumentsOf: (from: number, to: number, scratch: number) => KernelArguments<K>,
): void {
  const chunks = Math.ceil(size / chunk);
  const parts = Math.min(chunks, machine.pool.partsOf(chunks, 1));
  const cut = (part: number) => Math.min(size, Math.floor((part * chunks) / parts) * chunk);
  borrow(machine, Array<number>(parts).fill(bytes), (buffers) => {
    machine.pool.run(name, parts, (part) => argumentsOf(cut(part), cut(part + 1), buffers[part]));
  });
}

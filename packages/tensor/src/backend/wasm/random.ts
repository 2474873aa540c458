/** Random numbers of the WebAssembly backend. */

import type { Kernel, Kernels, RandomStream } from '../../ops/table';
import { boxMuller } from '../reference/random';
import type { Machine } from './machine';
import { address, attempting, CHEAP } from './machine';
import { borrow } from './memory/scratch';

/** The two words of a seed below 2⁵³. */
export const wordsOf = (seed: number): [low: number, high: number] => [
  seed | 0,
  Math.floor(seed / 2 ** 32),
];

function uniform({ pool }: Machine): Kernel<'uniform'> {
  return attempting('uniform', (_, { seed, offset }, [y]) => {
    if (y.dtype !== 'float32') return false;
    const key = wordsOf(seed);
    const to = address(y);
    // Parts begin at whole blocks of four numbers.
    pool.share('uniform', y.size, CHEAP, 4, (first, end) => [
      ...key,
      offset + first / 4,
      to + 4 * first,
      end - first,
    ]);
    return true;
  });
}

/** Words of the stream as an array of the backend's memory, for functions that JavaScript computes. */
function withWords(
  machine: Machine,
  { seed, offset }: RandomStream,
  count: number,
  use: (words: Uint32Array) => void,
): void {
  const { heap, pool } = machine;
  const key = wordsOf(seed);
  borrow(machine, [4 * count], ([at]) => {
    pool.share('randomWords', count, CHEAP, 4, (first, end) => [
      ...key,
      offset + first / 4,
      at + 4 * first,
      end - first,
    ]);
    use(new Uint32Array(heap.memory.buffer, at, count));
  });
}

function normal(machine: Machine): Kernel<'normal'> {
  return attempting('normal', (_, stream, [y]) => {
    const target = y.storage.buffer as Float32Array;
    withWords(machine, stream, y.size + (y.size % 2), (words) =>
      boxMuller(words, target.subarray(y.offset, y.offset + y.size)),
    );
    return true;
  });
}

/** The kernels of random numbers. */
export function randomKernels(machine: Machine): Partial<Kernels> {
  return { uniform: uniform(machine), normal: normal(machine) };
}

/** Kernels of the WebAssembly backend that walk windows or draw random numbers. */

import type { Tensor } from '../../core/tensor';
import type { Kernel, Kernels, PoolAttributes, RandomStream } from '../../ops/table';
import { boxMuller } from '../reference/random';
import type { Machine } from './machine';
import { address, attempting, CHEAP, COSTLY, plain } from './machine';
import { borrow } from './memory/scratch';

/** Sizes of a pooling as the kernels take them. */
function sizesOf(
  height: number,
  width: number,
  { kernel, stride, padding, dilation, output }: PoolAttributes,
): number[] {
  const around = [padding[0], padding[2]];
  return [height, width, ...output, ...kernel, ...stride, ...around, ...dilation];
}

function maxPool2d(machine: Machine): Kernel<'maxPool2d'> {
  return attempting('maxPool2d', ([x], attributes, [values, indices]) => {
    if (!plain(x)) return false;
    const [n, c, h, w] = x.shape;
    const from = [address(x), address(values), address(indices)];
    const inside = h * w;
    const outside = attributes.output[0] * attributes.output[1];
    const sizes = sizesOf(h, w, attributes);
    const grain = Math.ceil(COSTLY / Math.max(inside, outside, 1));
    machine.pool.share('maxPool', n * c, grain, 1, (first, end) => [
      from[0] + 4 * first * inside,
      from[1] + 4 * first * outside,
      from[2] + 4 * first * outside,
      end - first,
      ...sizes,
    ]);
    return true;
  });
}

/** Shares the planes of a sum over windows, or of its transpose. @param image - [N, C, H, W]. @param sums - of its windows. */
function sharePlanes(
  { pool }: Machine,
  name: 'sumPool' | 'sumPoolInput',
  image: Tensor,
  sums: Tensor,
  attributes: PoolAttributes,
): void {
  const [n, c, h, w] = image.shape;
  const [x, y] = [address(image), address(sums)];
  const inside = h * w;
  const outside = attributes.output[0] * attributes.output[1];
  const sizes = sizesOf(h, w, attributes);
  const grain = Math.ceil(COSTLY / Math.max(inside, outside, 1));
  pool.share(name, n * c, grain, 1, (first, end) => [
    x + 4 * first * inside,
    y + 4 * first * outside,
    end - first,
    ...sizes,
  ]);
}

function sumPool2d(machine: Machine): Kernel<'sumPool2d'> {
  return attempting('sumPool2d', ([x], attributes, [y]) => {
    if (!plain(x)) return false;
    sharePlanes(machine, 'sumPool', x, y, attributes);
    return true;
  });
}

function sumPool2dInput(machine: Machine): Kernel<'sumPool2dInput'> {
  return attempting('sumPool2dInput', ([g], attributes, [x]) => {
    if (!plain(g)) return false;
    sharePlanes(machine, 'sumPoolInput', x, g, attributes);
    return true;
  });
}

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

/** The kernels of windows and random numbers. */
export function windowKernels(machine: Machine): Partial<Kernels> {
  return {
    maxPool2d: maxPool2d(machine),
    sumPool2d: sumPool2d(machine),
    sumPool2dInput: sumPool2dInput(machine),
    uniform: uniform(machine),
    normal: normal(machine),
  };
}

/** Kernels of the WebAssembly backend that walk windows, follow indices or draw random numbers. */

import { isContiguous, sameShape } from '../../core/layout';
import type { Tensor } from '../../core/tensor';
import type { Kernel, Kernels, PoolAttributes, RandomStream } from '../../ops/table';
import { boxMuller } from '../reference/random';
import type { Machine } from './kernels';
import { address, attempting, CHEAP, COSTLY, plain } from './kernels';
import { borrow } from './rooms';

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

/** Along the last axis, into planes of their own: what max-pooling's gradient is. */
function scatterAdd(machine: Machine): Kernel<'scatterAdd'> {
  const { kernels, pool } = machine;
  return attempting('scatterAdd', ([x, index, source], { axis }, [y]) => {
    const last = x.ndim - 1;
    if (x.ndim === 0 || axis !== last || !plain(x, source) || !isContiguous(index)) return false;
    if (!sameShape(index.shape, source.shape)) return false;
    if (!sameShape(index.shape.slice(0, last), x.shape.slice(0, last))) return false;
    const count = index.shape[last];
    // The reference kernel says which index is wrong.
    if (!kernels.indicesFit(address(index), index.size, x.shape[last])) return false;
    const target = y.storage.buffer as Float32Array;
    const from = x.storage.buffer as Float32Array;
    target.set(from.subarray(x.offset, x.offset + x.size));
    const planes = count === 0 ? 0 : index.size / count;
    const size = x.shape[last];
    const begin = [address(source), address(index), address(y)];
    pool.share('scatterPlanes', planes, Math.ceil(COSTLY / Math.max(1, count)), 1, (first, end) => [
      begin[0] + 4 * first * count,
      begin[1] + 4 * first * count,
      begin[2] + 4 * first * size,
      end - first,
      count,
      size,
    ]);
    return true;
  });
}

/** What lies before, along and behind an axis. */
function aroundAxis(x: Tensor, axis: number): { outer: number; size: number; inner: number } {
  const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
  const { shape } = x;
  return {
    outer: product(shape.slice(0, axis)),
    size: shape[axis],
    inner: product(shape.slice(axis + 1)),
  };
}

/** The reference kernel says which index is wrong. */
function indicesFit({ kernels }: Machine, index: Tensor, size: number): boolean {
  return isContiguous(index) && kernels.indicesFit(address(index), index.size, size) !== 0;
}

function indexSelect(machine: Machine): Kernel<'indexSelect'> {
  return attempting('indexSelect', ([x, index], { axis }, [y]) => {
    if (x.ndim === 0 || !plain(x) || !indicesFit(machine, index, x.shape[axis])) return false;
    const { outer, size, inner } = aroundAxis(x, axis);
    const [from, at, to] = [address(x), address(index), address(y)];
    const count = index.size;
    const grain = Math.ceil(COSTLY / Math.max(1, count * inner));
    machine.pool.share('pickRows', outer, grain, 1, (first, end) => [
      from + 4 * first * size * inner,
      at,
      to + 4 * first * count * inner,
      end - first,
      ...[size, count, inner],
    ]);
    return true;
  });
}

function indexAdd(machine: Machine): Kernel<'indexAdd'> {
  return attempting('indexAdd', ([x, index, source], { axis }, [y]) => {
    if (x.ndim === 0 || !plain(x, source) || !indicesFit(machine, index, x.shape[axis]))
      return false;
    const { outer, size, inner } = aroundAxis(x, axis);
    const target = y.storage.buffer as Float32Array;
    const whole = x.storage.buffer as Float32Array;
    target.set(whole.subarray(x.offset, x.offset + x.size), y.offset);
    const places = [address(source), address(index), address(y)];
    machine.kernels.addRows(...places, outer, size, index.size, inner);
    return true;
  });
}

function gather(machine: Machine): Kernel<'gather'> {
  return attempting('gather', ([x, index], { axis }, [y]) => {
    const last = x.ndim - 1;
    if (x.ndim === 0 || axis !== last || !plain(x) || index.size === 0) return false;
    if (!sameShape(index.shape.slice(0, last), x.shape.slice(0, last))) return false;
    if (!indicesFit(machine, index, x.shape[last])) return false;
    const count = index.shape[last];
    const size = x.shape[last];
    const [from, at, to] = [address(x), address(index), address(y)];
    const grain = Math.ceil(COSTLY / count);
    machine.pool.share('gatherPlanes', index.size / count, grain, 1, (first, end) => [
      from + 4 * first * size,
      at + 4 * first * count,
      to + 4 * first * count,
      end - first,
      ...[count, size],
    ]);
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

/** The kernels of windows, indices and random numbers. */
export function indexKernels(machine: Machine): Partial<Kernels> {
  return {
    maxPool2d: maxPool2d(machine),
    sumPool2d: sumPool2d(machine),
    sumPool2dInput: sumPool2dInput(machine),
    scatterAdd: scatterAdd(machine),
    indexSelect: indexSelect(machine),
    indexAdd: indexAdd(machine),
    gather: gather(machine),
    uniform: uniform(machine),
    normal: normal(machine),
  };
}

/**
 * The kernels of the WebAssembly backend: float32 in one piece runs there, everything else on the reference kernels, which
 * see the same memory. A fast kernel returns false to decline.
 */

import type { TypedArray } from '../../core/dtype';
import { isContiguous, sameShape } from '../../core/layout';
import type { Tensor } from '../../core/tensor';
import type { BinaryName, UnaryName } from '../../ops/elementwise-table';
import type { Kernel, Kernels } from '../../ops/table';
import { referenceKernels } from '../reference';
import { broadcast, Walk } from '../reference/walk';
import type { Heap } from './heap';
import type { Module, Kernel as Procedure } from './load';
import type { Pool } from './pool';

/** The kernels, the memory they work on, and the threads that run them. */
export interface Machine {
  readonly kernels: Module['kernels'];
  readonly heap: Heap;
  readonly pool: Pool;
  /** Where the sizes of a convolution stand, see `Source` in assembly/pack.ts. */
  readonly sizes: number;
  readonly sizeFields: Int32Array;
}

/** The address of a tensor's first element. */
export function address(x: Tensor): number {
  const array = x.storage.buffer as TypedArray;
  return array.byteOffset + x.offset * array.BYTES_PER_ELEMENT;
}

/** Whether all tensors are float32 without gaps. */
export function plain(...tensors: readonly Tensor[]): boolean {
  for (const x of tensors) if (x.dtype !== 'float32' || !isContiguous(x)) return false;
  return true;
}

type Name = keyof Kernels & keyof typeof referenceKernels;
/** A kernel that may decline. */
export type Attempt<K extends Name> = (...args: Parameters<Kernel<K>>) => boolean;

/** `attempt`, and the reference kernel where it declines. */
export function attempting<K extends Name>(name: K, attempt: Attempt<K>): Kernel<K> {
  const reference = referenceKernels[name] as unknown as Kernel<K>;
  const kernel: Kernel<K> = (inputs, attributes, outputs) => {
    if (!attempt(inputs, attributes, outputs)) reference(inputs, attributes, outputs);
  };
  kernel.strided = reference.strided;
  return kernel;
}

const UNARY = [
  'neg',
  'abs',
  'relu',
  'sqrt',
  'reciprocal',
  'exp',
  'log',
  'tanh',
  'sigmoid',
  'floor',
  'ceil',
  'round',
  'trunc',
] as const satisfies UnaryName[];
const BINARY = [
  'add',
  'sub',
  'mul',
  'div',
  'maximum',
  'minimum',
  'eq',
  'ne',
  'lt',
  'le',
  'gt',
  'ge',
] as const satisfies BinaryName[];

/** Rows shorter than this are not worth a call each. */
const SHORT_ROW = 16;
/** Elements that one thread handles in some ten microseconds: of cheap functions, and of costly ones. */
const CHEAP = 32768;
const COSTLY = 8192;

const COSTLY_UNARY: readonly string[] = ['exp', 'log', 'tanh', 'sigmoid'];

function unary({ kernels, pool }: Machine, name: (typeof UNARY)[number]): Kernel<'neg'> {
  const compute = kernels[name];
  const grain = COSTLY_UNARY.includes(name) ? COSTLY : CHEAP;
  return attempting<'neg'>(name as 'neg', ([x], _, [y]) => {
    if (!plain(x)) return false;
    const from = address(x);
    const to = address(y);
    const { size } = y;
    if (size < 2 * grain) compute(from, to, size);
    else
      pool.share(name, size, grain, 16, (first, end) => [
        from + 4 * first,
        to + 4 * first,
        end - first,
      ]);
    return true;
  });
}

function binary({ kernels, pool }: Machine, name: (typeof BINARY)[number]): Kernel<'add'> {
  const compute = kernels[name];
  return attempting<'add'>(name as 'add', ([a, b], _, [y]) => {
    if (a.dtype !== 'float32') return false;
    const { size } = y;
    const aStep = stepOf(a, size);
    const bStep = stepOf(b, size);
    if (aStep < 0 || bStep < 0) return binaryRows(compute, a, b, y);
    const left = address(a);
    const right = address(b);
    const to = address(y);
    if (size < 2 * CHEAP) compute(left, aStep, right, bStep, to, size);
    else {
      const bytes = (y.storage.buffer as TypedArray).BYTES_PER_ELEMENT;
      pool.share(name, size, CHEAP, 16, (first, end) => [
        left + 4 * aStep * first,
        aStep,
        right + 4 * bStep * first,
        bStep,
        to + bytes * first,
        end - first,
      ]);
    }
    return true;
  });
}

/** 1 where x has all `size` elements in one piece, 0 where it repeats a single one, otherwise −1. */
function stepOf(x: Tensor, size: number): number {
  if (!isContiguous(x)) return -1;
  return x.size === size ? 1 : x.size === 1 ? 0 : -1;
}

/** Broadcast operands: row by row, where rows are long and each operand has steps of 0 or 1 in them. */
function binaryRows(compute: Procedure, a: Tensor, b: Tensor, y: Tensor): boolean {
  const walk = new Walk(y.shape, [broadcast(a, y.shape), broadcast(b, y.shape)]);
  const [aStep, bStep] = walk.steps;
  const { length } = walk;
  if (length < SHORT_ROW || (aStep !== 0 && aStep !== 1) || (bStep !== 0 && bStep !== 1))
    return false;
  const bytes = (y.storage.buffer as TypedArray).BYTES_PER_ELEMENT;
  const left = (a.storage.buffer as TypedArray).byteOffset;
  const right = (b.storage.buffer as TypedArray).byteOffset;
  let target = address(y);
  do {
    compute(
      left + walk.positions[0] * 4,
      aStep,
      right + walk.positions[1] * 4,
      bStep,
      target,
      length,
    );
    target += length * bytes;
  } while (walk.next());
  return true;
}

function where(machine: Machine): Kernel<'where'> {
  return attempting('where', ([condition, a, b], _, [y]) => {
    const { size } = y;
    const whole = (x: Tensor) => isContiguous(x) && (x.size === size || x.size === 1);
    if (a.dtype !== 'float32' || !isContiguous(condition) || condition.size !== size) return false;
    if (!whole(a) || !whole(b)) return false;
    const step = (x: Tensor) => (x.size === 1 ? 0 : 1);
    machine.kernels.where(
      address(condition),
      address(a),
      step(a),
      address(b),
      step(b),
      address(y),
      size,
    );
    return true;
  });
}

function cast(machine: Machine): Kernel<'cast'> {
  return attempting('cast', ([x], { dtype }, [y]) => {
    if ((x.dtype !== 'bool' && x.dtype !== 'uint8') || dtype !== 'float32' || !isContiguous(x))
      return false;
    machine.kernels.bytesToFloats(address(x), address(y), y.size);
    return true;
  });
}

/** Neighbouring axes of one fate, as one: how many elements, and whether they are summed. */
interface Group {
  size: number;
  readonly summed: boolean;
}

function groupsOf(shape: readonly number[], axes: readonly number[]): Group[] {
  const groups: Group[] = [];
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const summed = axes.includes(axis);
    const last = groups[groups.length - 1];
    if (last?.summed === summed) last.size *= size;
    else groups.push({ size, summed });
  });
  return groups;
}

function sum(machine: Machine): Kernel<'sum'> {
  const { heap } = machine;
  return attempting('sum', ([x], { axes }, [y]) => {
    if (!plain(x) || x.size === 0) return false;
    const groups = groupsOf(x.shape, axes);
    const temporaries: [number, number][] = [];
    let from = address(x);
    const borrow = (bytes: number): number => {
      const block = heap.allocate(bytes);
      temporaries.push([block, bytes]);
      return block;
    };
    // From the last group that is summed to the first; each pass leaves a smaller tensor.
    for (let at = groups.length - 1; at >= 0; at--) {
      if (!groups[at].summed) continue;
      const outer = groups.slice(0, at).reduce((n, group) => n * group.size, 1);
      const inner = groups
        .slice(at + 1)
        .reduce((n, group) => n * (group.summed ? 1 : group.size), 1);
      const isLast = groups.slice(0, at).every((group) => !group.summed);
      const to = isLast ? address(y) : borrow(outer * inner * 4);
      if (inner === 1) sumRows(machine, from, to, outer, groups[at].size);
      else sumColumns(machine, from, to, outer, groups[at].size, inner);
      from = to;
    }
    for (const [block, bytes] of temporaries) heap.release(block, bytes);
    if (from === address(x))
      (y.storage.buffer as Float32Array).set(
        (x.storage.buffer as Float32Array).subarray(x.offset, x.offset + x.size),
      );
    return true;
  });
}

/** y[r] = Σ of row r, in threads. */
function sumRows({ pool }: Machine, x: number, y: number, rows: number, columns: number): void {
  pool.share('sumRows', rows, Math.ceil(CHEAP / columns), 1, (first, end) => [
    x + 4 * first * columns,
    y + 4 * first,
    end - first,
    columns,
  ]);
}

/** y[o, c] = Σ over r of x[o, r, c], in threads. */
export function sumColumns(
  { pool, kernels }: Machine,
  x: number,
  y: number,
  outer: number,
  rows: number,
  columns: number,
): void {
  const plane = rows * columns;
  if (outer * plane < 2 * CHEAP) kernels.sumColumns(x, y, outer, rows, columns, columns);
  else if (outer > 1)
    pool.share('sumColumns', outer, Math.ceil(CHEAP / plane), 1, (first, end) => [
      x + 4 * first * plane,
      y + 4 * first * columns,
      end - first,
      rows,
      columns,
      columns,
    ]);
  else
    pool.share('sumColumns', columns, Math.max(64, Math.ceil(CHEAP / rows)), 16, (first, end) => [
      x + 4 * first,
      y + 4 * first,
      1,
      rows,
      end - first,
      columns,
    ]);
}

/** The largest elements along the last axes. */
function amax({ pool }: Machine): Kernel<'amax'> {
  return attempting('amax', ([x], { axes }, [y]) => {
    if (!plain(x) || x.size === 0 || y.size === 0) return false;
    const groups = groupsOf(x.shape, axes);
    if (groups.length > 2 || !groups[groups.length - 1]?.summed) return false;
    const columns = x.size / y.size;
    const from = address(x);
    const to = address(y);
    pool.share('maxRows', y.size, Math.ceil(CHEAP / columns), 1, (first, end) => [
      from + 4 * first * columns,
      to + 4 * first,
      end - first,
      columns,
    ]);
    return true;
  });
}

function maxPool2d(machine: Machine): Kernel<'maxPool2d'> {
  return attempting(
    'maxPool2d',
    ([x], { kernel, stride, padding, dilation, output }, [values, indices]) => {
      if (!plain(x)) return false;
      const [n, c, h, w] = x.shape;
      const from = [address(x), address(values), address(indices)];
      const inside = h * w;
      const outside = output[0] * output[1];
      const sizes = [h, w, ...output, ...kernel, ...stride, padding[0], padding[2], ...dilation];
      const grain = Math.ceil(COSTLY / Math.max(inside, outside, 1));
      machine.pool.share('maxPool', n * c, grain, 1, (first, end) => [
        from[0] + 4 * first * inside,
        from[1] + 4 * first * outside,
        from[2] + 4 * first * outside,
        end - first,
        ...sizes,
      ]);
      return true;
    },
  );
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

/** The elementwise, reducing and pooling kernels. */
export function simpleKernels(machine: Machine): Partial<Kernels> {
  const one = UNARY.map((name) => [name, unary(machine, name)]);
  const two = BINARY.map((name) => [name, binary(machine, name)]);
  return {
    ...Object.fromEntries([...one, ...two]),
    where: where(machine),
    cast: cast(machine),
    sum: sum(machine),
    amax: amax(machine),
    maxPool2d: maxPool2d(machine),
    scatterAdd: scatterAdd(machine),
  };
}

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
import type { Module } from './load';

/** The module with the memory it works on, and addresses that several kernels share. */
export interface Machine {
  readonly module: Module;
  readonly heap: Heap;
  /** Room of one vector, for the rest of a row. */
  readonly spare: number;
  /** Room for packed panels. */
  readonly scratch: number;
  /** The description of a right factor, see assembly/pack.ts. */
  readonly source: number;
  readonly sourceFields: Int32Array;
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

function unary(machine: Machine, name: (typeof UNARY)[number]): Kernel<'neg'> {
  const compute = machine.module[name];
  return attempting<'neg'>(name as 'neg', ([x], _, [y]) => {
    if (!plain(x)) return false;
    compute(address(x), address(y), y.size, machine.spare);
    return true;
  });
}

type PairLoop = Module[string];

function binary(machine: Machine, name: (typeof BINARY)[number]): Kernel<'add'> {
  const compute = machine.module[name];
  return attempting<'add'>(name as 'add', ([a, b], _, [y]) => {
    if (a.dtype !== 'float32') return false;
    const { size } = y;
    if (isContiguous(a) && isContiguous(b)) {
      if (a.size === size && b.size === size) {
        compute(address(a), 1, address(b), 1, address(y), size);
        return true;
      }
      if (b.size === 1 && a.size === size) {
        compute(address(a), 1, address(b), 0, address(y), size);
        return true;
      }
      if (a.size === 1 && b.size === size) {
        compute(address(a), 0, address(b), 1, address(y), size);
        return true;
      }
    }
    return binaryRows(compute, a, b, y);
  });
}

/** Broadcast operands: row by row, where rows are long and each operand has steps of 0 or 1 in them. */
function binaryRows(compute: PairLoop, a: Tensor, b: Tensor, y: Tensor): boolean {
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
    machine.module.where(
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
    machine.module.bytesToFloats(address(x), address(y), y.size);
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
  const { module, heap } = machine;
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
      if (inner === 1) module.sumRows(from, to, outer, groups[at].size);
      else module.sumColumns(from, to, outer, groups[at].size, inner, borrow(inner * 4));
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

function maxPool2d(machine: Machine): Kernel<'maxPool2d'> {
  return attempting(
    'maxPool2d',
    ([x], { kernel, stride, padding, dilation, output }, [values, indices]) => {
      if (!plain(x)) return false;
      const [n, c, h, w] = x.shape;
      machine.module.maxPool(
        address(x),
        address(values),
        address(indices),
        n * c,
        h,
        w,
        ...output,
        ...kernel,
        ...stride,
        padding[0],
        padding[2],
        ...dilation,
      );
      return true;
    },
  );
}

/** Along the last axis, into planes of their own: what max-pooling's gradient is. */
function scatterAdd(machine: Machine): Kernel<'scatterAdd'> {
  const { module } = machine;
  return attempting('scatterAdd', ([x, index, source], { axis }, [y]) => {
    const last = x.ndim - 1;
    if (x.ndim === 0 || axis !== last || !plain(x, source) || !isContiguous(index)) return false;
    if (!sameShape(index.shape, source.shape)) return false;
    if (!sameShape(index.shape.slice(0, last), x.shape.slice(0, last))) return false;
    const count = index.shape[last];
    // The reference kernel says which index is wrong.
    if (!module.indicesFit(address(index), index.size, x.shape[last])) return false;
    const target = y.storage.buffer as Float32Array;
    const from = x.storage.buffer as Float32Array;
    target.set(from.subarray(x.offset, x.offset + x.size));
    const planes = count === 0 ? 0 : index.size / count;
    module.scatterPlanes(address(source), address(index), address(y), planes, count, x.shape[last]);
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
    maxPool2d: maxPool2d(machine),
    scatterAdd: scatterAdd(machine),
  };
}

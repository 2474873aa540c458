/**
 * The kernels of the WebAssembly backend: float32 in one piece runs there, everything else on the reference kernels, which
 * see the same memory. A fast kernel returns false to decline.
 */

import type { DType, TypedArray } from '../../core/dtype';
import { contiguousStrides, isContiguous } from '../../core/layout';
import type { Tensor } from '../../core/tensor';
import type { BinaryName, UnaryName } from '../../ops/declared/pointwise-table';
import type { Kernel, Kernels, OpName } from '../../ops/table';
import { referenceKernels } from '../reference';
import { broadcast, strided } from '../reference/walk';
import { BINARY64, UNARY64 } from './float64';
import { INT32 } from './int32';
import type { Heap } from './memory/heap';
import type { Address } from './module/exports';
import type { Module } from './module/load';
import type { ThreadPool } from './threads/thread-pool';
import type { Placed } from './walk';
import { copyDense, joinAxes, overFour, placed, whole } from './walk';

/** The kernels, the memory they work on, and the threads that run them. */
export interface Machine {
  readonly kernels: Module['kernels'];
  readonly heap: Heap;
  readonly pool: ThreadPool;
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

/** The inputs that were given. */
export const present = (inputs: readonly (Tensor | undefined)[]) =>
  inputs.filter((x): x is Tensor => x !== undefined);
/** As many addresses as there are tensors. */
export type Addresses<T extends readonly unknown[]> = { readonly [K in keyof T]: Address };
/** The addresses of tensors, 0 for none. */
export function addresses<const T extends readonly (Tensor | undefined)[]>(
  ...tensors: T
): Addresses<T> {
  return tensors.map(addressOf) as unknown as Addresses<T>;
}
/** The address of a tensor, 0 for none. */
export const addressOf = (x: Tensor | undefined) => (x ? address(x) : 0);

/** A kernel for float32 without gaps; the definition runs for the rest. */
export function forPlain<K extends OpName>(
  kernel: Kernel<K>,
  also: (inputs: readonly Tensor[]) => boolean = () => true,
): Kernel<K> {
  kernel.supports = (inputs) => {
    const given = present(inputs as readonly (Tensor | undefined)[]);
    return plain(...given) && also(given);
  };
  return kernel;
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
  'sign',
  'expm1',
  'log1p',
  'softplus',
  'erf',
  'sin',
  'cos',
  'log2',
  'log10',
  'tan',
  'atan',
  'asin',
  'acos',
  'sinh',
  'cosh',
] as const satisfies UnaryName[];
/** In the order of `row` in assembly/binary.ts. */
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
  'pow',
] as const satisfies BinaryName[];

/** Up to here angles lose no digits where they are brought near 0; larger ones are for the reference kernel. */
const MOST_RADIANS = 8192;

/** Elements that one thread handles in some ten microseconds: of cheap functions, and of costly ones. */
export const CHEAP = 32768;
export const COSTLY = 8192;

const COSTLY_UNARY: readonly string[] = [
  ...['exp', 'log', 'tanh', 'sigmoid'],
  ...['expm1', 'log1p', 'softplus', 'erf', 'sin', 'cos', 'log2', 'log10', 'tan', 'atan'],
  ...['asin', 'acos', 'sinh', 'cosh'],
];

function unary(machine: Machine, name: (typeof UNARY)[number]): Kernel<'neg'> {
  const { kernels, pool } = machine;
  const compute = kernels[name];
  const double = UNARY64.indexOf(name);
  const grain = COSTLY_UNARY.includes(name) ? COSTLY : CHEAP;
  const bounded = name === 'sin' || name === 'cos' || name === 'tan';
  return attempting<'neg'>(name as 'neg', ([x], _, [y]) => {
    const isDouble = x.dtype === 'float64' && double >= 0;
    if (!isDouble && x.dtype !== 'float32') return false;
    const to = address(y);
    const { size } = y;
    const dense = isContiguous(x);
    if (!dense) copyDense(machine, x, to);
    const from = dense ? address(x) : to;
    if (bounded && !kernels.within(from, size, MOST_RADIANS)) return false;
    if (isDouble) kernels.unary64(double, from, to, size);
    else if (size < 2 * grain) compute(from, to, size);
    else
      pool.share(name, size, grain, 16, (first, end) => [
        from + 4 * first,
        to + 4 * first,
        end - first,
      ]);
    return true;
  });
}

function binary(machine: Machine, name: (typeof BINARY)[number]): Kernel<'add'> {
  const { kernels, pool } = machine;
  const compute = kernels[name];
  const single = BINARY.indexOf(name);
  const double = BINARY64.indexOf(name);
  const integer = INT32.indexOf(name);
  const grain = name === 'pow' ? COSTLY : CHEAP;
  return attempting<'add'>(name as 'add', ([a, b], _, [y]) => {
    const isDouble = a.dtype === 'float64' && double >= 0;
    const isInteger = a.dtype === 'int32' && integer >= 0;
    if (!isDouble && !isInteger && a.dtype !== 'float32') return false;
    const { size } = y;
    const aStep = stepOf(a, size);
    const bStep = stepOf(b, size);
    if (aStep < 0 || bStep < 0) {
      const others = isDouble ? double : BINARY64.length + integer;
      binaryRows(machine, a.dtype === 'float32' ? single : BINARY.length + others, a, b, y);
      return true;
    }
    const left = address(a);
    const right = address(b);
    const to = address(y);
    if (isDouble) kernels.binary64(double, left, aStep, right, bStep, to, size);
    else if (isInteger) kernels.binaryInt32(integer, left, aStep, right, bStep, to, size);
    else if (size < 2 * grain) compute(left, aStep, right, bStep, to, size);
    else {
      const bytes = (y.storage.buffer as TypedArray).BYTES_PER_ELEMENT;
      pool.share(name, size, grain, 16, (first, end) => [
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

/** Tests of float32, and logic of booleans: both give bytes. */
function toBytes(
  { kernels }: Machine,
  name: 'isnan' | 'isfinite' | 'logicalNot',
  dtype: DType,
): Kernel<'isnan'> {
  return attempting<'isnan'>(name as 'isnan', ([x], _, [y]) => {
    if (x.dtype !== dtype || !isContiguous(x)) return false;
    kernels[name](address(x), address(y), y.size);
    return true;
  });
}

function logic(
  { kernels }: Machine,
  name: 'logicalAnd' | 'logicalOr' | 'logicalXor',
): Kernel<'logicalAnd'> {
  return attempting<'logicalAnd'>(name as 'logicalAnd', ([a, b], _, [y]) => {
    if (a.dtype !== 'bool' || b.dtype !== 'bool') return false;
    const [aStep, bStep] = [stepOf(a, y.size), stepOf(b, y.size)];
    if (aStep < 0 || bStep < 0) return false;
    kernels[name](address(a), aStep, address(b), bStep, address(y), y.size);
    return true;
  });
}

/** Powers that are products, roots and quotients are computed as such. */
function pow(machine: Machine): Kernel<'pow'> {
  const general = binary(machine, 'pow');
  const multiply = binary(machine, 'mul');
  const root = unary(machine, 'sqrt');
  const invert = unary(machine, 'reciprocal');
  return strided((inputs, attributes, outputs) => {
    const [x, exponent] = inputs;
    const [y] = outputs;
    const fits = x.dtype === 'float32' && x.size === y.size;
    const power = fits ? exponent.storage.constant : undefined;
    if (power === 2) multiply([x, x], attributes, outputs);
    else if (power === 0.5) root([x], attributes, outputs);
    else if (power === -1) invert([x], attributes, outputs);
    else if (power === 3 && x.storage !== y.storage) {
      multiply([x, x], attributes, outputs);
      multiply([y, x], attributes, outputs);
    } else general(inputs, attributes, outputs);
  });
}

/** 1 where x has all `size` elements in one piece, 0 where it repeats a single one, otherwise −1. */
function stepOf(x: Tensor, size: number): number {
  if (x.storage.constant !== undefined) return 0;
  if (!isContiguous(x)) return -1;
  return x.size === size ? 1 : x.size === 1 ? 0 : -1;
}

/** Operands of any strides: row by row, in which each operand has steps of 0 or 1; those that have others are copied first. */
function binaryRows(machine: Machine, f: number, a: Tensor, b: Tensor, y: Tensor): void {
  const target = placed(y);
  const operands = [a, b].map((x) => placed(x, y.shape));
  const { steps } = joinAxes(y.shape, [...operands, target]);
  const fits = (list: readonly number[]) => (list.at(-1) ?? 0) === 0 || list.at(-1) === 1;
  const bytes = operands[0].width;
  const run = (left: Placed, right: Placed) =>
    overFour(machine, 'rowwise', y.shape, [left, right, target], (places, sizes, strides) => [
      f,
      bytes,
      target.width,
      ...places,
      ...sizes,
      ...strides[0],
      ...strides[1],
    ]);
  const strange = [a, b].filter((_, i) => !fits(steps[i]));
  whole(machine, strange, (buffers) => {
    const [left, right] = [a, b].map((x, i) => {
      const at = buffers[strange.indexOf(x)];
      if (at === undefined || fits(steps[i])) return operands[i];
      return { at, steps: denseSteps(x, y.shape), width: bytes };
    });
    run(left, right);
  });
}

/** The steps of a copy of x in row-major order that broadcasts to `shape`. */
function denseSteps({ shape: own }: Tensor, shape: readonly number[]): readonly number[] {
  return broadcast({ shape: own, strides: contiguousStrides(own), offset: 0 }, shape).strides;
}

/** The elementwise kernels. */
export function simpleKernels(machine: Machine): Partial<Kernels> {
  const one = UNARY.map((name) => [name, unary(machine, name)]);
  const two = BINARY.map((name) => [name, binary(machine, name)]);
  const logical = (['logicalAnd', 'logicalOr', 'logicalXor'] as const).map((name) => [
    name,
    logic(machine, name),
  ]);
  return {
    ...Object.fromEntries([...one, ...two, ...logical]),
    isnan: toBytes(machine, 'isnan', 'float32'),
    isfinite: toBytes(machine, 'isfinite', 'float32'),
    logicalNot: toBytes(machine, 'logicalNot', 'bool'),
    pow: pow(machine),
  };
}

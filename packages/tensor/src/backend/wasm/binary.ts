/** Elementwise operations of two tensors. */

import type { TypedArray } from '../../core/dtype';
import { contiguousStrides, isContiguous } from '../../core/layout';
import type { Tensor } from '../../core/tensor';
import type { BinaryName } from '../../ops/declared/pointwise-table';
import type { Kernel, Kernels } from '../../ops/table';
import { broadcast, strided } from '../reference/walk';
import { BINARY64 } from './float64';
import { INT32 } from './int32';
import type { Machine } from './machine';
import { address, attempting, CHEAP, COSTLY } from './machine';
import { unary } from './unary';
import type { Placed } from './walk';
import { joinAxes, overFour, placed, whole } from './walk';

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

/** The elementwise kernels of two tensors. */
export function binaryKernels(machine: Machine): Partial<Kernels> {
  const logical = ['logicalAnd', 'logicalOr', 'logicalXor'] as const;
  return {
    ...Object.fromEntries(BINARY.map((name) => [name, binary(machine, name)])),
    ...Object.fromEntries(logical.map((name) => [name, logic(machine, name)])),
    pow: pow(machine),
  };
}

/** Elementwise operations of one tensor. */

import type { DType } from '../../core/dtype';
import { isContiguous } from '../../core/layout';
import type { UnaryName } from '../../ops/declared/pointwise-table';
import { unaryNames } from '../../ops/declared/pointwise-table';
import type { Kernel, Kernels } from '../../ops/table';
import { UNARY64 } from './float64';
import type { Machine } from './machine';
import { address, attempting, CHEAP, COSTLY } from './machine';
import type { KernelName } from './module/load';
import { copyDense } from './walk';

/** Unary operations for which assembly/ exports a kernel of their name. */
type UnaryKernelName = UnaryName & KernelName;

/** Up to here angles lose no digits where they are brought near 0; larger ones are for the reference kernel. */
const MOST_RADIANS = 8192;

/** Functions of a few instructions, which are shared among threads in larger pieces. */
const CHEAP_UNARY: readonly UnaryName[] = [
  ...(['neg', 'abs', 'relu', 'sqrt', 'reciprocal', 'sign'] as const),
  ...(['floor', 'ceil', 'round', 'trunc'] as const),
];

/** The kernel of an operation of float32, and of some of float64. */
export function unary(machine: Machine, name: UnaryKernelName): Kernel<'neg'> {
  const { kernels, pool } = machine;
  const compute = kernels[name];
  const double = UNARY64.indexOf(name);
  const grain = CHEAP_UNARY.includes(name) ? CHEAP : COSTLY;
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

/** The elementwise kernels of one tensor. */
export function unaryKernels(machine: Machine): Partial<Kernels> {
  const names = unaryNames.filter((name): name is UnaryKernelName => name in machine.kernels);
  return Object.fromEntries([
    ...names.map((name) => [name, unary(machine, name)]),
    ['isnan', toBytes(machine, 'isnan', 'float32')],
    ['isfinite', toBytes(machine, 'isfinite', 'float32')],
    ['logicalNot', toBytes(machine, 'logicalNot', 'bool')],
  ]);
}

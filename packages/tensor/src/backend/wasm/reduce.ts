/** Reductions of the WebAssembly backend over any axes. */

import { bytesPerElement } from '../../core/dtype';
import { isContiguous } from '../../core/layout';
import type { Tensor } from '../../core/tensor';
import type { Kernel, Kernels } from '../../ops/table';
import type { Machine } from './machine';
import { address, attempting, CHEAP } from './machine';
import { borrow } from './memory/scratch';
import { KINDS, shareBlock } from './scan';
import { copyDense, whole } from './walk';

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

/** Reduces the middle axis of a block [outer, size, inner] in one piece. */
type Reduce = (from: number, to: number, outer: number, size: number, inner: number) => void;

/** Reduces axes of x into y, one group of neighbours after the other. */
export function reduceGroups(
  machine: Machine,
  x: Tensor,
  axes: readonly number[],
  y: Tensor,
  reduce: Reduce,
): void {
  const groups = groupsOf(x.shape, axes);
  // From the last group that is summed to the first; each pass leaves a smaller tensor.
  const passes = groups
    .map(({ size, summed }, at) => ({ size, summed, at }))
    .filter(({ summed }) => summed)
    .reverse()
    .map(({ size, at }) => ({
      outer: groups.slice(0, at).reduce((n, group) => n * group.size, 1),
      size,
      inner: groups.slice(at + 1).reduce((n, group) => n * (group.summed ? 1 : group.size), 1),
    }));
  if (passes.length === 0) {
    copyDense(machine, x, address(y));
    return;
  }
  const width = bytesPerElement(x.dtype);
  const between = passes.slice(0, -1).map(({ outer, inner }) => outer * inner * width);
  whole(machine, [x], ([start]) =>
    borrow(machine, between, (buffers) => {
      let from = start;
      passes.forEach(({ outer, size, inner }, i) => {
        const to = buffers[i] ?? address(y);
        reduce(from, to, outer, size, inner);
        from = to;
      });
    }),
  );
}

/** Sums of booleans over all of them, or over the last axes. */
function countTrue({ pool }: Machine, x: Tensor, axes: readonly number[], y: Tensor): boolean {
  const groups = groupsOf(x.shape, axes);
  const last = groups[groups.length - 1];
  if (!isContiguous(x) || y.dtype !== 'int32' || groups.length > 2 || !last?.summed) return false;
  const columns = last.size;
  const [from, to] = [address(x), address(y)];
  pool.share('countRows', y.size, Math.ceil(CHEAP / columns), 1, (first, end) => [
    from + first * columns,
    to + 4 * first,
    end - first,
    columns,
  ]);
  return true;
}

function sum(machine: Machine): Kernel<'sum'> {
  return attempting('sum', ([x], { axes }, [y]) => {
    if (x.size === 0) return false;
    if (x.dtype === 'int32') {
      reduceGroups(machine, x, axes, y, (from, to, outer, size, inner) =>
        shareBlock(machine, 'fold', [2, 3], { outer, size, inner }, [from, 4], [to, 4], 1),
      );
      return true;
    }
    if (x.dtype === 'bool') return countTrue(machine, x, axes, y);
    if (x.dtype !== 'float32' && x.dtype !== 'float64') return false;
    const width = bytesPerElement(x.dtype);
    reduceGroups(machine, x, axes, y, (from, to, outer, size, inner) => {
      if (inner === 1) sumRows(machine, from, to, outer, size, width);
      else sumColumns(machine, from, to, outer, size, inner, width);
    });
    return true;
  });
}

/** y[r] = Σ of row r, in threads. */
function sumRows(
  { pool }: Machine,
  x: number,
  y: number,
  rows: number,
  columns: number,
  width: number,
): void {
  const kernel = width === 8 ? 'sumRows64' : 'sumRows';
  pool.share(kernel, rows, Math.ceil(CHEAP / columns), 1, (first, end) => [
    x + width * first * columns,
    y + width * first,
    end - first,
    columns,
  ]);
}

/** y[o, c] = Σ over r of x[o, r, c], in threads. @param width - bytes of an element, 4 or 8. */
export function sumColumns(
  { pool, kernels }: Machine,
  x: number,
  y: number,
  outer: number,
  rows: number,
  columns: number,
  width = 4,
): void {
  const kernel = width === 8 ? 'sumColumns64' : 'sumColumns';
  const plane = rows * columns;
  if (outer * plane < 2 * CHEAP) kernels[kernel](x, y, outer, rows, columns, columns);
  else if (outer > 1)
    pool.share(kernel, outer, Math.ceil(CHEAP / plane), 1, (first, end) => [
      x + width * first * plane,
      y + width * first * columns,
      end - first,
      rows,
      columns,
      columns,
    ]);
  else
    pool.share(kernel, columns, Math.max(64, Math.ceil(CHEAP / rows)), 16, (first, end) => [
      x + width * first,
      y + width * first,
      1,
      rows,
      end - first,
      columns,
    ]);
}

/** The kernel that reduces rows of bytes, for each test along the last axes. */
const ROW_REDUCTIONS = {
  any: 'anyRows',
  all: 'allRows',
} as const;

function reduceRows({ pool }: Machine, name: keyof typeof ROW_REDUCTIONS): Kernel<'any'> {
  const kernel = ROW_REDUCTIONS[name];
  return attempting<'any'>(name as 'any', ([x], { axes }, [y]) => {
    if (x.dtype !== 'bool' || !isContiguous(x) || x.size === 0 || y.size === 0) return false;
    const groups = groupsOf(x.shape, axes);
    if (groups.length > 2 || !groups[groups.length - 1]?.summed) return false;
    const columns = x.size / y.size;
    const from = address(x);
    const to = address(y);
    pool.share(kernel, y.size, Math.ceil(CHEAP / columns), 1, (first, end) => [
      from + first * columns,
      to + first,
      end - first,
      columns,
    ]);
    return true;
  });
}

/** In the order of `fold` in assembly/scan.ts. */
const FOLDS = ['prod', 'amax', 'amin'] as const;

/** Products and extremes over axes, group after group. */
function fold(machine: Machine, name: (typeof FOLDS)[number]): Kernel<'prod'> {
  const rows = name === 'amax' ? 'maxRows' : 'minRows';
  return attempting<'prod'>(name as 'prod', ([x], { axes }, [y]) => {
    const kind = KINDS[x.dtype];
    if (kind === undefined || x.size === 0) return false;
    const width = bytesPerElement(x.dtype);
    const fast = name !== 'prod' && kind === 0;
    reduceGroups(machine, x, axes, y, (from, to, outer, size, inner) => {
      if (fast && inner === 1)
        machine.pool.share(rows, outer, Math.ceil(CHEAP / size), 1, (first, end) => [
          from + 4 * first * size,
          to + 4 * first,
          end - first,
          size,
        ]);
      else {
        const options = [kind, FOLDS.indexOf(name)] as const;
        shareBlock(machine, 'fold', options, { outer, size, inner }, [from, width], [to, width], 1);
      }
    });
    return true;
  });
}

/** The kernels of reductions. */
export function reduceKernels(machine: Machine): Partial<Kernels> {
  return {
    sum: sum(machine),
    any: reduceRows(machine, 'any'),
    all: reduceRows(machine, 'all') as unknown as Kernel<'all'>,
    prod: fold(machine, 'prod'),
    amax: fold(machine, 'amax') as unknown as Kernel<'amax'>,
    amin: fold(machine, 'amin') as unknown as Kernel<'amin'>,
  };
}

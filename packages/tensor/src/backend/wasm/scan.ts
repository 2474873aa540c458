/** Sorting, scans, products, extremes and their places along axes, of float32, float64 and int32. */

import type { DType } from '../../core/dtype';
import { bytesPerElement } from '../../core/dtype';
import type { Kernel, Kernels } from '../../ops/table';
import type { Machine } from './machine';
import { address, attempting, CHEAP, COSTLY } from './machine';
import { shareRooms } from './memory/scratch';
import { reduceGroups } from './reduce';
import { whole } from './walk';

/** Numbers of the dtypes, as assembly/scan.ts and sort.ts have them. */
const KINDS: Partial<Record<DType, number>> = { float32: 0, float64: 1, int32: 2 };

/** A block of rows and columns: the middle axis, and what lies before and behind it. */
interface Block {
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
}

/** The block around an axis of a shape. */
export function blockAround(shape: readonly number[], axis: number): Block {
  const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
  return {
    outer: product(shape.slice(0, axis)),
    size: shape[axis] ?? 1,
    inner: product(shape.slice(axis + 1)),
  };
}

/** Runs a kernel of assembly/scan.ts in threads: over blocks, or over the columns of a single one. */
function shareBlock(
  { pool }: Machine,
  name: 'scan' | 'product' | 'extreme' | 'place',
  options: readonly number[],
  { outer, size, inner }: Block,
  x: readonly [at: number, width: number],
  y: readonly [at: number, width: number],
  rowsOfY: number,
): void {
  const plane = size * inner;
  if (outer > 1)
    pool.share(name, outer, Math.ceil(CHEAP / plane), 1, (first, end) => [
      ...[...options, x[0] + first * plane * x[1], y[0] + first * rowsOfY * inner * y[1]],
      ...[end - first, size, inner, inner],
    ]);
  else
    pool.share(name, inner, Math.max(64, Math.ceil(CHEAP / size)), 16, (first, end) => [
      ...[...options, x[0] + first * x[1], y[0] + first * y[1]],
      ...[1, size, end - first, inner],
    ]);
}

function scan(machine: Machine, name: 'cumsum' | 'cumprod'): Kernel<'cumsum'> {
  return attempting<'cumsum'>(name as 'cumsum', ([x], { axis }, [y]) => {
    const kind = KINDS[x.dtype];
    if (kind === undefined) return false;
    const width = bytesPerElement(x.dtype);
    const block = blockAround(x.shape, axis);
    const options = [kind, Number(name === 'cumprod')];
    whole(machine, [x], ([from]) =>
      shareBlock(machine, 'scan', options, block, [from, width], [address(y), width], block.size),
    );
    return true;
  });
}

function place(machine: Machine, name: 'argmax' | 'argmin'): Kernel<'argmax'> {
  return attempting<'argmax'>(name as 'argmax', ([x], { axis }, [y]) => {
    const kind = KINDS[x.dtype];
    if (kind === undefined) return false;
    const block = blockAround(x.shape, axis);
    const options = [kind, Number(name === 'argmin')];
    const width = bytesPerElement(x.dtype);
    whole(machine, [x], ([from]) =>
      shareBlock(machine, 'place', options, block, [from, width], [address(y), 4], 1),
    );
    return true;
  });
}

/** Products and extremes over axes, group after group. */
function fold(machine: Machine, name: 'prod' | 'amax' | 'amin'): Kernel<'prod'> {
  const rows = name === 'amax' ? 'maxRows' : 'minRows';
  return attempting<'prod'>(name as 'prod', ([x], { axes }, [y]) => {
    const kind = KINDS[x.dtype];
    if (kind === undefined || x.size === 0) return false;
    const width = bytesPerElement(x.dtype);
    const fast = name !== 'prod' && kind === 0;
    const options = name === 'prod' ? [kind] : [kind, Number(name === 'amin')];
    reduceGroups(machine, x, axes, y, (from, to, outer, size, inner) => {
      if (fast && inner === 1)
        machine.pool.share(rows, outer, Math.ceil(CHEAP / size), 1, (first, end) => [
          from + 4 * first * size,
          to + 4 * first,
          end - first,
          size,
        ]);
      else {
        const kernel = name === 'prod' ? 'product' : 'extreme';
        shareBlock(machine, kernel, options, { outer, size, inner }, [from, width], [to, width], 1);
      }
    });
    return true;
  });
}

function sort(machine: Machine): Kernel<'sort'> {
  return attempting('sort', ([x], { axis, descending }, [values, indices]) => {
    const { outer, size, inner } = blockAround(x.shape, axis);
    const width = bytesPerElement(x.dtype);
    const key = Math.max(4, width);
    const bytes = 2 * size * (key + 4) + 1024 * key;
    const [to, at] = [address(values), address(indices)];
    const options = [KINDS[x.dtype] ?? 3, Number(descending)];
    const chunk = Math.max(1, Math.ceil(COSTLY / size));
    whole(machine, [x], ([from]) =>
      shareRooms(machine, 'sort', outer * inner, chunk, bytes, (first, end, room) => [
        ...[...options, from, to, at],
        ...[first, end, size, values.shape[axis] ?? 1, inner, room],
      ]),
    );
    return true;
  });
}

/** The kernels of sorting, scans, products and extremes. */
export function lineKernels(machine: Machine): Partial<Kernels> {
  const each = <K extends string>(names: readonly K[], make: (name: K) => unknown) =>
    Object.fromEntries(names.map((name) => [name, make(name)]));
  return {
    ...each(['cumsum', 'cumprod'] as const, (name) => scan(machine, name)),
    ...each(['argmax', 'argmin'] as const, (name) => place(machine, name)),
    ...each(['prod', 'amax', 'amin'] as const, (name) => fold(machine, name)),
    sort: sort(machine),
  };
}

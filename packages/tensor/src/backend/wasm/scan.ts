/** Along one axis: running totals, and where extremes lie, of float32, float64 and int32. */

import type { DType } from '../../core/dtype';
import { bytesPerElement } from '../../core/dtype';
import type { Kernel, Kernels } from '../../ops/table';
import type { Machine } from './machine';
import { address, attempting, CHEAP } from './machine';
import { whole } from './walk';

/** Numbers of the dtypes, as assembly/scan.ts and sort.ts have them. */
export const KINDS: Partial<Record<DType, number>> = { float32: 0, float64: 1, int32: 2 };

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
export function shareBlock(
  { pool }: Machine,
  name: 'scan' | 'fold' | 'place',
  options: readonly [kind: number, which: number],
  { outer, size, inner }: Block,
  x: readonly [at: number, width: number],
  y: readonly [at: number, width: number],
  rowsOfY: number,
): void {
  const plane = size * inner;
  if (outer > 1)
    pool.share(name, outer, Math.ceil(CHEAP / plane), 1, (first, end) => [
      ...options,
      x[0] + first * plane * x[1],
      y[0] + first * rowsOfY * inner * y[1],
      end - first,
      size,
      inner,
      inner,
    ]);
  else
    pool.share(name, inner, Math.max(64, Math.ceil(CHEAP / size)), 16, (first, end) => [
      ...options,
      x[0] + first * x[1],
      y[0] + first * y[1],
      1,
      size,
      end - first,
      inner,
    ]);
}

function scan(machine: Machine, name: 'cumsum' | 'cumprod'): Kernel<'cumsum'> {
  return attempting<'cumsum'>(name as 'cumsum', ([x], { axis }, [y]) => {
    const kind = KINDS[x.dtype];
    if (kind === undefined) return false;
    const width = bytesPerElement(x.dtype);
    const block = blockAround(x.shape, axis);
    const options = [kind, Number(name === 'cumprod')] as const;
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
    const options = [kind, Number(name === 'argmin')] as const;
    const width = bytesPerElement(x.dtype);
    whole(machine, [x], ([from]) =>
      shareBlock(machine, 'place', options, block, [from, width], [address(y), 4], 1),
    );
    return true;
  });
}

/** The kernels along one axis. */
export function scanKernels(machine: Machine): Partial<Kernels> {
  return {
    cumsum: scan(machine, 'cumsum'),
    cumprod: scan(machine, 'cumprod') as unknown as Kernel<'cumprod'>,
    argmax: place(machine, 'argmax'),
    argmin: place(machine, 'argmin') as unknown as Kernel<'argmin'>,
  };
}

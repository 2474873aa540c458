/** Diagonals and triangles of matrices. */

import { IndexError, ShapeError, ValueError } from '../../core/errors';
import { checkCount, normalizeAxis } from '../../core/layout';
import { scope } from '../../core/lifetime';
import { run } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { ge, le } from '../declared/comparison';
import { tensor } from '../declared/creation';
import type { Bounds } from '../declared/movement';
import { diagonalOp, padOp, reshape, slice, unsqueeze } from '../declared/movement';
import { where } from '../declared/pointwise';
import { NONE } from '../declared/pointwise-table';
import { sum } from '../declared/reduction';
import { constantLike } from '../operand';
import { arange } from './creation';
import { movedim } from './movement';

function twoAxes(op: string, rank: number, axis0: number, axis1: number): [number, number] {
  if (rank < 2) throw new ShapeError(op, 'x has fewer than two axes', { expected: 'a matrix' });
  const [a, b] = [normalizeAxis(op, axis0, rank), normalizeAxis(op, axis1, rank)];
  if (a === b) throw new IndexError(op, 'the axes must differ', { args: { axis0, axis1 } });
  return [a, b];
}

function checkOffset(op: string, offset: number): void {
  if (Number.isInteger(offset)) return;
  throw new ValueError(op, 'the offset must be an integer', { args: { offset } });
}

/**
 * The diagonal x[i, i + offset] of two axes; a view.
 *
 * @param offset - above (positive) or below the main diagonal, default 0. @param axis0 - default 0. @param axis1 - default 1.
 * @returns x without both axes, with the diagonal as its last axis.
 */
export function diagonal(x: Tensor, offset = 0, axis0 = 0, axis1 = 1): Tensor {
  takes('diagonal', arguments);
  const [a, b] = twoAxes('diagonal', x.ndim, axis0, axis1);
  checkOffset('diagonal', offset);
  return scope(() => {
    const last = movedim(x, [a, b], [-2, -1]);
    const from = (start: number): Bounds => [start];
    const around = new Array<null>(x.ndim - 2).fill(null);
    const corner = slice(last, [...around, from(Math.max(0, -offset)), from(Math.max(0, offset))]);
    return run(diagonalOp, [corner], NONE)[0];
  });
}

/**
 * Matrices with the last axis of x on their diagonal, zeros elsewhere.
 *
 * @param offset - which diagonal, default 0. @param axis0 - place of the rows in the result, default −2. @param axis1 - of the columns, default −1.
 */
export function diagEmbed(x: Tensor, offset = 0, axis0 = -2, axis1 = -1): Tensor {
  takes('diagEmbed', arguments);
  const [a, b] = twoAxes('diagEmbed', x.ndim + 1, axis0, axis1);
  checkOffset('diagEmbed', offset);
  const length = x.shape[x.ndim - 1];
  const n = length + Math.abs(offset);
  const first = offset < 0 ? -offset * n : offset;
  const span = length === 0 ? 0 : (length - 1) * (n + 1) + 1;
  const atLast = (value: number) => x.shape.map((_, i) => (i === x.ndim - 1 ? value : 0));
  return scope(() => {
    const low = length === 0 ? 0 : first;
    const attributes = {
      low: atLast(low),
      high: atLast(n * n - low - span),
      interior: atLast(n),
      value: 0,
    };
    const flat = run(padOp, [x], attributes)[0];
    return movedim(reshape(flat, [...x.shape.slice(0, -1), n, n]), [-2, -1], [a, b]);
  });
}

/** A matrix with the vector x on a diagonal, or that diagonal of the matrix x. @param offset - default 0. */
export function diag(x: Tensor, offset = 0): Tensor {
  takes('diag', arguments);
  if (x.ndim === 1) return diagEmbed(x, offset);
  if (x.ndim === 2) return diagonal(x, offset);
  throw new ShapeError('diag', 'x is neither a vector nor a matrix', {
    args: { x },
    hint: 'use diagonal or diagEmbed',
  });
}

/** A matrix with all elements of x, flattened, on a diagonal. @param offset - default 0. */
export function diagflat(x: Tensor, offset = 0): Tensor {
  takes('diagflat', arguments);
  return scope(() => diagEmbed(reshape(x, [-1]), offset));
}

/** The sum of the main diagonal of a matrix. @returns a scalar. */
export function trace(x: Tensor): Tensor {
  takes('trace', arguments);
  if (x.ndim !== 2) throw new ShapeError('trace', 'x is not a matrix', { args: { x } });
  return scope(() => sum(diagonal(x)));
}

function triangle(op: string, x: Tensor, test: typeof ge, offset: number): Tensor {
  if (x.ndim < 2) throw new ShapeError(op, 'x has fewer than two axes', { args: { x } });
  const [rows, columns] = x.shape.slice(-2);
  return scope(() => {
    const at = { device: x.device };
    const mask = test(
      unsqueeze(arange(offset, rows + offset, 1, at), 1),
      arange(0, columns, 1, at),
    );
    return where(mask, x, constantLike(x, 0));
  });
}

/** The lower triangles of matrices, zeros above. @param offset - the last diagonal that stays, default 0. */
export function tril(x: Tensor, offset = 0): Tensor {
  takes('tril', arguments);
  return triangle('tril', x, ge, offset);
}

/** The upper triangles of matrices, zeros below. @param offset - the first diagonal that stays, default 0. */
export function triu(x: Tensor, offset = 0): Tensor {
  takes('triu', arguments);
  return triangle('triu', x, le, offset);
}

function trianglePositions(
  op: string,
  rows: number,
  columns: number,
  inside: (row: number, column: number) => boolean,
): Tensor {
  checkCount(op, 'rows', rows);
  checkCount(op, 'columns', columns);
  const found: [number[], number[]] = [[], []];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      if (!inside(i, j)) continue;
      found[0].push(i);
      found[1].push(j);
    }
  }
  return tensor(Int32Array.from(found.flat()), { shape: [2, found[0].length] });
}

/** Rows and columns of the lower triangle of a matrix. @returns [2, n], int32. */
export function trilIndices(rows: number, columns: number, offset = 0): Tensor {
  takes('trilIndices', arguments);
  return trianglePositions('trilIndices', rows, columns, (i, j) => j - i <= offset);
}

/** Rows and columns of the upper triangle of a matrix. @returns [2, n], int32. */
export function triuIndices(rows: number, columns: number, offset = 0): Tensor {
  takes('triuIndices', arguments);
  return trianglePositions('triuIndices', rows, columns, (i, j) => j - i >= offset);
}

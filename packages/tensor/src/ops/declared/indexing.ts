/** Picking elements by index tensors, and putting them back. Indices are int32; out of range is an IndexError. */

import { ShapeError } from '../../core/errors';
import { normalizeAxis } from '../../core/layout';
import { scope } from '../../core/lifetime';
import { run } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { expectIndices, expectSameDType, scalar } from '../operand';
import type { PrimitiveDeclaration } from '../table';
import { expand, reshape } from './movement';
import type { AlphaOptions } from './pointwise';
import { mul } from './pointwise';

/** Refuses an index that is not as large as `x` at most on every axis but `axis`. */
function checkIndex(op: string, x: Tensor, index: Tensor, axis: number): void {
  expectIndices(op, index);
  const fits = index.ndim === x.ndim && index.shape.every((n, i) => i === axis || n <= x.shape[i]);
  if (!fits) {
    throw new ShapeError(op, `the index does not fit outside axis ${axis}`, {
      args: { x, index },
      expected: 'as many axes as x, and no larger',
    });
  }
}

function checkSource(op: string, x: Tensor, index: Tensor, source: Tensor): void {
  expectSameDType(op, { x, source });
  if (source.ndim !== index.ndim || index.shape.some((n, i) => n > source.shape[i])) {
    throw new ShapeError(op, 'the index is larger than the source', { args: { index, source } });
  }
}

export const gatherOp: PrimitiveDeclaration<'gather'> = {
  kind: 'primitive',
  name: 'gather',
  infer([x, index], { axis }) {
    checkIndex('gather', x, index, axis);
    return [{ shape: index.shape, dtype: x.dtype }];
  },
};

export const scatterOp: PrimitiveDeclaration<'scatter'> = {
  kind: 'primitive',
  name: 'scatter',
  infer([x, index, source], { axis }) {
    checkIndex('scatter', x, index, axis);
    checkSource('scatter', x, index, source);
    return [{ shape: x.shape, dtype: x.dtype }];
  },
};

export const scatterAddOp: PrimitiveDeclaration<'scatterAdd'> = {
  kind: 'primitive',
  name: 'scatterAdd',
  infer([x, index, source], { axis }) {
    checkIndex('scatterAdd', x, index, axis);
    checkSource('scatterAdd', x, index, source);
    return [{ shape: x.shape, dtype: x.dtype }];
  },
};

function checkPositions(op: string, index: Tensor): void {
  expectIndices(op, index);
  if (index.ndim !== 1) {
    throw new ShapeError(op, 'the index must be a vector', {
      args: { index },
      expected: 'index: [n]',
    });
  }
}

export const indexSelectOp: PrimitiveDeclaration<'indexSelect'> = {
  kind: 'primitive',
  name: 'indexSelect',
  infer([x, index], { axis }) {
    checkPositions('indexSelect', index);
    const shape = x.shape.map((n, i) => (i === axis ? index.shape[0] : n));
    return [{ shape, dtype: x.dtype }];
  },
};

export const indexAddOp: PrimitiveDeclaration<'indexAdd'> = {
  kind: 'primitive',
  name: 'indexAdd',
  infer([x, index, source], { axis }) {
    checkPositions('indexAdd', index);
    expectSameDType('indexAdd', { x, source });
    const expected = x.shape.map((n, i) => (i === axis ? index.shape[0] : n));
    if (source.ndim !== x.ndim || source.shape.some((n, i) => n !== expected[i])) {
      throw new ShapeError('indexAdd', 'the source does not fit', {
        args: { x, index, source },
        expected: `source: [${expected.join(', ')}]`,
      });
    }
    return [{ shape: x.shape, dtype: x.dtype }];
  },
};

/**
 * out[i, j, …] = x[…, index[i, j, …], …] with the index at `axis`.
 *
 * @param index - int32, as many axes as x, no larger outside `axis`. @returns the shape of the index.
 * @throws IndexError where an index is out of range.
 */
export function gather(x: Tensor, axis: number, index: Tensor): Tensor {
  takes('gather', arguments);
  const attributes = { axis: normalizeAxis('gather', axis, x.ndim) };
  if (x.ndim + index.ndim !== 1) return run(gatherOp, [x, index], attributes)[0];
  // A scalar goes for a vector of one element.
  return scope(() => {
    const [row, places] = [reshape(x, [x.size]), reshape(index, [index.size])];
    return reshape(run(gatherOp, [row, places], attributes)[0], index.shape);
  });
}

/** A copy of x with out[…, index[i, j, …], …] = source[i, j, …]; where an index repeats, the last one stays. @param source - at least as large as the index, or a number. */
export function scatter(x: Tensor, axis: number, index: Tensor, source: Tensor | number): Tensor {
  takes('scatter', arguments);
  const attributes = { axis: normalizeAxis('scatter', axis, x.ndim) };
  if (typeof source !== 'number') return run(scatterOp, [x, index, source], attributes)[0];
  return scope(() => {
    const filled = expand(scalar(source, x.dtype, x), index.shape);
    return run(scatterOp, [x, index, filled], attributes)[0];
  });
}

/** A copy of x to which source[i, j, …] is added at […, index[i, j, …], …]; repeated indices add up. */
export function scatterAdd(x: Tensor, axis: number, index: Tensor, source: Tensor): Tensor {
  takes('scatterAdd', arguments);
  const attributes = { axis: normalizeAxis('scatterAdd', axis, x.ndim) };
  return run(scatterAddOp, [x, index, source], attributes)[0];
}

/** The rows of x (on `axis`) that a vector of positions names. @param index - [n], int32. @returns x with n on `axis`. */
export function indexSelect(x: Tensor, axis: number, index: Tensor): Tensor {
  takes('indexSelect', arguments);
  const attributes = { axis: normalizeAxis('indexSelect', axis, x.ndim) };
  if (x.ndim > 0 && index.ndim > 0) return run(indexSelectOp, [x, index], attributes)[0];
  // A scalar is a vector of one element; so is an index that is a scalar.
  return scope(() => {
    const [rows, places] = [x, index].map((t) => (t.ndim > 0 ? t : reshape(t, [1])));
    const picked = run(indexSelectOp, [rows, places], attributes)[0];
    return x.ndim > 0 || picked.size !== 1 ? picked : reshape(picked, []);
  });
}

/** A copy of x with the rows of `source` · `alpha` added to the rows (on `axis`) that `index` names; repeated rows add up. @param options - `alpha`, default 1. */
export function indexAdd(
  x: Tensor,
  axis: number,
  index: Tensor,
  source: Tensor,
  options: AlphaOptions = {},
): Tensor {
  takes('indexAdd', arguments);
  const { alpha = 1 } = options;
  const attributes = { axis: normalizeAxis('indexAdd', axis, x.ndim) };
  if (x.ndim > 0 && alpha === 1) return run(indexAddOp, [x, index, source], attributes)[0];
  return scope(() => {
    const scaled = alpha === 1 ? source : mul(source, alpha);
    if (x.ndim > 0) return run(indexAddOp, [x, index, scaled], attributes)[0];
    const inputs = [x, index, scaled].map((t) => reshape(t, [t.size])) as [Tensor, Tensor, Tensor];
    return reshape(run(indexAddOp, inputs, attributes)[0], []);
  });
}

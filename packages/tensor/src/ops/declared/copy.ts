/** Declarations of the copying primitives; the runner itself needs them. Public functions are in movement.ts and update.ts. */

import { DTypeError, ShapeError, ValueError } from '../../core/errors';
import { sameShape } from '../../core/layout';
import type { Tensor } from '../../core/tensor';
import type { PrimitiveDeclaration, UpdateDeclaration } from '../table';

/** Copies elements to row-major order. */
export const contiguousOp: PrimitiveDeclaration<'contiguous'> = {
  kind: 'primitive',
  name: 'contiguous',
  infer: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
};

/** Converts elements to another dtype. */
export const castOp: PrimitiveDeclaration<'cast'> = {
  kind: 'primitive',
  name: 'cast',
  infer: ([x], { dtype }) => [{ shape: x.shape, dtype }],
};

/** Whether an element is shown at several places, as expanded axes do. */
function repeats(x: Tensor): boolean {
  return x.size > 0 && x.shape.some((size, axis) => size > 1 && x.strides[axis] === 0);
}

/** Writes the elements of the second input into the first, which may be a view of any strides. */
export const assignOp: UpdateDeclaration<'assign'> = {
  kind: 'update',
  name: 'assign',
  targets: [0],
  check([target, source]) {
    if (!sameShape(target.shape, source.shape)) {
      throw new ShapeError('assign', 'shapes differ', { args: { target, source } });
    }
    if (repeats(target)) {
      throw new ValueError('assign', 'the target shows one element at several places', {
        args: { target, strides: target.strides },
        hint: 'write to a copy: target.clone()',
      });
    }
    if (target.dtype !== source.dtype) {
      throw new DTypeError('assign', 'dtypes differ', {
        args: { target, source },
        hint: 'cast the source first',
      });
    }
  },
};

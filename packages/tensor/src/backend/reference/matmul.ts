/** The matrix product, row by row; operands may be transposed, batches broadcast. */

import type { TypedArray } from '../../core/dtype';
import { isFloat } from '../../core/dtype';
import type { Tensor } from '../../core/tensor';
import type { Kernel } from '../../ops/table';
import { broadcast, elements, strided, Walk } from './walk';

/** One matrix in storage: where it begins, and how far rows and columns are apart. */
interface Matrix {
  readonly data: TypedArray;
  start: number;
  readonly row: number;
  readonly column: number;
}

function matrixOf(x: Tensor): Matrix {
  const [row, column] = x.strides.slice(-2);
  return { data: elements(x), start: x.offset, row, column };
}

/** Adds row `i` of a·b to `sums`. */
function addRow(sums: Float64Array, a: Matrix, b: Matrix, i: number, inner: number): void {
  const { data, column } = b;
  const columns = sums.length;
  for (let k = 0; k < inner; k++) {
    const factor = a.data[a.start + i * a.row + k * a.column];
    let p = b.start + k * b.row;
    for (let j = 0; j < columns; j++) {
      sums[j] += factor * data[p];
      p += column;
    }
  }
}

/** As `addRow` for integers: products and sums wrap around at 32 bits. */
function addIntegerRow(sums: Float64Array, a: Matrix, b: Matrix, i: number, inner: number): void {
  for (let k = 0; k < inner; k++) {
    const factor = a.data[a.start + i * a.row + k * a.column];
    let p = b.start + k * b.row;
    for (let j = 0; j < sums.length; j++) {
      sums[j] += Math.imul(factor, b.data[p]);
      p += b.column;
    }
  }
}

const matmul: Kernel<'matmul'> = ([a, b], _, [out]) => {
  const [rows, columns] = out.shape.slice(-2);
  const inner = a.shape[a.ndim - 1];
  const batch = out.shape.slice(0, -2);
  const batches = new Walk(
    batch,
    [a, b].map((x) => batchOf(x, batch)),
  );
  const left = matrixOf(a);
  const right = matrixOf(b);
  const addTo = isFloat(a.dtype) ? addRow : addIntegerRow;
  const target = elements(out);
  const sums = new Float64Array(columns);
  let o = 0;
  do {
    for (let n = 0; n < batches.length; n++) {
      left.start = batches.positions[0] + n * batches.steps[0];
      right.start = batches.positions[1] + n * batches.steps[1];
      for (let i = 0; i < rows; i++) {
        sums.fill(0);
        addTo(sums, left, right, i, inner);
        target.set(sums, o);
        o += columns;
      }
    }
  } while (batches.next());
};

/** The batch axes of a stack of matrices, stretched to `shape`. */
function batchOf(x: Tensor, shape: readonly number[]) {
  const stack = { shape: x.shape.slice(0, -2), strides: x.strides.slice(0, -2), offset: x.offset };
  return broadcast(stack, shape);
}

/** The kernel of the matrix product, by name. */
export const matmulKernels = { matmul: /* @__PURE__ */ strided(matmul) };

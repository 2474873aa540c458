/** How kernels reach elements: the typed array behind a tensor, and rows of several layouts walked in step. */

import type { TypedArray } from '../../core/dtype';
import type { Layout, Shape } from '../../core/layout';
import { expandLayout, sameShape } from '../../core/layout';
import type { Tensor } from '../../core/tensor';
import type { Kernel, OpName } from '../../ops/table';

/** The array that holds the elements of `tensor`, and those of every other view of its storage. */
export function elements(tensor: Tensor): TypedArray {
  return tensor.storage.buffer as TypedArray;
}

/** Marks a kernel that reads inputs of any strides. */
export function strided<K extends OpName>(kernel: Kernel<K>): Kernel<K> {
  kernel.strided = true;
  return kernel;
}

/** Where the elements of an operand lie while it is walked; the shape is that of the walk. */
export type Operand = Pick<Layout, 'strides' | 'offset'>;

/** A layout seen under the larger shape that it broadcasts to. */
export function broadcast(layout: Layout, shape: Shape): Operand {
  return sameShape(layout.shape, shape) ? layout : expandLayout('broadcast', layout, shape);
}

/**
 * Visits the elements of several operands of one shape in row-major order, row by row. Axes that lie one after the other
 * in memory in every operand are merged, so that dense operands are a single row.
 *
 * do { for (let i = 0; i < walk.length; i++) … positions[k] + i * steps[k] … } while (walk.next());
 */
export class Walk {
  /** Elements in a row. */
  readonly length: number;
  /** The distance between neighbours in a row, for each operand. */
  readonly steps: readonly number[];
  /** Where the row begins, for each operand; back at the start after the last row. */
  readonly positions: number[];
  private readonly sizes: number[] = [];
  private readonly strides: number[][];
  private readonly counter: number[];

  constructor(shape: Shape, operands: readonly Operand[]) {
    this.positions = operands.map((operand) => operand.offset);
    this.strides = operands.map(() => []);
    if (shape.includes(0)) this.sizes.push(0);
    else
      for (let axis = shape.length - 1; axis >= 0; axis--)
        this.addAxis(shape[axis], axis, operands);
    this.length = this.sizes[0] ?? 1;
    this.steps = this.strides.map((list) => list[0] ?? 0);
    this.counter = new Array<number>(this.sizes.length).fill(0);
  }

  private addAxis(size: number, axis: number, operands: readonly Operand[]): void {
    if (size === 1) return;
    const { sizes, strides } = this;
    const last = sizes.length - 1;
    let merges = last >= 0;
    for (let k = 0; merges && k < operands.length; k++) {
      merges = operands[k].strides[axis] === strides[k][last] * sizes[last];
    }
    if (merges) {
      sizes[last] *= size;
      return;
    }
    sizes.push(size);
    for (let k = 0; k < operands.length; k++) strides[k].push(operands[k].strides[axis]);
  }

  /** Goes to the next row; false after the last. */
  next(): boolean {
    const { sizes, strides, positions, counter } = this;
    for (let level = 1; level < sizes.length; level++) {
      const wraps = ++counter[level] === sizes[level];
      const steps = wraps ? 1 - sizes[level] : 1;
      for (let k = 0; k < positions.length; k++) positions[k] += steps * strides[k][level];
      if (!wraps) return true;
      counter[level] = 0;
    }
    return false;
  }
}

/** Lines along one axis of several operands: walk `walk` for their starts, then go `steps[k]` from element to element. */
export interface Lines {
  readonly walk: Walk;
  readonly steps: readonly number[];
}

/** The lines along `axis` of operands that have at least the sizes of `shape` on all other axes. */
export function linesAlong(axis: number, shape: Shape, operands: readonly Operand[]): Lines {
  const others = operands.map(({ strides, offset }) => ({
    strides: strides.filter((_, i) => i !== axis),
    offset,
  }));
  return {
    walk: new Walk(
      shape.filter((_, i) => i !== axis),
      others,
    ),
    // A scalar is a line of one element.
    steps: operands.map(({ strides }) => strides[axis] ?? 0),
  };
}

/** Copies elements from one layout to another of the same shape. */
export function copyElements(
  shape: Shape,
  source: TypedArray,
  from: Operand,
  target: TypedArray,
  to: Operand,
): void {
  const walk = new Walk(shape, [from, to]);
  const { length, positions } = walk;
  const [sourceStep, targetStep] = walk.steps;
  do {
    let p = positions[0];
    let q = positions[1];
    for (let i = 0; i < length; i++) {
      target[q] = source[p];
      p += sourceStep;
      q += targetStep;
    }
  } while (walk.next());
}

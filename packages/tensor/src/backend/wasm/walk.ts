/** Layouts of any strides, brought down to the four axes that kernels walk; copies between them. */

import type { TypedArray } from '../../core/dtype';
import { bytesPerElement } from '../../core/dtype';
import type { Shape } from '../../core/layout';
import { contiguousStrides, isContiguous } from '../../core/layout';
import type { Tensor } from '../../core/tensor';
import { broadcast } from '../reference/walk';
import type { Machine } from './machine';
import { address, CHEAP } from './machine';
import { borrow } from './memory/scratch';
import type { Address } from './module/exports';
import type { KernelArguments, KernelName } from './module/load';

/** Elements in memory, seen under the shape that is walked: the address of the first, the steps of each axis, bytes of an element. */
export interface Placed {
  readonly at: number;
  readonly steps: readonly number[];
  readonly width: number;
}

/** A tensor as an operand that broadcasts to `shape`. */
export function placed(x: Tensor, shape: Shape = x.shape): Placed {
  return {
    at: address(x),
    steps: broadcast(x, shape).strides,
    width: (x.storage.buffer as TypedArray).BYTES_PER_ELEMENT,
  };
}

/** The axes that are walked, outermost first, and each operand's steps. */
interface Axes {
  readonly sizes: number[];
  readonly steps: number[][];
}

/** The axes of a shape but those of size 1; neighbours are joined where they lie one after the other in every operand. */
export function joinAxes(shape: Shape, operands: readonly { steps: readonly number[] }[]): Axes {
  const sizes: number[] = [];
  const steps: number[][] = operands.map(() => []);
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis];
    if (size === 1) continue;
    const last = sizes.length - 1;
    let joins = last >= 0;
    for (let k = 0; joins && k < operands.length; k++)
      joins = steps[k][last] === operands[k].steps[axis] * size;
    if (joins) sizes[last] *= size;
    else sizes.push(size);
    const at = sizes.length - 1;
    for (let k = 0; k < operands.length; k++) steps[k][at] = operands[k].steps[axis];
  }
  return { sizes, steps };
}

/** Sizes or steps of the four axes that a kernel walks, outermost first. */
export type Four = readonly [number, number, number, number];
/** For each operand one of something. */
type Each<P extends readonly unknown[], T> = { readonly [K in keyof P]: T };

/** What a kernel is called with: places of the operands, four sizes, and four steps of each operand. */
type Build<K extends KernelName, P extends readonly Placed[]> = (
  places: Each<P, Address>,
  sizes: Four,
  steps: Each<P, Four>,
) => KernelArguments<K>;

/** The innermost four; axes of one element, with steps of 0, come before those that there are. */
function four(list: readonly number[], missing: number): Four {
  const last = list.length - 1;
  const at = (i: number) => (i < 0 ? missing : list[i]);
  return [at(last - 3), at(last - 2), at(last - 1), at(last)];
}

/** Calls a kernel of four axes until all axes are walked, in threads where that pays; the innermost axes are the kernel's. */
function walkAxes<K extends KernelName, const P extends readonly Placed[]>(
  { pool }: Machine,
  name: K,
  { sizes, steps }: Axes,
  operands: P,
  make: Build<K, P>,
  shares = true,
): void {
  const places = operands.map(({ at }) => at);
  const inner = four(sizes, 1);
  const total = inner[0] * inner[1] * inner[2] * inner[3];
  const alone = total < 2 * CHEAP || pool.threads === 1 || !shares;
  const strides = steps.map((list) => four(list, 0));
  const build = (at: readonly number[], count: Four): KernelArguments<K> =>
    make(at as Each<P, Address>, count, strides as unknown as Each<P, Four>);
  if (alone && sizes.length <= 4) {
    pool.call(name, build(places, inner));
    return;
  }
  const split = Math.max(
    0,
    inner.findIndex((size) => size > 1),
  );
  const call = (at: readonly number[]): void => {
    if (alone) {
      pool.call(name, build(at, inner));
      return;
    }
    const size = inner[split];
    pool.share(name, size, Math.ceil((CHEAP * size) / total), 1, (first, end) =>
      build(
        at.map((place, k) => place + first * strides[k][split] * operands[k].width),
        four(
          inner.map((n, axis) => (axis === split ? end - first : n)),
          1,
        ),
      ),
    );
  };
  const outer = Math.max(0, sizes.length - 4);
  const visit = (axis: number, at: readonly number[]): void => {
    if (axis === outer) call(at);
    else
      for (let i = 0; i < sizes[axis]; i++)
        visit(
          axis + 1,
          at.map((place, k) => place + i * steps[k][axis] * operands[k].width),
        );
  };
  visit(0, places);
}

/**
 * Calls a kernel for operands of one shape, which it walks in row-major order.
 *
 * @param written - the operand that is written to at places which indices tell; threads share the work only where its parts do not meet.
 */
export function overFour<K extends KernelName, const P extends readonly Placed[]>(
  machine: Machine,
  name: K,
  shape: Shape,
  operands: P,
  build: Build<K, P>,
  written?: number,
): void {
  const axes = joinAxes(shape, operands);
  const shares = written === undefined || axes.steps[written].slice(-4)[0] !== 0;
  walkAxes(machine, name, axes, operands, build, shares);
}

/** Copies elements of one width between two layouts of one shape that do not overlap. */
export function copyPlaced(machine: Machine, shape: Shape, from: Placed, to: Placed): void {
  if (shape.includes(0)) return;
  const axes = joinAxes(shape, [from, to]);
  const [source, target] = axes.steps;
  const { length } = axes.sizes;
  const build: Build<'copy', readonly [Placed, Placed]> = (places, sizes, steps) => [
    from.width,
    ...places,
    ...sizes,
    ...steps[0],
    ...steps[1],
  ];
  if (length < 2) {
    walkAxes(machine, 'copy', axes, [from, to], build);
    return;
  }
  // Neighbours of the target are innermost, those of the source next: the kernel turns such planes in blocks.
  const order = axes.sizes.map((_, axis) => axis);
  const last = target.includes(1) ? target.indexOf(1) : length - 1;
  const next = source.findIndex((step, axis) => step === 1 && axis !== last);
  const moved = [next, last].filter((axis) => axis >= 0);
  const sorted = [...order.filter((axis) => !moved.includes(axis)), ...moved].filter(
    (axis) => axis < length,
  );
  const pick = (list: readonly number[]) => sorted.map((axis) => list[axis]);
  walkAxes(
    machine,
    'copy',
    { sizes: pick(axes.sizes), steps: [pick(source), pick(target)] },
    [from, to],
    build,
  );
}

/** Copies the elements of a tensor in row-major order to an address. */
export function copyDense(machine: Machine, x: Tensor, to: number): void {
  const width = bytesPerElement(x.dtype);
  copyPlaced(machine, x.shape, placed(x), { at: to, steps: contiguousStrides(x.shape), width });
}

/** Lends `use` the addresses of tensors' elements in row-major order: copies where they lie otherwise. */
export function whole(
  machine: Machine,
  tensors: readonly Tensor[],
  use: (places: readonly number[]) => void,
): void {
  const dense = tensors.map(isContiguous);
  const sizes = tensors.filter((_, i) => !dense[i]).map((x) => x.size * bytesPerElement(x.dtype));
  if (sizes.length === 0) {
    use(tensors.map(address));
    return;
  }
  borrow(machine, sizes, (buffers) => {
    let next = 0;
    const places = tensors.map((x, i) => {
      if (dense[i]) return address(x);
      const scratch = buffers[next++];
      copyDense(machine, x, scratch);
      return scratch;
    });
    use(places);
  });
}

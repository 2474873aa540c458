/** Kernels of the WebAssembly backend that follow indices, of any dtype, axis and strides. */

import { contiguousStrides, isContiguous, sizeOf } from '../../core/layout';
import type { Tensor } from '../../core/tensor';
import type { Kernel, Kernels } from '../../ops/table';
import type { Machine } from './machine';
import { address, attempting } from './machine';
import { borrow } from './memory/scratch';
import type { Placed } from './walk';
import { copyDense, copyPlaced, overFour, placed } from './walk';

/** Whether all indices lie below `size`; where they do not, the reference kernel says which is wrong. */
function indicesFit(machine: Machine, index: Tensor, size: number): boolean {
  const { kernels } = machine;
  if (isContiguous(index)) return kernels.indicesFit(address(index), index.size, size) !== 0;
  // What is repeated is looked at once.
  const kept = index.shape.map((_, axis) => axis).filter((axis) => index.strides[axis] !== 0);
  const shape = kept.map((axis) => index.shape[axis]);
  const steps = kept.map((axis) => index.strides[axis]);
  const bytes = 4 * sizeOf(shape);
  let fits = false;
  borrow(machine, [bytes], ([scratch]) => {
    const to = { at: scratch, steps: contiguousStrides(shape), width: 4 };
    copyPlaced(machine, shape, { at: address(index), steps, width: 4 }, to);
    fits = kernels.indicesFit(scratch, bytes / 4, size) !== 0;
  });
  return fits;
}

/** An operand that indices name elements of: a step of 0 along their axis. */
function indexedBy({ at, steps, width }: Placed, axis: number): Placed {
  return { at, width, steps: steps.map((step, i) => (i === axis ? 0 : step)) };
}

/** Positions on one axis, as an index of as many axes as what they name. */
function spread(index: Tensor, axes: number, axis: number): Placed {
  const steps = Array.from({ length: axes }, (_, i) => (i === axis ? index.strides[0] : 0));
  return { at: address(index), steps, width: 4 };
}

/** y[i, j, …] = x[…, index[i, j, …], …]. */
function pickInto(machine: Machine, x: Placed, index: Placed, axis: number, y: Tensor): void {
  const operands = [indexedBy(x, axis), index, placed(y)] as const;
  overFour(machine, 'pick', y.shape, operands, (places, sizes, [from, at]) => [
    x.width,
    ...places,
    ...sizes,
    ...from,
    ...at,
    x.steps[axis],
  ]);
}

/** y[…, index[i, j, …], …] = source[i, j, …], or += it, for indices of `shape`. */
function putInto(
  machine: Machine,
  shape: readonly number[],
  source: Placed,
  index: Placed,
  axis: number,
  y: Tensor,
  adds: boolean,
): void {
  const target = placed(y);
  const operands = [source, index, indexedBy(target, axis)] as const;
  const width = y.dtype === 'int32' && adds ? 0 : target.width;
  // Threads may share an axis only where its parts write to different places.
  overFour(
    machine,
    'put',
    shape,
    operands,
    (places, sizes, [from, at, to]) => [
      width,
      Number(adds),
      ...places,
      ...sizes,
      ...from,
      ...at,
      ...to,
      target.steps[axis],
    ],
    2,
  );
}

function gather(machine: Machine): Kernel<'gather'> {
  return attempting('gather', ([x, index], { axis }, [y]) => {
    if (x.ndim === 0 || !indicesFit(machine, index, x.shape[axis])) return false;
    pickInto(machine, placed(x), placed(index), axis, y);
    return true;
  });
}

function indexSelect(machine: Machine): Kernel<'indexSelect'> {
  const kernel = attempting('indexSelect', ([x, index], { axis }, [y]) => {
    if (x.ndim === 0 || !isContiguous(x) || !indicesFit(machine, index, x.shape[axis]))
      return false;
    pickInto(machine, placed(x), spread(index, x.ndim, axis), axis, y);
    return true;
  });
  return kernel;
}

/** Whether numbers of a tensor can be added where indices name them. */
const adds = ({ dtype }: Tensor) => dtype !== 'bool' && dtype !== 'uint8';

function scatter(machine: Machine, name: 'scatter' | 'scatterAdd'): Kernel<'scatter'> {
  return attempting<'scatter'>(name as 'scatter', ([x, index, source], { axis }, [y]) => {
    const isSum = name === 'scatterAdd';
    if (x.ndim === 0 || (isSum && !adds(x))) return false;
    if (!indicesFit(machine, index, x.shape[axis])) return false;
    copyDense(machine, x, address(y));
    if (index.size > 0)
      putInto(machine, index.shape, placed(source), placed(index), axis, y, isSum);
    return true;
  });
}

function indexAdd(machine: Machine): Kernel<'indexAdd'> {
  return attempting('indexAdd', ([x, index, source], { axis }, [y]) => {
    if (x.ndim === 0 || !adds(x) || !indicesFit(machine, index, x.shape[axis])) return false;
    copyDense(machine, x, address(y));
    const places = spread(index, x.ndim, axis);
    if (source.size > 0) putInto(machine, source.shape, placed(source), places, axis, y, true);
    return true;
  });
}

/** The kernels of indexing. */
export function indexingKernels(machine: Machine): Partial<Kernels> {
  return {
    gather: gather(machine),
    indexSelect: indexSelect(machine),
    indexAdd: indexAdd(machine),
    scatter: scatter(machine, 'scatter'),
    scatterAdd: scatter(machine, 'scatterAdd') as unknown as Kernel<'scatterAdd'>,
  };
}

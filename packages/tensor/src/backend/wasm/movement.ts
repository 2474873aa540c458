/** Kernels that copy or choose elements, of any dtype and strides. */

import type { TypedArray } from '../../core/dtype';
import { isContiguous, sizeOf } from '../../core/layout';
import type { Tensor } from '../../core/tensor';
import type { Kernel, Kernels } from '../../ops/table';
import { elementOf, insideOf } from '../reference/movement';
import { strided } from '../reference/walk';
import type { Machine } from './machine';
import { address, attempting } from './machine';
import { copyPlaced, overFour, placed } from './walk';

function contiguous(machine: Machine): Kernel<'contiguous'> {
  return strided(([x], _, [y]) => copyPlaced(machine, x.shape, placed(x), placed(y)));
}

function assign(machine: Machine): Kernel<'assign'> {
  return attempting('assign', ([target, source]) => {
    // Views of one storage may overlap.
    if (target.storage === source.storage) return false;
    copyPlaced(machine, target.shape, placed(source), placed(target));
    return true;
  });
}

function concat(machine: Machine): Kernel<'concat'> {
  return strided((inputs, { axis }, [y]) => {
    const { at, steps, width } = placed(y);
    let offset = 0;
    for (const x of inputs) {
      copyPlaced(machine, x.shape, placed(x), { at: at + offset * width, steps, width });
      offset += x.shape[axis] * steps[axis];
    }
  });
}

function pad(machine: Machine): Kernel<'pad'> {
  return strided(([x], attributes, [y]) => {
    const { shape, steps, from, to } = insideOf(x, y, attributes);
    const { at, width } = placed(y);
    const target = y.storage.buffer as TypedArray;
    target.fill(elementOf(attributes.value, y.dtype), y.offset, y.offset + y.size);
    if (sizeOf(shape) === 0) return;
    const source = placed(x);
    copyPlaced(
      machine,
      shape,
      { ...source, at: source.at + from * width },
      { at: at + to * width, steps, width },
    );
  });
}

function where(machine: Machine): Kernel<'where'> {
  return strided(([condition, a, b], _, [y]) => {
    const at = (x: Tensor) => placed(x, y.shape);
    const operands = [at(condition), at(a), at(b), at(y)] as const;
    const { width } = operands[3];
    overFour(machine, 'where', y.shape, operands, (places, sizes, [ofCondition, ofA, ofB]) => [
      width,
      ...places,
      ...sizes,
      ...ofCondition,
      ...ofA,
      ...ofB,
    ]);
  });
}

function cast({ kernels }: Machine): Kernel<'cast'> {
  return attempting('cast', ([x], { dtype }, [y]) => {
    if ((x.dtype !== 'bool' && x.dtype !== 'uint8') || dtype !== 'float32' || !isContiguous(x))
      return false;
    kernels.bytesToFloats(address(x), address(y), y.size);
    return true;
  });
}

/** The kernels of movement and choice. */
export function movementKernels(machine: Machine): Partial<Kernels> {
  return {
    contiguous: contiguous(machine),
    cast: cast(machine),
    assign: assign(machine),
    concat: concat(machine),
    pad: pad(machine),
    where: where(machine),
  };
}

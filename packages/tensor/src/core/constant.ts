/** One number in the place of elements: `x.mul(2)` takes no memory of a device. */

import type { Backend } from '../backend/backend';
import type { DType } from './dtype';
import { allocateArray, bytesPerElement } from './dtype';
import { UsageError } from './errors';
import { ledgerOf } from './ledger';
import type { Account, DeviceBuffer } from './storage';
import { runningKernel, Storage } from './storage';
import { Tensor } from './tensor';

const SCALAR = { shape: [], strides: [], offset: 0 };

/** The number as `dtype` holds it: rounded, wrapped around, or 0 and 1 for bool. */
function asHeld(value: number, dtype: DType): number {
  switch (dtype) {
    case 'float32':
      return Math.fround(value);
    case 'float64':
      return value;
    case 'bool':
      return Number(value !== 0);
    default:
      return allocateArray(dtype, 1).fill(value)[0];
  }
}

/**
 * A storage that is a number on the host, `constant`, under however many elements its views show. Kernels that take it as a value (an
 * immediate, a uniform) cost nothing; one that asks for `buffer` gets what the backend lends for such cases, and where that lends nothing,
 * memory that is kept as long as the constant. It can be read only.
 */
class Constant extends Storage {
  /** Memory with the number in it, and the kernel for which it was lent; 0 where it is this constant's own. */
  private cell: DeviceBuffer | null = null;
  private lentTo = 0;

  constructor(backend: Backend, dtype: DType, value: number) {
    super(backend, dtype, 1, null, asHeld(value, dtype));
  }

  override get buffer(): DeviceBuffer {
    const { backend, dtype } = this;
    const value = this.constant as number;
    if (!backend.constant) {
      this.cell ??= this.upload();
      return this.cell;
    }
    const kernel = runningKernel();
    if (this.cell === null || kernel === 0 || kernel !== this.lentTo) {
      this.cell = backend.constant(dtype, value);
      this.lentTo = kernel;
    }
    return this.cell;
  }

  private upload(): DeviceBuffer {
    const { backend, dtype } = this;
    const place = backend.allocate(dtype, 1);
    backend.write(place, allocateArray(dtype, 1).fill(this.constant as number));
    this.ledger.countStorages(1);
    this.ledger.countBytes(this.bytes);
    uploads.register(this, { backend, dtype, place });
    return place;
  }

  /** Nobody may trade or overwrite the elements. */
  override get users(): number {
    return Number.POSITIVE_INFINITY;
  }

  override get account(): Account {
    return this;
  }

  override retain(): void {}

  override release(): void {}
}

/** Refuses to change the elements of a constant: it is the operand of more than one operation. */
export function refuseConstant(op: string, target: Tensor): void {
  if (target.storage.constant === undefined) return;
  throw new UsageError(op, 'a number that stands for a tensor cannot be changed in place', {
    args: { target },
    hint: 'make a tensor of its own: full(shape, value), or clone()',
  });
}

interface Upload {
  readonly backend: Backend;
  readonly dtype: DType;
  readonly place: DeviceBuffer;
}

/** Gives back what constants took that nobody uses any more. */
const uploads = /* @__PURE__ */ new FinalizationRegistry<Upload>(({ backend, dtype, place }) => {
  const ledger = ledgerOf(backend);
  if (ledger.loss) return;
  ledger.countStorages(-1);
  ledger.countBytes(-bytesPerElement(dtype));
  backend.free(place, dtype, 1);
});

/**
 * A scalar that is a constant: no storage of a device, no owner, and never released. For operands only: what a program may change in place
 * or release must be made by `full`.
 */
export function constant(value: number, dtype: DType, backend: Backend): Tensor {
  return new Tensor(new Constant(backend, dtype, value), SCALAR, dtype).persist();
}

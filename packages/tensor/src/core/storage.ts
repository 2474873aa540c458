/** Reference-counted element memory on a device. */

import type { Backend } from '../backend/backend';
import type { DType, TypedArray } from './dtype';
import { bytesPerElement } from './dtype';
import { UsageError } from './errors';
import type { Ledger } from './ledger';
import { deviceLost, ledgerOf } from './ledger';

/** What the device keeps elements in: a typed array on the CPU, a texture handle on a GPU. */
export type DeviceBuffer = object;

/**
 * Kernels take addresses of elements while they run. The count of the kernel that runs, and how deeply kernels are nested: what it has
 * looked at must stay where it is.
 */
let kernel = 0;
let depth = 0;

/** A kernel begins: until `endKernel`, storages whose elements it looks at are neither freed by a sweep nor moved. */
export function beginKernel(): void {
  if (depth++ === 0) kernel++;
}

/** Ends what `beginKernel` began. */
export function endKernel(): void {
  depth--;
}

/** The count of the kernel that runs; 0 where none does. */
export function runningKernel(): number {
  return depth > 0 ? kernel : 0;
}

/**
 * Who uses a block of elements, and how large it is: what the garbage collector's side of the books knows of a storage. Storages whose
 * elements were moved out are reachable from handles alone, so that the collector can free them.
 */
export interface Account {
  readonly bytes: number;
  /** Where the device's tensors are counted. */
  readonly ledger: Ledger;
  /** The storage, while its elements are in the device's memory. */
  readonly resident: Storage | null;
  /** Counts one user less and frees the block with the last. */
  release(): void;
}

/** What computes elements that were put off; see inference.ts. */
export interface Pending {
  /** Computes them now. */
  settle(): void;
}

/** Of a storage that passed its block on: nothing reads it any more. */
const PASSED_ON: Pending = { settle: () => undefined };

/** A block of elements. Every tensor handle on it counts one reference; it is freed with the last. */
export class Storage implements Account {
  /** Grows by one with every change in place; autograd compares it. */
  version = 0;
  /** Grows by one with every change in place that was recorded: views look for their new history. */
  rebases = 0;
  /** @internal What the device holds, and whether it was lost. */
  readonly ledger: Ledger;
  private references = 0;
  /** Null while the elements are elsewhere, or pending. */
  private place: DeviceBuffer | null = null;
  private producer: Pending | null = null;
  /** The kernel that looked at the elements last. */
  private seen = 0;

  /**
   * Takes over `buffer`, which has room for `length` elements of `dtype`, and counts it in `memory()`; or waits for one from `provide`.
   *
   * @param constant - the number that every element is, where no memory is needed to know it; `buffer` is null then.
   * @param producer - what will compute the elements, where that was put off; `buffer` is null then.
   */
  constructor(
    readonly backend: Backend,
    readonly dtype: DType,
    readonly length: number,
    buffer: DeviceBuffer | null,
    /**
     * The number that all elements are, where it is known without looking at memory, under whatever shape a view shows it: kernels use it as a
     * value and do not ask for `buffer`. Undefined for ordinary storages.
     */
    readonly constant: number | undefined = undefined,
    producer: Pending | null = null,
  ) {
    this.ledger = ledgerOf(backend);
    if (constant !== undefined) return;
    this.ledger.countStorages(1);
    this.producer = producer;
    if (buffer) this.provide(buffer);
  }

  /** @internal What will compute the elements; null once they are there. */
  get pending(): Pending | null {
    return this.producer;
  }

  /** @internal Gives a pending storage its block. */
  provide(buffer: DeviceBuffer): void {
    this.place = buffer;
    this.producer = null;
    this.ledger.countBytes(this.bytes);
  }

  /**
   * @internal Gives a pending storage the block of another one, of the same device, dtype and length, while `write` runs and afterwards:
   * it reads the elements there and puts others in their place.
   */
  inherit(from: Storage, write: () => void): void {
    this.place = from.buffer;
    this.producer = null;
    try {
      write();
    } finally {
      from.place = null;
      from.producer = PASSED_ON;
    }
  }

  /** The device's memory; only kernels of `backend` look inside, and each time anew: between operations it may move. */
  get buffer(): DeviceBuffer {
    this.seen = kernel;
    return this.place ?? this.moveIn();
  }

  /**
   * @internal Copies `count` elements from position `start`.
   *
   * @throws UsageError where the device can only be read by waiting for it; `hint` says what to call instead.
   */
  readSync(op: string, start: number, count: number, hint = 'use `await x.data()`'): TypedArray {
    const { backend, dtype } = this;
    if (!backend.readSync) {
      throw new UsageError(op, `the device "${backend.name}" can only be read by waiting for it`, {
        hint,
      });
    }
    const elements = backend.readSync(this.buffer, dtype, start, count);
    if (this.ledger.loss) throw deviceLost(op, backend.name, this.ledger.loss);
    return elements;
  }

  /** @internal As `readSync`, without blocking where the device can do that. */
  async read(op: string, start: number, count: number): Promise<TypedArray> {
    const { backend, dtype } = this;
    const elements = await backend.read(this.buffer, dtype, start, count);
    if (this.ledger.loss) throw deviceLost(op, backend.name, this.ledger.loss);
    return elements;
  }

  /** Bytes of the elements. */
  get bytes(): number {
    return this.length * bytesPerElement(this.dtype);
  }

  /** Whether more than one tensor handle looks at these elements. */
  get isShared(): boolean {
    return this.users > 1;
  }

  /** @internal How many tensor handles look at these elements; one more while they are pending. */
  get users(): number {
    return this.isOutside ? outsideOf(this).references : this.references;
  }

  private get isOutside(): boolean {
    return !this.place && !this.producer;
  }

  /** Trades the elements with a block of the same device, dtype and length: a change in place without a copy. */
  exchange(other: Storage): void {
    beginKernel();
    try {
      const [mine, theirs] = [this.buffer, other.buffer];
      this.place = theirs;
      other.place = mine;
    } finally {
      endKernel();
    }
    this.version++;
    other.version++;
  }

  /** Counts one more user. */
  retain(): void {
    if (this.isOutside) outsideOf(this).references++;
    else this.references++;
  }

  /** Counts one user less and frees the block with the last. */
  release(): void {
    if (this.isOutside) outsideOf(this).release();
    else if (--this.references === 0) {
      this.ledger.countStorages(-1);
      if (this.place) this.vacate(this.place);
    }
  }

  private vacate(place: DeviceBuffer): void {
    // The memory of a lost device is gone already.
    if (this.ledger.loss) return;
    this.ledger.countBytes(-this.bytes);
    this.backend.free(place, this.dtype, this.length);
  }

  /** @internal The storage itself; see `Account`. */
  get resident(): Storage | null {
    return this.producer ? null : this;
  }

  /** @internal What the collector may know. */
  get account(): Account {
    return this.isOutside ? outsideOf(this) : this;
  }

  /** @internal Whether a kernel that runs has looked at the elements. */
  get isPinned(): boolean {
    return depth > 0 && this.seen === kernel;
  }

  /** @internal When the elements were used last: larger is later. */
  get lastUse(): number {
    return this.seen;
  }

  /**
   * @internal Moves the elements out of the device's memory into an array that only this storage holds, until they are used again: the
   * garbage collector sees such arrays, and frees them with the last handle, also in the middle of a task.
   *
   * @returns the account; whoever must not keep the elements alive holds that from now on.
   */
  moveOut(): Account {
    const { place } = this;
    if (!place) return this.account;
    const contents = this.backend.readSync?.(place, this.dtype, 0, this.length);
    if (!contents) return this;
    let outside = outsides.get(this);
    if (!outside) {
      outside = { account: new AbsentAccount(this.bytes, this.ledger), contents };
      outsides.set(this, outside);
    }
    outside.contents = contents;
    outside.account.references = this.references;
    outside.account.resident = null;
    this.vacate(place);
    this.place = null;
    return outside.account;
  }

  private moveIn(): DeviceBuffer {
    this.producer?.settle();
    if (this.place) return this.place;
    if (this.producer) throw new UsageError('inference', 'what computes these elements has failed');
    const outside = outsides.get(this);
    const place = this.backend.allocate(this.dtype, this.length);
    if (!outside?.contents) return place;
    this.backend.write(place, outside.contents);
    outside.contents = null;
    outside.account.resident = this;
    this.references = outside.account.references;
    this.place = place;
    this.ledger.countBytes(this.bytes);
    movedIn.bytes += this.bytes;
    return place;
  }
}

/** Whether storages of a device can leave its memory for an array. */
export function canMove({ movable, readSync }: Backend): boolean {
  return movable === true && readSync !== undefined;
}

/** The account of a storage that was moved out at least once. */
class AbsentAccount implements Account {
  references = 0;
  resident: Storage | null = null;

  constructor(
    readonly bytes: number,
    readonly ledger: Ledger,
  ) {}

  release(): void {
    if (this.resident) this.resident.release();
    else if (--this.references === 0) this.ledger.countStorages(-1);
  }
}

interface Outside {
  readonly account: AbsentAccount;
  contents: TypedArray | null;
}

/** Elements outside of devices' memory; nothing but the storage keeps them. */
const outsides = /* @__PURE__ */ new WeakMap<Storage, Outside>();

function outsideOf(storage: Storage): AbsentAccount {
  return (outsides.get(storage) as Outside).account;
}

/** Bytes that came back to devices' memory because they were used again. */
export const movedIn: { bytes: number } = { bytes: 0 };

/** The one Tensor class: a light handle on shared storage. */

import type { Device } from '../backend/backend';
import { TENSOR_BRAND } from './brand';
import type { Claim } from './collector';
import { forget, leaveToCollector } from './collector';
import type { DType, TypedArray, TypedArrayOf } from './dtype';
import { ReleasedError, ShapeError } from './errors';
import type { Generation } from './generation';
import type { Layout, Sizes } from './layout';
import { isContiguous, sizeOf } from './layout';
import { deviceLost } from './ledger';
import type { Owner } from './lifetime';
import type { TensorMethods } from './methods';
import type { Storage } from './storage';

/** What an interpreter (autograd) knows about a tensor; a linked list, one entry a transform. */
export interface TensorGuest {
  readonly tag: object;
  next: TensorGuest | null;
  /** Called when the last owner of the tensor lets go. */
  onDrop?(tensor: Tensor): void;
  /** What `toString` shows behind the elements. */
  describe?(tensor: Tensor): string | null;
}

/** A nest of arrays, as deep as the tensor has axes; a number or boolean for a scalar. */
export type NestedArray = number | boolean | NestedArray[];

/**
 * An n-dimensional array on a device: shape, strides, offset and dtype over reference-counted storage. Views share
 * storage. Operations are methods (`x.add(y)`) and functions (`add(x, y)`) alike.
 *
 * @example
 * const x = tensor([[1, 2], [3, 4]]);
 * x.matmul(x).sum().item(); // 54
 */
export class Tensor implements Layout {
  readonly shape: Sizes;
  readonly strides: readonly number[];
  readonly offset: number;
  readonly dtype: DType;
  readonly storage: Storage;
  /** @internal What autograd knows about this tensor. */
  guest: TensorGuest | null = null;
  /** @internal The tensor whose elements this view shows, where changes in place may be recorded; itself where they cannot be. */
  base: Tensor | null = null;
  /** @internal How many recorded changes of its storage the history of a view takes in. */
  seen = 0;
  /** @internal Scope or iteration that will free this handle; null where the garbage collector will. */
  owner: Owner | null = null;
  /** @internal The loop iteration it was born in. */
  home: Generation | null = null;
  /** @internal The operation that made it, for error messages. */
  origin = 'tensor';
  /** @internal What the garbage collector is to give back; null while an owner takes care. */
  claim: Claim | null = null;
  /** @internal Dies with this handle, which is how the collector's side finds out; see collector.ts. */
  token: object | null = null;
  private owned = true;
  private holds = 0;
  /** How many of the holds end within the call that runs: the collector need not know of them. */
  private brief = 0;

  /** @internal Tensors are made by creation functions and operations. */
  constructor(storage: Storage, layout: Layout, dtype: DType) {
    this.storage = storage;
    this.shape = layout.shape as Sizes;
    this.strides = layout.strides;
    this.offset = layout.offset;
    this.dtype = dtype;
    storage.retain();
    storage.ledger.countTensors(1);
  }

  /** @internal Marks a tensor of any copy of the package. */
  get [TENSOR_BRAND](): true {
    return true;
  }

  /** The name of the device that holds the elements. */
  get device(): Device {
    return this.storage.backend.name;
  }

  /** The number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** The number of axes. */
  get ndim(): number {
    return this.shape.length;
  }

  /** Whether the elements lie row-major without gaps. */
  get isContiguous(): boolean {
    return isContiguous(this);
  }

  /** Whether the memory was given back; shape and dtype can still be read. */
  get isReleased(): boolean {
    return !this.owned && this.holds === 0;
  }

  /** Gives the memory back now. Scopes, loops and `backward` do this by themselves; calling it twice is harmless. */
  dispose(): void {
    if (!this.owned) return;
    this.owned = false;
    this.owner = null;
    // A guest may give back its own holds on this tensor; only the last one lets go.
    this.hold();
    for (let guest = this.guest; guest; guest = guest.next) guest.onDrop?.(this);
    this.unhold();
    if (this.holds > this.brief) leaveToCollector(this);
  }

  /** As `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal Keeps the storage for a computation graph, whatever the owner does. */
  hold(): void {
    this.holds++;
  }

  /** @internal Undoes one `hold`. */
  unhold(): void {
    if (--this.holds === 0 && !this.owned) this.letGo();
  }

  /** @internal As `hold`, by an operation that was put off (see inference.ts). */
  holdBriefly(): void {
    this.holds++;
    this.brief++;
  }

  /** @internal Undoes one `holdBriefly`. */
  unholdBriefly(): void {
    this.brief--;
    this.unhold();
  }

  /** @internal Whether one operation that was put off is all that needs this handle, and `users` is the count of its storage. */
  isLastUse(users: number): boolean {
    return !this.owned && this.holds === 1 && this.brief === 1 && this.storage.users === users;
  }

  private letGo(): void {
    this.storage.ledger.countTensors(-1);
    if (this.claim) forget(this.claim);
    this.storage.release();
  }

  /** @internal Makes this a handle that is never released and not counted, for what takes no memory. @returns itself. */
  persist(): this {
    this.owned = false;
    this.hold();
    this.storage.ledger.countTensors(-1);
    return this;
  }

  /** @internal Refuses use after release, and after the loss of the device. */
  check(op: string): void {
    if (!this.owned && this.holds === 0) {
      throw new ReleasedError(op, `the tensor from ${this.origin} was released`, {
        args: { tensor: this },
        hint: "the scope, the module's forward or the loop that made it has ended: return it, or keep() it; in a loop, detach it into the next iteration",
      });
    }
    const { backend, ledger } = this.storage;
    if (ledger.loss) throw deviceLost(op, backend.name, ledger.loss, this);
  }

  /**
   * The elements in row-major order, copied into a typed array.
   *
   * @throws ReleasedError after `dispose`.
   * @throws DeviceLostError where the device was lost.
   * @throws UsageError where the device can only be read by waiting for it: use `await x.data()`.
   */
  dataSync<D extends DType = DType>(): TypedArrayOf<D> {
    return this.readSync('dataSync') as TypedArrayOf<D>;
  }

  /** @internal `dataSync` for an operation that reads; `hint` says what to call on devices that cannot be read at once. */
  readSync(op: string, hint?: string): TypedArray {
    this.check(op);
    const { start, count, layout } = readRange(this);
    return gatherElements(layout, this.storage.readSync(op, start, count, hint));
  }

  /** As `dataSync`, without blocking where the device allows. */
  async data<D extends DType = DType>(): Promise<TypedArrayOf<D>> {
    this.check('data');
    const { start, count, layout } = readRange(this);
    return gatherElements(layout, await this.storage.read('data', start, count)) as TypedArrayOf<D>;
  }

  /**
   * The value of a tensor with one element; bool gives 0 or 1.
   *
   * @throws ShapeError where there is not exactly one element.
   * @throws UsageError where the device can only be read by waiting for it: use `(await x.data())[0]`.
   */
  item(): number {
    if (this.size !== 1) {
      throw new ShapeError('item', 'the tensor does not have exactly one element', {
        args: { tensor: this },
        hint: 'use toArray() or dataSync()',
      });
    }
    return this.readSync('item', 'use `(await x.data())[0]`')[0];
  }

  /**
   * The elements as nested arrays (numbers; booleans for bool), a bare value for a scalar.
   *
   * @example const rows = x.toArray<number[][]>(); // for a matrix
   */
  toArray<T extends NestedArray = NestedArray>(): T {
    const data = this.readSync('toArray');
    const convert = this.dtype === 'bool' ? (v: number) => v !== 0 : (v: number) => v;
    let next = 0;
    const build = (axis: number): NestedArray =>
      axis === this.ndim
        ? convert(data[next++])
        : Array.from({ length: this.shape[axis] }, () => build(axis + 1));
    return build(0) as T;
  }
}

/** Methods are installed from one list, see methods.ts. */
export interface Tensor extends TensorMethods {}

/** @internal The stretch of storage that a layout touches, and the layout counted from its start. */
export function readRange(tensor: Tensor): { start: number; count: number; layout: Layout } {
  const { shape, strides, offset, size } = tensor;
  if (size === 0) return { start: 0, count: 0, layout: { shape, strides, offset: 0 } };
  let first = offset;
  let last = offset;
  for (let i = 0; i < shape.length; i++) {
    const reach = strides[i] * (shape[i] - 1);
    if (reach < 0) first += reach;
    else last += reach;
  }
  return {
    start: first,
    count: last - first + 1,
    layout: { shape, strides, offset: offset - first },
  };
}

/** The elements of a layout over `all` in row-major order; `all` itself where they already lie so. */
export function gatherElements<T extends TypedArrayOf<DType>>(layout: Layout, all: T): T {
  const size = sizeOf(layout.shape);
  const { offset } = layout;
  if (isContiguous(layout)) {
    return (offset === 0 && size === all.length ? all : all.subarray(offset, offset + size)) as T;
  }
  const out = new (all.constructor as new (length: number) => T)(size);
  forEachPosition(layout, (position, i) => {
    out[i] = all[position];
  });
  return out;
}

/** Visits the storage positions of a layout in row-major order. */
export function forEachPosition(
  { shape, strides, offset }: Layout,
  visit: (position: number, index: number) => void,
): void {
  const size = sizeOf(shape);
  const rank = shape.length;
  const counter = new Array<number>(rank).fill(0);
  let position = offset;
  for (let i = 0; i < size; i++) {
    visit(position, i);
    for (let axis = rank - 1; axis >= 0; axis--) {
      position += strides[axis];
      if (++counter[axis] < shape[axis]) break;
      position -= strides[axis] * shape[axis];
      counter[axis] = 0;
    }
  }
}

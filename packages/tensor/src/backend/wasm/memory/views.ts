/** Arrays that show blocks of the heap, and the numbers that kernels ask for as if they were blocks. */

import type { DType, TypedArray } from '../../../core/dtype';
import { bytesPerElement, DTYPES } from '../../../core/dtype';
import type { Heap } from './heap';

const VIEWS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

/** The largest array that is used again, in bytes, and how many bytes wait at most: a kernel on more takes longer than making an array. */
const SMALL = 16384;
const MOST = 1 << 23;

/** Numbers that are lent at a time, and the bytes from one to the next. */
const LENT = 16;
const SLOT = 64;

/** Makes arrays over blocks. Those of small blocks wait, with their blocks, for the next tensor of their dtype and length. */
export class Views {
  private readonly idle = Object.fromEntries(
    DTYPES.map((dtype) => [dtype, new Map<number, TypedArray[]>()]),
  ) as Record<DType, Map<number, TypedArray[]>>;
  private waiting = 0;
  private readonly numbers: Partial<Record<DType, readonly TypedArray[]>> = {};
  private readonly numbersAt: number;
  private nextNumber = 0;

  /** @param recycles - whether small blocks wait; a heap that watches over its blocks wants them back at once. */
  constructor(
    private readonly heap: Heap,
    private readonly recycles: boolean,
  ) {
    this.numbersAt = heap.allocate(LENT * SLOT);
  }

  /** A block with arbitrary contents. @throws OutOfMemoryError */
  allocate(dtype: DType, length: number): TypedArray {
    const known = this.idle[dtype].get(length)?.pop();
    const bytes = length * bytesPerElement(dtype);
    if (known) {
      this.waiting -= bytes;
      return known;
    }
    const block = this.heap.allocate(bytes);
    return new VIEWS[dtype](this.heap.buffer, block, length);
  }

  /** Takes a block back. */
  free(view: TypedArray, dtype: DType, length: number): void {
    const bytes = length * bytesPerElement(dtype);
    if (!this.recycles || bytes > SMALL || this.waiting + bytes > MOST) {
      this.heap.release(view.byteOffset, bytes);
      return;
    }
    this.waiting += bytes;
    const list = this.idle[dtype].get(length);
    if (list) list.push(view);
    else this.idle[dtype].set(length, [view]);
  }

  /** Gives the heap all blocks that wait. @returns whether there were any. */
  drain(): boolean {
    let found = false;
    for (const dtype of DTYPES) {
      for (const list of this.idle[dtype].values()) {
        for (const view of list) this.heap.release(view.byteOffset, view.byteLength);
        found ||= list.length > 0;
      }
      this.idle[dtype].clear();
    }
    this.waiting = 0;
    return found;
  }

  /** Memory with one number in it, which comes back after sixteen others. */
  lend(dtype: DType, value: number): TypedArray {
    this.numbers[dtype] ??= Array.from(
      { length: LENT },
      (_, i) => new VIEWS[dtype](this.heap.memory.buffer, this.numbersAt + i * SLOT, 1),
    );
    const cell = (this.numbers[dtype] as readonly TypedArray[])[this.nextNumber++ % LENT];
    cell[0] = value;
    return cell;
  }
}

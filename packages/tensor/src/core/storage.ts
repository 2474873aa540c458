/** Reference-counted element memory on a device. */

import type { Backend } from '../backend/backend';
import type { DType } from './dtype';
import { bytesPerElement } from './dtype';

/** What the device keeps elements in: a typed array on the CPU, a texture handle on a GPU. */
export type DeviceBuffer = object;

interface Totals {
  tensors: number;
  storages: number;
  bytes: number;
  peakBytes: number;
}

/** Live totals; `tensors` is maintained by the Tensor class. */
export const totals: Totals = { tensors: 0, storages: 0, bytes: 0, peakBytes: 0 };

/** What `memory()` reports. */
export interface MemoryInfo {
  /** Handles that still hold their storage. */
  readonly tensors: number;
  /** Distinct blocks of elements; views share one. */
  readonly storages: number;
  /** Bytes of these blocks. */
  readonly bytes: number;
  /** The largest `bytes` since the start or the last `resetPeakMemory()`. */
  readonly peakBytes: number;
}

/** What is alive at the moment, over all devices. */
export function memory(): MemoryInfo {
  return { ...totals };
}

/** Makes `memory().peakBytes` start again from what is held now. */
export function resetPeakMemory(): void {
  totals.peakBytes = totals.bytes;
}

/** A block of elements. Every tensor handle on it counts one reference; it is freed with the last. */
export class Storage {
  /** Grows by one with every change in place; autograd compares it. */
  version = 0;
  /** Grows by one with every change in place that was recorded: views look for their new history. */
  rebases = 0;
  private references = 0;

  /** Takes over `buffer`, which has room for `length` elements of `dtype`; counts it in `memory()`. */
  constructor(
    readonly backend: Backend,
    readonly dtype: DType,
    readonly length: number,
    /** The device's memory; only kernels of `backend` look inside. */
    public buffer: DeviceBuffer,
  ) {
    totals.storages++;
    totals.bytes += this.bytes;
    if (totals.bytes > totals.peakBytes) totals.peakBytes = totals.bytes;
  }

  /** Bytes of the elements. */
  get bytes(): number {
    return this.length * bytesPerElement(this.dtype);
  }

  /** Whether more than one tensor handle looks at these elements. */
  get isShared(): boolean {
    return this.references > 1;
  }

  /** Trades the elements with a block of the same device, dtype and length: a change in place without a copy. */
  exchange(other: Storage): void {
    const { buffer } = this;
    this.buffer = other.buffer;
    other.buffer = buffer;
    this.version++;
    other.version++;
  }

  /** Counts one more user. */
  retain(): void {
    this.references++;
  }

  /** Counts one user less and frees the block with the last. */
  release(): void {
    if (--this.references > 0) return;
    totals.storages--;
    totals.bytes -= this.bytes;
    this.backend.free(this.buffer, this.dtype, this.length);
  }
}

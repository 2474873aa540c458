/** What users can ask about memory. */

import type { Device } from '../backend/backend';
import { registered } from '../backend/registry';
import { takes } from '../signatures';
import { ledgerOf, totals } from './ledger';

/** What `memory()` reports. */
export interface MemoryInfo {
  /** Handles that still hold their storage. */
  readonly tensors: number;
  /** Distinct blocks of elements; views share one. */
  readonly storages: number;
  /** Bytes of these blocks, as far as they are in devices' memory. */
  readonly bytes: number;
  /** The largest `bytes` since the start or the last `resetPeakMemory()`. */
  readonly peakBytes: number;
}

/**
 * What is alive at the moment.
 *
 * @param device - default: over all devices. A lost device holds nothing.
 * @throws DeviceError where the device was not registered.
 */
export function memory(device?: Device): MemoryInfo {
  takes('memory', arguments);
  const { tensors, storages, bytes, peakBytes } = device ? ledgerOf(registered(device)) : totals;
  return { tensors, storages, bytes, peakBytes };
}

/** Makes `memory().peakBytes` start again from what is held now. @param device - default: over all devices. */
export function resetPeakMemory(device?: Device): void {
  takes('resetPeakMemory', arguments);
  const counts = device ? ledgerOf(registered(device)) : totals;
  counts.peakBytes = counts.bytes;
}

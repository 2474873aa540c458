/** What is alive on each device, and on all of them together. */

import type { Backend } from '../backend/backend';
import { DeviceLostError } from './errors';
import type { Tensor } from './tensor';

/** Counts of what is alive. */
interface Totals {
  tensors: number;
  storages: number;
  bytes: number;
  peakBytes: number;
}

/** Why a device was lost, and what brings it back. */
export interface Loss {
  /** What happened, as the second half of a sentence: `the graphics driver was restarted`. */
  readonly reason?: string;
  /** What the user is to do, for instance the call that registers the device again. */
  readonly hint?: string;
}

/** What a use of a tensor on a lost device throws, and what makes a new one there. */
export function deviceLost(
  op: string,
  device: string,
  loss: Loss,
  tensor?: Tensor,
): DeviceLostError {
  const { reason, hint } = loss;
  return new DeviceLostError(op, `the device "${device}" was lost${reason ? `: ${reason}` : ''}`, {
    args: tensor && { tensor },
    hint:
      hint ??
      'what it held is gone: register the device again, and make the tensors anew, for instance from a checkpoint',
  });
}

/** Live totals over all devices. */
export const totals: Totals = { tensors: 0, storages: 0, bytes: 0, peakBytes: 0 };

/** The totals of one backend. They end with the device: what is freed after its loss was not counted any more. */
export class Ledger implements Totals {
  tensors = 0;
  storages = 0;
  bytes = 0;
  peakBytes = 0;
  /** Why the device is lost; null while it is there. */
  loss: Loss | null = null;

  /** Counts `change` more handles. */
  countTensors(change: number): void {
    if (this.loss) return;
    this.tensors += change;
    totals.tensors += change;
  }

  /** Counts `change` more blocks of elements. */
  countStorages(change: number): void {
    if (this.loss) return;
    this.storages += change;
    totals.storages += change;
  }

  /** Counts `change` more bytes of the device's memory. */
  countBytes(change: number): void {
    if (this.loss) return;
    this.bytes += change;
    totals.bytes += change;
    if (this.bytes > this.peakBytes) this.peakBytes = this.bytes;
    if (totals.bytes > totals.peakBytes) totals.peakBytes = totals.bytes;
  }

  /** The device is lost with all that it held. */
  close(loss: Loss): void {
    this.countTensors(-this.tensors);
    this.countStorages(-this.storages);
    this.countBytes(-this.bytes);
    this.loss = loss;
  }
}

const ledgers = /* @__PURE__ */ new WeakMap<Backend, Ledger>();
let latest: { backend: Backend; ledger: Ledger } | null = null;

/** The ledger of a backend. */
export function ledgerOf(backend: Backend): Ledger {
  // One device makes most storages.
  if (latest?.backend === backend) return latest.ledger;
  let ledger = ledgers.get(backend);
  if (!ledger) {
    ledger = new Ledger();
    ledgers.set(backend, ledger);
  }
  latest = { backend, ledger };
  return ledger;
}

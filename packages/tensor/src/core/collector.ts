/**
 * What is left to the garbage collector. A FinalizationRegistry frees what a handle held once the handle is gone, but its callbacks are
 * tasks of their own; so that a sweep can find dead handles earlier, the large ones have a token that a WeakRef watches.
 */

import { noteCollected, noteUnowned, sample } from './leaks';
import type { Account } from './storage';
import type { Tensor } from './tensor';

/** What the garbage collector gives back for a handle that nobody freed; null account where that was done already. */
export interface Claim {
  account: Account | null;
  /** Empty once the handle is gone; null for small storages. */
  watch: WeakRef<object> | null;
  /** Whether the program asked for it, by `keep`. */
  kept: boolean;
  /** The line that made it, where it was noted. */
  site: string | undefined;
}

/** Storages from here on are watched; a kernel on fewer bytes takes no longer than a WeakRef. */
const LARGE = 16384;

/** Handles on large storages that belong to nobody. Nothing here reaches the handle. */
export const watched: Set<Claim> = /* @__PURE__ */ new Set();

/** Whoever sweeps wants to know of new WeakRefs: an engine keeps their targets until the turn or task ends. */
export const onWatch: { call: () => void } = { call: () => undefined };

const registry = /* @__PURE__ */ new FinalizationRegistry<Claim>(collect);

/** Takes `tensor` from its owner, and lets the garbage collector free it once the handle is not reachable. */
export function leaveToCollector(tensor: Tensor): void {
  tensor.owner = null;
  putInCharge(tensor);
}

/** Lets the garbage collector free `tensor` once the handle is not reachable, beside what its owner may do. */
export function putInCharge(tensor: Tensor): void {
  if (tensor.claim) return;
  const { account } = tensor.storage;
  const claim: Claim = { account, watch: null, kept: false, site: undefined };
  tensor.claim = claim;
  noteUnowned(claim);
  registry.register(tensor, claim);
  if (account.bytes < LARGE) return;
  tensor.token = {};
  claim.watch = new WeakRef(tensor.token);
  watched.add(claim);
  sample(claim);
  onWatch.call();
}

/** The handle let go by itself: there is nothing left for the collector to do. */
export function forget(claim: Claim): void {
  claim.account = null;
  if (claim.watch) watched.delete(claim);
}

/** Frees what a dead handle held. */
export function collect(claim: Claim): void {
  const { account } = claim;
  if (!account) return;
  noteCollected(claim);
  forget(claim);
  account.ledger.countTensors(-1);
  account.release();
}

/**
 * Frees what the dead among the watched handles held. What the kernel that runs has looked at stays: its handle may be dead already
 * while the kernel still works on the elements.
 *
 * @returns whether there were any.
 */
export function collectDead(): boolean {
  let found = false;
  for (const claim of watched) {
    if (claim.watch?.deref() !== undefined || claim.account?.resident?.isPinned) continue;
    collect(claim);
    found = true;
  }
  return found;
}

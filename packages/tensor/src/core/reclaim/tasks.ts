/**
 * Browsers, and engines without Node's means. Between tasks the collector can be made to work, by array buffers that are made and
 * dropped, and then WeakRefs of dead handles are empty. Within one task nothing empties a WeakRef; but array buffers that only dead
 * handles reach are freed. So large storages that nobody owns move there, the least recently used first, and come back when used.
 */

import type { Claim } from '../collector';
import { collectDead, watched } from '../collector';
import { abandonDeadLoops } from '../generation';
import { totals } from '../ledger';
import type { Storage } from '../storage';
import { canMove, movedIn } from '../storage';
import { advise } from './advice';
import type { Reclaimer } from './reclaimer';
import { CEILING, limit, limitAbove, MB } from './reclaimer';

/** Array buffers that are made and dropped at most before a sweep is given up. */
const TRIES = 24;
const PRESSURE = 64 * MB;
/** The largest share of the memory in which storages stay while a task runs. */
const MOST = 0.9 * CEILING;
/** Handles that are watched before one task has to end. */
const MANY = 200_000;

interface Host {
  readonly navigator?: { readonly deviceMemory?: number; readonly userAgent?: string };
  readonly scheduler?: {
    postTask?(task: () => void, options: { priority: string }): Promise<void>;
  };
  readonly process?: object;
  readonly MessageChannel?: new () => {
    readonly port1: { onmessage: (() => void) | null };
    readonly port2: { postMessage(message: null): void };
  };
}

/** Half as much on devices with little memory. */
function roomOf({ navigator }: Host): number {
  const small =
    (navigator?.deviceMemory ?? 8) <= 4 ||
    /Android|iPhone|iPad|Mobile/.test(navigator?.userAgent ?? '');
  return (small ? 512 : 1024) * MB;
}

/** Calls `task` as a task of its own, soon, also where the program yields by `scheduler.yield()`. */
function soon(task: () => void): void {
  const { scheduler, MessageChannel, process } = globalThis as unknown as Host;
  if (scheduler?.postTask) void scheduler.postTask(task, { priority: 'user-blocking' });
  else if (MessageChannel && !process) {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = task;
    port2.postMessage(null);
  } else {
    // Must not keep a process from ending.
    (setTimeout(task, 0) as unknown as { unref?(): void }).unref?.();
  }
}

function doomed(): WeakRef<object> {
  return new WeakRef({});
}

/** Works in every engine that has WeakRefs. */
export class TaskReclaimer implements Reclaimer {
  /** Bytes above which storages are moved out within a task. */
  private room: number;
  private seen = 0;
  private fresh = 0;
  private waiting = false;

  /** @param room - bytes above which storages are moved out within a task; default 1 GB, on small devices half of it. */
  constructor(private readonly least: number = roomOf(globalThis as unknown as Host)) {
    this.room = least;
  }

  relieve(): void {
    this.sweepSoon();
    this.learn();
    if (totals.bytes > this.room) {
      advise('were made in one task, which leaves the browser no pause to free them');
      // An eighth more than necessary: looking for the least recently used takes time.
      const { bytes } = totals;
      this.moveOut(bytes - this.room * 0.875);
      if (totals.bytes > this.room) this.room = Math.min(limitAbove(totals.bytes), MOST);
    }
    limit.bytes = totals.bytes > this.room ? totals.bytes + 64 * MB : this.room;
  }

  rescue(bytes: number): boolean {
    this.sweepSoon();
    this.learn();
    return this.moveOut(Math.max(bytes, 64 * MB)) > 0;
  }

  onWatch(): void {
    if (++this.fresh === MANY) this.sweepSoon();
  }

  /** What was moved out and used again was alive: room for it is better than moving it to and fro. */
  private learn(): void {
    this.room = Math.min(this.room + movedIn.bytes - this.seen, MOST);
    this.seen = movedIn.bytes;
  }

  /** Moves storages out until so many bytes are free. @returns how many are. */
  private moveOut(bytes: number): number {
    const candidates = new Map<Storage, Claim[]>();
    for (const claim of watched) {
      const storage = claim.account?.resident;
      if (!storage || !canMove(storage.backend) || storage.isPinned) continue;
      const claims = candidates.get(storage);
      if (claims) claims.push(claim);
      else candidates.set(storage, [claim]);
    }
    const before = totals.bytes;
    for (const [storage, claims] of [...candidates].sort(([a], [b]) => a.lastUse - b.lastUse)) {
      if (before - totals.bytes >= bytes || !tryToMove(storage, claims)) break;
    }
    return before - totals.bytes;
  }

  private sweepSoon(): void {
    if (this.waiting) return;
    this.waiting = true;
    // Each is looked at once: looking keeps the target until the task ends.
    const sentinels = Array.from({ length: TRIES }, doomed);
    soon(() => {
      this.waiting = false;
      this.fresh = 0;
      if (provoke(sentinels)) collectDead();
      if (abandonDeadLoops()) this.sweepSoon();
      this.room = Math.max(this.least, Math.min(limitAbove(totals.bytes), MOST));
      limit.bytes = Math.min(limitAbove(totals.bytes), this.room);
    });
  }
}

/** Makes the collector feel pressure until a sentinel from an earlier task is gone. Pages that nobody touches take no memory. */
function provoke(sentinels: readonly WeakRef<object>[]): boolean {
  for (const sentinel of sentinels) {
    if (sentinel.deref() === undefined) return true;
    try {
      new ArrayBuffer(PRESSURE);
    } catch {
      return false;
    }
  }
  return false;
}

/** False where the host has no room for the array either. */
function tryToMove(storage: Storage, claims: readonly Claim[]): boolean {
  try {
    const account = storage.moveOut();
    for (const claim of claims) claim.account = account;
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

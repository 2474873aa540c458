/**
 * A heap that watches over its blocks, for tests and for whoever writes kernels: DL_CHECKED_HEAP=1 puts it in the place of the
 * ordinary one. It is slower and takes more memory. Its patterns are NaN as float32 and as float64.
 */

import { environment } from '../../../core/host';
import type { Engine } from '../module/engine';
import { Heap } from './heap';

/** What stands before and behind a block: who reads it computes NaN, who writes it is found. */
const GUARD = 0x7ff4ba5e;
/** What a block holds before it is written: a signalling NaN as float64. */
const FRESH = 0x7ff4f5e5;
/** What a block holds after it was released. */
const FREED = 0x7ff4dead;
/** Bytes of a guard zone; blocks stay at multiples of 64. */
const ZONE = 64;
/** Bytes of released blocks that wait, so that writing to them is noticed. */
const QUARANTINE = 1 << 24;
/** No tensor lies here; 0 is what kernels get for a tensor that is not there. AssemblyScript's statics begin behind it. */
const NULL_PAGE = 1024;
const STATICS_END = 65536;

const round = (bytes: number) => (bytes + ZONE - 1) & -ZONE;

interface Block {
  readonly at: number;
  readonly bytes: number;
  /** Where it was allocated; recorded with DL_CHECKED_HEAP=trace. */
  readonly trace: string;
}

const heaps = new Set<CheckedHeap>();

/** Whether the program asked for a checked heap: environment variable DL_CHECKED_HEAP. */
export function wantsCheckedHeap(): boolean {
  return Boolean(environment('DL_CHECKED_HEAP'));
}

/** Looks at the blocks of all checked heaps. @returns what is wrong, each fault once; empty where nothing is. */
export function sweepHeaps(): string[] {
  return [...heaps].flatMap((heap) => heap.sweep());
}

/** Blocks between guard zones, poisoned before their first use and after their last one. */
export class CheckedHeap extends Heap {
  private readonly blocks = new Map<number, Block>();
  private readonly waiting: Block[] = [];
  private waitingBytes = 0;
  private faults: string[] = [];
  private statics: Uint8Array | null = null;
  private readonly traces = environment('DL_CHECKED_HEAP') === 'trace';

  /** @param watched - whether `sweepHeaps` looks at it. Default true. */
  constructor(host: Engine, watched = true) {
    super(host);
    if (watched) heaps.add(this);
  }

  override allocate(bytes: number): number {
    this.watchStatics();
    const at = this.withRoom(bytes) + ZONE;
    const trace = this.traces ? (new Error().stack ?? '') : '';
    this.blocks.set(at, { at, bytes, trace });
    this.words(at - ZONE, ZONE).fill(GUARD);
    this.words(at, round(bytes)).fill(FRESH);
    this.protectEnd(at, bytes);
    return at;
  }

  /** Room for a block and its zones; what waits in quarantine is given up before there is none. */
  private withRoom(bytes: number): number {
    const size = bytes + 2 * ZONE;
    try {
      return super.allocate(size);
    } catch (error) {
      if (this.waiting.length === 0) throw error;
      while (this.waiting.length > 0) this.letGo();
      return super.allocate(size);
    }
  }

  override release(address: number, bytes: number): void {
    const block = this.blocks.get(address);
    if (!block || block.bytes !== bytes) {
      const known = block ? `has ${block.bytes} bytes` : 'was released before, or never allocated';
      this.faults.push(`release of ${bytes} bytes at ${address}: the block there ${known}`);
      return;
    }
    this.checkZones(block);
    this.blocks.delete(address);
    this.words(address, round(bytes)).fill(FREED);
    this.waiting.push(block);
    this.waitingBytes += bytes;
    while (this.waitingBytes > QUARANTINE) this.letGo();
  }

  /** Checks everything. @returns what was found since the last time, in words. */
  sweep(): string[] {
    for (const block of this.blocks.values()) this.checkZones(block);
    for (const block of this.waiting) this.checkFreed(block);
    this.checkStatics();
    const { faults } = this;
    this.faults = [];
    return faults;
  }

  /** Gives the block that waited longest back to the heap. */
  private letGo(): void {
    const block = this.waiting.shift() as Block;
    this.checkFreed(block);
    this.waitingBytes -= block.bytes;
    super.release(block.at - ZONE, block.bytes + 2 * ZONE);
  }

  private words(at: number, bytes: number): Uint32Array {
    return new Uint32Array(this.memory.buffer, at, bytes >> 2);
  }

  private bytesAt(at: number, bytes: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, at, bytes);
  }

  /** From the last byte of the block to the end of its last zone. */
  private protectEnd(at: number, bytes: number): void {
    const zone = this.bytesAt(at + bytes, round(bytes) - bytes + ZONE);
    for (let i = 0; i < zone.length; i++) zone[i] = guardByte(bytes + i);
  }

  private checkZones(block: Block): void {
    const { at, bytes, trace } = block;
    const before = this.words(at - ZONE, ZONE).findIndex((word) => word !== GUARD);
    const zone = this.bytesAt(at + bytes, round(bytes) - bytes + ZONE);
    const behind = zone.findIndex((byte, i) => byte !== guardByte(bytes + i));
    if (before >= 0) {
      this.fault(block, `was written ${ZONE - 4 * before} bytes before its start`);
      this.words(at - ZONE, ZONE).fill(GUARD);
    }
    if (behind >= 0) {
      this.fault(block, `was written ${behind + 1} bytes past its end`);
      this.protectEnd(at, bytes);
    }
    if ((before >= 0 || behind >= 0) && trace) this.faults.push(trace);
  }

  private checkFreed(block: Block): void {
    const words = this.words(block.at, round(block.bytes));
    let i = 0;
    while (i < words.length && words[i] === FREED) i++;
    if (i === words.length) return;
    this.fault(block, `was written at byte ${4 * i} after it was released`);
    if (block.trace) this.faults.push(block.trace);
    words.fill(FREED);
  }

  private fault({ at, bytes }: Block, what: string): void {
    this.faults.push(`the block of ${bytes} bytes at ${at} ${what}`);
  }

  /** The first allocation comes when the module has written its statics. */
  private watchStatics(): void {
    if (this.statics) return;
    this.words(0, NULL_PAGE).fill(GUARD);
    this.statics = this.bytesAt(0, STATICS_END).slice();
  }

  private checkStatics(): void {
    const { statics } = this;
    if (!statics) return;
    const now = this.bytesAt(0, STATICS_END);
    let i = 0;
    while (i < STATICS_END && now[i] === statics[i]) i++;
    if (i === STATICS_END) return;
    const what = i < NULL_PAGE ? 'a tensor that is not there' : 'the constants of the kernels';
    this.faults.push(`address ${i} was written: ${what}`);
    now.set(statics);
  }
}

/** The byte of a guard zone at an offset of its block. */
function guardByte(offset: number): number {
  return (GUARD >>> (8 * (offset & 3))) & 255;
}

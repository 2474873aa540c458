/** The one memory of the WebAssembly backend, cut into blocks; freed blocks wait in a list for their size class. */

import { OutOfMemoryError, ValueError } from '../../../core/errors';
import { advice } from '../../../core/reclaim/advice';
import type { Engine, Memory } from '../module/engine';

const PAGE = 65536;
const MAX_PAGES = 65536;
/** Statics of the module lie below. */
const BASE = PAGE;

/** Rounds a size up to its class: multiples of 64 at first, then eight classes for every power of two. */
export function sizeClass(bytes: number): number {
  if (bytes <= 1024) return Math.max(64, (bytes + 63) & ~63);
  const step = 2 ** (28 - Math.clz32(Math.min(bytes - 1, 0xffffffff)));
  return Math.ceil(bytes / step) * step;
}

/**
 * Blocks of one growing memory. It is shared, so that views of it stay valid when it grows. Freed blocks wait for others of their
 * size; when the memory cannot grow any more, neighbours are joined and larger ones cut.
 */
export class Heap {
  readonly memory: Memory;
  /** All of the memory; asking the engine for it is slow. */
  buffer: ArrayBuffer;
  /**
   * Asked before an allocation of so many bytes fails: whoever can give blocks back does so, and answers whether it did. The
   * allocation is then tried again.
   */
  onPressure: (bytes: number) => boolean = () => false;
  private top = BASE;
  private limit = 16 * PAGE;
  private held = 0;
  private readonly free = new Map<number, number[]>();

  constructor(host: Engine) {
    this.memory = new host.Memory({ initial: 16, maximum: MAX_PAGES, shared: true });
    this.buffer = this.memory.buffer;
  }

  /** How far the memory has grown, in pages of 64 KiB. */
  get pages(): number {
    return this.limit / PAGE;
  }

  /**
   * The address of a block of at least `bytes`, a multiple of 64.
   *
   * @throws ValueError where `bytes` is not a non-negative integer. @throws OutOfMemoryError where there is no room.
   */
  allocate(bytes: number): number {
    // A NaN that got into `top` would make all blocks after it overlap.
    if (!(bytes >= 0) || Math.floor(bytes) !== bytes) throw notASize(bytes);
    const size = sizeClass(bytes);
    let address = this.find(size);
    while (address === null && this.onPressure(size)) address = this.find(size);
    if (address === null) throw this.exhausted(size);
    this.held += size;
    return address;
  }

  private find(size: number): number | null {
    return this.free.get(size)?.pop() ?? this.extend(size) ?? this.reclaim(size);
  }

  /** Takes a block back; `bytes` is what `allocate` was asked for. */
  release(address: number, bytes: number): void {
    const size = sizeClass(bytes);
    this.held -= size;
    this.keep(address, size);
  }

  private keep(address: number, size: number): void {
    const list = this.free.get(size);
    if (list) list.push(address);
    else this.free.set(size, [address]);
  }

  private extend(size: number): number | null {
    const end = this.top + size;
    if (end > this.limit) {
      // Growing is slow: an eighth more than needed at a time.
      const wanted = Math.ceil((end + Math.min(this.limit >> 3, 1 << 26)) / PAGE);
      const pages = Math.min(Math.max(wanted, Math.ceil(end / PAGE)), MAX_PAGES);
      if (end > MAX_PAGES * PAGE || !this.grow(pages)) return null;
      this.limit = pages * PAGE;
    }
    const address = this.top;
    this.top = end;
    return address;
  }

  /** Joins free neighbours, and takes the smallest block that is large enough; what is left over of it is free again. */
  private reclaim(size: number): number | null {
    const blocks = [...this.free].flatMap(([length, list]) =>
      list.map((address) => ({ address, length })),
    );
    blocks.sort((a, b) => a.address - b.address);
    const joined: typeof blocks = [];
    for (const block of blocks) {
      const last = joined[joined.length - 1];
      if (last && last.address + last.length === block.address) last.length += block.length;
      else joined.push(block);
    }
    const last = joined[joined.length - 1];
    if (last && last.address + last.length === this.top) {
      this.top = last.address;
      joined.pop();
    }
    let best: (typeof blocks)[number] | null = null;
    for (const block of joined)
      if (block.length >= size && (best === null || block.length < best.length)) best = block;
    this.free.clear();
    for (const block of joined) {
      if (block !== best) this.keep(block.address, block.length);
      else if (block.length > size) this.keep(block.address + size, block.length - size);
    }
    return best ? best.address : this.extend(size);
  }

  private grow(pages: number): boolean {
    try {
      this.memory.grow(pages - this.limit / PAGE);
      this.buffer = this.memory.buffer;
      return true;
    } catch {
      return false;
    }
  }

  private exhausted(size: number): OutOfMemoryError {
    return new OutOfMemoryError('allocate', `no room for ${size} bytes`, {
      args: { held: this.held, limit: MAX_PAGES * PAGE },
      hint: `WebAssembly memory ends at 4 GiB: use smaller batches; ${advice()}`,
    });
  }
}

function notASize(bytes: number): ValueError {
  return new ValueError('allocate', 'a block cannot have this size', {
    args: { bytes },
    expected: 'a non-negative integer',
  });
}

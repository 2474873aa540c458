/** The one memory of the WebAssembly backend, cut into blocks; freed blocks wait in a list for their size class. */

import { OutOfMemoryError } from '../../core/errors';
import type { Engine, Memory } from './engine';

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

/** Blocks of one growing memory. It is shared, so that views of it stay valid when it grows. */
export class Heap {
  readonly memory: Memory;
  private top = BASE;
  private limit = 16 * PAGE;
  private readonly free = new Map<number, number[]>();

  constructor(host: Engine) {
    this.memory = new host.Memory({ initial: 16, maximum: MAX_PAGES, shared: true });
  }

  /** The address of a block of at least `bytes`, a multiple of 64. */
  allocate(bytes: number): number {
    const size = sizeClass(bytes);
    return this.free.get(size)?.pop() ?? this.extend(size);
  }

  /** Takes a block back; `bytes` is what `allocate` was asked for. */
  release(address: number, bytes: number): void {
    const size = sizeClass(bytes);
    const list = this.free.get(size);
    if (list) list.push(address);
    else this.free.set(size, [address]);
  }

  private extend(size: number): number {
    const end = this.top + size;
    if (end > this.limit) {
      // Growing is slow: an eighth more than needed at a time.
      const wanted = Math.ceil((end + Math.min(this.limit >> 3, 1 << 26)) / PAGE);
      const pages = Math.min(Math.max(wanted, Math.ceil(end / PAGE)), MAX_PAGES);
      if (end > MAX_PAGES * PAGE || !this.grow(pages)) throw this.exhausted(size);
      this.limit = pages * PAGE;
    }
    const address = this.top;
    this.top = end;
    return address;
  }

  private grow(pages: number): boolean {
    try {
      this.memory.grow(pages - this.limit / PAGE);
      return true;
    } catch {
      return false;
    }
  }

  private exhausted(size: number): OutOfMemoryError {
    return new OutOfMemoryError('allocate', `no room for ${size} bytes`, {
      args: { held: this.top - BASE, limit: MAX_PAGES * PAGE },
      hint: 'WebAssembly memory ends at 4 GiB: use smaller batches, or free tensors with scope() or dispose()',
    });
  }
}

/**
 * Memory that runs out at an allocation which a test names, on a heap that is checked: guard zones and poison, see
 * `CheckedHeap` of @dl/tensor. Import it before @dl/tensor, whose CPU backend is made when it is loaded.
 */

process.env.DL_CHECKED_HEAP ??= '1';

const { CheckedHeap, sweepHeaps } = await import(
  '../../tensor/src/backend/wasm/memory/checked-heap'
);
const { OutOfMemoryError, ones } = await import('@dl/tensor');

/** Allocations of the CPU backend since the last `failAt`: of tensors and of scratch memory. */
class Allocations {
  count = 0;
  private at = 0;

  constructor() {
    const allocations = this;
    const { allocate } = CheckedHeap.prototype;
    CheckedHeap.prototype.allocate = function (bytes) {
      if (++allocations.count !== allocations.at) return allocate.call(this, bytes);
      throw new OutOfMemoryError('allocate', `allocation ${allocations.at} was told to fail`);
    };
  }

  /** The `at`-th allocation from now on, counted from 1, fails; 0 for none. The counter begins anew. */
  failAt(at: number): void {
    this.at = at;
    this.count = 0;
  }
}

/** The one counter of a process. */
export const allocations = new Allocations();
ones([1]).dispose();
if (allocations.count === 0) {
  throw new Error(
    "import '@dl/testing/allocation-faults' before @dl/tensor: its heap is not checked",
  );
}

/**
 * Runs `attempt` with its first allocation failing, then its second, and so on until one run meets no failure.
 *
 * @param prepare - called before every attempt. @param check - called after each error, with the number of the allocation.
 * @returns how many allocations failed.
 * @throws Error where an error is not an OutOfMemoryError, or a block of memory is damaged.
 */
export async function failEach(
  prepare: () => unknown,
  attempt: () => unknown,
  check: (at: number) => unknown,
): Promise<number> {
  for (let at = 1; ; at++) {
    await prepare();
    allocations.failAt(at);
    let error: unknown;
    try {
      await attempt();
    } catch (e) {
      error = e;
    }
    const failed = allocations.count >= at;
    allocations.failAt(0);
    const faults = sweepHeaps();
    if (faults.length > 0) throw new Error(`allocation ${at}: ${faults.join('\n')}`);
    if (!failed) {
      if (error) throw error;
      return at - 1;
    }
    if (!(error instanceof OutOfMemoryError)) {
      throw new Error(`allocation ${at}: ${error ?? 'its failure was passed over'}`);
    }
    await check(at);
  }
}

/** With DL_CHECKED_HEAP=1: a test after which a block of memory is damaged fails. */
import { afterEach } from 'vitest';
import { sweepHeaps } from '../../packages/tensor/src/backend/wasm/memory/checked-heap';

afterEach(() => {
  const faults = sweepHeaps();
  if (faults.length > 0) throw new Error(faults.slice(0, 20).join('\n'));
});

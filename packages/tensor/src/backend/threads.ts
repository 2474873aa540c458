/** How many threads compute. */

import { ValueError } from '../core/errors';
import { backendFor } from './registry';

/**
 * The number of threads that the `cpu` device computes with, the caller included. It starts as the number of cores (at most
 * 16), and is 1 where memory cannot be shared with workers: in pages that are not cross-origin isolated.
 */
export function getNumThreads(): number {
  return backendFor('cpu').threads?.threads ?? 1;
}

/**
 * Sets the number of threads for operations that are large enough. Results do not depend on it, to the last bit.
 *
 * @param count - at least 1; 1 leaves everything to the calling thread. Devices without threads stay as they are.
 * @throws ValueError unless `count` is a whole number from 1 to 64.
 * @example setNumThreads(4)
 */
export function setNumThreads(count: number): void {
  if (!Number.isInteger(count) || count < 1 || count > 64) {
    throw new ValueError('setNumThreads', 'this is no number of threads', {
      args: { count },
      expected: 'a whole number from 1 to 64',
    });
  }
  backendFor('cpu').threads?.resize(count);
}

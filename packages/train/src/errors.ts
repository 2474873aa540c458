/** Errors of training. */

import { DLError } from '@dl/tensor';

/** A loss that is NaN or ±∞; nothing was learned from it. */
export class NonFiniteLossError extends DLError {
  override name = 'NonFiniteLossError';
}

/** What goes wrong with data. */

import { DLError } from '@dl/tensor';

/** A data file that is not what it should be: truncated, of another kind, or at odds with its companion. */
export class DataError extends DLError {
  override name = 'DataError';
}

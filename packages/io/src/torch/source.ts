/** What the two layouts of PyTorch files have in common. */

import type { ConvertOptions, decodeElements } from '../elements';
import type { Reading } from '../reading';
import type { PickleValue, StorageRef } from './objects';

/** Reads the elements of a storage. */
export type StorageReader = (
  storage: StorageRef,
  options: ConvertOptions,
) => Reading<ReturnType<typeof decodeElements>>;

/** An opened file. */
export interface Source {
  /** The saved value, with tensors as references. */
  readonly value: PickleValue;
  readonly readStorage: StorageReader;
}

/** The edge between records of a file and tensors. */

import type { Device, Tensor } from '@dl/tensor';
import { tensor } from '@dl/tensor';
import type { ConvertOptions, TensorRecord } from './elements';
import type { Reading } from './reading';

/** Options of every decoder. */
export interface DecodeOptions extends ConvertOptions {
  /** The device that the tensors go to; the default device where absent. */
  readonly device?: Device;
}

/** Turns a record into what the caller wants: a tensor, or in tests the record itself. */
export type Make<T> = (record: TensorRecord) => T;

/** Runs a reader that makes tensors, and releases those it has made where it fails halfway. */
export function* makingTensors<R>(
  { device }: DecodeOptions,
  read: (make: Make<Tensor>) => Reading<R>,
): Reading<R> {
  const made: Tensor[] = [];
  const make: Make<Tensor> = ({ data, shape, dtype }) => {
    const result = tensor(data, {
      shape: [...shape],
      dtype,
      ...(device !== undefined && { device }),
    });
    made.push(result);
    return result;
  };
  try {
    return yield* read(make);
  } catch (error) {
    for (const one of made) one.dispose();
    throw error;
  }
}

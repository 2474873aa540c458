/** A backend that is complete on its first day: every primitive by the reference kernels, on copies of the elements. */

import type { TypedArray } from '../core/dtype';
import { allocateArray } from '../core/dtype';
import { UsageError } from '../core/errors';
import { Storage } from '../core/storage';
import { readRange, Tensor } from '../core/tensor';
import type { Kernel, Kernels, OpName } from '../ops/table';
import type { Backend, DeviceMemory } from './backend';
import { createReferenceBackend, referenceKernels } from './reference';

/** A kernel of any operation. */
type AnyKernel = ((
  inputs: readonly Tensor[],
  attributes: object,
  outputs: readonly Tensor[],
) => void) & { strided?: boolean };

/**
 * A kernel for every primitive that reads its inputs from the device, runs the reference kernel, and writes the results back. Slow,
 * but right: a backend begins with these, and its author replaces one after the other. Fused operations need nothing, as
 * their definitions run.
 *
 * @param device - the memory of the backend: its kernels use `readSync` and `write`.
 * @returns a new table, to be spread into the backend's own, in front of the kernels that it has already.
 * @throws UsageError where the memory has no `readSync`: kernels cannot wait for elements.
 * @example registerBackend({ ...memory, kernels: { ...throughReference(memory), add }, fused: {} })
 */
export function throughReference(device: DeviceMemory): Kernels {
  if (!device.readSync) {
    throw new UsageError('throughReference', `the device "${device.name}" has no readSync`, {
      expected: 'memory that can be read at once: a kernel cannot wait for elements',
      hint: 'give the backend a kernel of its own for every primitive',
    });
  }
  const host = createReferenceBackend(device.name);
  const table: Record<string, AnyKernel> = {};
  for (const [name, kernel] of Object.entries(referenceKernels)) {
    const changes = name === ('assign' satisfies OpName);
    table[name] = copied(device, host, kernel as Kernel<OpName> as AnyKernel, changes);
  }
  return table as unknown as Kernels;
}

/** `kernel` on copies in the memory of `host`; where it `changes` its first input, that is written back. */
function copied(
  device: DeviceMemory,
  host: Backend,
  kernel: AnyKernel,
  changes: boolean,
): AnyKernel {
  const through: AnyKernel = (inputs, attributes, outputs) => {
    const copies: Tensor[] = [];
    const copy = (x: Tensor, elements: TypedArray, offset: number): Tensor => {
      const storage = new Storage(host, x.dtype, elements.length, elements);
      const { shape, strides, dtype } = x;
      const twin = new Tensor(storage, { shape, strides, offset }, dtype);
      copies.push(twin);
      return twin;
    };
    try {
      const sources = inputs.map((x, i) => {
        // `write` begins at the start of a buffer, and so does what is to be written back.
        const { start, elements } = readElements(device, x, changes && i === 0);
        return copy(x, elements, x.offset - start);
      });
      const results = outputs.map((y) => copy(y, allocateArray(y.dtype, y.size), 0));
      kernel(sources, attributes, results);
      const changed = changes ? [inputs[0]] : outputs;
      changed.forEach((y, i) => {
        const elements = (changes ? sources : results)[i].storage.buffer as TypedArray;
        if (elements.length > 0) device.write(y.storage.buffer, elements);
      });
    } finally {
      for (const twin of copies) twin.dispose();
    }
  };
  through.strided = kernel.strided;
  return through;
}

/** The elements that a tensor shows, with what lies between them, and where they start in its storage. */
function readElements(
  device: DeviceMemory,
  x: Tensor,
  fromStart: boolean,
): { start: number; elements: TypedArray } {
  const { start, count } = readRange(x);
  if (count === 0 || !device.readSync) {
    return { start: x.offset, elements: allocateArray(x.dtype, 0) };
  }
  const { constant } = x.storage;
  if (constant !== undefined) {
    return { start: 0, elements: allocateArray(x.dtype, 1).fill(constant) };
  }
  const first = fromStart ? 0 : start;
  const { buffer, dtype } = x.storage;
  return { start: first, elements: device.readSync(buffer, dtype, first, start - first + count) };
}

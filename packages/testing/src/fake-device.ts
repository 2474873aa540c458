/**
 * A device in the manner of a GPU, and the shortest backend there is: its memory is behind handles that tell nothing, every primitive
 * but one runs through the reference kernels. CONTRIBUTING.md explains it; tests take devices from here that cannot hold
 * float64, cannot be read at once, or are lost.
 */

import { DTYPES, OutOfMemoryError } from '@dl/tensor';
import type { Backend, Device, DeviceMemory, DType, Kernel, TypedArray } from '@dl/tensor/backend';
import { allocateArray, loseDevice, registerBackend, throughReference } from '@dl/tensor/backend';

/** A block of the device's memory, as its kernels see it. */
class Handle {
  constructor(readonly id: number) {}
}

/** What a fake device may be asked to be like. */
export interface FakeDeviceOptions {
  /** Default: all. */
  readonly dtypes?: readonly DType[];
  /** Whether it can be read without waiting. Default true. */
  readonly synchronous?: boolean;
  /** Bytes after which its memory is full. Default: none. */
  readonly capacity?: number;
}

/** The device, from the side of a test. */
export interface FakeDevice {
  readonly backend: Backend;
  /** How many blocks are allocated and not freed. */
  readonly blocks: number;
  /** How often elements were read from the device. */
  readonly reads: number;
  /** How often its own kernel ran. */
  readonly launches: number;
  /** Takes the memory away, as a browser takes a context. */
  lose(): void;
}

/** Registers a new fake device under a name. */
export function registerFake(name: Device, options: FakeDeviceOptions = {}): FakeDevice {
  const { dtypes = DTYPES, synchronous = true, capacity = Infinity } = options;
  const heap = new Map<object, TypedArray>();
  let [bytes, reads, launches, next] = [0, 0, 0, 0];
  const elements = (buffer: object): TypedArray => {
    const array = heap.get(buffer);
    if (!array) throw new Error('a handle that is freed, or of another device');
    return array;
  };
  const copy = (buffer: object, start: number, count: number): TypedArray => {
    reads++;
    return elements(buffer).slice(start, start + count);
  };
  const memory: DeviceMemory = {
    name,
    dtypes,
    allocate(dtype, length) {
      const array = allocateArray(dtype, length);
      if (bytes + array.byteLength > capacity) {
        throw new OutOfMemoryError('allocate', `no room for ${length} elements of ${dtype}`);
      }
      bytes += array.byteLength;
      const handle = new Handle(next++);
      heap.set(handle, array.fill(77));
      return handle;
    },
    free(buffer) {
      bytes -= elements(buffer).byteLength;
      heap.delete(buffer);
    },
    write: (buffer, data) => elements(buffer).set(data),
    readSync: (buffer, _, start, count) => copy(buffer, start, count),
    async read(buffer, _, start, count) {
      // What is freed while the device works is read nevertheless.
      const array = copy(buffer, start, count);
      await Promise.resolve();
      return array;
    },
  };
  const kernels = throughReference(memory);
  const add: Kernel<'add'> = (inputs, attributes, outputs) => {
    const [a, b] = inputs;
    const [y] = outputs;
    // Tensors that broadcast are left to the kernel that was there before.
    if (a.size !== y.size || b.size !== y.size || y.dtype === 'bool') {
      kernels.add(inputs, attributes, outputs);
      return;
    }
    launches++;
    const [left, right] = [a, b].map((x) => elements(x.storage.buffer).subarray(x.offset));
    const sums = elements(y.storage.buffer);
    for (let i = 0; i < y.size; i++) sums[i] = left[i] + right[i];
  };
  const backend: Backend = {
    ...memory,
    readSync: synchronous ? memory.readSync : undefined,
    kernels: { ...kernels, add },
    fused: {},
  };
  registerBackend(backend);
  return {
    backend,
    get blocks() {
      return heap.size;
    },
    get reads() {
      return reads;
    },
    get launches() {
      return launches;
    },
    lose() {
      heap.clear();
      loseDevice(backend, { reason: 'a test took it', hint: `call registerFake('${name}') again` });
    },
  };
}

import { afterEach, describe, expect, it } from 'vitest';
import { Heap } from '../../src/backend/wasm/memory/heap';
import { engine } from '../../src/backend/wasm/module/engine';
import { loadModule } from '../../src/backend/wasm/module/load';
import { ThreadPool } from '../../src/backend/wasm/threads/thread-pool';
import type { Tensor } from '../../src/index';
import {
  conv2d,
  DeviceError,
  getNumThreads,
  lstm,
  manualSeed,
  maxPool2d,
  randint,
  randn,
  scatterAdd,
  setNumThreads,
  ValueError,
  where,
} from '../../src/index';
import { declarations, normalizeBatch, run } from '../../src/internal';

const original = getNumThreads();
afterEach(() => setNumThreads(original));

const conv = { stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], groups: 1 } as const;

/** Work that is large enough to be cut, by every way of cutting. */
const jobs: Record<string, () => Tensor> = {
  'matmul, more columns': () => randn([100, 300]).matmul(randn([300, 257])),
  'matmul, more rows': () => randn([407, 300]).matmul(randn([300, 101])),
  'matmul, a stack': () => randn([17, 40, 50]).matmul(randn([17, 50, 33])),
  'matmul, transposed': () =>
    randn([300, 407])
      .transpose()
      .matmul(randn([101, 300]).transpose()),
  'matmul, heads': () =>
    randn([7, 40, 5, 50])
      .transpose(1, 2)
      .matmul(randn([7, 33, 5, 50]).permute([0, 2, 3, 1])),
  'matmul, float64': () =>
    randn([407, 300], { dtype: 'float64' }).matmul(randn([300, 101], { dtype: 'float64' })),
  'a copy, transposed': () => randn([401, 333]).transpose().contiguous(),
  'a copy, six axes': () => randn([8, 7, 6, 5, 9, 11]).permute([5, 3, 1, 0, 2, 4]).contiguous(),
  'a choice with a mask': () => where(randn([301, 333]).gt(0), randn([9, 301, 333]), 0),
  'add of rows': () => randn([9, 301, 33]).add(randn([301, 1])),
  'sort of columns': () => randn([61, 1001]).sort(0).values,
  'cumsum of columns': () => randn([401, 333]).cumsum(0),
  'cumsum of rows': () => randn([401, 333]).cumsum(1),
  'places of the largest': () => randn([401, 333]).argmax(0),
  'product of planes': () => randn([7, 101, 333]).prod(1),
  'a gather of rows': () => randn([501, 333]).gather(0, randint(0, 501, [401, 333])),
  'a sum of scattered rows': () =>
    scatterAdd(randn([501, 333]), 0, randint(0, 501, [401, 333]), randn([401, 333])),
  'a sum of scattered columns': () =>
    scatterAdd(randn([501, 333]), 1, randint(0, 333, [401, 333]), randn([401, 333])),
  'convolution, many images': () => conv2d(randn([9, 3, 31, 29]), randn([10, 3, 3, 3])),
  'convolution, one image': () =>
    conv2d(randn([1, 16, 61, 59]), randn([24, 16, 3, 3]), undefined, { padding: 1 }),
  'convolution by Winograd': () =>
    conv2d(randn([4, 40, 30, 27]), randn([38, 40, 3, 3]), undefined, { padding: 1 }),
  'convolution by Winograd, few tiles': () =>
    conv2d(randn([2, 130, 13, 15]), randn([150, 130, 3, 3]), undefined, { padding: 1 }),
  "convolution's gradient in its kernels by Winograd": () =>
    run(declarations.conv2dWeight, [randn([9, 40, 30, 27]), randn([9, 101, 28, 25])], {
      ...conv,
      kernelSize: [3, 3],
    })[0],
  "convolution's gradient in its kernels": () =>
    run(declarations.conv2dWeight, [randn([5, 12, 31, 29]), randn([5, 10, 31, 29])], {
      ...conv,
      kernelSize: [3, 3],
    })[0],
  exp: () => randn([333_333]).exp(),
  'add with a number': () => randn([333_333]).add(2),
  'softmax of rows': () => randn([301, 333]).softmax(1),
  'sum of rows': () => randn([1001, 333]).sum(1),
  'sum of columns': () => randn([1001, 333]).sum(0),
  'sum of planes': () => randn([7, 101, 333]).sum(1),
  'largest of rows': () => randn([1001, 333]).amax(1),
  'batch normalisation': () => normalizeBatch(randn([5, 20, 31, 17])).y,
  'an LSTM': () => {
    const weights = { weightIh: randn([32, 5]), weightHh: randn([32, 8]), biasHh: randn([32]) };
    return lstm(randn([9, 61, 5]), weights).output;
  },
  'max-pooling': () => maxPool2d(randn([8, 9, 61, 59]), 2),
};

describe('threads', () => {
  it.each(Object.keys(jobs))('%s has the same bits with 1, 2 and 5', (name) => {
    const results = [1, 2, 5].map((count) => {
      setNumThreads(count);
      manualSeed(3);
      const { buffer } = jobs[name]().dataSync();
      return Buffer.from(buffer);
    });
    expect(results.map((bytes) => bytes.equals(results[0]))).toEqual([true, true, true]);
  });

  it.each([0, -1, 1.5, 65, Number.NaN])('cannot be %s', (count) => {
    expect(() => setNumThreads(count)).toThrow(ValueError);
    expect(getNumThreads()).toBe(original);
  });
});

describe('the pool', () => {
  /** A pool of 3 with 16,000 numbers to negate. */
  function makePool() {
    if (!engine) throw new Error('no WebAssembly');
    const heap = new Heap(engine);
    const module = loadModule(() => heap.memory);
    if (!module) throw new Error('no SIMD');
    module.kernels.setWorkspace(heap.allocate(module.kernels.workspaceBytes()));
    const pool = new ThreadPool(module, heap, { patience: 1000 });
    pool.resize(3);
    const address = heap.allocate(64_000);
    const numbers = new Float32Array(heap.memory.buffer, address, 16_000);
    const negate = () =>
      pool.run('neg', 16, (part) => [address + 4000 * part, address + 4000 * part, 1000]);
    return { pool, numbers, negate };
  }

  /** Its workers, which nobody else may touch. */
  const workersOf = (pool: ThreadPool) =>
    (pool as unknown as { workers: { terminate(): Promise<unknown> }[] }).workers;

  it('computes every part once, over many jobs', () => {
    const { pool, numbers, negate } = makePool();
    numbers.fill(1);
    for (let job = 1; job <= 2000; job++) negate();
    expect(numbers.every((x) => x === 1)).toBe(true);
    negate();
    expect(numbers.every((x) => x === -1)).toBe(true);
    pool.stop();
  });

  it('works on when a worker has died, and after it was stopped', async () => {
    const { pool, numbers, negate } = makePool();
    numbers.fill(1);
    negate();
    await workersOf(pool)[0].terminate();
    negate();
    negate();
    expect(numbers.every((x) => x === -1)).toBe(true);
    pool.stop();
    expect(workersOf(pool)).toHaveLength(0);
    negate();
    expect(numbers.every((x) => x === 1)).toBe(true);
    pool.stop();
  });

  it('says so when a worker dies within a part, and replaces it', () => {
    const { pool, numbers, negate } = makePool();
    numbers.fill(1);
    negate();
    const inside = pool as unknown as {
      fields: Int32Array;
      kernels: unknown[];
      ids: Map<string, number>;
    };
    const id = inside.ids.get('neg') as number;
    const kernel = inside.kernels[id];
    // As one that claims a part and is never heard of again.
    inside.kernels[id] = () => {
      const state = Atomics.load(inside.fields, 0);
      if ((state & 255) > 0) Atomics.compareExchange(inside.fields, 0, state, state - 1);
    };
    expect(negate).toThrow(DeviceError);
    expect(negate).toThrow(/a thread died within it[\s\S]*run it again/);
    expect(workersOf(pool)).toHaveLength(0);
    inside.kernels[id] = kernel;
    numbers.fill(1);
    negate();
    expect(numbers.every((x) => x === -1)).toBe(true);
    pool.stop();
  });

  it('throws what a kernel threw, and computes the next job', () => {
    const { pool, numbers, negate } = makePool();
    numbers.fill(1);
    expect(() => pool.run('neg', 16, () => [4e9, 4e9, 1000])).toThrow();
    negate();
    expect(numbers.every((x) => x === -1)).toBe(true);
    pool.stop();
  });
});

import { memory, tensor } from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import {
  ArrayDataset,
  collate,
  DataLoader,
  kFold,
  ListDataset,
  StreamLoader,
  WeightedSampler,
} from '../src/index';

const wait = () => new Promise<void>((resolve) => setTimeout(resolve));
const range = (n: number) => Array.from({ length: n }, (_, i) => i);

async function* slowly(n: number, asked?: number[]): AsyncGenerator<number> {
  for (let i = 0; i < n; i++) {
    await wait();
    asked?.push(i);
    yield i;
  }
}

async function all<E, R>(loader: StreamLoader<E, R>): Promise<number[][]> {
  const batches: number[][] = [];
  for await (const x of loader)
    batches.push(Array.from((x as ReturnType<typeof tensor>).dataSync()));
  return batches;
}

describe('collate', () => {
  it('makes batches of nested structures', () => {
    const batch = collate(
      [
        { x: Float32Array.of(1, 2), label: 3, name: 'a', pair: [tensor([1]), true] as const },
        { x: Float32Array.of(4, 5), label: 6, name: 'b', pair: [tensor([2]), false] as const },
      ],
      { integers: ['label'] },
    );
    expect(batch.x.toArray()).toEqual([
      [1, 2],
      [4, 5],
    ]);
    expect([batch.label.dtype, batch.label.toArray(), batch.name]).toEqual([
      'int32',
      [3, 6],
      ['a', 'b'],
    ]);
    expect(batch.pair[0].shape).toEqual([2, 1]);
    expect([batch.pair[1].dtype, batch.pair[1].toArray()]).toEqual(['bool', [true, false]]);
  });

  it('refuses what does not fit together', () => {
    expect(() => collate([])).toThrow(/no example/);
    expect(() => collate([Float32Array.of(1), Float32Array.of(1, 2)])).toThrow(/different lengths/);
    expect(() => collate([1, 'a'])).toThrow(/differ in structure/);
    expect(() => collate([{ a: 1 }, { b: 1 }])).toThrow(/differ in structure/);
    expect(() => collate([null])).toThrow(/cannot make a batch of null/);
  });

  it('is what a ListDataset does', () => {
    const data = new ListDataset(['one', 'three', 'seven'], {
      transform: (word, index) => [word.length, index] as [number, number],
    });
    const loader = new DataLoader(data, { batchSize: 2 });
    const [first] = loader;
    expect(first.map((x) => x.toArray())).toEqual([
      [3, 5],
      [0, 1],
    ]);
    expect(() => data.batch([3])).toThrow(/no example 3/);
  });
});

describe('StreamLoader', () => {
  it('gives batches of a stream', async () => {
    const loader = new StreamLoader(() => slowly(7), { batchSize: 3 });
    expect(await all(loader)).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
    const whole = new StreamLoader(() => range(7), { batchSize: 3, dropLast: true });
    expect(await all(whole)).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
  });

  it('reads ahead, as far as it may', async () => {
    for (const prefetch of [0, 2]) {
      const asked: number[] = [];
      const loader = new StreamLoader(() => slowly(100, asked), { batchSize: 2, prefetch });
      for await (const _ of loader) {
        // The stream waits once for each example: more turns than it could need.
        for (let turn = 0; turn < 50; turn++) await wait();
        expect(asked.length).toBe(2 * (1 + prefetch));
        break;
      }
    }
  });

  it('shuffles nearby, differently in each epoch, the same for a seed', async () => {
    const make = () => new StreamLoader(() => range(40), { batchSize: 40, shuffleBuffer: 10 });
    const [a, b] = [make(), make()];
    const [[first], [second]] = [await all(a), await all(a)];
    expect([...first].sort((x, y) => x - y)).toEqual(range(40));
    expect(first).not.toEqual(range(40));
    expect(second).not.toEqual(first);
    expect([(await all(b))[0], (await all(b))[0]]).toEqual([first, second]);
    // An example leaves the store of ten at the earliest when it has come in.
    first.forEach((value, at) => {
      expect(value - at).toBeLessThan(10);
    });
  });

  it('goes on where it was saved', async () => {
    const make = () =>
      new StreamLoader(() => range(11), {
        batchSize: 2,
        shuffleBuffer: 4,
        transform: async (x) => x,
      });
    const whole = make();
    const expected = [await all(whole), await all(whole)].flat();
    const part = make();
    const seen: number[][] = [];
    let state = part.stateDict();
    for await (const x of part) {
      seen.push(Array.from(x.dataSync()));
      state = part.stateDict();
      if (seen.length === 3) break;
    }
    const rest = make();
    rest.loadStateDict(state);
    expect([...seen, ...(await all(rest)), ...(await all(rest))]).toEqual(expected);
  });

  it('passes errors of the stream and of the transform on, and closes the stream', async () => {
    let closed = 0;
    async function* source() {
      try {
        yield* slowly(10);
        throw new Error('the disk is gone');
      } finally {
        closed++;
      }
    }
    await expect(all(new StreamLoader(source, { batchSize: 4 }))).rejects.toThrow('disk is gone');
    const failing = new StreamLoader(source, {
      batchSize: 2,
      transform: (x) => (x === 3 ? Promise.reject(new Error('no picture')) : x),
    });
    await expect(all(failing)).rejects.toThrow('no picture');
    for await (const _ of new StreamLoader(source)) break;
    expect(closed).toBe(3);
  });

  it('frees what iterations created', async () => {
    const loader = new StreamLoader(() => range(200), { batchSize: 2 });
    const counts: number[] = [];
    for await (const x of loader) {
      x.add(1).mul(2);
      counts.push(memory().tensors);
    }
    expect(counts[99] - counts[9]).toBe(0);
  });

  it('refuses bad options', () => {
    expect(() => new StreamLoader(() => [], { batchSize: 0 })).toThrow(/batchSize/);
    expect(() => new StreamLoader(() => [], { prefetch: -1 })).toThrow(/prefetch/);
  });
});

const numbers = (n: number) =>
  new ArrayDataset({
    inputs: Float32Array.from(range(n)),
    shape: [1],
    labels: new Uint8Array(n),
  });

describe('folds and samplers', () => {
  it('divide so that every example is looked at once', () => {
    const folds = kFold(numbers(11), 3, 1);
    const looked = folds.flatMap(({ validation }) => Array.from(validation.indices));
    expect(looked.sort((a, b) => a - b)).toEqual(range(11));
    for (const { train, validation } of folds) {
      expect([3, 4]).toContain(validation.length);
      const both = [...Array.from(train.indices), ...Array.from(validation.indices)];
      expect(new Set(both).size).toBe(11);
    }
    expect(() => kFold(numbers(3), 4)).toThrow(/as many folds/);
  });

  it('draw in proportion to weights', () => {
    const loader = new DataLoader(numbers(3), {
      batchSize: 4000,
      sampler: new WeightedSampler([1, 0, 3], 4000),
    });
    const [[x]] = loader;
    const counts = [0, 0, 0];
    for (const value of x.dataSync()) counts[value]++;
    expect(counts[1]).toBe(0);
    expect(Math.abs(counts[2] / 4000 - 0.75)).toBeLessThan(0.03);
    expect(loader.length).toBe(1);
    expect(() => new WeightedSampler([0, 0])).toThrow(/all weights/);
    expect(() => new WeightedSampler([Number.NaN])).toThrow(/finite/);
  });

  it('normalise each channel by its own figures', () => {
    const options = {
      inputs: Uint8Array.of(0, 255, 255, 0),
      shape: [2, 2],
      labels: new Uint8Array(1),
    };
    const [x] = new ArrayDataset({ ...options, mean: [0, 1], std: [1, 0.5] }).batch([0]);
    expect(x.toArray()).toEqual([
      [
        [0, 1],
        [0, -2],
      ],
    ]);
    expect(() => new ArrayDataset({ ...options, mean: [0, 1, 2] })).toThrow(/each channel/);
  });
});

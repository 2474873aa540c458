import { memory, randn, tensor } from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import {
  ArrayDataset,
  DataLoader,
  randomSplit,
  Subset,
  syntheticDigits,
  TensorDataset,
  take,
} from '../src/index';

const numbers = (n: number) =>
  new ArrayDataset({
    inputs: Uint8Array.from({ length: n }, (_, i) => i),
    shape: [1],
    labels: Uint8Array.from({ length: n }, (_, i) => i % 10),
    scale: 1,
  });

const order = (loader: DataLoader): number[] => {
  const seen: number[] = [];
  for (const [x] of loader) seen.push(...x.dataSync());
  return seen;
};

describe('datasets', () => {
  it('scale and normalise a batch', () => {
    const data = new ArrayDataset({
      inputs: Uint8Array.of(0, 255, 51, 102),
      shape: [2],
      labels: Int32Array.of(3, 4),
      mean: 0.5,
      std: 0.25,
    });
    const [x, y] = data.batch([1, 0]);
    const expected = [(0.2 - 0.5) / 0.25, (0.4 - 0.5) / 0.25, -2, 2];
    x.dataSync().forEach((v, i) => {
      expect(v).toBeCloseTo(expected[i], 6);
    });
    expect([x.shape, x.dtype, y.dtype, y.toArray()]).toEqual([[2, 2], 'float32', 'int32', [4, 3]]);
  });

  it('refuse what does not fit', () => {
    const one = { inputs: new Uint8Array(3), shape: [2], labels: new Uint8Array(2) };
    expect(() => new ArrayDataset(one)).toThrow(/as many inputs as labels/);
    expect(() => numbers(3).batch([3])).toThrow(/no example 3/);
    expect(() => new TensorDataset(tensor([1, 2]), tensor([1]))).toThrow(/as many rows/);
  });

  it('give rows of tensors', () => {
    const data = new TensorDataset(
      tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
      tensor([7, 8, 9]),
    );
    const [a, b] = data.batch([2, 0]);
    expect([a.toArray(), b.toArray()]).toEqual([
      [
        [5, 6],
        [1, 2],
      ],
      [9, 7],
    ]);
  });

  it('split into parts without overlap, the same for a seed', () => {
    const parts = randomSplit(numbers(20), [15, 5], 3);
    const again = randomSplit(numbers(20), [15, 5], 3);
    const all = parts.flatMap((part) => Array.from(part.indices));
    expect([...all].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(again.flatMap((part) => Array.from(part.indices))).toEqual(all);
    expect(new Subset(parts[0], [1]).batch([0])[0].item()).toBe(all[1]);
    expect(take(numbers(20), 4).length).toBe(4);
    expect(() => randomSplit(numbers(3), [1, 1])).toThrow(/add up/);
  });
});

describe('DataLoader', () => {
  it('goes through everything once, the last batch smaller or left out', () => {
    const loader = new DataLoader(numbers(10), { batchSize: 4 });
    expect(loader.length).toBe(3);
    expect(order(loader)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const whole = new DataLoader(numbers(10), { batchSize: 4, dropLast: true });
    expect([whole.length, order(whole).length]).toEqual([2, 8]);
  });

  it('shuffles anew each epoch, the same way for a seed', () => {
    const make = () => new DataLoader(numbers(50), { batchSize: 7, shuffle: true, seed: 5 });
    const [a, b] = [make(), make()];
    const first = order(a);
    const second = order(a);
    expect(first).not.toEqual(second);
    expect([...first].sort((x, y) => x - y)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect([order(b), order(b)]).toEqual([first, second]);
    // The order is part of the contract: it must not change from version to version or machine to machine.
    expect(first.slice(0, 8)).toMatchInlineSnapshot(`
      [
        3,
        32,
        44,
        34,
        20,
        15,
        24,
        12,
      ]
    `);
  });

  it('goes on where it stood', () => {
    const make = () => new DataLoader(numbers(20), { batchSize: 4, shuffle: true });
    const one = make();
    order(one);
    const rest: number[] = [];
    let state = one.stateDict();
    let batches = 0;
    for (const [x] of one) {
      if (++batches === 2) state = one.stateDict();
      else if (batches > 2) rest.push(...x.dataSync());
    }
    const other = make();
    other.loadStateDict(state);
    expect(order(other)).toEqual(rest);
    expect(order(other)).toEqual(order(one));
  });

  it('begins a new epoch after a break', () => {
    const loader = new DataLoader(numbers(20), { batchSize: 4 });
    for (const _ of loader) break;
    expect(order(loader).length).toBe(20);
    expect(loader.stateDict()).toEqual({ epoch: 2, batch: 0 });
  });

  it('holds its memory over epochs', () => {
    const loader = new DataLoader(syntheticDigits({ train: 100, test: 0 }).train, {
      batchSize: 10,
    });
    const w = randn([784, 2]);
    const epoch = () => {
      for (const [x] of loader) x.flatten(1).matmul(w);
    };
    epoch();
    epoch();
    const before = memory();
    for (let i = 0; i < 20; i++) epoch();
    expect(memory().bytes).toBe(before.bytes);
    expect(memory().tensors).toBe(before.tensors);
  });

  it('refuses a batch size that is none', () => {
    expect(() => new DataLoader(numbers(3), { batchSize: 0 })).toThrow(/positive integer/);
  });
});

/** Functions that read have a twin that waits: on any device it gives what the function gives on `cpu`. */

import { registerFake } from '@dl/testing';
import { describe, expect, it } from 'vitest';
import * as dl from '../../src/index';

registerFake('waiting', { synchronous: false });

const x = dl.tensor([
  [3, 0, 3],
  [1, -2, 0],
]);
const ids = dl.tensor([2, 0, 2], { dtype: 'int32' });
const levels = dl.tensor([-1, 0, 2]);

/** The name of a twin, and its arguments. */
const calls: [name: string, args: readonly unknown[]][] = [
  ['nonzero', [x]],
  ['nonzero', [x, { asTuple: true }]],
  ['maskedSelect', [x, dl.gt(x, 0)]],
  ['maskedScatter', [x, dl.gt(x, 0), dl.ones([6])]],
  ['index', [x, [dl.gt(x, 0)]]],
  ['indexPut', [x, [dl.gt(x, 0)], 9]],
  ['unique', [x]],
  ['unique', [x, 1]],
  ['uniqueConsecutive', [ids]],
  ['searchsorted', [levels, x, { right: true }]],
  ['searchsorted', [levels, 1]],
  ['bincount', [ids]],
  ['bincount', [ids, dl.tensor([1, 2, 3]), 5]],
  ['histc', [x, 4]],
  ['allclose', [x, x]],
  ['allclose', [x, levels]],
  ['equal', [x, x]],
];

/** Calls that find out without reading. */
const others: typeof calls = [
  ['index', [x, [null, ids]]],
  ['equal', [x, levels]],
];

type Call = (...args: readonly unknown[]) => unknown;

const functions = { ...dl } as unknown as Record<string, Call>;

/** A nest with the tensors on another device. */
function moved(value: unknown, device: string): unknown {
  if (dl.isTensor(value)) return value.to(device);
  if (Array.isArray(value)) return value.map((item) => moved(item, device));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, moved(item, device)]));
}

/** Dtypes, shapes and elements of what is in a nest. */
async function contents(value: unknown): Promise<unknown> {
  const found: unknown[] = [];
  dl.forEachTensor(value, (y) => found.push(y));
  if (found.length === 0) return value;
  return Promise.all(
    (found as dl.Tensor[]).map(async (y) => [y.dtype, y.shape, Array.from(await y.data())]),
  );
}

describe.each(['cpu', 'waiting'])('on %s', (device) => {
  it.each([...calls, ...others])(
    '%sAsync gives what the function gives on cpu',
    async (name, args) => {
      const expected = await contents(functions[name](...args));
      const twin = functions[`${name}Async`];
      const given = moved(args, device);
      let alive = 0;
      // The first call may leave constants behind.
      for (let i = 0; i < 2; i++) {
        alive = dl.memory().tensors;
        const found = await twin(...(given as unknown[]));
        expect(await contents(found)).toEqual(expected);
        dl.forEachTensor(found, (y) => y.dispose());
      }
      expect(dl.memory().tensors).toBe(alive);
    },
  );
});

it.each(calls)('%s names its twin where the device must be waited for', (name, args) => {
  const given = moved(args, 'waiting') as unknown[];
  expect(() => functions[name](...given)).toThrow(
    new RegExp(
      `^${name}: the device "waiting" can only be read by waiting for it\\n.*${name}Async`,
    ),
  );
});

it('toAsync moves a tensor to another device and back', async () => {
  const there = await dl.toAsync(x, 'waiting');
  expect(there.device).toBe('waiting');
  expect(await there.toAsync('waiting')).toBe(there);
  expect((await there.toAsync('cpu')).toArray()).toEqual(x.toArray());
});

it('errors of the steps reach who waits, and leave nothing behind', async () => {
  const before = dl.memory().tensors;
  await expect(dl.maskedSelectAsync(x, x)).rejects.toBeInstanceOf(dl.DTypeError);
  await expect(x.maskedScatterAsync(x.ne(9), dl.ones([1]))).rejects.toBeInstanceOf(dl.ShapeError);
  // The mask and the source of the last call are the test's own.
  expect(dl.memory().tensors).toBe(before + 2);
});

it('what two callers read at a time stays apart', async () => {
  const far = x.to('waiting');
  const [a, b] = await Promise.all([far.nonzeroAsync(), far.uniqueAsync()]);
  expect(a.shape).toEqual([4, 2]);
  expect(Array.from(await b.values.data())).toEqual([-2, 0, 1, 3]);
});

it('the greatest common divisor reads nothing', async () => {
  const a = dl.tensor([1836311903, 12, 0, -4], { dtype: 'int32' }).to('waiting');
  const b = dl.tensor([1134903170, 18, 0, 6], { dtype: 'int32' }).to('waiting');
  expect(Array.from(await dl.gcd(a, b).data())).toEqual([1, 6, 0, 2]);
});

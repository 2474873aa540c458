import type { ShapeError } from '@dl/tensor';
import {
  assign,
  leaks,
  linear,
  ones,
  scope,
  steps,
  tensor,
  trackLeaks,
  ValueError,
} from '@dl/tensor';
import { declarations, run } from '@dl/tensor/internal';
import { afterEach, expect, it } from 'vitest';
import '../src/index';

afterEach(() => trackLeaks(false));

it('reports who makes tensors that nobody owns', async () => {
  trackLeaks(true);
  const kept = [1, 2, 3].map((n) => ones([n]));
  scope(() => {
    ones([5]);
  });
  // What the last iteration made is nobody's when the loop has ended.
  for (const _ of steps(3)) ones([4]);
  (() => {
    for (let i = 0; i < 4; i++) ones([7]);
  })();
  const before = leaks();
  expect(before.map(({ alive }) => alive)).toEqual([4, 3, 1]);
  expect(before.every(({ site }) => site.includes('leaks.test.ts'))).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 0));
  for (let turn = 0; turn < 100 && leaks()[0].alive > 0; turn++) {
    (globalThis as { gc?: () => void }).gc?.();
    await new Promise((resolve) => setTimeout(resolve));
  }
  expect(leaks().map(({ alive, collected }) => [alive, collected])).toEqual([
    [0, 4],
    [3, 0],
    [0, 1],
  ]);
  for (const x of kept) x.dispose();
  expect(leaks()).toHaveLength(2);
  trackLeaks(false);
  ones([2]);
  expect(leaks()).toEqual([]);
});

it('holds no tensors in errors', () => {
  const x = ones([2, 3]);
  try {
    x.matmul(x);
    expect.unreachable();
  } catch (error) {
    expect((error as ShapeError).details.args).toEqual({ a: 'float32[2, 3]', b: 'float32[2, 3]' });
  }
});

it('refuses to write to expanded tensors and to pad by less than nothing; takes layers without inputs', () => {
  expect(() => assign(ones([1]).expand([3]), tensor([1, 2, 3]))).toThrow(ValueError);
  const pads = { low: [0], high: [0], interior: [-1], value: 0 };
  expect(() => run(declarations.pad, [ones([3])], pads)).toThrow(ValueError);
  expect(linear(ones([2, 0]), ones([3, 0])).toArray()).toEqual([
    [0, 0, 0],
    [0, 0, 0],
  ]);
});

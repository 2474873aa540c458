import { expect, it } from 'vitest';
import { ones, type Tensor } from '../src/index';

it('options in a position are refused with the name that they want', () => {
  const x = ones([2, 3], { device: 'reference' });
  const sum = x.sum.bind(x) as (...args: unknown[]) => Tensor;
  const add = x.add.bind(x) as (...args: unknown[]) => Tensor;
  expect(() => sum(1, true)).toThrow(/options have names: \{ keepdim: true \}/);
  expect(() => add(x, 2)).toThrow(/options have names: \{ alpha: 2 \}/);
  expect(sum(1, { keepdim: true }).shape).toEqual([2, 1]);
});

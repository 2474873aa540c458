import { expect, it } from 'vitest';
import { forEachTensor, memory, ones, scope, type Tensor } from '../../src/index';

it('a scope returns a value that contains itself', () => {
  const before = memory().tensors;
  interface Ring {
    x: Tensor;
    self?: Ring;
    all?: Map<string, Ring | Tensor>;
  }
  const ring = scope(() => {
    const made: Ring = { x: ones([2]) };
    made.self = made;
    made.all = new Map<string, Ring | Tensor>([
      ['ring', made],
      ['y', ones([3])],
    ]);
    return made;
  });
  expect(ring.x.toArray()).toEqual([1, 1]);
  expect((ring.all?.get('y') as Tensor | undefined)?.toArray()).toEqual([1, 1, 1]);
  expect(memory().tensors - before).toBe(2);
});

it('enters what is shared once, however many paths lead there', () => {
  // 2⁶⁰ paths to one tensor.
  let shared: unknown = [ones([1])];
  for (let i = 0; i < 60; i++) shared = i % 2 ? [shared, shared] : { a: shared, b: shared };
  let visits = 0;
  forEachTensor(shared, () => visits++);
  expect(visits).toBe(1);
});

it('goes deeper than the stack, in the order of the items', () => {
  let deep: unknown = [];
  for (let i = 0; i < 200_000; i++) deep = [deep];
  const list = [1, 2, 3].map((n) => ones([n]));
  const sizes: number[] = [];
  forEachTensor([list[0], deep, { b: list[1] }, new Set([list[2]])], (x) => sizes.push(x.size));
  expect(sizes).toEqual([1, 2, 3]);
});

import { expect, it } from 'vitest';
import { ones, steps } from '../src/index';

it('a loop that began inside an iteration and outlives it was never nested: neither owns what comes from both', () => {
  const outer = steps(10);
  const other = steps(10);
  outer.next();
  // Begins while the first iteration of `outer` is at work, as a nested loop would.
  other.next();
  const fromOther = ones([2]);
  // A nested loop would have ended by now.
  outer.next();
  const both = ones([2]).add(fromOther);
  other.next();
  other.next();
  other.next();
  outer.next();
  outer.next();
  expect(fromOther.isReleased).toBe(true);
  // Freed with neither loop: the garbage collector decides.
  expect(both.isReleased).toBe(false);
  expect(both.toArray()).toEqual([2, 2]);
  both.dispose();
  other.return();
  outer.return();
});

it('a loop that ends inside an iteration hands its last tensors to the loop around', () => {
  const last: ReturnType<typeof ones>[] = [];
  for (const i of steps(4)) {
    for (const _ of steps(2)) last[i] = ones([1]);
    if (i >= 2) expect(last[i - 2].isReleased).toBe(true);
    if (i >= 1) expect(last[i - 1].isReleased).toBe(false);
  }
  for (const x of last) x.dispose();
});

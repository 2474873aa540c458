import { keep, memory, ones, scope, steps, type Tensor, UsageError } from '@dl/tensor';
import { expect, it } from 'vitest';
import '../src/index';

/** A leaf of 64 KB, with a gradient of the same size. */
function leaf(): Tensor {
  const x = ones([16384]);
  x.requiresGrad = true;
  x.mul(3).square().sum().backward();
  return x;
}

it('a leaf that is born in an iteration takes its gradient along', () => {
  let early = 0;
  for (const i of steps(200)) {
    leaf();
    if (i === 10) early = memory().bytes;
    if (i > 10) expect(memory().bytes).toBe(early);
  }
});

it('in a scope too, and where the leaf is disposed of', () => {
  const before = memory();
  scope(() => {
    leaf();
  });
  const x = scope(leaf);
  expect(memory().bytes - before.bytes).toBe(2 * 65536);
  x.dispose();
  expect(memory()).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
});

it('a gradient that is returned or kept outlives its leaf', () => {
  const before = memory().bytes;
  const [returned, kept] = scope(() => {
    const x = leaf();
    const y = leaf();
    keep(y.grad as Tensor);
    return [x.grad as Tensor, { y: y.grad as Tensor }.y];
  });
  expect(returned.sum().item()).toBe(18 * 16384);
  expect(kept.sum().item()).toBe(18 * 16384);
  returned.dispose();
  kept.dispose();
  expect(memory().bytes - before).toBeLessThan(100);
});

it('a gradient that is returned from a scope still belongs to a leaf that lives on', () => {
  const x = leaf();
  const gradient = scope(() => scope(() => x.grad as Tensor));
  scope(() => x.grad);
  expect(gradient.isReleased).toBe(false);
  x.mul(2).sum().backward();
  expect(x.grad).toBe(gradient);
  expect(gradient.sum().item()).toBe(20 * 16384);
  x.dispose();
  expect(gradient.isReleased).toBe(true);
});

it('a leaf that is returned brings its gradient', () => {
  const x = scope(leaf);
  expect(x.grad?.sum().item()).toBe(18 * 16384);
  x.dispose();
});

it('a gradient that the program sets lives as long as its tensor', () => {
  const x = leaf();
  for (const _ of steps(5)) {
    x.grad = (x.grad as Tensor).mul(0.5);
    x.sum().backward();
  }
  expect(x.grad?.isReleased).toBe(false);
  expect(() => x.grad?.toArray()).not.toThrow(UsageError);
  x.dispose();
});

import { expect, it } from 'vitest';
import { ones, type Tensor, UsageError } from '../src/index';

/** The members that the types of @dl/autograd promise; nothing here loads it. */
interface Promised {
  requiresGrad: boolean;
  grad: Tensor | null;
  readonly isLeaf: boolean;
  backward(): void;
  retainGrad(): void;
  registerHook(hook: (g: Tensor) => void): void;
}
const x = ones([2]) as unknown as Promised;

it.each<[string, () => void]>([
  [
    'requiresGrad',
    () => {
      x.requiresGrad = true;
    },
  ],
  [
    'grad',
    () => {
      x.grad = ones([2]);
    },
  ],
  ['backward', () => x.backward()],
  ['retainGrad', () => x.retainGrad()],
  ['registerHook', () => x.registerHook(() => {})],
])('%s says what to import', (_, use) => {
  expect(use).toThrow(UsageError);
  expect(use).toThrow(/import '@dl\/autograd'/);
});

it('has no gradients to show', () => {
  x.requiresGrad = false;
  x.grad = null;
  expect([x.requiresGrad, x.grad, x.isLeaf]).toEqual([false, null, true]);
});

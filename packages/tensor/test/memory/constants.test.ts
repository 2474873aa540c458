import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Backend, Device } from '../../src/backend/backend';
import { createReferenceBackend } from '../../src/backend/reference';
import { backendFor, registerBackend } from '../../src/backend/registry';
import { constant } from '../../src/core/constant';
import { assign, expand, memory, scope, tensor, UsageError, where } from '../../src/index';

const { gc } = globalThis as unknown as { gc: () => void };

afterEach(() => vi.restoreAllMocks());

/** Collects garbage, and gives finalizers turns of the event loop. */
async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The lengths that a device was asked to allocate while `fn` ran. */
function allocated(device: Device, fn: () => void): number[] {
  const spy = vi.spyOn(backendFor(device), 'allocate');
  fn();
  return spy.mock.calls.map(([, length]) => length);
}

describe.each(['cpu', 'reference'] as const)('numbers as operands on %s', (device) => {
  const x = tensor([[1.5, 2, -3]], { device });
  const whole = tensor([1, 2, 7], { dtype: 'int32', device });

  it('take no memory', () => {
    const lengths = allocated(device, () => {
      for (const y of [x.mul(2), x.add(0.1), x.pow(2.5), x.sub(-0), where(x.gt(0), x, 0.25)])
        y.dispose();
    });
    // The results, and the comparison.
    expect(lengths).toEqual([3, 3, 3, 3, 3, 3]);
  });

  it('leave nothing behind, however many they are', () => {
    x.mul(0.5).dispose();
    const before = memory();
    for (let i = 0; i < 10_000; i++) x.mul(i / 7).dispose();
    expect(memory()).toEqual({ ...before, peakBytes: expect.any(Number) });
  });

  it('are rounded as the dtype rounds', () => {
    expect(x.mul(0).add(0.1).toArray()).toEqual([[0.1, 0.1, 0.1].map(Math.fround)]);
    expect(x.cast('float64').mul(0).add(0.1).toArray()).toEqual([[0.1, 0.1, 0.1]]);
    expect(
      whole
        .mul(0)
        .add(2 ** 31)
        .toArray(),
    ).toEqual([-(2 ** 31), -(2 ** 31), -(2 ** 31)]);
    expect(whole.cast('uint8').mul(0).add(257).toArray()).toEqual([1, 1, 1]);
    expect(whole.cast('bool').mul(true).toArray()).toEqual([true, true, true]);
  });

  it('tell 0 from −0', () => {
    expect(x.abs().div(0).toArray()).toEqual([[Infinity, Infinity, Infinity]]);
    expect(x.abs().div(-0).toArray()).toEqual([[-Infinity, -Infinity, -Infinity]]);
  });

  it('are told apart where one operation takes several', () => {
    expect(where(x.gt(0), 1, -1).toArray()).toEqual([[1, 1, -1]]);
    expect(where(x.gt(0), 0.5, 2).toArray()).toEqual([[0.5, 0.5, 2]]);
  });

  it('can be seen under any shape', () => {
    const { backend } = x.storage;
    const two = constant(2, 'float32', backend);
    const wide = expand(two, [2, 3]);
    expect(wide.storage.constant).toBe(2);
    expect(wide.toArray()).toEqual([
      [2, 2, 2],
      [2, 2, 2],
    ]);
    expect(x.mul(wide).toArray()).toEqual([
      [3, 4, -6],
      [3, 4, -6],
    ]);
    expect(wide.mul(x).sum().item()).toBe(2);
    expect(x.pow(wide).toArray()).toEqual([
      [2.25, 4, 9],
      [2.25, 4, 9],
    ]);
    expect(wide.matmul(x.t()).toArray()).toEqual([[1], [1]]);
    expect(wide.clone().storage.constant).toBeUndefined();
    expect(two.item()).toBe(2);
  });

  it('survive a scope and dispose()', () => {
    const two = scope(() => constant(2, 'float32', x.storage.backend));
    const before = memory().tensors;
    two.dispose();
    expect(two.isReleased).toBe(false);
    expect(memory().tensors).toBe(before);
    expect(x.mul(two).toArray()).toEqual([[3, 4, -6]]);
  });

  it('cannot be changed in place', () => {
    const two = constant(2, 'float32', x.storage.backend);
    for (const change of [
      () => two.add_(1),
      () => two.zero_(),
      () => assign(two, 3),
      () => two.square_(),
    ])
      expect(change).toThrow(UsageError);
    expect(two.item()).toBe(2);
  });
});

describe('a device that lends nothing', () => {
  it('keeps a number as long as it is used, and frees it then', async () => {
    const { constant: _, ...rest } = createReferenceBackend('webgl');
    const freed = vi.fn();
    const backend: Backend = { ...rest, free: freed };
    registerBackend(backend);
    const x = tensor([1, 2], { device: 'webgl' });
    await settle();
    const before = memory();
    let two: ReturnType<typeof constant> | null = constant(2, 'float32', backend);
    const lengths = allocated('webgl', () => {
      expect(x.mul(two as NonNullable<typeof two>).toArray()).toEqual([2, 4]);
      expect(x.mul(two as NonNullable<typeof two>).toArray()).toEqual([2, 4]);
    });
    expect(lengths).toEqual([2, 1, 2]);
    expect(memory().storages).toBe(before.storages + 3);
    two = null;
    await settle();
    expect(memory().storages).toBe(before.storages);
    expect(memory().bytes).toBe(before.bytes);
    expect(freed).toHaveBeenCalledTimes(3);
  });
});

/** What a device may be like beside `cpu`: without some dtypes, lost, without synchronous reads. */

import { inspect } from 'node:util';
import { registerFake } from '@dl/testing';
import { describe, expect, it } from 'vitest';
import { registerBackend, throughReference } from '../../src/backend/index';
import * as dl from '../../src/index';

const { tensor, ones, zeros, full, memory, scope } = dl;

/** What `call` throws. */
function thrown(call: () => unknown): dl.DLError {
  try {
    call();
  } catch (error) {
    return error as dl.DLError;
  }
  throw new Error('nothing was thrown');
}

describe('a device that cannot hold every dtype', () => {
  const narrow = registerFake('narrow', { dtypes: ['float32', 'int32', 'uint8', 'bool'] });
  const x = tensor([1, 2], { device: 'narrow' });
  const wide = tensor([1, 2], { dtype: 'float64' });
  const calls: Record<string, () => unknown> = {
    full: () => zeros([2], { dtype: 'float64', device: 'narrow' }),
    tensor: () => tensor(new Float64Array(2), { device: 'narrow' }),
    cast: () => x.cast('float64'),
    to: () => wide.to('narrow'),
    uniform: () => dl.rand([2], { dtype: 'float64', device: 'narrow' }),
  };
  it.each(Object.keys(calls))('%s refuses them and names a device that can', (op) => {
    const before = { ...memory('narrow'), blocks: narrow.blocks };
    const error = thrown(calls[op]);
    expect(error).toBeInstanceOf(dl.DTypeError);
    expect(error.message).toMatch(/^\w+: the device "narrow" cannot hold float64/);
    expect(error.message).toMatch(
      /expected one of float32, int32, uint8, bool; hint: .*x\.to\('cpu'\)/,
    );
    expect(error.op).toBe(op);
    expect({ ...memory('narrow'), blocks: narrow.blocks }).toEqual(before);
  });

  it('computes in those that it holds', () => {
    const y = tensor([1, -2], { dtype: 'int32' }).to('narrow').cast('float32').mul(1.5);
    expect(y.toArray()).toEqual([1.5, -3]);
  });
});

describe('a device of another package', () => {
  it('is refused by name before it is registered, with those that are', () => {
    const error = thrown(() => ones([1], { device: 'elsewhere' }));
    expect(error).toBeInstanceOf(dl.DeviceError);
    expect(error.message).toMatch(
      /"elsewhere" is not available\n {2}expected one of cpu, reference/,
    );
    expect(error.message).not.toMatch(/webgl/i);
  });

  it('registered again takes new tensors; the old ones compute among themselves', () => {
    registerFake('twice');
    const old = ones([2], { device: 'twice' });
    registerFake('twice');
    const fresh = ones([2], { device: 'twice' });
    expect(thrown(() => old.add(fresh)).message).toMatch(/"twice" was registered anew/);
    expect(old.add(old).toArray()).toEqual([2, 2]);
    expect(old.to('twice').add(fresh).toArray()).toEqual([2, 2]);
    expect(fresh.mul(3).toArray()).toEqual([3, 3]);
  });
});

describe('a lost device', () => {
  it('refuses every use with a DeviceLostError, and holds nothing', async () => {
    const device = registerFake('lost');
    const before = memory();
    const x = ones([2, 3], { device: 'lost' });
    const view = x.transpose();
    expect(memory('lost')).toMatchObject({ tensors: 2, storages: 1, bytes: 24 });
    device.lose();
    expect(memory('lost')).toMatchObject({ tensors: 0, storages: 0, bytes: 0 });
    expect(memory()).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
    const uses: (() => unknown)[] = [
      () => x.add(1),
      () => view.reshape([6]),
      () => x.add_(1),
      () => x.dataSync(),
      () => x.sum().item(),
      () => x.to('cpu'),
      () => x.to('lost'),
      () => ones([1], { device: 'lost' }),
      () => dl.setDefaultDevice('lost'),
    ];
    for (const use of uses) {
      const error = thrown(use);
      expect(error, String(use)).toBeInstanceOf(dl.DeviceLostError);
      expect(error.message).toMatch(/"lost" was lost: a test took it/);
      expect(error.message).toMatch(/hint: call registerFake\('lost'\) again/);
    }
    await expect(x.data()).rejects.toBeInstanceOf(dl.DeviceLostError);
    expect(String(x)).toBe('tensor(lost float32[2, 3])');
    expect(x.shape).toEqual([2, 3]);
    view.dispose();
    x.dispose();
    expect(memory('lost').tensors).toBe(0);
    expect(memory()).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
  });

  it('registered again takes new tensors while the old ones stay lost', () => {
    const first = registerFake('back');
    const x = ones([4], { device: 'back' });
    const ten = x.mul(10);
    first.lose();
    registerFake('back');
    const y = ones([4], { device: 'back' });
    expect(y.mul(10).add(5).toArray()).toEqual([15, 15, 15, 15]);
    for (const use of [() => x.add(y), () => y.add(ten), () => x.item()]) {
      expect(use).toThrow(dl.DLError);
    }
    expect(() => x.add(y)).toThrow(dl.DeviceLostError);
    expect(() => y.add(ten)).toThrow(dl.DeviceLostError);
    expect(memory('back').bytes).toBeGreaterThanOrEqual(16);
  });

  it('cannot be registered with the memory that is gone', () => {
    const device = registerFake('gone');
    device.lose();
    expect(() => registerBackend(device.backend)).toThrow(dl.UsageError);
  });

  it('is found out by a read that was under way', async () => {
    const device = registerFake('midway');
    const x = full([2], 7, { device: 'midway' });
    const pending = x.data();
    device.lose();
    await expect(pending).rejects.toBeInstanceOf(dl.DeviceLostError);
  });

  it('ends scopes without an error', () => {
    const device = registerFake('scoped');
    const before = memory();
    expect(() =>
      scope(() => {
        const x = ones([2], { device: 'scoped' });
        device.lose();
        return x.add(1);
      }),
    ).toThrow(dl.DeviceLostError);
    expect(memory().tensors).toBe(before.tensors);
  });
});

describe('a device that is full', () => {
  it('throws an OutOfMemoryError, and is usable after', () => {
    registerFake('small', { capacity: 300 });
    const x = ones([10], { device: 'small' });
    expect(() => x.add(x).add(x)).not.toThrow();
    expect(() => zeros([100], { device: 'small' })).toThrow(dl.OutOfMemoryError);
    expect(x.toArray()).toEqual(Array(10).fill(1));
  });
});

describe('a device that can only be read by waiting for it', () => {
  registerFake('slow', { synchronous: false });
  const x = tensor([[3, 0, 3, 1]]).to('slow');

  it('names what to call instead', () => {
    const y = x.sum();
    const hints: [() => unknown, RegExp][] = [
      [() => y.item(), /^item: [\s\S]*use `\(await x\.data\(\)\)\[0\]`/],
      [() => x.dataSync(), /^dataSync: [\s\S]*use `await x\.data\(\)`/],
      [() => x.toArray(), /^toArray: [\s\S]*use `await x\.data\(\)`/],
      [() => String(x), /^toString: [\s\S]*use `await x\.data\(\)`/],
      [() => dl.format(x), /^toString: [\s\S]*use `await x\.data\(\)`/],
      [() => x.to('cpu'), /^to: [\s\S]*use `await toAsync\(x, 'cpu'\)`/],
    ];
    for (const [call, text] of hints) {
      const error = thrown(call);
      expect(error).toBeInstanceOf(dl.UsageError);
      expect(error.message).toMatch(text);
      expect(error.message).toMatch(/the device "slow" can only be read by waiting for it/);
    }
  });

  it('computes, and gives its elements to who waits', async () => {
    expect(Array.from(await x.mul(2).data())).toEqual([6, 0, 6, 2]);
    expect((await x.sum().data())[0]).toBe(7);
  });

  it('shows tensors to tools without elements', () => {
    expect(inspect(x)).toMatch(/^tensor\(float32\[1, 4\] on slow/);
  });

  it('cannot go through the reference kernels', () => {
    const { backend } = registerFake('through');
    const error = thrown(() => throughReference({ ...backend, readSync: undefined }));
    expect(error).toBeInstanceOf(dl.UsageError);
    expect(error.message).toMatch(/^throughReference: the device "through" has no readSync/);
  });
});

import { describe, expect, it } from 'vitest';
import {
  blockDiag,
  diagEmbed,
  OutOfMemoryError,
  ones,
  pad,
  ShapeError,
  ValueError,
} from '../../src';
import { Heap } from '../../src/backend/wasm/memory/heap';
import type { Engine } from '../../src/backend/wasm/module/engine';
import { engine } from '../../src/backend/wasm/module/engine';

describe('Heap', () => {
  it.each([Number.NaN, -1, 0.5, -Infinity])('refuses %d bytes and stays sound', (bytes) => {
    const heap = new Heap(engine as Engine);
    const before = heap.allocate(100);
    expect(() => heap.allocate(bytes)).toThrow(ValueError);
    const after = [heap.allocate(100), heap.allocate(100)];
    expect(after).toEqual([before + 128, before + 256]);
  });

  it('says that there is no room for more than an address can reach', () => {
    const heap = new Heap(engine as Engine);
    const first = heap.allocate(64);
    for (const bytes of [2 ** 32, 1e20, Infinity]) {
      expect(() => heap.allocate(bytes)).toThrow(OutOfMemoryError);
    }
    expect(heap.allocate(64)).toBe(first + 64);
  });

  it('asks for relief before it gives up, and tries once more', () => {
    const heap = new Heap(engine as Engine);
    const asked: number[] = [];
    heap.onPressure = (bytes) => {
      asked.push(bytes);
      return false;
    };
    expect(() => heap.allocate(2 ** 33)).toThrow(OutOfMemoryError);
    expect(asked).toEqual([2 ** 33]);
  });
});

describe('shapes that operations compose', () => {
  it('are refused before memory is touched', () => {
    expect(() => blockDiag(ones([2, 2, 2]), ones([1, 1]))).toThrow(ShapeError);
    expect(() => pad(ones([2]), [0.5, 1])).toThrow(ValueError);
    expect(() => diagEmbed(ones([2]), Number.NaN)).toThrow(ValueError);
    // What came out of the heap afterwards overlapped before this was checked.
    const [a, b] = [ones([100]), ones([100])];
    a.mul(2);
    expect(b.sum().item()).toBe(100);
    expect(a.sum().item()).toBe(100);
  });

  it('blockDiag of nothing has no columns, as in PyTorch', () => {
    expect(blockDiag().shape).toEqual([1, 0]);
  });
});

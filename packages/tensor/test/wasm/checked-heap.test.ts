import { afterEach, describe, expect, it } from 'vitest';
import { createCpuBackend } from '../../src/backend/wasm/index';
import { CheckedHeap, sweepHeaps } from '../../src/backend/wasm/memory/checked-heap';
import type { Engine } from '../../src/backend/wasm/module/engine';
import { engine } from '../../src/backend/wasm/module/engine';
import type { Backend, TypedArray } from '../../src/index';
import { OutOfMemoryError } from '../../src/index';

const make = () => new CheckedHeap(engine as Engine, false);
const floats = (heap: CheckedHeap, at: number, count: number) =>
  new Float32Array(heap.memory.buffer, at, count);
const bytes = (heap: CheckedHeap, at: number, count: number) =>
  new Uint8Array(heap.memory.buffer, at, count);

describe('the checked heap', () => {
  it('finds nothing where everybody keeps to their blocks', () => {
    const heap = make();
    for (const size of [0, 1, 3, 4, 63, 64, 65, 1000, 4096]) {
      const at = heap.allocate(size);
      expect(at % 64).toBe(0);
      bytes(heap, at, size).fill(7);
      heap.release(at, size);
    }
    expect(heap.sweep()).toEqual([]);
  });

  it.each([1, 6, 64, 100])('finds an element written past a block of %d floats, once', (count) => {
    const heap = make();
    const at = heap.allocate(4 * count);
    floats(heap, at, count + 1)[count] = 0;
    expect(heap.sweep()).toEqual([
      `the block of ${4 * count} bytes at ${at} was written 1 bytes past its end`,
    ]);
    expect(heap.sweep()).toEqual([]);
  });

  it('finds a byte past a block that does not end at a word', () => {
    const heap = make();
    const at = heap.allocate(5);
    bytes(heap, at, 6)[5] = 1;
    heap.release(at, 5);
    expect(heap.sweep().join()).toContain('1 bytes past its end');
  });

  it('finds an element written before a block', () => {
    const heap = make();
    const at = heap.allocate(8);
    floats(heap, at - 4, 1)[0] = 1;
    expect(heap.sweep().join()).toContain('4 bytes before its start');
  });

  it('poisons fresh memory: who reads it, or past it, gets NaN', () => {
    const heap = make();
    const at = heap.allocate(16);
    expect([...floats(heap, at, 4)].every(Number.isNaN)).toBe(true);
    expect([...new Float64Array(heap.memory.buffer, at, 2)].every(Number.isNaN)).toBe(true);
    expect(floats(heap, at, 5)[4]).toBeNaN();
    expect(floats(heap, at - 4, 1)[0]).toBeNaN();
    // As an index it is out of any range.
    expect(new Int32Array(heap.memory.buffer, at, 1)[0]).toBeGreaterThan(2 ** 30);
  });

  it('notices who uses memory after it was released', () => {
    const heap = make();
    const at = heap.allocate(400);
    const mine = floats(heap, at, 100).fill(1);
    heap.release(at, 400);
    expect(mine[0]).toBeNaN();
    expect(heap.allocate(400)).not.toBe(at);
    mine[50] = 3;
    expect(heap.sweep()).toEqual([
      `the block of 400 bytes at ${at} was written at byte 200 after it was released`,
    ]);
  });

  it('notices who releases twice, or something else than was given', () => {
    const heap = make();
    const at = heap.allocate(64);
    heap.release(at, 60);
    heap.release(at, 64);
    heap.release(at, 64);
    expect(heap.sweep().map((fault) => fault.replace(/at \d+/, 'at x'))).toEqual([
      'release of 60 bytes at x: the block there has 64 bytes',
      'release of 64 bytes at x: the block there was released before, or never allocated',
    ]);
  });

  it('notices who writes to the address of no tensor', () => {
    const heap = make();
    heap.allocate(4);
    floats(heap, 0, 4)[1] = 1;
    expect(heap.sweep()).toEqual(['address 4 was written: a tensor that is not there']);
    expect(heap.sweep()).toEqual([]);
  });

  it('gives up what waits before it has no room', () => {
    const heap = make();
    const size = 2 ** 23 - 128;
    // All memory is taken; it is reserved, and only its zones are written.
    const fill = Uint32Array.prototype.fill;
    Uint32Array.prototype.fill = function (value) {
      return this.length > 2 ** 20 ? this : fill.call(this, value);
    };
    try {
      let at = 0;
      const take = () => {
        for (;;) at = heap.allocate(size);
      };
      expect(take).toThrow(OutOfMemoryError);
      heap.release(at, size);
      expect(heap.allocate(size)).toBe(at);
      expect(take).toThrow(OutOfMemoryError);
    } finally {
      Uint32Array.prototype.fill = fill;
    }
  });
});

describe('DL_CHECKED_HEAP=1', () => {
  const before = process.env.DL_CHECKED_HEAP;
  afterEach(() => {
    if (before === undefined) delete process.env.DL_CHECKED_HEAP;
    else process.env.DL_CHECKED_HEAP = before;
  });

  /** A backend of its own, with a heap that is checked. */
  function checked(): Backend {
    process.env.DL_CHECKED_HEAP = '1';
    return createCpuBackend('cpu');
  }

  it('puts it under the backend', () => {
    const backend = checked();
    const buffer = backend.allocate('float32', 10) as Float32Array;
    expect([...buffer].every(Number.isNaN)).toBe(true);
    expect(sweepHeaps()).toEqual([]);
    new Float32Array(buffer.buffer, buffer.byteOffset, 11)[10] = 1;
    expect(sweepHeaps()).toEqual([
      `the block of 40 bytes at ${buffer.byteOffset} was written 1 bytes past its end`,
    ]);
    backend.free(buffer, 'float32', 10);
    (buffer as TypedArray)[0] = 1;
    expect(sweepHeaps().join()).toContain('after it was released');
  });
});

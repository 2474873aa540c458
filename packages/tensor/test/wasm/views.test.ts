import { describe, expect, it } from 'vitest';
import { Heap } from '../../src/backend/wasm/memory/heap';
import { Views } from '../../src/backend/wasm/memory/views';
import type { Engine } from '../../src/backend/wasm/module/engine';
import { engine } from '../../src/backend/wasm/module/engine';

describe('Views', () => {
  const make = (recycles = true) => {
    const heap = new Heap(engine as Engine);
    return { heap, views: new Views(heap, recycles) };
  };

  it('uses small arrays again, for the same dtype and length', () => {
    const { views } = make();
    const first = views.allocate('float32', 8);
    views.free(first, 'float32', 8);
    const others = [views.allocate('float32', 7), views.allocate('int32', 8)];
    expect(others.map((other) => other.byteOffset)).not.toContain(first.byteOffset);
    expect(views.allocate('float32', 8)).toBe(first);
    expect(views.allocate('float32', 8).byteOffset).not.toBe(first.byteOffset);
  });

  it.each([
    ['large ones', true, 1e5],
    ['all of a heap that watches', false, 8],
  ] as const)('gives %s back at once', (_, recycles, length) => {
    const { heap, views } = make(recycles);
    const view = views.allocate('float32', length);
    const at = view.byteOffset;
    views.free(view, 'float32', length);
    expect(heap.allocate(4 * length)).toBe(at);
  });

  it('keeps no more than 8 MB waiting, and gives that back when asked', () => {
    const { heap, views } = make();
    const all = Array.from({ length: 3000 }, () => views.allocate('float32', 1024));
    for (const view of all) views.free(view, 'float32', 1024);
    const waiting = new Set(all.slice(0, 2048).map((view) => view.byteOffset));
    for (let i = 2048; i < 3000; i++) expect(waiting.has(heap.allocate(4096))).toBe(false);
    expect(views.drain()).toBe(true);
    expect(views.drain()).toBe(false);
    expect(waiting.has(heap.allocate(4096))).toBe(true);
  });

  it('lends sixteen numbers at a time', () => {
    const { views } = make();
    const cells = Array.from({ length: 16 }, (_, i) => views.lend('float32', i));
    expect(cells.map(([value]) => value)).toEqual(cells.map((_, i) => i));
    expect(views.lend('float64', 0.1)[0]).toBe(0.1);
  });
});

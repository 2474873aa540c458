import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { useReclaimer } from '../../src/core/reclaim';
import { adviseAgain } from '../../src/core/reclaim/advice';
import { limit, noReclaimer } from '../../src/core/reclaim/reclaimer';
import { sweepingReclaimer } from '../../src/core/reclaim/sweep';
import { TaskReclaimer } from '../../src/core/reclaim/tasks';
import {
  full,
  iterate,
  memory,
  ones,
  resetPeakMemory,
  scope,
  steps,
  type Tensor,
} from '../../src/index';

const MB = 2 ** 20;
const { gc } = globalThis as unknown as { gc: () => void };
/** A turn of the event loop, in which finalizers run. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    gc();
    await turn();
  }
}

/** 8 MB that nobody owns, used once. */
const use = (value: number) => full([2, MB], value).mul(2);

/** The i-th element in row-major order. */
const peek = (x: Tensor, i: number) =>
  scope(() =>
    x
      .reshape([-1])
      .slice([[i, i + 1]])
      .item(),
  );

beforeEach(async () => {
  await settle();
  resetPeakMemory();
  adviseAgain();
});

afterEach(() => {
  vi.restoreAllMocks();
  const node = sweepingReclaimer(0);
  if (node) useReclaimer(node);
});

describe('a sweep in the middle of a turn', () => {
  beforeEach(() => {
    const node = sweepingReclaimer(0);
    if (!node) throw new Error('this engine cannot sweep');
    useReclaimer(node);
  });

  it('keeps a synchronous loop flat', () => {
    const before = memory().bytes;
    let last: Tensor = ones([1]);
    // 6.4 GB, more than WebAssembly can hold.
    for (let i = 0; i < 400; i++) last = use(i);
    expect(memory().peakBytes - before).toBeLessThan(560 * MB);
    expect(peek(last, MB)).toBe(798);
  });

  it('keeps a loop flat that awaits what is settled', async () => {
    const before = memory().bytes;
    for (let i = 0; i < 150; i++) {
      use(i);
      await null;
    }
    expect(memory().peakBytes - before).toBeLessThan(560 * MB);
  });

  it('lets the limit grow with what survives', () => {
    const held = Array.from({ length: 80 }, () => ones([2, MB]));
    const { bytes } = memory();
    for (let i = 0; i < 100; i++) use(i);
    expect(limit.bytes).toBeGreaterThan(2 * bytes - 16 * MB);
    expect(held.every((x) => !x.isReleased && peek(x, MB) === 1)).toBe(true);
    for (const x of held) x.dispose();
  });

  it('frees views and what a graph of closures reached, and nothing that is still reachable', () => {
    const before = memory().bytes;
    const base = ones([2, MB]);
    const view = base.slice([[1, 2]]);
    for (let i = 0; i < 100; i++) {
      const x = use(i)
        .transpose(0, 1)
        .slice([[0, 4]]);
      (() => x)();
    }
    expect(memory().bytes - before).toBeLessThan(560 * MB);
    base.dispose();
    expect(peek(view, 5)).toBe(1);
    view.dispose();
  });

  it('finds loops whose iterators are gone, in the same turn', () => {
    const before = memory().bytes;
    (() => {
      steps(5).next();
    })();
    // What is made now in this turn belongs to the loop that nobody can advance.
    for (let i = 0; i < 150; i++) use(i);
    expect(memory().peakBytes - before).toBeLessThan(600 * MB);
  });
});

describe('moving storages out of memory', () => {
  it('keeps a synchronous loop below its room, and the numbers right', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    useReclaimer(new TaskReclaimer(64 * MB));
    limit.bytes = 64 * MB;
    const before = memory().bytes;
    const kept = Array.from({ length: 4 }, (_, i) => full([MB], i));
    const view = kept[3].reshape([1024, 1024]).t();
    for (let i = 0; i < 60; i++) expect(peek(use(i), MB + 7)).toBe(2 * i);
    expect(memory().peakBytes - before).toBeLessThan(100 * MB);
    expect(memory().bytes - before).toBeLessThan(80 * MB);
    // They were used least recently, so they were moved out; now they come back.
    kept.forEach((x, i) => {
      expect(peek(x.add(1), MB - 1)).toBe(i + 1);
    });
    expect(peek(view, 1023)).toBe(3);
    for (const x of [...kept, view]) x.dispose();
    await settle();
    expect(memory().bytes - before).toBeLessThan(1 * MB);
  });

  it('never moves what the running operation works on', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    useReclaimer(new TaskReclaimer(1));
    limit.bytes = 0;
    scope(() => {
      const a = ones([128, 256]);
      const b = full([256, 128], 2);
      // Every allocation asks for room.
      expect(
        a
          .matmul(b)
          .add(a.slice([null, [0, 128]]).t())
          .sum()
          .item(),
      ).toBe(128 * 128 * 513);
    });
    const [x, y] = [ones([100, 1000]), full([1000, 100], 3)];
    for (let i = 0; i < 10; i++) {
      expect(x.matmul(y).sum().item()).toBe(30_000_000);
      expect(x.add(y.t()).mul(x).sum().item()).toBe(400_000);
    }
  });

  it('frees between tasks what died before', async () => {
    useReclaimer(new TaskReclaimer(2048 * MB));
    limit.bytes = 256 * MB;
    const before = memory().bytes;
    for (let i = 0; i < 24; i++) {
      use(i);
      await turn();
    }
    expect(memory().bytes - before).toBeLessThan(330 * MB);
  });
});

it('warns once, early, where the program itself holds too much', () => {
  const node = sweepingReclaimer(0);
  if (node) useReclaimer(node);
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const history: Tensor[] = [];
  while (memory().bytes < 1300 * MB) history.push(ones([8, MB]));
  expect(warn).toHaveBeenCalledTimes(1);
  const [text] = warn.mock.calls[0];
  for (const part of ['steps(n)', 'iterate(items)', 'scope(fn)', 'leaks()', 'bare-loops.test.ts']) {
    expect(text).toContain(part);
  }
  for (const x of history) x.dispose();
});

it('says in the OutOfMemoryError what to do', () => {
  useReclaimer(noReclaimer);
  expect(() => ones([2 ** 15, 2 ** 15, 4])).toThrow(/steps\(n\).*scope\(fn\).*leaks\(\)/);
});

describe('what ends without its end', () => {
  it('an abandoned iterator gives back what its loop made, and nothing more joins it', async () => {
    const before = memory().bytes;
    (() => {
      const [first] = iterate([1, 2]);
      expect(first).toBe(1);
      const [x] = [...iterate([3])];
      expect(x).toBe(3);
      iterate([MB, MB]).next();
      ones([MB]).mul(2);
    })();
    await settle();
    await settle();
    expect(memory().bytes - before).toBe(0);
    const x = ones([4]);
    expect(x.owner).toBe(null);
  });

  it('a source that nobody can reach gives back what the last iteration over it left', async () => {
    const before = memory().bytes;
    let last: Tensor | undefined;
    for (let i = 0; i < 20; i++) {
      for (const value of iterate([1, 2, 3])) last = full([MB], value);
    }
    // One array for each loop: all sources but those of the compiler's are gone.
    await settle();
    expect(memory().bytes - before).toBe(4 * MB);
    expect(last && peek(last, 0)).toBe(3);
    last = undefined;
    await settle();
    expect(memory().bytes - before).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import { erf as errorFunction } from '../../src/backend/reference/special';
import { backendFor } from '../../src/backend/registry';
import { Heap, sizeClass } from '../../src/backend/wasm/memory/heap';
import type { Engine } from '../../src/backend/wasm/module/engine';
import { engine } from '../../src/backend/wasm/module/engine';
import type { Tensor } from '../../src/index';
import {
  cat,
  conv2d,
  full,
  Generator,
  maxPool2d,
  maxPool2dWithIndices,
  OutOfMemoryError,
  rand,
  randn,
  tensor,
  where,
  zeros,
} from '../../src/index';
import { declarations, run } from '../../src/internal';

// Error bounds, numbers at the ends of float32, ties and refusals. Sizes, layouts and gradients: packages/autograd/test/conformance.

/** Compares an operation on the CPU with the reference backend. */
function agree(inputs: Tensor[], f: (...x: Tensor[]) => Tensor, tolerance = 1e-5): void {
  const fast = f(...inputs);
  const exact = f(...inputs.map((x) => x.to('reference')));
  expect(fast.device).toBe('cpu');
  expect(fast.shape).toEqual(exact.shape);
  const [a, b] = [fast.dataSync(), exact.dataSync()];
  for (let i = 0; i < a.length; i++) {
    const same = Object.is(a[i], b[i]) || a[i] === b[i];
    const close = Math.abs(a[i] - b[i]) <= tolerance * (1 + Math.abs(b[i]));
    if (!same && !close) throw new Error(`element ${i}: ${a[i]}, the reference has ${b[i]}`);
  }
}

it('is the backend that runs here', () => {
  expect(backendFor('cpu').kernels.matmul).not.toBe(backendFor('reference').kernels.matmul);
});

describe('Winograd convolution', () => {
  // Batches, channels beyond a block of the depth, sizes that no tile divides, and padding of both kinds.
  const cases = [
    [4, 32, 24, 32, 28, 1],
    [3, 40, 40, 27, 13, 0],
    [2, 300, 64, 14, 15, 1],
    [6, 64, 70, 7, 9, 2],
    [9, 128, 96, 5, 6, 1],
    [40, 33, 35, 12, 12, 1],
    [3, 600, 36, 28, 28, 1],
  ];
  it.each(cases)('of %i images, %i to %i channels, %i×%i, padding %i', (n, i, o, h, w, padding) => {
    const x = randn([n, i, h, w]);
    const kernels = randn([o, i, 3, 3]).div(Math.sqrt(9 * i));
    // Results have a variance of 1. The transforms cost two digits: the direct sum is off by some 1e-6.
    const close = (f: (a: Tensor, b: Tensor) => Tensor, a: Tensor, b: Tensor) => {
      const [fast, exact] = [
        f(a, b),
        f(a.cast('float64').to('reference'), b.cast('float64').to('reference')),
      ].map((y) => y.dataSync());
      let worst = 0;
      for (let k = 0; k < fast.length; k++) worst = Math.max(worst, Math.abs(fast[k] - exact[k]));
      expect(worst).toBeLessThan(1e-4);
    };
    close((a, b) => conv2d(a, b, undefined, { padding }), x, kernels);
    const [rows, columns] = [h + 2 * padding - 2, w + 2 * padding - 2];
    const g = randn([n, o, rows, columns]);
    const sizes = {
      stride: [1, 1] as const,
      padding: [padding, padding, padding, padding] as const,
      dilation: [1, 1] as const,
      groups: 1,
    };
    close(
      (a, b) => run(declarations.conv2dInput, [a, b], { ...sizes, inputSize: [h, w] })[0],
      g,
      kernels.mul(Math.sqrt(i / o)),
    );
    close(
      (a, b) => run(declarations.conv2dWeight, [a, b], { ...sizes, kernelSize: [3, 3] })[0],
      x,
      g.div(Math.sqrt(n * rows * columns)),
    );
  });
});

describe('elementwise', () => {
  const hard = [0, -0, 1, -1, 100, -100, 88.5, -87, -95, -103, 1e-40, 1e4, -1e4, 0.5, 1.5, -0.5];
  const edges = tensor([...hard, Infinity, -Infinity, Number.NaN]);
  const unary = [
    'neg',
    'abs',
    'relu',
    'sqrt',
    'reciprocal',
    'floor',
    'ceil',
    'round',
    'trunc',
    'sign',
    'isnan',
    'isfinite',
    'logicalNot',
  ] as const;

  it.each(unary)('%s is exact', (name) => {
    agree([cat([randn([1003]).mul(3), edges])], (x) => x[name](), 0);
  });

  /** Distance in units in the last place of a float. */
  const ulps = (found: number, exact: number): number => {
    if (Object.is(found, Math.fround(exact))) return 0;
    const bits = new Int32Array(Float32Array.of(found, exact).buffer);
    return Math.abs(bits[0] - bits[1]);
  };
  const bounds = {
    ...{ exp: 2, log: 2, tanh: 4, sigmoid: 4 },
    ...{ expm1: 3, log1p: 4, softplus: 4, erf: 4 },
  } as const;
  const exact = {
    exp: Math.exp,
    log: Math.log,
    tanh: Math.tanh,
    sigmoid: (x: number) => 1 / (1 + Math.exp(-x)),
    expm1: Math.expm1,
    log1p: Math.log1p,
    softplus: (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    erf: errorFunction,
  };
  it.each(Object.keys(bounds) as (keyof typeof bounds)[])('%s stays within its bound', (name) => {
    const sizes = { log: randn([20000]).exp(), log1p: randn([20000]).expm1(), erf: randn([20000]) };
    const x = name in sizes ? sizes[name as keyof typeof sizes] : randn([20000]).mul(8);
    const [input, output] = [x.dataSync(), x[name]().dataSync()];
    let worst = 0;
    for (let i = 0; i < input.length; i++)
      worst = Math.max(worst, ulps(output[i], exact[name](input[i])));
    expect(worst).toBeLessThanOrEqual(bounds[name]);
    agree([edges], (y) => y[name](), 1e-6);
  });

  it.each(['sin', 'cos'] as const)('%s is off by an ulp of 1 at most', (name) => {
    const x = cat([
      randn([20000]).mul(3),
      rand([20000])
        .mul(2 * 8192)
        .sub(8192),
    ]);
    const [input, output] = [x.dataSync(), x[name]().dataSync()];
    let worst = 0;
    for (let i = 0; i < input.length; i++)
      worst = Math.max(worst, Math.abs(output[i] - Math[name](input[i])));
    expect(worst).toBeLessThan(1.2e-7);
    // Small angles keep all their digits, and the sign of zero.
    const small = tensor([1e-3, -1e-6, 1e-30, -0]);
    agree([small], (y) => y[name](), 1e-12);
    expect(Object.is(tensor([-0]).sin().dataSync()[0], -0)).toBe(true);
    // Beyond, and where there is no angle, the reference takes over.
    agree([edges], (y) => y[name](), 0);
  });

  it('takes powers that are products, roots and quotients', () => {
    for (const power of [2, 3, 0.5, -1, 1.7])
      agree([randn([1003]).abs()], (x) => x.pow(power), 1e-6);
  });

  const names = [
    'add',
    'sub',
    'mul',
    'div',
    'maximum',
    'minimum',
    'eq',
    'ne',
    'lt',
    'le',
    'gt',
    'ge',
  ] as const;
  it.each(names)('%s is exact', (name) => {
    agree([edges, edges.flip(0)], (x, y) => x[name](y), 0);
  });
});

describe('reductions and pooling', () => {
  it('sums a million ones exactly', () => {
    expect(full([1_000_000], 1).sum().item()).toBe(1_000_000);
  });

  it('softmax stays finite', () => {
    agree(
      [cat([randn([5, 11]), full([1, 11], 1e4), full([1, 11], -1e4)])],
      (x) => x.softmax(),
      1e-6,
    );
  });

  const windows = [
    [2, {}],
    [3, { stride: 2, padding: 1 }],
    [3, { stride: 1, padding: 1 }],
    [2, { stride: 1, dilation: 2 }],
    [3, { stride: 3, ceilMode: true }],
  ] as const;
  it.each(windows)('max-pooling by %i, %j', (kernel, options) => {
    // Whole numbers: ties go to the first; NaN goes before all.
    const x = randn([2, 3, 13, 24]).mul(2).round();
    const holes = where(rand(x.shape).lt(0.02), Number.NaN, x);
    for (const images of [x, holes]) {
      agree([images], (y) => maxPool2d(y, kernel, options), 0);
      agree([images], (y) => maxPool2dWithIndices(y, kernel, options).indices, 0);
    }
  });

  it.each(['amax', 'amin'] as const)('%s of rows, with NaN', (name) => {
    const x = randn([7, 37]);
    agree([x], (y) => y[name](1), 0);
    agree([where(x.gt(2), Number.NaN, x)], (y) => y[name](1), 0);
    agree([x], (y) => y[name](), 0);
  });
});

describe('indices and random numbers', () => {
  it('refuses an index out of range, as the reference does', () => {
    const x = randn([3, 4]);
    for (const index of [tensor([0, 4]), tensor([-1])]) {
      const i = index.cast('int32');
      expect(() => x.indexSelect(1, i)).toThrow(/out of range/);
    }
  });

  it.each(['float32', 'float64'] as const)('draws the same %s numbers on both', (dtype) => {
    for (const draw of [rand, randn]) {
      for (const size of [0, 1, 5, 100_003]) {
        const on = (device: 'cpu' | 'reference') => {
          const generator = new Generator(2 ** 40 + 7);
          generator.setState({ seed: 2 ** 40 + 7, offset: 2 ** 33 + 5 });
          return draw([size], { dtype, device, generator }).dataSync();
        };
        expect(on('cpu')).toEqual(on('reference'));
      }
    }
  });
});

describe('the heap', () => {
  it('wastes at most an eighth, and serves every size', () => {
    for (const bytes of [0, 1, 64, 65, 1000, 1025, 4096, 5000, 1e6, 2 ** 31, 2 ** 32 - 1000]) {
      expect(sizeClass(bytes)).toBeGreaterThanOrEqual(bytes);
      if (bytes > 1024) expect(sizeClass(bytes)).toBeLessThanOrEqual(bytes * 1.125 + 64);
      expect(sizeClass(sizeClass(bytes))).toBe(sizeClass(bytes));
    }
  });

  it('joins what was freed before it gives up', () => {
    const heap = new Heap(engine as Engine);
    const fill = (bytes: number): number[] => {
      const blocks: number[] = [];
      try {
        for (;;) blocks.push(heap.allocate(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(OutOfMemoryError);
        const { args } = (error as OutOfMemoryError).details;
        expect(args).toMatchObject({ held: blocks.length * bytes, limit: 2 ** 32 });
        return blocks;
      }
    };
    // The memory is reserved, not touched.
    const small = fill(2 ** 26);
    expect(small.length).toBeGreaterThan(50);
    for (const block of small) heap.release(block, 2 ** 26);
    const large = fill(2 ** 29);
    expect(large.length).toBe(7);
    expect(new Set(large).size).toBe(7);
    // Every second one, then what fits between.
    for (const block of large.filter((_, i) => i % 2 === 0)) heap.release(block, 2 ** 29);
    const between = heap.allocate(2 ** 28);
    expect(
      large.some((block, i) => i % 2 === 1 && between >= block && between < block + 2 ** 29),
    ).toBe(false);
    expect(() => heap.allocate(2 ** 31)).toThrow(OutOfMemoryError);
    heap.release(between, 2 ** 28);
  });

  it('refuses what does not fit, and works afterwards', () => {
    expect(() => zeros([40_000, 40_000])).toThrow(/OutOfMemory|no room/);
    expect(zeros([3]).toArray()).toEqual([0, 0, 0]);
  });
});

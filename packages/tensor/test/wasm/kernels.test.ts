import { describe, expect, it } from 'vitest';
import { erf as errorFunction } from '../../src/backend/reference/special';
import type { Engine } from '../../src/backend/wasm/engine';
import { engine } from '../../src/backend/wasm/engine';
import { Heap, sizeClass } from '../../src/backend/wasm/heap';
import type { Tensor } from '../../src/index';
import {
  avgPool2d,
  backendFor,
  cat,
  conv2d,
  declarations,
  full,
  Generator,
  linear,
  maxPool2d,
  maxPool2dWithIndices,
  OutOfMemoryError,
  rand,
  randint,
  randn,
  run,
  sgdStep,
  tensor,
  where,
  zeros,
} from '../../src/index';

// Sizes at and beyond the edges of tiles and blocks; the table-driven tests draw small ones.

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

describe('matmul', () => {
  const sizes = [
    [1, 1, 1],
    [3, 5, 7],
    [6, 16, 8],
    [13, 300, 17],
    [1, 66, 1030],
    [2, 1031, 7],
    [5, 19, 1027],
    [100, 257, 530],
  ];
  it.each(sizes)('%i×%i by %i columns, plain and transposed', (m, k, n) => {
    agree([randn([m, k]), randn([k, n])], (a, b) => a.matmul(b), 1e-4);
    agree([randn([k, m]), randn([n, k])], (a, b) => a.transpose().matmul(b.transpose()), 1e-4);
    agree([randn([m, k]), randn([n, k])], (a, b) => a.matmul(b.transpose()), 1e-4);
    agree(
      [randn([m, k]), randn([n, k]), randn([n])],
      (a, b, c) => linear(a, b, c, { activation: 'relu' }),
      1e-4,
    );
    agree([randn([k, m]), randn([k, n])], (a, b) => a.transpose().matmul(b), 1e-4);
  });

  it('multiplies stacks, broadcast and permuted', () => {
    agree([randn([3, 4, 5]), randn([5, 6])], (a, b) => a.matmul(b));
    agree([randn([2, 3, 4, 5]), randn([2, 3, 5, 6])], (a, b) => a.matmul(b));
    agree([randn([3, 2, 4, 5]), randn([2, 3, 5, 6])], (a, b) => a.permute([1, 0, 2, 3]).matmul(b));
    agree([randn([2, 1, 4, 5]), randn([3, 5, 6])], (a, b) => a.matmul(b));
  });
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

describe('convolution and its transposes', () => {
  const cases = [
    {},
    { padding: 1 },
    { stride: 2, padding: 2 },
    { dilation: 2, padding: 1 },
    { groups: 2, padding: 1 },
    { groups: 4 },
    { groups: 4, stride: 2, padding: 1 },
    { groups: 4, stride: 3, dilation: 2, padding: 2 },
    { groups: 4, padding: 1, outputs: 4 },
    { stride: [1, 2] as const, padding: 'valid' as const },
  ];
  it.each(cases)('%j', ({ outputs = 8, ...options }) => {
    const x = randn([2, 4, 9, 21]);
    const w = randn([outputs, 4 / (options.groups ?? 1), 3, 3]);
    agree([x, w], (a, b) => conv2d(a, b, undefined, options), 1e-4);
    const g = conv2d(x, w, undefined, options);
    const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
    const pair = (n: number | readonly [number, number]) =>
      typeof n === 'number' ? ([n, n] as const) : n;
    const around = padding === 'valid' ? 0 : padding;
    const attributes = {
      stride: pair(stride),
      dilation: pair(dilation),
      padding: [around, around, around, around] as const,
      groups,
    };
    agree(
      [g, w],
      (a, b) => {
        return run(declarations.conv2dInput, [a, b], { ...attributes, inputSize: [9, 21] })[0];
      },
      1e-4,
    );
    agree(
      [x, g],
      (a, b) => {
        return run(declarations.conv2dWeight, [a, b], { ...attributes, kernelSize: [3, 3] })[0];
      },
      1e-4,
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

  const shapes = [
    [
      [5, 7],
      [5, 7],
    ],
    [[5, 7], [1]],
    [[1], [5, 7]],
    [[4, 33], [33]],
    [
      [4, 33],
      [4, 1],
    ],
    [
      [2, 3, 4, 20],
      [3, 1, 1],
    ],
    [
      [2, 3],
      [2, 1],
    ],
  ];
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
  it.each(names)('%s broadcasts', (name) => {
    for (const [a, b] of shapes) agree([randn(a), randn(b)], (x, y) => x[name](y), 0);
    agree([edges, edges.flip(0)], (x, y) => x[name](y), 0);
  });
});

describe('reductions, pooling, updates', () => {
  const axes = [undefined, 0, 1, 2, 3, [0, 2, 3], [1, 3], [0, 1], [2, 3]];
  it.each(axes)('sum over %j', (which) => {
    agree([randn([3, 4, 5, 6])], (x) => x.sum(which));
  });

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

  it.each(windows)('sums of windows by %i, %j, and their transpose', (kernel, options) => {
    const { dilation, ...rest } = { dilation: 1, ...options };
    if (dilation === 1) agree([randn([2, 3, 13, 24])], (x) => avgPool2d(x, kernel, rest));
    const attributes = {
      kernel: [kernel, 2] as const,
      stride: [1, 2] as const,
      padding: [1, 0, 1, 1] as const,
      dilation: [1, dilation] as const,
      output: [13 + 2 - kernel, 12] as const,
    };
    const inputSize = [13, 24] as const;
    agree([randn([2, 3, ...attributes.output])], (g) => {
      return run(declarations.sumPool2dInput, [g], { ...attributes, inputSize })[0];
    });
  });

  it.each(['amax', 'amin'] as const)('%s of rows, with NaN', (name) => {
    const x = randn([7, 37]);
    agree([x], (y) => y[name](1), 0);
    agree([where(x.gt(2), Number.NaN, x)], (y) => y[name](1), 0);
    agree([x], (y) => y[name](), 0);
  });

  it('logic of booleans', () => {
    const [a, b] = [rand([5, 67]).lt(0.5), rand([5, 67]).lt(0.5)];
    for (const name of ['logicalAnd', 'logicalOr', 'logicalXor'] as const) {
      agree([a, b], (x, y) => x[name](y), 0);
      agree([a, b.select(0, 0).select(0, 0)], (x, y) => x[name](y), 0);
    }
    agree([a], (x) => x.logicalNot(), 0);
    for (const name of ['any', 'all'] as const) {
      const sparse = rand([20, 67]).lt(name === 'any' ? 0.01 : 0.99);
      agree([sparse], (x) => x[name](1), 0);
      agree([sparse], (x) => x[name](), 0);
    }
  });

  it('steps of an optimiser agree, in blocks that were used before', () => {
    const step = (start: Tensor, g: Tensor) => {
      const p = start.clone();
      const velocity = zeros(p.shape, { device: p.device });
      const options = { lr: 0.1, momentum: 0.9, dampening: 0.1, weightDecay: 0.01, nesterov: true };
      for (const first of [true, false, false]) sgdStep(p, g, velocity, { ...options, first });
      return p;
    };
    randn([37]).dispose();
    agree([randn([37]), randn([37])], step, 1e-6);
  });
});

describe('indices and random numbers', () => {
  it('picks, adds and gathers along every axis', () => {
    const x = randn([5, 6, 7]);
    const index = randint(0, 5, [9]);
    for (const axis of [0, 1, 2]) {
      agree([x, index], (y, i) => y.indexSelect(axis, i), 0);
      const source = x.indexSelect(axis, index);
      agree([x, index, source], (y, i, z) => y.indexAdd(axis, i, z), 1e-6);
    }
    agree([x, randint(0, 7, [5, 6, 11])], (y, i) => y.gather(2, i), 0);
  });

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

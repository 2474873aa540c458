import type { Tensor } from '@dl/tensor';
import {
  arange,
  clamp,
  DTypeError,
  defaultGenerator,
  linspace,
  manualSeed,
  maskedFill,
  memory,
  rand,
  randn,
  ShapeError,
  scope,
  sliceScatter,
  tensor,
  UsageError,
  ValueError,
  zeros,
} from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import { grad, gradcheck, gradgradcheck, gradients, jvp, noGrad } from '../src/index';

const wide = { dtype: 'float64' } as const;
type Methods = Record<string, (...args: unknown[]) => Tensor>;
const call = (x: Tensor, name: string, args: readonly unknown[]) =>
  (x as unknown as Methods)[name](...args);

const places = tensor([2, 0], { dtype: 'int32' });
const mask = tensor([true, false, true, false, true], { dtype: 'bool' });
const other = tensor([0.7, 1.3, 2.1, 0.4, 1.9], wide);

/** Arguments of methods, on rows of five positive numbers below 1. */
const calls: [string, ...unknown[]][] = [
  ...['neg', 'abs', 'sign', 'exp', 'expm1', 'log', 'log1p', 'log2', 'log10', 'sqrt'].map(
    (name): [string] => [name],
  ),
  ...['reciprocal', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sinh', 'cosh'].map(
    (name): [string] => [name],
  ),
  ...['asinh', 'atanh', 'tanh', 'sigmoid', 'relu', 'erf', 'erfc', 'erfinv', 'lgamma'].map(
    (name): [string] => [name],
  ),
  ...['floor', 'ceil', 'trunc', 'square', 'exp2', 'rsqrt', 'logit', 'frac', 'round', 'digamma'].map(
    (name): [string] => [name],
  ),
  ...['mul', 'add', 'sub', 'div', 'pow', 'atan2', 'hypot', 'xlogy', 'fmod', 'remainder'].map(
    (name): [string, Tensor] => [name, other],
  ),
  ['add', 2, { alpha: 3 }],
  ['sub', other, { alpha: 0.5 }],
  ['mul', -2],
  ['div', 4],
  ['div', 0.3, { roundingMode: 'floor' }],
  ['floorDivide', 0.3],
  ['pow', 2],
  ['pow', 3],
  ['pow', 0.5],
  ['copysign', other.neg()],
  ['clamp', 0.3, 0.6],
  ['clip', 0.3],
  ['lerp', other, 0.2],
  ['nanToNum'],
  ['addcmul', other, other, { value: 0.5 }],
  ['addcdiv', other, other],
  ['tril'],
  ['triu', 1],
  ['cumsum', 1],
  ['cumprod', -1],
  ['indexCopy', 1, places, tensor([[5, 6]], wide)],
  ['indexFill', 1, places, 7],
  ['indexPut', [null, places], 3],
  ['indexAdd', 1, places, zeros([3, 2], wide).add(2)],
  ['indexAdd', 1, places, zeros([3, 2], wide).add(2), { alpha: 3 }],
  ['round', { decimals: 1 }],
  [
    'scatterReduce',
    1,
    tensor(
      [
        [1, 4],
        [0, 2],
        [3, 3],
      ],
      { dtype: 'int32' },
    ),
    zeros([3, 2], wide).add(2),
    'prod',
  ],
  ['maskedFill', mask, -1],
  ['maskedScatter', mask, arange(9).cast('float64')],
  [
    'scatter',
    1,
    tensor(
      [
        [1, 4],
        [0, 2],
        [3, 3],
      ],
      { dtype: 'int32' },
    ),
    9,
  ],
  [
    'scatterAdd',
    1,
    tensor(
      [
        [1, 4],
        [0, 2],
        [3, 3],
      ],
      { dtype: 'int32' },
    ),
    zeros([3, 2], wide).add(1),
  ],
];

const start = () => linspace(0.05, 0.95, 15, wide).reshape([3, 5]).clone();
const layouts: Record<string, (x: Tensor) => Tensor> = {
  'a tensor of its own': (x) => x.clone(),
  'a part of another': (x) => zeros([5, 5], wide).narrow(0, 1, 3).copy_(x),
  'a transposed view': (x) => zeros([5, 3], wide).transpose().copy_(x),
  'every second element': (x) =>
    zeros([3, 10], wide)
      .slice([null, [null, null, 2]])
      .copy_(x),
};

describe.each(Object.entries(layouts))('in place on %s', (_, layout) => {
  it.each(calls)('%s_ gives what the function gives', (name, ...args) => {
    const x = layout(start());
    const expected = call(start(), name, args);
    const version = x.storage.version;
    expect(call(x, `${name}_`, args)).toBe(x);
    expect(x.toArray()).toEqual(expected.toArray());
    expect(x.storage.version).toBeGreaterThan(version);
  });
});

it.each([
  ...['neg', 'exp', 'tanh', 'sigmoid', 'relu', 'sqrt', 'erf', 'sin', 'log1p', 'expm1'],
  ...['floor', 'sign', 'reciprocal', 'cos', 'abs', 'ceil', 'trunc', 'log'],
])('kernels of %s write over their input at any size', (name) => {
  for (const size of [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 70, 9001]) {
    const x = rand([size]).add(0.01);
    const expected = call(x, name, []).dataSync();
    expect(call(x, `${name}_`, []).dataSync()).toEqual(expected);
  }
});

it.each(['add', 'sub', 'mul', 'div'])('kernels of %s write over an input at any size', (name) => {
  for (const size of [1, 3, 4, 5, 8, 15, 17, 33, 70, 9001]) {
    for (const y of [randn([size]), randn([1]), 3]) {
      const x = randn([size]);
      const expected = call(x, name, [y]).dataSync();
      expect(call(x, `${name}_`, [y]).dataSync()).toEqual(expected);
    }
    const x = randn([size]);
    const self = call(x, name, [x]).dataSync();
    expect(call(x, `${name}_`, [x]).dataSync()).toEqual(self);
  }
  // Operands that lie elsewhere in the same memory.
  const x = randn([6, 4]);
  const expected = call(x, name, [x.select(0, 2).clone()]).dataSync();
  expect(call(x, `${name}_`, [x.select(0, 2)]).dataSync()).toEqual(expected);
  const square = randn([40, 40]);
  const turned = call(square, name, [square.transpose().clone()]).dataSync();
  expect(call(square, `${name}_`, [square.transpose()]).dataSync()).toEqual(turned);
});

it('reads what it scatters before it writes', () => {
  const order = () => tensor([1, 2, 0], { dtype: 'int32' });
  const x = tensor([1, 2, 3]);
  expect(x.scatter_(0, order(), x).toArray()).toEqual([3, 1, 2]);
  expect(x.scatterAdd_(0, order(), x).toArray()).toEqual([5, 4, 3]);
  expect(x.indexAdd_(0, order(), x).toArray()).toEqual([8, 9, 7]);
  const places = order();
  expect(places.scatter_(0, places, order().add(4)).toArray()).toEqual([4, 5, 6]);
});

it('diagonals are views of every layout', () => {
  const x = zeros([2, 3, 4]);
  x.permute([2, 0, 1]).diagonal(1, 0, 2).add_(1);
  x.transpose(1, 2).diagonal(-1, 1, 2).add_(2);
  x.flip(1).diagonal(0, 1, 2).add_(4);
  expect(x.select(0, 1).toArray()).toEqual([
    [0, 2, 4, 0],
    [1, 4, 2, 0],
    [4, 1, 0, 2],
  ]);
  expect(x.diagonal(7, 1, 2).shape).toEqual([2, 0]);
});

it('a change in place takes no memory of its own', () => {
  const [x, y] = [randn([1000]), randn([1000])];
  // Constants are kept.
  randn([1]).mul(2);
  const { buffer } = x.storage;
  const before = memory();
  x.add_(y).mul_(2).exp_().relu_().zero_().fill_(3).copy_(y).normal_().uniform_();
  expect(memory()).toEqual({ ...before, peakBytes: expect.any(Number) });
  expect(x.storage.buffer).toBe(buffer);
  // What takes several steps trades memory instead of copying; views see the change.
  const view = x.narrow(0, 10, 3);
  x.lerp_(y, 0.25).clamp_(-0.5, 0.5);
  expect(view.dataSync()).toEqual(x.dataSync().subarray(10, 13));
});

it('random numbers in place are those of new tensors', () => {
  manualSeed(3);
  const x = zeros([3, 5]).normal_(2, 0.5);
  const y = zeros([4], wide).uniform_(-1, 3);
  const state = defaultGenerator.getState();
  manualSeed(3);
  expect(x.toArray()).toEqual(randn([3, 5]).mul(0.5).add(2).toArray());
  expect(y.toArray()).toEqual(rand([4], wide).mul(4).add(-1).toArray());
  expect(defaultGenerator.getState()).toEqual(state);
  expect(zeros([1000]).bernoulli_(0.25).mean().item()).toBeCloseTo(0.25, 1);
  expect(zeros([1000]).exponential_(2).mean().item()).toBeCloseTo(0.5, 1);
});

it('keeps the dtype, and refuses results that do not fit', () => {
  const whole = tensor([1, 2], { dtype: 'int32' });
  expect(whole.add_(2).toArray()).toEqual([3, 4]);
  expect(() => whole.add_(0.5)).toThrow(DTypeError);
  expect(() => whole.exp_()).toThrow(/exp_: the result is float32, which does not fit into int32/);
  expect(() => whole.div_(2)).toThrow(DTypeError);
  expect(whole.copy_(tensor([1.7, -1.7])).toArray()).toEqual([1, -1]);
  const half = tensor([1, 2]).mul_(tensor([0.5, 0.25], wide));
  expect([half.dtype, half.toArray()]).toEqual(['float32', [0.5, 0.5]]);
  expect(tensor([1.5, 2]).add_(whole).toArray()).toEqual([2.5, 1]);
  expect(() => tensor([1, 2]).add_(zeros([3, 2]))).toThrow(ShapeError);
  expect(() => tensor([1, 2]).copy_(zeros([3, 2]))).toThrow(ShapeError);
  expect(() => tensor([1, 2]).copy_(3 as never)).toThrow(/fill_/);
  expect(() => tensor([1]).expand([3]).add_(1)).toThrow(ValueError);
  expect(() => tensor([1, 2]).maskedFill_(tensor([1, 0]), 0)).toThrow(DTypeError);
});

describe('recorded changes', () => {
  const programs: Record<string, (x: Tensor, y: Tensor) => Tensor> = {
    'a chain': (x, y) => x.mul(2).add_(y).mul_(y).sub_(x).div_(y.add(3)).pow_(2).exp_(),
    'its own operand': (x) => {
      const z = x.sin();
      return z.mul_(z).add_(z).mul_(z.select(0, 1));
    },
    'a constant that is filled': (x, y) => zeros([3, 4], wide).copy_(x).addcmul_(x, y).add_(x),
    'rows of a constant': (x, y) => {
      const out = zeros([5, 4], wide);
      out.narrow(0, 0, 3).copy_(x.mul(y));
      out.select(0, 4).add_(y.select(0, 0));
      out.select(0, 1).mul_(x.select(0, 2));
      return out.square();
    },
    'views made before a change': (x, y) => {
      const z = x.mul(y);
      const [row, turned] = [z.select(0, 1), z.transpose()];
      z.mul_(y);
      row.mul_(x.select(0, 0));
      return z.add(turned.transpose()).mul(row);
    },
    'a view of a view': (x, y) => {
      const z = x.mul(y);
      const inner = z.transpose().narrow(0, 1, 2);
      inner.select(1, 0).mul_(y.select(0, 0).narrow(0, 0, 2));
      return z.mul(y).sum(0).add(inner.sum());
    },
    'what the module returned is a view': (x, y) => {
      const z = scope(() => x.mul(y).reshape([4, 3]));
      return z.sigmoid_().mul(z).transpose();
    },
    'saved outputs': (x) => x.mul(2).tanh_().square().add_(1).sqrt_(),
    'diagonals of views': (x, y) => {
      const z = x.mul(y);
      z.transpose()
        .diagonal(-1)
        .mul_(y.select(0, 0).narrow(0, 0, 3));
      z.narrow(1, 1, 3).diagonal().copy_(y.select(1, 0));
      return z.mul(y);
    },
    'views of what was copied to another shape': (x, y) => {
      const flat = x.mul(y).transpose().reshape([-1]);
      const some = flat.narrow(0, 2, 4);
      some.mul_(y.select(0, 0));
      flat.sin_();
      return flat.narrow(0, 0, 6).mul(some.sum());
    },
    erasing: (x, y) => {
      const z = x.mul(y);
      z.select(0, 0).zero_();
      const gone = x.mul(3).fill_(2);
      return z.mul(z).add(gone);
    },
    'masks and indices': (x, y) =>
      x
        .mul(1)
        .maskedFill_(y.gt(0), 0.5)
        .scatterAdd_(1, tensor([[0, 3]], { dtype: 'int32' }), y)
        .indexAdd_(0, places, y.narrow(0, 0, 2))
        .clamp_(-1, 1)
        .lerp_(y, 0.3),
  };
  const pair = () => {
    manualSeed(5);
    return [randn([3, 4], wide), randn([3, 4], wide)] as const;
  };

  it.each(Object.entries(programs))('%s has its derivatives', (_, program) => {
    const [x, y] = pair();
    expect(gradcheck(program, [x, y])).toBe(true);
    expect(gradgradcheck(program, [x, y])).toBe(true);
  });

  it('a change after use leaves the earlier result alone', () => {
    const x = tensor([1, 2], wide);
    x.requiresGrad = true;
    const y = x.mul(3);
    const before = y.add(1);
    y.mul_(5);
    before.sum().add(y.sum()).backward();
    expect(x.grad?.toArray()).toEqual([18, 18]);
  });

  it('is that of the functions without underscore', () => {
    const [x, y] = pair();
    const inPlace = grad((z: Tensor) => {
      const w = z.mul(1);
      w.narrow(1, 0, 2).mul_(3);
      return w.maskedFill_(y.gt(0), 0).clamp_(-1, 1).mul(y).sum();
    })(x);
    const plain = grad((z: Tensor) => {
      const w = sliceScatter(z, z.narrow(1, 0, 2).mul(3), 1, [0, 2]);
      return clamp(maskedFill(w, y.gt(0), 0), -1, 1)
        .mul(y)
        .sum();
    })(x);
    expect(inPlace.toArray()).toEqual(plain.toArray());
  });

  it('what a rule does not read may change', () => {
    const [x, y] = [tensor([1, 2], wide), tensor([2, 4], wide)];
    x.requiresGrad = true;
    const z = x.mul(1);
    const parts = [z.mul(2), z.div(y), z.mul(y), z.fmod(0.75), z.matmul(y)];
    z.zero_();
    const cubed = x.pow(3).add_(1);
    const quotient = x.div(y).mul_(2);
    const all = [...parts, cubed, quotient].reduce((sum, part) => sum.add(part.sum()), z.sum());
    all.backward();
    expect(x.grad?.toArray()).toEqual([
      2 + 1 / 2 + 2 + 1 + 2 + 3 + 2 / 2,
      2 + 1 / 4 + 4 + 1 + 4 + 12 + 2 / 4,
    ]);
  });

  it('steps have the gradient 0, also where that of what follows is infinite', () => {
    const x = tensor([0.25], wide);
    x.requiresGrad = true;
    for (const step of ['floor', 'sign', 'trunc', 'round'] as const) {
      const [g] = gradients(call(x, step, []).sub(x.detach().sign()).sqrt().sum(), x);
      expect(g.toArray()).toEqual([0]);
    }
  });

  it('reports a value that backward needs and that was changed', () => {
    const x = tensor([1, 2], wide);
    x.requiresGrad = true;
    const y = x.exp();
    y.add_(1);
    expect(() => y.sum().backward()).toThrow(/a value that exp needs was changed in place/);
    const z = x.mul(2);
    const squared = z.square();
    z.zero_();
    expect(() => squared.sum().backward()).toThrow(/a value that mul needs was changed in place/);
  });

  it('a leaf that requires a gradient, and its views, refuse outside noGrad', () => {
    const w = tensor([1, 2]).requiresGrad_();
    expect(() => w.add_(1)).toThrow(UsageError);
    expect(() => w.add_(1)).toThrow(/add_: a leaf that requires a gradient [\s\S]*noGrad/);
    expect(() => w.narrow(0, 0, 1).zero_()).toThrow(/a view of a leaf/);
    expect(() => w.detach().add_(1)).not.toThrow();
    noGrad(() => w.sub_(tensor([1, 1]), { alpha: 0.5 }));
    expect([w.toArray(), w.requiresGrad, w.isLeaf]).toEqual([[1.5, 2.5], true, true]);
  });

  it('what was constant becomes part of the graph, and forgets nothing else', () => {
    const w = tensor([2, 3]);
    w.requiresGrad = true;
    const x = zeros([2, 2]);
    const row = x.select(0, 1);
    row.copy_(w);
    expect([x.requiresGrad, row.requiresGrad, x.isLeaf]).toEqual([true, true, false]);
    x.square().sum().backward();
    expect(w.grad?.toArray()).toEqual([4, 6]);
  });

  it('refuses where a view cannot tell its base, and forward mode', () => {
    const w = tensor([2, 3]);
    w.requiresGrad = true;
    const x = zeros([2, 2]);
    const row = noGrad(() => x.select(0, 1));
    expect(() => row.copy_(w)).toThrow(/a view that was made inside noGrad/);
    const [first, second] = scope(() => {
      const all = zeros([2]);
      return [all.narrow(0, 0, 1), all.narrow(0, 1, 1)];
    });
    first.copy_(w.narrow(0, 0, 1));
    expect(() => second.add(1)).toThrow(/changed in place through another view/);
    expect(() => jvp((z: Tensor) => z.mul(2).add_(z), w, w)).toThrow(/forward-mode/);
  });

  it('gives everything back', () => {
    const w = randn([4], wide);
    w.requiresGrad = true;
    const step = () =>
      scope(() => {
        const out = zeros([3, 4], wide);
        out.select(0, 1).copy_(w.exp()).mul_(w);
        out.mul_(out).sigmoid_().sum().backward();
        w.grad?.dispose();
        w.grad = null;
      });
    step();
    const before = memory();
    for (let i = 0; i < 5; i++) step();
    expect(memory().storages - before.storages).toBeLessThanOrEqual(0);
  });
});

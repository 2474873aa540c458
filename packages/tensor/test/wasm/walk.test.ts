import { describe, expect, it } from 'vitest';
import { referenceKernels } from '../../src/backend/reference';
import { backendFor } from '../../src/backend/registry';
import type { Tensor } from '../../src/index';
import {
  assign,
  cat,
  manualSeed,
  pad,
  randint,
  randn,
  tensor,
  where,
  zeros,
} from '../../src/index';

type DType = 'float32' | 'float64' | 'int32' | 'uint8' | 'bool';

function numbers(shape: number[], dtype: DType): Tensor {
  if (dtype === 'bool') return randint(0, 2, shape).cast('bool');
  if (dtype === 'int32' || dtype === 'uint8') return randint(0, 100, shape).cast(dtype);
  const special = [Number.NaN, Infinity, -Infinity, -0, 0];
  const x = randn(shape).cast(dtype);
  const data = x.dataSync();
  for (let i = 0; i < data.length; i += 7) data[i] = special[(i / 7) % special.length];
  return tensor(data, { shape, dtype });
}

/** Views of every kind, of a tensor of any shape with up to six axes. */
const views: Record<string, (dtype: DType) => Tensor> = {
  'in one piece': (d) => numbers([3, 37], d),
  transposed: (d) => numbers([37, 3], d).transpose(),
  'transposed, large': (d) => numbers([101, 67], d).transpose(),
  'with reversed axes': (d) => numbers([5, 7, 19], d).permute([2, 1, 0]),
  'with axes in turn': (d) => numbers([5, 7, 19], d).permute([1, 2, 0]),
  'with the last axis kept': (d) => numbers([2, 9, 4, 17], d).permute([0, 2, 1, 3]),
  'with channels last': (d) => numbers([2, 5, 6, 7], d).permute([0, 2, 3, 1]),
  'of six axes': (d) => numbers([2, 3, 2, 3, 2, 5], d).permute([4, 2, 0, 5, 3, 1]),
  'of every second element': (d) => numbers([6, 70], d).slice([null, [1, null, 2]]),
  backwards: (d) => numbers([6, 35], d).flip([0, 1]),
  'of every third row, transposed': (d) =>
    numbers([33, 20], d)
      .slice([[2, null, 3]])
      .transpose(),
  'of columns': (d) => numbers([19, 40], d).slice([null, [3, 22]]),
  'repeated along rows': (d) => numbers([1, 33], d).expand([9, 33]),
  'repeated along columns': (d) => numbers([9, 1], d).expand([9, 33]),
  'repeated and transposed': (d) => numbers([4, 1, 33], d).expand([4, 5, 33]).permute([1, 2, 0]),
  'of one number': (d) => numbers([1], d).expand([3, 20]),
  'of a scalar': (d) => numbers([], d),
  empty: (d) => numbers([3, 0, 5], d).transpose(),
};

function same(found: Tensor, expected: Tensor): void {
  expect(found.shape).toEqual(expected.shape);
  expect(Array.from(found.dataSync())).toEqual(Array.from(expected.dataSync()));
}

/** Compares a function on the CPU with the reference, to the last bit. */
function agree(inputs: Tensor[], f: (...x: Tensor[]) => Tensor): void {
  same(f(...inputs), f(...inputs.map((x) => x.to('reference'))));
}

const every = Object.keys(views);

it('has kernels of its own for movement', () => {
  const { kernels } = backendFor('cpu');
  for (const name of ['contiguous', 'assign', 'concat', 'pad', 'where'] as const)
    expect(kernels[name]).not.toBe(referenceKernels[name]);
});

describe.each(every)('a tensor %s', (name) => {
  it.each(['float32', 'float64', 'int32', 'uint8', 'bool'] as const)('of %s is copied', (dtype) => {
    manualSeed(1);
    const x = views[name](dtype);
    agree([x], (a) => a.contiguous());
    if (x.ndim > 0 && x.size > 0) {
      agree([x], (a) => cat([a, a], 0));
      agree([x], (a) => cat([a, a.contiguous()], x.ndim - 1));
      agree([x], (a) => pad(a, [2, 1], { value: 1 }));
      const target = zeros([...x.shape].reverse(), { dtype });
      const view = target.permute(x.shape.map((_, i) => x.ndim - 1 - i));
      assign(view, x);
      same(view, x);
    }
  });

  it.each(['float32', 'float64'] as const)('of %s passes through functions', (dtype) => {
    manualSeed(2);
    const x = views[name](dtype);
    const dense = numbers([...x.shape], dtype);
    // −0 may stay: adding 0 takes its sign.
    agree([x], (a) => a.relu().add(0));
    for (const op of ['neg', 'abs', 'sqrt', 'reciprocal'] as const) agree([x], (a) => a[op]());
    for (const op of [
      'add',
      'sub',
      'mul',
      'div',
      'maximum',
      'minimum',
      'lt',
      'ge',
      'eq',
    ] as const) {
      agree([x, dense], (a, b) => a[op](b));
      agree([dense, x], (a, b) => a[op](b));
      agree([x, x], (a, b) => a[op](b));
      agree([x], (a) => a[op](0.5));
      if (x.ndim > 0 && x.shape[0] > 0) agree([x], (a) => a[op](a.narrow(0, 0, 1)));
      if (x.ndim > 1 && x.size > 0) agree([x], (a) => a.narrow(x.ndim - 1, 0, 1)[op](a));
    }
  });

  it.each(['float32', 'float64', 'int32', 'bool'] as const)('of %s is chosen from', (dtype) => {
    manualSeed(3);
    const x = views[name](dtype);
    const mask = views[name]('bool');
    const dense = numbers([...x.shape], dtype);
    const scalar = tensor(1, { dtype });
    agree([mask, x, dense], where);
    agree([mask, dense, x], where);
    agree([mask, x, scalar], where);
    agree([mask, scalar, scalar], where);
    if (x.ndim > 1 && x.size > 0) {
      agree([mask.narrow(0, 0, 1), x, dense], where);
      agree([mask.narrow(x.ndim - 1, 0, 1), dense, x], where);
    }
  });

  it.each(['float32', 'float64'] as const)('of %s is summed', (dtype) => {
    const x = views[name]('uint8').cast(dtype);
    for (let axis = 0; axis < x.ndim; axis++) agree([x], (a) => a.sum(axis));
    agree([x], (a) => a.sum());
    agree([x], (a) => a.sum([]));
  });
});

describe('products of stacks', () => {
  const whole = (shape: number[], dtype: DType) => randint(-4, 5, shape).cast(dtype);
  const heads = (x: Tensor) => x.transpose(1, 2);
  const cases: Record<string, (d: DType) => [Tensor, Tensor]> = {
    'of heads': (d) => [
      heads(whole([3, 9, 4, 17], d)),
      heads(whole([3, 11, 4, 17], d)).transpose(),
    ],
    'of heads, one row': (d) => [heads(whole([3, 1, 4, 17], d)), heads(whole([3, 17, 4, 10], d))],
    'broadcast both ways': (d) => [whole([5, 1, 7, 6], d), whole([3, 6, 9], d)],
    'broadcast three ways': (d) => [whole([2, 1, 3, 1, 7, 6], d), whole([3, 1, 4, 6, 9], d)],
    expanded: (d) => [whole([1, 7, 6], d).expand([5, 7, 6]), whole([5, 6, 9], d)],
    'with rows apart': (d) => [
      whole([5, 14, 6], d).slice([null, [0, null, 2]]),
      whole([5, 6, 9], d),
    ],
    backwards: (d) => [whole([5, 7, 6], d).flip([0, 1, 2]), whole([5, 6, 9], d).flip([0, 2])],
    single: (d) => [whole([133, 270], d), whole([270, 530], d)],
    'single, transposed': (d) => [whole([270, 61], d).transpose(), whole([35, 270], d).transpose()],
    'of four': (d) => [whole([4, 4], d), whole([4, 4], d)],
    empty: (d) => [whole([2, 0, 3, 4], d), whole([2, 0, 4, 5], d)],
    'of no depth': (d) => [whole([2, 3, 0], d), whole([2, 0, 5], d)],
  };
  it.each(Object.keys(cases))('%s', (name) => {
    manualSeed(4);
    for (const dtype of ['float32', 'float64', 'int32'] as const)
      agree(cases[name](dtype), (a, b) => a.matmul(b));
  });

  it('keeps the digits of float64', () => {
    const [a, b] = [randn([37, 50], { dtype: 'float64' }), randn([50, 41], { dtype: 'float64' })];
    const [found, expected] = [a.matmul(b), a.to('reference').matmul(b.to('reference'))];
    const worst = found.sub(expected.to('cpu')).abs().amax().item();
    expect(worst).toBeLessThan(1e-12);
  });
});

import { manualSeed, randn, ShapeError, scope, tensor, UsageError, ValueError } from '@dl/tensor';
import { expectClose } from '@dl/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { MeanSubtraction, MinMaxScaler, Sequential, StandardScaler } from '../src/index';

beforeEach(() => manualSeed(3));

const exact = { dtype: 'float64' } as const;
/** Correlated examples [200, 4]. */
const examples = () =>
  randn([200, 4], exact)
    .matmul(randn([4, 4], exact))
    .add(3);
const kinds = {
  MeanSubtraction: () => new MeanSubtraction(4, exact),
  StandardScaler: () => new StandardScaler(4, exact),
  MinMaxScaler: () => new MinMaxScaler(4, { range: [-1, 2], ...exact }),
};

describe.each(Object.entries(kinds))('%s', (_, make) => {
  it('is undone by its inverse, on examples that it never saw', () => {
    const transform = make().fit(examples());
    const fresh = examples();
    expectClose(transform.inverseTransform(transform.transform(fresh)), fresh, { atol: 1e-9 });
  });

  it('is saved and loaded', () => {
    const [fitted, loaded] = [make().fit(examples()), make()];
    loaded.loadStateDict(fitted.stateDict());
    const x = examples();
    expectClose(loaded.transform(x), fitted.transform(x), { atol: 0 });
  });

  it('refuses to work before it was fitted, and other shapes', () => {
    expect(() => make().transform(examples())).toThrow(UsageError);
    expect(() => make().fit(randn([5, 3]))).toThrow(ShapeError);
    expect(() => make().fit(tensor([[1, Number.NaN, 0, 0]]))).toThrow(ValueError);
    expect(() => make().fit(randn([0, 4]))).toThrow(ValueError);
  });
});

it('scales features to mean 0 and deviation 1, and leaves constants at 0', () => {
  const x = examples();
  const constant = tensor(
    [
      [1, 5],
      [3, 5],
    ],
    exact,
  );
  expect(new StandardScaler(2, exact).fit(constant).transform(constant).toArray()).toEqual([
    [-1, 0],
    [1, 0],
  ]);
  const y = new StandardScaler(4, exact).fit(x).transform(x);
  expectClose(y.mean(0), tensor([0, 0, 0, 0], exact), { atol: 1e-12 });
  expectClose(y.square().mean(0), tensor([1, 1, 1, 1], exact), { atol: 1e-12 });
});

it('stretches to a range', () => {
  const x = tensor(
    [
      [0, 5],
      [10, 7],
      [5, 6],
    ],
    exact,
  );
  const y = new MinMaxScaler(2, { range: [-1, 1], ...exact }).fit(x).transform(x);
  expect(y.toArray()).toEqual([
    [-1, -1],
    [1, 1],
    [0, 0],
  ]);
});

it('keeps images images, and stands in a network', () => {
  const x = randn([20, 1, 3, 3]);
  const scaler = new StandardScaler([1, 3, 3]).fit(x);
  expect(new Sequential(scaler).forward(x).shape).toEqual([20, 1, 3, 3]);
  expect(() => new MinMaxScaler(4, { range: [1, 1] })).toThrow(ValueError);
  scope(() => expect(scaler.transform(x).requiresGrad).toBe(false));
});

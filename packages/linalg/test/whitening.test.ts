import { Sequential } from '@dl/nn';
import type { Tensor } from '@dl/tensor';
import {
  eye,
  manualSeed,
  randn,
  ShapeError,
  scope,
  tensor,
  UsageError,
  ValueError,
} from '@dl/tensor';
import { expectClose } from '@dl/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { PCA, ZCAWhitening } from '../src/index';

beforeEach(() => manualSeed(3));

const exact = { dtype: 'float64' } as const;
/** Correlated examples [200, 4]. */
const examples = () =>
  randn([200, 4], exact)
    .matmul(randn([4, 4], exact))
    .add(3);
const covariance = (x: Tensor) => {
  const centred = x.sub(x.mean(0));
  return centred.transpose(0, 1).matmul(centred).div(x.shape[0]);
};

const kinds = {
  PCA: () => new PCA(4, exact),
  'whitening PCA': () => new PCA(4, { whiten: true, ...exact }),
  ZCAWhitening: () => new ZCAWhitening(4, exact),
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

it('makes features uncorrelated, the largest variance first', () => {
  const x = examples();
  const pca = new PCA(4, { components: 3, ...exact }).fit(x);
  const c = covariance(pca.transform(x)).toArray<number[][]>();
  c.forEach((row, i) => {
    row.forEach((value, k) => {
      expect(value).toBeCloseTo(i === k ? pca.variances.toArray<number[]>()[i] : 0, 9);
    });
  });
  const [a, b, d] = pca.variances.toArray<number[]>();
  expect(a > b && b > d).toBe(true);
});

it('whitens: the covariance becomes the identity', () => {
  const x = examples();
  const options = { eps: 0, ...exact };
  expectClose(
    covariance(new PCA(4, { whiten: true, ...options }).fit(x).transform(x)),
    eye(4, 4, exact),
    { atol: 1e-9 },
  );
  const zca = new ZCAWhitening(4, options).fit(x);
  expectClose(covariance(zca.transform(x)), eye(4, 4, exact), { atol: 1e-9 });
  // Among all whitenings the symmetric one stays closest to the data: its matrix is its own transpose.
  const map = zca.transform(eye(4, 4, exact)).sub(zca.transform(eye(4, 4, exact).mul(0)));
  expectClose(map, map.transpose(0, 1), { atol: 1e-9 });
});

it('keeps images images, and stands in a network', () => {
  const x = randn([20, 1, 3, 3]);
  const zca = new ZCAWhitening([1, 3, 3], { eps: 0.1 }).fit(x);
  expect(new Sequential(zca).forward(x).shape).toEqual([20, 1, 3, 3]);
  expect(() => new PCA(4, { components: 5 })).toThrow(ValueError);
  scope(() => expect(zca.transform(x).requiresGrad).toBe(false));
});

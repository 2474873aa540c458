import type { Tensor } from '@dl/tensor';
import {
  cdist,
  cumprod,
  dist,
  div,
  hypot,
  index,
  indexPut,
  lgamma,
  logaddexp,
  logcumsumexp,
  norm,
  polygamma,
  pow,
  prod,
  randn,
  scatter,
  scatterAdd,
  scatterReduce,
  sinc,
  std,
  tensor,
  xlogy,
  zeros,
} from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import { grad, gradcheck, gradgradcheck, hvp, jvp } from '../src/index';

const f64 = { dtype: 'float64' } as const;
const ints = (data: number[]) => tensor(data, { dtype: 'int32' });

function both(f: (...inputs: Tensor[]) => Tensor, ...inputs: Tensor[]): void {
  expect(gradcheck(f, inputs)).toBe(true);
  expect(gradgradcheck(f, inputs)).toBe(true);
}

describe.each(['cpu', 'reference'] as const)('numbers as operands on %s', (device) => {
  const x = tensor([0.4, 1.3, 2.2], { ...f64, device });

  it.each([2.5, 3, 2, 1, 0, -1, 0.5])('x to the power of %d has its derivatives', (exponent) => {
    gradcheck((y) => y.pow(exponent), [x]);
    gradgradcheck((y) => y.pow(exponent), [x]);
  });

  it('quotients by numbers, and of numbers, have their derivatives', () => {
    for (const f of [(y: Tensor) => y.div(3), (y: Tensor) => div(3, y), (y: Tensor) => pow(3, y)]) {
      gradcheck(f, [x]);
      gradgradcheck(f, [x]);
    }
  });

  it('powers with constant exponents are flat or steep at 0 as in PyTorch', () => {
    const zero = zeros([1], { ...f64, device });
    const slope = (exponent: number) => grad((y: Tensor) => y.pow(exponent).sum())(zero).item();
    expect([0, 0.5, 1, 2, -1].map(slope)).toEqual([0, Infinity, 1, 0, -Infinity]);
  });
});

it('powers of 0 do not depend on exponents that are not negative', () => {
  const f = (y: Tensor) => zeros([3], f64).pow(y).sum();
  const exponents = tensor([0, 0.5, 2], f64);
  expect(grad(f)(exponents).toArray()).toEqual([0, 0, 0]);
  expect(hvp(f, exponents, tensor([1, 1, 1], f64)).product.toArray()).toEqual([0, 0, 0]);
});

it('a source that is larger than its index has gradients of its own shape', () => {
  const [x, source] = [randn([3, 4], f64), randn([3, 5], f64)];
  const places = tensor([[2, 0, 1]], { dtype: 'int32' });
  both((a, b) => scatterAdd(a, 0, places, b), x, source);
  both((a, b) => scatter(a, 0, places, b), x, source);
});

describe('products with zeros', () => {
  it.each([[[2, 0, 3, 0, 5]], [[0, 0, 0]], [[0, 2, 3]], [[2, 3, 0]], [[7]]])(
    'cumprod of %j has exact derivatives of two orders',
    (data) => {
      both((x) => cumprod(x, 0), tensor(data, f64));
    },
  );

  it('cumprod has exact third derivatives at zeros', () => {
    const x = tensor([0, 0, 0], f64);
    // The last product is x₀x₁x₂: its mixed third derivative is 1.
    const last = (y: Tensor) => cumprod(y, 0).select(0, 2);
    const mixed = (y: Tensor) => grad((z: Tensor) => grad(last)(z).select(0, 0))(y).select(0, 1);
    expect(grad(mixed)(x).toArray()).toEqual([0, 0, 1]);
  });

  it('cumprod agrees forwards and backwards', () => {
    const x = tensor(
      [
        [2, 0, 3],
        [1, 4, 0],
      ],
      f64,
    );
    const t = tensor(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      f64,
    );
    const { tangent } = jvp((y: Tensor) => cumprod(y, 1), x, t);
    expect(tangent.toArray()).toEqual([
      [1, 4, 12],
      [4, 21, 24],
    ]);
  });

  it('prod over several axes', () => {
    both(
      (x) => prod(x, [0, 2]),
      tensor(
        [
          [
            [0, 2],
            [3, 4],
          ],
          [
            [5, 6],
            [0, 0],
          ],
        ],
        f64,
      ),
    );
  });
});

describe('functions at the edge of their domains', () => {
  it('logaddexp of equal numbers is ½ and ¼', () => {
    const x = tensor([1, -3], f64);
    both((a, b) => logaddexp(a, b), x, tensor([1, -3], f64));
    const { product: curvature } = hvp(
      (a: Tensor) => logaddexp(a, tensor([1, -3], f64)).sum(),
      x,
      tensor([1, 1], f64),
    );
    expect(curvature.toArray()).toEqual([0.25, 0.25]);
  });

  it('logcumsumexp over a huge range', () => {
    both((x) => logcumsumexp(x, 0), tensor([-800, 2, 800, 799.5, 801], f64));
  });

  it('hypot of huge numbers neither overflows nor loses its slope', () => {
    const x = tensor([3e200], f64);
    expect(hypot(x, 4e200).item()).toBeCloseTo(5e200, -190);
    expect(grad((a: Tensor) => hypot(a, 4e200).sum())(x).item()).toBeCloseTo(0.6);
  });

  it('norms, distances and deviations have derivative 0 at 0', () => {
    const x = zeros([3], f64);
    for (const f of [
      (a: Tensor) => norm(a),
      (a: Tensor) => norm(a, 3),
      (a: Tensor) => norm(a, 1),
      (a: Tensor) => dist(a, zeros([3], f64)),
      (a: Tensor) => std(a),
      (a: Tensor) => cdist(a.reshape([1, 3]), zeros([2, 3], f64)).sum(),
    ]) {
      expect(grad(f)(x).toArray()).toEqual([0, 0, 0]);
    }
  });

  it('sinc and xlogy at 0', () => {
    expect(grad((x: Tensor) => sinc(x).sum())(tensor([0], f64)).toArray()).toEqual([0]);
    expect(grad((x: Tensor) => xlogy(x, 2).sum())(tensor([0], f64)).item()).toBeCloseTo(Math.LN2);
  });

  it('lgamma and polygamma on both sides of 0', () => {
    both((x) => lgamma(x), tensor([-2.5, -0.3, 0.2, 1.5, 12], f64));
    both((x) => polygamma(1, x), tensor([-1.5, 0.7, 3, 20], f64));
  });
});

describe('indexing that names elements twice', () => {
  it('index and indexPut', () => {
    const x = randn([3, 4, 2], f64);
    const rows = ints([0, 2, 0]);
    both((a) => index(a, [rows, null, ints([1, 0, 1])]), x);
    both((a) => index(a, [null, rows]), x);
    both((a, v) => indexPut(a, [rows], v, { accumulate: true }), x, randn([3, 4, 2], f64));
    both((a, v) => indexPut(a, [ints([2, 0])], v), x, randn([2, 4, 2], f64));
  });

  it.each(['sum', 'prod', 'mean', 'amax', 'amin'] as const)('scatterReduce by %s', (how) => {
    const at = tensor(
      [
        [0, 1, 0],
        [2, 2, 2],
      ],
      { dtype: 'int32' },
    );
    for (const includeSelf of [true, false]) {
      both(
        (x, s) => scatterReduce(x, 1, at, s, how, { includeSelf }),
        randn([2, 4], f64),
        randn([2, 3], f64),
      );
    }
  });
});

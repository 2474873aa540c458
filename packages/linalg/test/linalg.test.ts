import { gradcheck, gradgradcheck, jvp, vjp } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import { DLError, DTypeError, matmul, memory, ones, randn, ShapeError, tensor } from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import {
  cholesky,
  cond,
  det,
  eigh,
  eigvalsh,
  inv,
  LinAlgError,
  logdet,
  lstsq,
  matrixNorm,
  matrixPower,
  matrixRank,
  pinv,
  qr,
  slogdet,
  solve,
  solveTriangular,
  svd,
  svdvals,
} from '../src/index';

const double = (...shape: number[]) => randn(shape, { dtype: 'float64' });
/** Well conditioned, so that finite differences are meaningful. */
const regular = (...shape: number[]) => {
  const n = shape[shape.length - 1];
  return double(...shape).add(diagonal(Array.from({ length: n }, (_, i) => 3 + i)));
};
const diagonal = (values: number[]) => tensor(values, { dtype: 'float64' }).diagEmbed();
const symmetric = (...shape: number[]) => {
  const a = regular(...shape);
  return a.add(a.transpose(-2, -1));
};
const positive = (...shape: number[]) => {
  const a = regular(...shape);
  return a.matmul(a.transpose(-2, -1));
};

function expectClose(found: Tensor, expected: Tensor, tolerance = 1e-10): void {
  expect(found.shape).toEqual(expected.shape);
  if (found.size > 0) expect(found.sub(expected).abs().amax().item()).toBeLessThan(tolerance);
}

const eye = (n: number) => diagonal(Array.from({ length: n }, () => 1));
const shapes = [
  [3, 3],
  [2, 4, 4],
  [2, 1, 3, 3],
  [1, 1],
  [0, 3, 3],
  [0, 0],
];

describe('what was decomposed comes back', () => {
  it.each(shapes)('square %j %j', (...shape) => {
    const sizes = shape.filter((n) => n !== undefined);
    const n = sizes[sizes.length - 1];
    const [a, s, p] = [regular(...sizes), symmetric(...sizes), positive(...sizes)];
    expectClose(matmul(a, inv(a)), a.mul(0).add(eye(n)));
    expectClose(matmul(a, solve(a, a)), a, 1e-9);
    const L = cholesky(p);
    expectClose(matmul(L, L.transpose(-2, -1)), p, 1e-9);
    const { eigenvalues, eigenvectors } = eigh(s);
    expectClose(
      eigenvectors.mul(eigenvalues.unsqueeze(-2)).matmul(eigenvectors.transpose(-2, -1)),
      s,
      1e-9,
    );
    expectClose(eigvalsh(s), eigenvalues);
  });

  it.each([
    [4, 3],
    [3, 5],
    [2, 5, 2],
    [3, 0],
    [1, 4],
  ])('any %j %j', (...shape) => {
    const a = double(...shape.filter((n) => n !== undefined));
    const [m, n] = a.shape.slice(-2);
    const { U, S, Vh } = svd(a);
    expectClose(U.mul(S.unsqueeze(-2)).matmul(Vh), a);
    expectClose(
      U.transpose(-2, -1).matmul(U),
      U.transpose(-2, -1)
        .matmul(U)
        .mul(0)
        .add(eye(Math.min(m, n))),
    );
    const full = svd(a, { fullMatrices: true });
    expect([full.U.shape.slice(-1)[0], full.Vh.shape.slice(-2)[0]]).toEqual([m, n]);
    expectClose(full.U.transpose(-2, -1).matmul(full.U), full.U.mul(0).add(eye(m)));
    const thin = qr(a);
    expectClose(thin.Q.matmul(thin.R), a);
    expectClose(thin.R.tril(-1), thin.R.mul(0));
    const complete = qr(a, { mode: 'complete' });
    expect(complete.Q.shape.slice(-2)).toEqual([m, m]);
    expectClose(complete.Q.matmul(complete.R), a);
    expectClose(a.matmul(pinv(a)).matmul(a), a);
  });
});

const cases: [string, (...x: Tensor[]) => Tensor | Tensor[], Tensor[]][] = [
  ['inv', inv, [regular(2, 3, 3)]],
  ['det', det, [regular(2, 3, 3)]],
  ['slogdet', (a) => slogdet(a).logabsdet, [regular(2, 3, 3)]],
  ['logdet', logdet, [positive(3, 3)]],
  ['solve, a matrix', solve, [regular(2, 3, 3), double(2, 3, 2)]],
  ['solve, a vector', solve, [regular(3, 3), double(3)]],
  ['solve, broadcast', solve, [regular(3, 3), double(2, 3, 1)]],
  ['cholesky', (a) => cholesky(a.add(a.transpose(-2, -1))), [positive(2, 3, 3)]],
  ['eigvalsh', (a) => eigvalsh(a.add(a.T)), [regular(3, 3)]],
  [
    'eigh, projections',
    (a) => {
      const { eigenvectors: v } = eigh(a.add(a.T));
      return v.narrow(-1, 0, 1).matmul(v.narrow(-1, 0, 1).transpose(-2, -1));
    },
    [regular(3, 3)],
  ],
  ['svdvals', svdvals, [double(4, 3)]],
  [
    'svd, tall',
    (a) => {
      const { U, S, Vh } = svd(a);
      return [U.narrow(-1, 0, 1).matmul(Vh.narrow(-2, 0, 1)), S];
    },
    [double(4, 3)],
  ],
  [
    'svd, wide',
    (a) => {
      const { U, S, Vh } = svd(a);
      return [U.narrow(-1, 1, 1).matmul(Vh.narrow(-2, 1, 1)), S];
    },
    [double(2, 2, 4)],
  ],
  [
    'qr, tall',
    (a) => {
      const { Q, R } = qr(a);
      return [Q, R];
    },
    [double(2, 4, 3)],
  ],
  [
    'qr, wide',
    (a) => {
      const { Q, R } = qr(a);
      return [Q, R];
    },
    [double(3, 5)],
  ],
  ['pinv, tall', (a) => pinv(a), [double(4, 2)]],
  ['pinv, wide', (a) => pinv(a), [double(2, 2, 3)]],
  ['lstsq', lstsq, [double(4, 2), double(4, 3)]],
  ['matrixPower, −2', (a) => matrixPower(a, -2), [regular(3, 3)]],
  ['cond', cond, [regular(3, 3)]],
  ['nuclear norm', (a) => matrixNorm(a, 'nuc'), [double(3, 4)]],
  ['norm of columns', (a) => matrixNorm(a, 1), [double(2, 3, 4)]],
  ['norm of rows', (a) => matrixNorm(a, Number.NEGATIVE_INFINITY, [0, 2]), [double(2, 3, 4)]],
  ['Frobenius norm', (a) => matrixNorm(a), [double(2, 3, 4)]],
  [
    'upper cholesky',
    (a) => cholesky(a.add(a.transpose(-2, -1)), { upper: true }),
    [positive(3, 3)],
  ],
  [
    'upper triangle',
    (a, b) => solveTriangular(a, b, { upper: true }),
    [regular(3, 3), double(2, 3, 2)],
  ],
  [
    'lower triangle on the right',
    (a, b) => solveTriangular(a, b, { upper: false, left: false }),
    [regular(2, 3, 3), double(2, 3)],
  ],
  [
    'unit triangle',
    (a, b) => solveTriangular(a, b, { upper: false, unitriangular: true }),
    [double(3, 3), double(3, 2)],
  ],
];

describe('derivatives', () => {
  const all =
    (f: (...x: Tensor[]) => Tensor | Tensor[]) =>
    (...x: Tensor[]) => {
      const result = f(...x);
      return Array.isArray(result) ? result : [result];
    };
  it.each(cases)('%s', (_, f, inputs) => {
    gradcheck(all(f), inputs, { atol: 1e-5, rtol: 1e-4 });
    gradgradcheck(all(f), inputs, { sample: 8, atol: 1e-3, rtol: 1e-3 });
  });

  it.each(cases)('%s, forward against reverse', (_, f, inputs) => {
    const g = (x: readonly Tensor[]): readonly Tensor[] => all(f)(...x);
    const direction = inputs.map((x) => double(...x.shape));
    const { value, tangent } = jvp(g, inputs as readonly Tensor[], direction as readonly Tensor[]);
    const weights = value.map((y) => double(...y.shape));
    const { gradient } = vjp(g, inputs as readonly Tensor[], weights as readonly Tensor[]);
    const total = (a: readonly Tensor[], b: readonly Tensor[]) =>
      a.reduce((sum, x, i) => sum + (x.mul(b[i]).sum().item() as number), 0);
    expect(total(tangent, weights)).toBeCloseTo(total(gradient, direction), 6);
  });

  it.each([
    [
      [
        [1, 2],
        [2, 4],
      ],
    ],
    [
      [
        [1, 2, 3],
        [4, 5, 6],
        [7, 8, 9],
      ],
    ],
    [
      [
        [1, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
      ],
    ],
    [
      [
        [0, 0],
        [0, 0],
      ],
    ],
    [
      [
        [2, 1, 0, 1],
        [1, 0, 1, 0],
        [3, 1, 1, 1],
        [0, 4, 2, 5],
      ],
    ],
  ])('of the determinant have second derivatives at %j', (data) => {
    const a = tensor(data, { dtype: 'float64' });
    expect(gradcheck(det, [a])).toBe(true);
    expect(gradgradcheck(det, [a])).toBe(true);
  });

  it('of the determinant exist for singular matrices', () => {
    gradcheck(det, [
      tensor(
        [
          [1, 2],
          [2, 4],
        ],
        { dtype: 'float64' },
      ),
    ]);
    gradcheck(det, [
      tensor(
        [
          [1, 2, 3],
          [2, 4, 6],
          [1, 0, 1],
        ],
        { dtype: 'float64' },
      ),
    ]);
  });
});

describe('values by hand', () => {
  it('are those of small matrices', () => {
    const a = tensor(
      [
        [4, 3],
        [6, 3],
      ],
      { dtype: 'float64' },
    );
    expect(det(a).item()).toBeCloseTo(-6, 12);
    expect(slogdet(a).sign.item()).toBe(-1);
    expect(slogdet(a).logabsdet.item()).toBeCloseTo(Math.log(6), 12);
    expect(logdet(a).item()).toBeNaN();
    expect(det(ones([0, 0])).item()).toBe(1);
    expect(
      matrixRank(
        tensor([
          [
            [1, 2],
            [2, 4],
          ],
          [
            [1, 0],
            [0, 1],
          ],
        ]),
      ).toArray(),
    ).toEqual([1, 2]);
    expect(cond(diagonal([5, 1])).item()).toBeCloseTo(5, 12);
    expect(matrixNorm(diagonal([5, 1]), 'nuc').item()).toBeCloseTo(6, 12);
    expect(svdvals(diagonal([1, -3])).toArray()).toEqual([3, 1]);
    expect(
      solve(
        tensor([
          [2, 0],
          [0, 4],
        ]),
        tensor([2, 4]),
      ).toArray(),
    ).toEqual([1, 1]);
    expect(
      inv(
        tensor([
          [2, 0],
          [0, 4],
        ]),
      ).dtype,
    ).toBe('float32');
    expect(slogdet(ones([2, 2])).sign.item()).toBe(0);
    expect(slogdet(ones([2, 2])).logabsdet.item()).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe('refusals', () => {
  const bad: [string, () => unknown, unknown][] = [
    ['a singular matrix', () => inv(ones([2, 2])), LinAlgError],
    ['a singular system', () => solve(ones([2, 2]), ones([2])), LinAlgError],
    [
      'a matrix that is not positive definite',
      () =>
        cholesky(
          tensor([
            [1, 2],
            [2, 1],
          ]),
        ),
      LinAlgError,
    ],
    ['a matrix that is not square', () => det(ones([2, 3])), ShapeError],
    ['a vector', () => svd(ones([3])), ShapeError],
    ['integers', () => eigh(tensor([[1]], { dtype: 'int32' })), DTypeError],
    ['NaN', () => svd(tensor([[Number.NaN]])), DLError],
    ['a right side that does not fit', () => solve(ones([2, 2]), ones([3])), ShapeError],
    ['rows that do not fit', () => lstsq(ones([3, 2]), ones([2, 1])), ShapeError],
    ['half an exponent', () => matrixPower(ones([2, 2]), 0.5), DLError],
  ];
  it.each(bad)('%s', (_, f, kind) => {
    expect(f).toThrow(kind as typeof DLError);
  });

  it('leave nothing behind', () => {
    const attempt = () => {
      const a = ones([2, 2]);
      expect(() => inv(a)).toThrow();
      expect(() => cholesky(a.neg())).toThrow();
      a.dispose();
    };
    attempt();
    const before = memory().tensors;
    for (let i = 0; i < 10; i++) attempt();
    // The ten negated inputs were made here.
    expect(memory().tensors - before).toBeLessThanOrEqual(10);
  });
});

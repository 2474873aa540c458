import { readFileSync } from 'node:fs';
import { gradients } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import { tensor } from '@dl/tensor';
import { expect, it } from 'vitest';
import * as linalg from '../src/index';

// Values and gradients of PyTorch 1.13, written by packages/linalg/test/fixtures/make.py.

interface Data {
  shape: number[];
  data: number[];
}
interface Case {
  name: string;
  inputs: Data[];
  output: Data;
  weights?: Data;
  gradients?: Data[];
}
const file = new URL('./fixtures/torch.json', import.meta.url);
const cases = JSON.parse(readFileSync(file, 'utf8')) as Case[];

const functions: Record<string, (...x: Tensor[]) => Tensor> = {
  inv: linalg.inv,
  det: linalg.det,
  slogdet: (a) => linalg.slogdet(a).logabsdet,
  sign: (a) => linalg.slogdet(a).sign,
  solve: linalg.solve,
  cholesky: (a) => linalg.cholesky(a),
  eigvalsh: linalg.eigvalsh,
  svdvals: linalg.svdvals,
  qr: (a) => {
    const { Q } = linalg.qr(a);
    return Q.matmul(Q.transpose(-2, -1));
  },
  pinv: (a) => linalg.pinv(a),
  cond: linalg.cond,
  ...Object.fromEntries(
    [1, -1, 2, -2, Infinity, -Infinity, 'fro', 'nuc'].map((order) => [
      `norm ${order}`,
      (a: Tensor) => linalg.matrixNorm(a, order as linalg.MatrixOrder),
    ]),
  ),
  'norm of axes': (a) => linalg.matrixNorm(a, 1, [2, 0], { keepdim: true }),
  'norm of axes 2': (a) => linalg.matrixNorm(a, 2, [2, 0], { keepdim: true }),
  choleskyUpper: (a) => linalg.cholesky(a, { upper: true }),
  ...Object.fromEntries(
    [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => [
      `triangle ${bits}`,
      (a: Tensor, b: Tensor) => {
        const [upper, left, unitriangular] = [1, 2, 4].map((bit) => (bits & bit) !== 0);
        return linalg.solveTriangular(a, b, { upper, left, unitriangular });
      },
    ]),
  ),
  matrixPower: (a) => linalg.matrixPower(a, -3),
  matrixRank: (a) => linalg.matrixRank(a),
};

const from = ({ shape, data }: Data): Tensor =>
  tensor(Float64Array.from(data), { shape, dtype: 'float64' });

function expectClose(found: Tensor, expected: Data): void {
  expect(found.shape).toEqual(expected.shape);
  found.dataSync().forEach((value, i) => {
    const exact = expected.data[i];
    expect(Math.abs(value - exact)).toBeLessThanOrEqual(1e-8 * Math.max(1, Math.abs(exact)));
  });
}

it.each(cases)(
  '$name is that of PyTorch',
  ({ name, inputs, output, weights, gradients: slopes }) => {
    const leaves = inputs.map(from);
    for (const leaf of leaves) leaf.requiresGrad = true;
    const y = functions[name](...leaves);
    expectClose(y, output);
    if (!weights || !slopes) return;
    gradients([y], leaves, [from(weights)]).forEach((g, i) => {
      expectClose(g as Tensor, slopes[i]);
    });
  },
);

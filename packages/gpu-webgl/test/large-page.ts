/** Operations at sizes for which the GPU has other kernels than for small ones, in several layouts, with gradients, against `cpu`. */

import { vjp } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import {
  conv2d,
  cumprod,
  cumsum,
  linear,
  manualSeed,
  matmul,
  randn,
  scope,
  softmax,
  sort,
  sum,
} from '@dl/tensor';
import { registerWebGL } from '../src/index';
import { offer } from './offer';

/** Inputs by their shapes, and what is computed from them. */
interface Large {
  readonly shapes: readonly (readonly number[])[];
  compute(...inputs: Tensor[]): Tensor;
}

const CASES: Readonly<Record<string, Large>> = {
  'a product': {
    shapes: [
      [67, 45],
      [45, 81],
    ],
    compute: matmul,
  },
  'a product of aligned rows': {
    shapes: [
      [72, 64],
      [64, 136],
    ],
    compute: matmul,
  },
  'a product of transposed operands': {
    shapes: [
      [45, 67],
      [81, 45],
    ],
    compute: (a, b) => matmul(a.transpose(), b.transpose()),
  },
  'a product of parts': {
    shapes: [
      [70, 50],
      [50, 90],
    ],
    compute: (a, b) => matmul(a.narrow(0, 3, 65).narrow(1, 1, 47), b.narrow(0, 2, 47)),
  },
  'stacks of products': {
    shapes: [
      [3, 1, 40, 33],
      [2, 33, 41],
    ],
    compute: matmul,
  },
  'a product with an expanded operand': {
    shapes: [
      [64, 1],
      [40, 72],
    ],
    compute: (a, b) => matmul(a.expand([64, 40]), b),
  },
  'a linear layer': { shapes: [[65, 70], [90, 70], [90]], compute: (x, w, b) => linear(x, w, b) },
  'a convolution': {
    shapes: [[2, 5, 13, 15], [7, 5, 3, 3], [7]],
    compute: (x, w, b) => conv2d(x, w, b, { padding: 1 }),
  },
  'a convolution with stride, dilation and groups': {
    shapes: [[2, 6, 21, 23], [8, 3, 3, 5], [8]],
    compute: (x, w, b) => conv2d(x, w, b, { stride: [2, 1], dilation: [1, 2], groups: 2 }),
  },
  'a convolution of one channel': {
    shapes: [[3, 1, 28, 28], [6, 1, 5, 5], [6]],
    compute: (x, w, b) => conv2d(x, w, b, { padding: 2 }),
  },
  'a convolution of a transposed image': {
    shapes: [
      [2, 14, 13, 9],
      [10, 9, 3, 3],
    ],
    compute: (x, w) => conv2d(x.permute([0, 3, 1, 2]), w),
  },
  'a pointwise convolution': {
    shapes: [[2, 33, 9, 11], [20, 33, 1, 1], [20]],
    compute: (x, w, b) => conv2d(x, w, b),
  },
  'a depthwise convolution': {
    shapes: [[2, 9, 17, 20], [9, 1, 3, 3], [9]],
    compute: (x, w, b) => conv2d(x, w, b, { groups: 9, padding: 1 }),
  },
  'a sum of many': { shapes: [[70_003]], compute: (x) => sum(x) },
  'sums of long rows': { shapes: [[3, 4099]], compute: (x) => sum(x, 1) },
  'sums of long columns': { shapes: [[4099, 3]], compute: (x) => sum(x, 0) },
  'sums of transposed rows': { shapes: [[2051, 5]], compute: (x) => sum(x.transpose(), 1) },
  'running sums': { shapes: [[2, 1500]], compute: (x) => cumsum(x, 1) },
  'running products': { shapes: [[700, 2]], compute: (x) => cumprod(x.mul(0.01).add(1), 0) },
  'sorted lines': { shapes: [[3, 333]], compute: (x) => sort(x, 1).values },
  'sorted columns': { shapes: [[130, 3]], compute: (x) => sort(x, 0).values },
  'softmax of long rows': { shapes: [[5, 2050]], compute: (x) => softmax(x, 1) },
};

/** The value and the gradients of a case on a device; the gradient from above is dense, repeated or transposed. */
function results(name: string, device: string, upstream: string): Float32Array[] {
  return scope(() => {
    const { shapes, compute } = CASES[name];
    manualSeed(7);
    const inputs = shapes.map((shape) => randn(shape, { device: 'cpu' }).to(device));
    const { shape, ndim } = compute(...inputs);
    const weight = () => {
      if (upstream === 'repeated') {
        return randn(shape.slice(-1), { device: 'cpu' }).to(device).expand(shape);
      }
      const given = randn([...shape].reverse(), { device: 'cpu' }).to(device);
      const turned = given.permute(Array.from({ length: ndim }, (_, i) => ndim - 1 - i));
      return upstream === 'dense' ? turned.contiguous() : turned;
    };
    const { value, gradient } = vjp((given: Tensor[]) => compute(...given), inputs, weight());
    return [value, ...gradient].map((x) => x.dataSync().slice() as Float32Array);
  });
}

/** The largest difference between the devices, as a share of the largest number, in value and gradients. */
function difference({ name, upstream }: { name: string; upstream: string }): number {
  const expected = results(name, 'cpu', upstream);
  const found = results(name, 'webgl', upstream);
  let worst = 0;
  expected.forEach((values, i) => {
    if (found[i].length !== values.length) worst = Number.POSITIVE_INFINITY;
    let [most, off] = [1e-6, 0];
    values.forEach((value, k) => {
      const apart = Math.abs(found[i][k] - value);
      most = Math.max(most, Math.abs(value));
      // NaN counts as far apart.
      off = apart <= off ? off : Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart;
    });
    worst = Math.max(worst, off / most);
  });
  return worst;
}

offer({ cases: () => Object.keys(CASES), difference }, registerWebGL);

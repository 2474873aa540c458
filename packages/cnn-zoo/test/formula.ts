/** Weights and images by the formula of packages/cnn-zoo/test/fixtures/make.py. */

import { noGrad } from '@dl/autograd';
import type { Module } from '@dl/nn';
import { assign, type Tensor, tensor } from '@dl/tensor';

/** Evenly from −1/2 to 1/2: a hash of position and seed in 32 bits. */
export function numbers(count: number, seed: number): Float64Array {
  const start = Number((BigInt(seed) * 1000003n) % 2n ** 32n) | 0;
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    let x = Math.imul((i + start) | 0, 0x9e3779b1);
    x ^= x >>> 15;
    x = Math.imul(x, 0x45d9f3b);
    x ^= x >>> 16;
    values[i] = (x >>> 0) / 2 ** 32 - 0.5;
  }
  return values;
}

/** Gives a model the fixture's weights. */
export function fill(model: Module): void {
  noGrad(() => {
    Object.entries(model.stateDict()).forEach(([name, x], i) => {
      if (name.endsWith('num_batches_tracked')) return;
      const u = numbers(x.size, i);
      const factor = Math.sqrt(24 / (x.size / x.shape[0]));
      const small = name.endsWith('running_mean') || name.endsWith('bias');
      const [start, step] = name.endsWith('running_var')
        ? [1, 1]
        : small
          ? [0, 0.2]
          : x.ndim === 1
            ? [1, 0.4]
            : [0, factor];
      const values = new Float32Array(u.length);
      for (let k = 0; k < u.length; k++) values[k] = start + step * u[k];
      const source = tensor(values, { shape: [...x.shape] });
      assign(x, source);
      source.dispose();
    });
  });
}

/** Images [count, 3, size, size]. */
export function images(size: number, count = 1, seed = 977): Tensor {
  const values = Float32Array.from(numbers(count * 3 * size * size, seed), (v) => 2 * v);
  return tensor(values, { shape: [count, 3, size, size] });
}

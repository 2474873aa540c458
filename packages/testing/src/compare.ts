/** Comparing tensors, with a message that says where they differ. */

import type { Layout, Tensor } from '@dl/tensor';

/** How far apart two numbers may be: atol + rtol · |expected|. */
export interface Tolerance {
  readonly rtol?: number;
  readonly atol?: number;
}

type Kind = Pick<Layout, 'shape'> & Pick<Tensor, 'dtype'>;

/** What is compared: a tensor, or what it held when it was read. */
export interface Values extends Kind {
  dataSync(): ArrayLike<number>;
}

const kindOf = ({ dtype, shape }: Kind) => `${dtype}[${shape.join(', ')}]`;

/** Refuses another shape or dtype. @throws Error that names both. */
export function expectKind(found: Kind, expected: Kind): void {
  const [a, b] = [kindOf(found), kindOf(expected)];
  if (a !== b) throw new Error(`${a} instead of ${b}`);
}

/**
 * Refuses tensors of different shape, dtype or values. NaN equals NaN.
 *
 * @throws Error that names the first element that differs.
 */
export function expectClose(
  found: Values,
  expected: Values,
  { rtol = 1e-5, atol = 1e-6 }: Tolerance = {},
): void {
  expectKind(found, expected);
  const [a, b] = [found.dataSync(), expected.dataSync()];
  for (let i = 0; i < a.length; i++) {
    const same = a[i] === b[i] || (Number.isNaN(a[i]) && Number.isNaN(b[i]));
    if (same || Math.abs(a[i] - b[i]) <= atol + rtol * Math.abs(b[i])) continue;
    throw new Error(`element ${i} of ${kindOf(found)} is ${a[i]} instead of ${b[i]}`);
  }
}

/** Σ aᵢ bᵢ over all elements. */
export function innerProduct(a: Tensor, b: Tensor): number {
  const [x, y] = [a.dataSync(), b.dataSync()];
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}

import type { DType, NestedArray, Tensor } from '../../src/index';
import { tensor } from '../../src/index';

/** A tensor on the reference device. */
export function make(data: NestedArray, dtype: DType = 'float64'): Tensor {
  return tensor(data, { dtype, device: 'reference' });
}

/** Small whole numbers in a fixed order: (i · step mod modulus) − ⌊modulus / 2⌋. */
export function ints(shape: readonly number[], modulus: number, step: number): Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  const data = Float64Array.from(
    { length: size },
    (_, i) => ((i * step) % modulus) - (modulus >> 1),
  );
  return tensor(data, { shape, device: 'reference' });
}

/** The elements as plain numbers, without negative zeros. */
export function values(x: Tensor): number[] {
  return Array.from(x.dataSync(), (value) => value + 0);
}

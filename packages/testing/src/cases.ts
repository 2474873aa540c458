/** Descriptions of random inputs: plain data, so that a failure can be printed, shrunk and built again. */

import type { Device, DType, Tensor } from '@dl/tensor';
import { Generator, scope, tensor } from '@dl/tensor';
import fc from 'fast-check';

/** How the elements of an input lie in memory; the values are the same. */
export type Arrangement = 'dense' | 'transposed' | 'flipped' | 'spread';

/** A random tensor: element i is drawn from the stream of `seed`, between `low` and `high`. */
export interface TensorCase {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly seed: number;
  readonly low: number;
  readonly high: number;
  readonly arrangement: Arrangement;
}

/** The inputs and attributes of one call of an operation. */
export interface OpCase {
  readonly inputs: readonly (TensorCase | undefined)[];
  readonly attributes: object;
}

/** The elements of a case, in row-major order. Whole numbers for integers and bool. */
export function valuesOf({ shape, dtype, seed, low, high }: TensorCase): number[] {
  const random = new Generator(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  const whole = dtype !== 'float32' && dtype !== 'float64';
  return Array.from({ length: size }, () => {
    const value = low + (high - low) * random.random();
    return whole ? Math.floor(value) : value;
  });
}

/** The same values in another arrangement of memory, by operations that can be differentiated. */
export function arrange(x: Tensor, arrangement: Arrangement): Tensor {
  if (x.ndim === 0 || arrangement === 'dense') return x;
  return scope(() => {
    const axes = Array.from({ length: x.ndim }, (_, i) => x.ndim - 1 - i);
    if (arrangement === 'transposed') return x.permute(axes).contiguous().permute(axes);
    if (arrangement === 'flipped') return x.flip(0).contiguous().flip(0);
    const doubled = x
      .unsqueeze(x.ndim)
      .expand([...x.shape, 2])
      .contiguous();
    return doubled.select(x.ndim, 1);
  });
}

/** The tensor that a case describes. */
export function build(input: TensorCase, device: Device = 'cpu', dtype = input.dtype): Tensor {
  return scope(() => {
    const data = Float64Array.from(valuesOf(input));
    return arrange(tensor(data, { shape: input.shape, dtype, device }), input.arrangement);
  });
}

/** A snippet that builds the inputs of a case; what a failure prints. */
export function snippet(op: string, { inputs, attributes }: OpCase): string {
  const lines = inputs.map((input, i) => {
    if (!input) return `const x${i} = undefined;`;
    const values = `Float64Array.from([${valuesOf(input).join(', ')}])`;
    const made = `tensor(${values}, { shape: [${input.shape.join(', ')}], dtype: '${input.dtype}' })`;
    return `const x${i} = arrange(${made}, '${input.arrangement}');`;
  });
  const names = inputs.map((_, i) => `x${i}`).join(', ');
  return [...lines, `run(declarations.${op}, [${names}], ${JSON.stringify(attributes)});`].join(
    '\n',
  );
}

const arrangements = fc.constantFrom<Arrangement>(
  'dense',
  'dense',
  'transposed',
  'flipped',
  'spread',
);
const seeds = fc.integer({ min: 0, max: 2 ** 30 });

/** Shapes of `least` to `most` axes: sizes 1 to 4, now and then 0. */
export function shapes(least = 0, most = 3): fc.Arbitrary<number[]> {
  const size = fc.constantFrom(1, 2, 3, 4, 2, 3, 1, 0);
  return fc.array(size, { minLength: least, maxLength: most });
}

/** Options of `input`. */
export interface InputOptions {
  readonly low?: number;
  readonly high?: number;
  readonly dtype?: DType;
}

/** An input of a given shape. */
export function input(
  shape: readonly number[],
  { low = -2, high = 2, dtype = 'float64' }: InputOptions = {},
): fc.Arbitrary<TensorCase> {
  return fc.record({
    shape: fc.constant(shape),
    dtype: fc.constant(dtype),
    seed: seeds,
    low: fc.constant(low),
    high: fc.constant(high),
    arrangement: arrangements,
  });
}

/** `count` shapes that broadcast together. */
export function broadcastable(count: number): fc.Arbitrary<number[][]> {
  return shapes().chain((shape) => {
    const one = fc
      .tuple(
        fc.integer({ min: 0, max: shape.length }),
        fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
      )
      .map(([drop, ones]) =>
        shape.map((n, i) => (ones[i] ? 1 : n)).slice(drop === 3 ? 0 : Math.min(drop, 1) * drop),
      );
    return fc.tuple(...Array.from({ length: count }, () => one)).map((list) => [...list]);
  });
}

/** Descriptions of random inputs: plain data, so that a failure can be printed, shrunk and built again. */

import type { Device, DType, Tensor } from '@dl/tensor';
import { Generator, narrow, scope, stack, tensor } from '@dl/tensor';
import fc from 'fast-check';

/**
 * How the elements of an input lie in memory: behind other numbers (`offset`), with the axes in reverse order (`transposed`), the
 * first axis backwards (`flipped`), every axis backwards and the last in steps of 2 (`stepped`), in steps of 2 (`spread`). These keep
 * the values. `expanded1` repeats the first slice along axis 1, `repeated` the first number everywhere: strides of 0.
 */
export type Arrangement =
  | 'dense'
  | 'offset'
  | 'transposed'
  | 'flipped'
  | 'stepped'
  | 'spread'
  | 'repeated'
  | `expanded${number}`;

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

/** Ranges in which functions are defined, and away from where they jump. */
export const ranges = {
  positive: { low: 0.3, high: 3 },
  inner: { low: -0.9, high: 0.9 },
} as const;

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

/** Every second number of a storage twice as large, the last axis in steps of 2. */
function spread(x: Tensor): Tensor {
  const doubled = x.unsqueeze(x.ndim).expand([...x.shape, 2]);
  return doubled.contiguous().select(x.ndim, 1);
}

/** The first slice along the axes, in place of all others. */
function repeat(x: Tensor, axes: readonly number[]): Tensor {
  const first = axes.reduce((y, axis) => narrow(y, axis, 0, 1), x);
  return first.contiguous().expand(x.shape);
}

/** The tensor in another arrangement of memory, by operations that can be differentiated. */
export function arrange(x: Tensor, arrangement: Arrangement): Tensor {
  if (arrangement === 'dense') return x;
  return scope(() => {
    const axes = Array.from({ length: x.ndim }, (_, i) => i);
    if (arrangement === 'offset') return stack([x, x, x]).select(0, 1);
    if (x.ndim === 0 || x.size === 0) return x;
    if (arrangement === 'repeated') return repeat(x, axes);
    if (arrangement.startsWith('expanded')) return repeat(x, [Number(arrangement.slice(8))]);
    if (arrangement === 'flipped') return x.flip(0).contiguous().flip(0);
    if (arrangement === 'stepped') return spread(x.flip(axes)).flip(axes);
    if (arrangement === 'spread') return spread(x);
    axes.reverse();
    return x.permute(axes).contiguous().permute(axes);
  });
}

/** The tensor that a case describes. */
export function build(input: TensorCase, device: Device = 'cpu', dtype = input.dtype): Tensor {
  return scope(() => {
    const data = Float64Array.from(valuesOf(input));
    return arrange(tensor(data, { shape: input.shape, dtype, device }), input.arrangement);
  });
}

/** One line a value: an object literal as a person writes it. */
function literal(value: object): string {
  return JSON.stringify(value)
    .replace(/"(\w+)":/g, '$1: ')
    .replaceAll(',', ', ');
}

/** The line that builds a tensor of a case. */
export function buildLine(name: string, input: TensorCase | undefined, device?: Device): string {
  if (!input) return `const ${name} = undefined;`;
  return `const ${name} = build(${literal(input)}${device ? `, '${device}'` : ''});`;
}

/** A program that repeats a call; what a failure prints. */
export function snippet(op: string, { inputs, attributes }: OpCase, device?: Device): string {
  const names = inputs.map((_, i) => `x${i}`);
  return [
    "import { declarations, run } from '@dl/tensor/internal';",
    "import { build } from '@dl/testing';",
    ...inputs.map((input, i) => buildLine(names[i], input, device)),
    `const [y] = run(declarations.${op}, [${names.join(', ')}], ${literal(attributes)});`,
  ].join('\n');
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

/** Random valid calls of every operation. What has no entry here does not compile. */

import type { AttributesOf, Device, DType, OpName } from '@dl/tensor';
import fc from 'fast-check';
import type { InputOptions, OpCase, TensorCase } from './cases';
import { broadcastable, input, ranges, shapes } from './cases';
import type { UnaryDomain } from './domains';
import { fraction, integers, unaryDomains } from './domains';

type Sampler = fc.Arbitrary<OpCase>;

const call = (inputs: readonly (TensorCase | undefined)[], attributes: object = {}): OpCase => ({
  inputs,
  attributes,
});

const unary = (options?: InputOptions): Sampler =>
  shapes().chain((shape) => input(shape, options).map((x) => call([x])));

const binary = (first?: InputOptions, second = first): Sampler =>
  broadcastable(2).chain(([a, b]) =>
    fc.tuple(input(a, first), input(b, second)).map(([x, y]) => call([x, y])),
  );

const { positive } = ranges;

/** The calls of every unary operation, in its domain. */
function unarySamples() {
  const entries = Object.entries<UnaryDomain>(unaryDomains);
  return Object.fromEntries(
    entries.map(([name, { values, samples = values }]) => [name, unary(samples)]),
  ) as Record<keyof typeof unaryDomains, Sampler>;
}

/** A shape with an axis of it. */
const withAxis = (least = 1, most = 3): fc.Arbitrary<{ shape: number[]; axis: number }> =>
  shapes(least, most).chain((shape) =>
    fc.integer({ min: 0, max: Math.max(shape.length - 1, 0) }).map((axis) => ({ shape, axis })),
  );

const alongAxis = (options?: InputOptions, more: fc.Arbitrary<object> = fc.constant({})): Sampler =>
  withAxis().chain(({ shape, axis }) =>
    fc.tuple(input(shape, options), more).map(([x, extra]) => call([x], { axis, ...extra })),
  );

const overAxes = (options?: InputOptions, filled = false): Sampler =>
  shapes()
    .map((shape) => (filled ? shape.map((n) => Math.max(n, 1)) : shape))
    .chain((shape) =>
      fc
        .tuple(input(shape, options), fc.subarray(shape.map((_, i) => i)), fc.boolean())
        .map(([x, axes, keepdim]) => call([x], { axes, keepdim })),
    );

const argument = (): Sampler =>
  withAxis().chain(({ shape, axis }) =>
    fc
      .tuple(input(shape.map((n) => Math.max(n, 1))), fc.boolean())
      .map(([x, keepdim]) => call([x], { axis, keepdim })),
  );

/** x with weight and bias, of which either may be missing. */
const affine = (shape: readonly number[], sizes: readonly number[]) =>
  fc
    .tuple(input(shape), input(sizes), input(sizes), fc.boolean(), fc.boolean())
    .map(([x, weight, bias, weighted, shifted]) => [
      x,
      weighted ? weight : undefined,
      shifted ? bias : undefined,
    ]);

/** A recurrence of `gates` blocks with as many states: input gates, states, weight, and a bias that may be missing. */
const recurrence = (gates: number, states: number, attributes: object): Sampler =>
  fc
    .record({
      time: fc.integer({ min: 0, max: 3 }),
      batch: fc.integer({ min: 0, max: 3 }),
      hidden: fc.constantFrom(4, 1, 3, 8, 4, 5),
      biased: fc.boolean(),
    })
    .chain(({ time, batch, hidden, biased }) =>
      fc
        .tuple(
          input([time, batch, gates * hidden]),
          fc.array(input([batch, hidden]), { minLength: states, maxLength: states }),
          input([gates * hidden, hidden]),
          input([gates * hidden]),
        )
        .map(([x, first, weight, bias]) =>
          call([x, ...first, weight, biased ? bias : undefined], attributes),
        ),
    );

const creation = (more: object): Sampler =>
  shapes().map((shape) =>
    call([], { shape, dtype: 'float64' satisfies DType, device: 'cpu' satisfies Device, ...more }),
  );

/** An index into an axis of `size`, no larger than `shape` elsewhere. */
const indexLike = (shape: readonly number[], axis: number): fc.Arbitrary<TensorCase> =>
  fc.integer({ min: 1, max: 4 }).chain((length) => {
    const sizes = shape.map((n, i) => (i === axis ? length : n));
    return input(sizes, { dtype: 'int32', low: 0, high: shape[axis] });
  });

const picking = (withSource: boolean): Sampler =>
  withAxis().chain(({ shape: loose, axis }) => {
    const shape = loose.map((n, i) => (i === axis ? Math.max(n, 1) : n));
    return fc
      .tuple(input(shape), indexLike(shape, axis))
      .chain(([x, index]) =>
        withSource
          ? input(index.shape).map((source) => call([x, index, source], { axis }))
          : fc.constant(call([x, index], { axis })),
      );
  });

/** Each position is written at most once, so that which write is the last does not matter. */
const scattering = (): Sampler =>
  withAxis().chain(({ shape: loose, axis }) => {
    const shape = loose.map((n, i) => (i === axis ? Math.max(n, 1) : n));
    const one = shape.map((n, i) => (i === axis ? 1 : n));
    return fc
      .tuple(input(shape), input(one, { dtype: 'int32', low: 0, high: shape[axis] }), input(one))
      .map((inputs) => call(inputs, { axis }));
  });

const selecting = (withSource: boolean): Sampler =>
  withAxis().chain(({ shape: loose, axis }) => {
    const shape = loose.map((n, i) => (i === axis ? Math.max(n, 1) : n));
    return fc.integer({ min: 0, max: 4 }).chain((count) => {
      const rows = shape.map((n, i) => (i === axis ? count : n));
      const index = input([count], { dtype: 'int32', low: 0, high: shape[axis] });
      const inputs = withSource
        ? fc.tuple(input(shape), index, input(rows))
        : fc.tuple(input(shape), index);
      return inputs.map((list) => call(list, { axis }));
    });
  });

const matrices = (): Sampler =>
  fc
    .tuple(
      broadcastable(2),
      fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 3, maxLength: 3 }),
    )
    .chain(([[a, b], [m, k, n]]) =>
      fc
        .tuple(input([...a.slice(0, 2), m, k]), input([...b.slice(0, 2), k, n]))
        .map((list) => call(list)),
    )
    .filter(({ inputs: [a, b] }) => compatible(a as TensorCase, b as TensorCase));

function compatible(a: TensorCase, b: TensorCase): boolean {
  const [p, q] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  return p.every((n, i) => {
    const other = q[q.length - p.length + i] ?? 1;
    return n === other || n === 1 || other === 1;
  });
}

interface Geometry {
  image: number[];
  kernel: number[];
  grid: number[];
  attributes: AttributesOf<'conv2d'>;
}

/** Sizes of a convolution that fit together. */
const convolution: fc.Arbitrary<Geometry> = fc
  .record({
    batch: fc.integer({ min: 0, max: 2 }),
    groups: fc.constantFrom(1, 1, 2),
    inputs: fc.integer({ min: 1, max: 2 }),
    outputs: fc.integer({ min: 1, max: 2 }),
    size: fc.tuple(fc.integer({ min: 3, max: 6 }), fc.integer({ min: 3, max: 6 })),
    window: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    stride: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
    dilation: fc.constantFrom<[number, number]>([1, 1], [1, 1], [1, 2]),
    padding: fc.tuple(
      ...Array.from({ length: 4 }, () => fc.integer({ min: 0, max: 2 })),
    ) as fc.Arbitrary<[number, number, number, number]>,
  })
  .map((c) => {
    const count = (axis: 0 | 1): number => {
      const padded = c.size[axis] + c.padding[2 * axis] + c.padding[2 * axis + 1];
      return (
        Math.floor((padded - c.dilation[axis] * (c.window[axis] - 1) - 1) / c.stride[axis]) + 1
      );
    };
    return {
      image: [c.batch, c.inputs * c.groups, ...c.size],
      kernel: [c.outputs * c.groups, c.inputs, ...c.window],
      grid: [c.batch, c.outputs * c.groups, count(0), count(1)],
      attributes: { stride: c.stride, padding: c.padding, dilation: c.dilation, groups: c.groups },
    };
  })
  .filter(({ grid }) => grid[2] > 0 && grid[3] > 0);

const convolving = (which: 'forward' | 'input' | 'weight'): Sampler =>
  convolution.chain(({ image, kernel, grid, attributes }) => {
    const [a, b] =
      which === 'forward' ? [image, kernel] : which === 'input' ? [grid, kernel] : [image, grid];
    const sizes =
      which === 'input'
        ? { inputSize: image.slice(2) }
        : which === 'weight'
          ? { kernelSize: kernel.slice(2) }
          : {};
    return fc.tuple(input(a), input(b)).map((list) => call(list, { ...attributes, ...sizes }));
  });

const pooling = (transposed: boolean): Sampler =>
  convolution.chain(({ image, kernel, grid, attributes }) => {
    const { stride, dilation } = attributes;
    const window = kernel.slice(2);
    const padding = [0, 0, 0, 0];
    const count = (axis: 0 | 1) =>
      Math.floor((image[2 + axis] - dilation[axis] * (window[axis] - 1) - 1) / stride[axis]) + 1;
    const output = [count(0), count(1)];
    const valid = output[0] > 0 && output[1] > 0;
    const attributes_ = valid
      ? { kernel: window, stride, padding, dilation, output }
      : { kernel: [1, 1], stride: [1, 1], padding, dilation: [1, 1], output: image.slice(2) };
    const small = [grid[0], image[1], ...attributes_.output];
    const x = input(transposed ? small : image);
    return x.map((one) =>
      call([one], transposed ? { ...attributes_, inputSize: image.slice(2) } : attributes_),
    );
  });

/** A gradient and a result of one shape. */
const gradientThrough = (range: Partial<Pick<TensorCase, 'low' | 'high'>> = {}): Sampler =>
  shapes().chain((shape) => fc.tuple(input(shape), input(shape, range)).map((list) => call(list)));

const alike = (count: number, attributes: object, optional: readonly number[] = []): Sampler =>
  shapes().chain((shape) =>
    fc
      .tuple(fc.boolean(), ...Array.from({ length: count }, () => input(shape, positive)))
      .map(([without, ...inputs]) =>
        call(
          inputs.map((x, i) => (without && optional.includes(i) ? undefined : x)),
          attributes,
        ),
      ),
  );

/** Random calls by operation. */
export const samples: { readonly [K in OpName]: Sampler } = {
  alias: unary(),
  detach: unary(),
  permute: shapes().chain((shape) => {
    const axes = shape.map((_, i) => i);
    return fc
      .tuple(input(shape), fc.shuffledSubarray(axes, { minLength: axes.length }))
      .map(([x, order]) => call([x], { axes: order }));
  }),
  expand: broadcastable(1).chain(([shape]) =>
    fc
      .tuple(input(shape.map((n) => (n === 0 ? 1 : n))), fc.integer({ min: 1, max: 3 }))
      .map(([x, size]) =>
        call([x], { shape: [size, ...x.shape.map((n) => (n === 1 ? size : n))] }),
      ),
  ),
  reshape: shapes().chain((shape) =>
    input(shape).map((x) =>
      call([{ ...x, arrangement: 'dense' }], { shape: [shape.reduce((a, b) => a * b, 1), 1] }),
    ),
  ),
  diagonal: shapes(2).chain((shape) => input(shape).map((x) => call([x]))),
  slice: shapes().chain((shape) =>
    fc
      .tuple(
        input(shape),
        fc.array(fc.tuple(fc.constantFrom(1, 2, -1, -2), fc.nat(), fc.nat()), {
          minLength: shape.length,
          maxLength: shape.length,
        }),
      )
      .map(([x, cuts]) => {
        const ranges = cuts.map(([step, a, b], i) => {
          const start = shape[i] === 0 ? 0 : a % shape[i];
          const room =
            step > 0 ? Math.ceil((shape[i] - start) / step) : Math.floor(start / -step) + 1;
          return { start, step, count: shape[i] === 0 ? 0 : b % (room + 1) };
        });
        return call([x], {
          start: ranges.map((r) => r.start),
          step: ranges.map((r) => r.step),
          count: ranges.map((r) => r.count),
        });
      }),
  ),
  full: creation({ value: 1.5 }),
  uniform: creation({ seed: 3, offset: 5 }),
  normal: creation({ seed: 3, offset: 5 }),
  contiguous: unary(),
  cast: unary({ low: -5, high: 5 }).chain((one) =>
    fc
      .constantFrom<DType>('float64', 'float32', 'int32', 'bool')
      .map((dtype) => ({ ...one, attributes: { dtype } })),
  ),
  concat: withAxis().chain(({ shape, axis }) =>
    fc
      .array(
        fc
          .integer({ min: 0, max: 3 })
          .chain((n) => input(shape.map((size, i) => (i === axis ? n : size)))),
        { minLength: 1, maxLength: 3 },
      )
      .map((list) => call(list, { axis })),
  ),
  pad: shapes().chain((shape) => {
    const each = (low: number, high: number) =>
      fc.array(fc.integer({ min: low, max: high }), {
        minLength: shape.length,
        maxLength: shape.length,
      });
    return fc
      .tuple(input(shape), each(-1, 2), each(-1, 2), each(0, 2))
      .map(([x, low, high, interior]) => call([x], { low, high, interior, value: 0.5 }))
      .filter(({ attributes }) => {
        const { low, high, interior } = attributes as AttributesOf<'pad'>;
        return shape.every((n, i) => n + low[i] + high[i] + Math.max(n - 1, 0) * interior[i] >= 0);
      });
  }),

  ...unarySamples(),
  polygamma: unary(positive).chain((one) =>
    fc.integer({ min: 0, max: 2 }).map((order) => ({ ...one, attributes: { order } })),
  ),

  add: binary(),
  sub: binary(),
  mul: binary(),
  div: binary({}, positive),
  floorDivide: binary(fraction, { low: 0.6, high: 1 }),
  remainder: binary(fraction, { low: 0.6, high: 1 }),
  fmod: binary(fraction, { low: 0.6, high: 1 }),
  pow: binary(positive, {}),
  maximum: binary(),
  minimum: binary(),
  atan2: binary(positive),
  eq: binary(integers),
  ne: binary(integers),
  lt: binary(),
  le: binary(),
  gt: binary(),
  ge: binary(),
  logicalAnd: binary(integers),
  logicalOr: binary(integers),
  logicalXor: binary(integers),
  bitwiseAnd: binary(integers),
  bitwiseOr: binary(integers),
  bitwiseXor: binary(integers),
  leftShift: binary(integers, { dtype: 'int32', low: 0, high: 8 }),
  rightShift: binary(integers, { dtype: 'int32', low: 0, high: 8 }),
  where: broadcastable(3).chain(([c, a, b]) =>
    fc
      .tuple(input(c, { dtype: 'bool', low: 0, high: 2 }), input(a), input(b))
      .map((list) => call(list)),
  ),

  sum: overAxes(),
  prod: overAxes(),
  amax: overAxes({}, true),
  amin: overAxes({}, true),
  argmax: argument(),
  argmin: argument(),
  any: overAxes(integers),
  all: overAxes(integers),
  cumsum: alongAxis(),
  cumprod: alongAxis(),
  cumargmax: alongAxis(),
  cumargmin: alongAxis(),

  gather: picking(false),
  scatter: scattering(),
  scatterAdd: picking(true),
  indexSelect: selecting(false),
  indexAdd: selecting(true),
  sort: withAxis().chain(({ shape, axis }) =>
    fc
      .tuple(input(shape), fc.boolean(), fc.option(fc.nat(shape[axis] ?? 0), { nil: undefined }))
      .map(([x, descending, count]) => call([x], { axis, descending, count })),
  ),

  matmul: matrices(),
  conv2d: convolving('forward'),
  conv2dInput: convolving('input'),
  conv2dWeight: convolving('weight'),
  maxPool2d: pooling(false),
  sumPool2d: pooling(false),
  sumPool2dInput: pooling(true),

  linear: fc
    .tuple(
      shapes(0, 2),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 4 }),
      fc.boolean(),
      fc.constantFrom('none', 'relu'),
    )
    .chain(([rows, inputs, outputs, bias, activation]) =>
      fc
        .tuple(input([...rows, inputs]), input([outputs, inputs]), input([outputs]))
        .map(([x, w, b]) => call([x, w, bias ? b : undefined], { activation })),
    ),
  convolution: convolution.chain(({ image, kernel, attributes }) =>
    fc
      .tuple(input(image), input(kernel), input([kernel[0]]), fc.boolean(), fc.boolean())
      .map(([x, w, b, biased, activated]) => {
        const activation = activated ? 'relu' : 'none';
        return call([x, w, biased ? b : undefined], { ...attributes, activation });
      }),
  ),
  convolveInto: convolution.chain(({ image, kernel, grid, attributes }) =>
    fc
      .tuple(input(grid), input(image), input(kernel), input([kernel[0]]), fc.boolean())
      .map(([y, x, w, b, biased]) =>
        call([y, x, w, biased ? b : undefined], { ...attributes, activation: 'relu' }),
      ),
  ),
  clamp: shapes().chain((shape) => input(shape).map((x) => call([x], { low: -0.4, high: 0.3 }))),
  reluGradient: gradientThrough({ low: -0.45, high: -0.15 }),
  tanhGradient: gradientThrough(),
  sigmoidGradient: gradientThrough(),
  dropout: shapes().chain((shape) =>
    input(shape).map((x) => call([x], { p: 0.3, scale: 1.5, seed: 3, offset: 5 })),
  ),
  softmax: alongAxis(),
  logSoftmax: alongAxis(),
  crossEntropy: fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), fc.constantFrom(0, 0.2))
    .chain(([rows, classes, labelSmoothing]) =>
      fc
        .tuple(input([rows, classes]), input([rows], { dtype: 'int32', low: 0, high: classes }))
        .map((list) => call(list, { ignoreIndex: -100, labelSmoothing })),
    ),
  batchNorm: fc
    .tuple(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 1, max: 3 }), shapes(0, 2))
    .chain(([rows, channels, rest]) =>
      affine([rows, channels, ...rest], [channels]).map((list) => call(list, { eps: 1e-3 })),
    ),
  channelNorm: fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 }), shapes(0, 2))
    .chain(([rows, channels, rest]) =>
      fc
        .tuple(
          affine([rows, channels, ...rest], [channels]),
          input([channels]),
          input([channels], positive),
        )
        .map(([[x, ...scales], mean, variance]) =>
          call([x, mean, variance, ...scales], { eps: 1e-3 }),
        ),
    ),
  layerNorm: fc
    .tuple(shapes(0, 2), fc.integer({ min: 2, max: 4 }))
    .chain(([rows, size]) =>
      affine([...rows, size], [size]).map((list) => call(list, { axes: 1, eps: 1e-3 })),
    ),
  rnn: recurrence(1, 1, { nonlinearity: 'tanh' }),
  lstm: recurrence(4, 2, {}),
  gru: fc.boolean().chain((resetAfter) => recurrence(3, 1, { resetAfter })),

  assign: shapes().chain((shape) => fc.tuple(input(shape), input(shape)).map((list) => call(list))),
  rmspropStep: alike(
    5,
    { lr: 0.1, alpha: 0.9, eps: 1e-3, epsPlace: 'inside', weightDecay: 0.1, momentum: 0.5 },
    [3, 4],
  ),
  adagradStep: alike(3, { lr: 0.1, eps: 1e-3, epsPlace: 'outside', weightDecay: 0.1 }),
  sgdStep: alike(
    3,
    { lr: 0.1, momentum: 0.9, dampening: 0.1, weightDecay: 0.01, nesterov: false, first: false },
    [2],
  ),
  adamStep: alike(
    5,
    { lr: 0.1, beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.1, decoupled: true, step: 3 },
    [4],
  ),
};

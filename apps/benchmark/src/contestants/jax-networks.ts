/** Our networks, operation by operation, in jax-js. Every use of an array consumes it: `ref` is a further use. */

import type * as Jax from '@jax-js/jax';
import type { Constant, Operations, Tape } from '../tape';
import { poolPadding, record, replay } from '../tape';
import type { Computation, Task } from '../workloads';

type Value = Jax.Array;
type Attributes = Readonly<Record<string, unknown>>;

function operationsOf({ numpy: np, lax, nn }: typeof Jax): Operations<Value> {
  /** Numbers for each channel in a shape that broadcasts. */
  const channels = (part: Value) => part.reshape([-1, 1, 1]);
  const convolution = ([x, w, bias]: readonly Value[], { stride, padding }: Attributes) => {
    const [top, bottom, left, right] = padding as number[];
    const around: [number, number][] = [
      [top, bottom],
      [left, right],
    ];
    const y = lax.convGeneralDilated(x, w, stride as number[], around);
    return bias ? y.add(channels(bias)) : y;
  };
  const normalise = (
    x: Value,
    mean: Value,
    variance: Value,
    rest: readonly Value[],
    eps: number,
  ) => {
    const [weight, bias] = rest;
    const scale = channels(weight.div(np.sqrt(variance.add(eps))));
    return x.sub(channels(mean)).mul(scale).add(channels(bias));
  };
  /** It pads with zeros only; what these networks pool comes from ReLUs, and nothing is below 0. */
  const pool = (
    x: Value,
    attributes: Attributes,
    image: readonly number[],
    reduce: (x: Value) => Value,
  ) => {
    const [top, bottom, left, right] = poolPadding(attributes, image);
    const framed =
      top + bottom + left + right === 0
        ? x
        : np.pad(x, [
            [0, 0],
            [0, 0],
            [top, bottom],
            [left, right],
          ]);
    const window = [1, 1, ...(attributes.kernel as number[])];
    return lax.reduceWindow(framed, reduce, window, [1, 1, ...(attributes.stride as number[])]);
  };
  return {
    alias: ([x]) => x,
    conv2d: convolution,
    convolution,
    channelNorm: ([x, mean, variance, ...rest], { eps }) =>
      normalise(x, mean, variance, rest, eps as number),
    batchNorm: ([x, ...rest], { eps }) => {
      const mean = np.mean(x.ref, [0, 2, 3]) as Value;
      const variance = np.var_(x.ref, [0, 2, 3]) as Value;
      return normalise(x, mean, variance, rest, eps as number);
    },
    relu: ([x]) => nn.relu(x) as Value,
    tanh: ([x]) => np.tanh(x) as Value,
    add: ([a, b]) => a.add(b),
    mul: ([a, b]) => a.mul(b),
    div: ([a, b]) => a.div(b),
    concat: (list) => np.concatenate([...list], 1),
    maxPool2d: ([x], attributes, step, tape) =>
      pool(x, attributes, shapeOf(tape, step.inputs[0]), (window) => np.max(window) as Value),
    sumPool2d: ([x], attributes, step, tape) =>
      pool(x, attributes, shapeOf(tape, step.inputs[0]), (window) => np.sum(window) as Value),
    sum: ([x], { axes, keepdim }) =>
      np.sum(x, axes as number[], { keepdims: keepdim } as never) as Value,
    reshape: ([x], { shape }) => x.reshape(shape as number[]),
    linear: ([x, w, bias]) => {
      const y = np.matmul(x, np.matrixTranspose(w));
      return bias ? y.add(bias) : y;
    },
    crossEntropy: ([logits, targets], _, step, tape) => {
      const [rows, classes] = shapeOf(tape, step.inputs[0]);
      const logs = nn.logSoftmax(logits, 1) as Value;
      return (np.sum(logs.mul(nn.oneHot(targets, classes))) as Value).mul(-1 / rows);
    },
  };
}

const shapeOf = (tape: Tape, at: number | undefined) =>
  tape.shapes.get(at as number) as readonly number[];

/** The task that does what ours computes, compiled. */
export function networkTask(
  jax: typeof Jax,
  { inputs, f, parameters, descent }: Computation,
): Task {
  const tape = record([...inputs, ...(parameters ?? [])], f);
  const operations = operationsOf(jax);
  const places = [...tape.constants.keys()];
  const values = places.map((at) => {
    const { shape, data } = tape.constants.get(at) as Constant;
    return jax.numpy.array(data).reshape([...shape]);
  });
  const uses = new Map<number, number>();
  for (const { inputs: list } of tape.steps)
    for (const at of list) if (at !== undefined) uses.set(at, (uses.get(at) ?? 0) + 1);
  const result = (...given: Value[]): Value => {
    const left = new Map(uses);
    const begin = new Map(places.map((at, i) => [at, given[i]]));
    const counted: Operations<Value> = Object.fromEntries(
      Object.entries(operations).map(([name, operation]) => [
        name,
        (list, attributes, step, whole) => {
          // All uses but the last are further ones.
          const own = list.map((x, i) => {
            const at = step.inputs[i];
            if (at === undefined || !x) return x;
            const rest = (left.get(at) as number) - 1;
            left.set(at, rest);
            return rest > 0 ? x.ref : x;
          });
          return operation(own, attributes, step, whole);
        },
      ]),
    );
    return replay(tape, begin, counted).get(tape.result) as Value;
  };
  if (!parameters || !descent) {
    const compiled = jax.jit(result as never) as unknown as (...x: Value[]) => Value;
    const once = () => compiled(...values.map((x) => x.ref));
    return {
      run: async () => (await once().blockUntilReady()).dispose(),
      check: async () => {
        const data = (await once().data()) as Float32Array;
        return [data.reduce((a, b) => a + b, 0) / data.length, ...data.subarray(0, 3)];
      },
    };
  }
  const learned = new Set(tape.inputs.slice(inputs.length));
  const which = places.flatMap((at, i) => (learned.has(at) ? [i] : []));
  const compiled = jax.jit(
    jax.valueAndGrad(result as never, { argnums: which } as never) as never,
  ) as unknown as (...x: Value[]) => [Value, Value[]];
  const velocities = new Map<number, Value>();
  const step = async () => {
    const [loss, gradients] = compiled(...values.map((x) => x.ref));
    for (const [k, i] of which.entries()) {
      const before = velocities.get(i);
      const velocity = before ? before.mul(descent.momentum).add(gradients[k]) : gradients[k];
      if (descent.momentum > 0) velocities.set(i, velocity.ref);
      values[i] = values[i].sub(velocity.mul(descent.lr));
    }
    return ((await loss.data()) as Float32Array)[0];
  };
  return { run: async () => void (await step()), check: async () => [await step()] };
}

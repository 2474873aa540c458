/** jax-js on its WebAssembly backend, functions compiled by `jit`. Arrays are consumed by use: `ref` keeps them. */

import type * as Jax from '@jax-js/jax';
import type { Computation, Contestant, Task, Tasks } from '../workloads';
import { networkRows, ramp } from '../workloads';
import { load as loadOwn } from './dl';
import { networkTask } from './jax-networks';

type Value = Jax.Array;

function tasksOf(jax: typeof Jax): Tasks {
  const { numpy: np, lax, nn, jit, vjp } = jax;
  const from = (shape: number[], seed: number): Value =>
    np
      .array(
        ramp(
          shape.reduce((a, b) => a * b, 1),
          seed,
        ),
      )
      .reshape(shape);
  const head = async (x: Value) => {
    const data = (await x.data()) as Float32Array;
    const mean = data.reduce((a, b) => a + b, 0) / data.length;
    return [mean, ...Array.from(data.subarray(0, 3))];
  };
  const pure = (inputs: Value[], f: (...x: Value[]) => Value): Task => {
    const compiled = jit(f as never) as unknown as (...x: Value[]) => Value;
    const once = () => compiled(...inputs.map((x) => x.ref));
    return {
      run: async () => {
        const y = await once().blockUntilReady();
        y.dispose();
      },
      check: () => head(once()),
    };
  };
  const differentiated = (inputs: Value[], f: (...x: Value[]) => Value): Task => {
    const gradient = jit(((...x: Value[]) => {
      const [y, pull] = vjp(f as never, x as never) as unknown as [Value, (g: Value) => Value[]];
      return pull(y);
    }) as never) as unknown as (...x: Value[]) => Value[];
    const once = () => gradient(...inputs.map((x) => x.ref));
    return {
      run: async () => {
        for (const y of once()) (await y.blockUntilReady()).dispose();
      },
      check: async () => (await Promise.all(once().map(head))).flat(),
    };
  };
  const matmul = (n: number) => () => pure([from([n, n], 1), from([n, n], 2)], np.matmul as never);
  const unary = (f: unknown) => () => pure([from([1_000_000], 1)], f as never);
  const square = (f: (x: Value) => Value) => () => pure([from([1000, 1000], 1)], f);
  const convolution = (channels: number, size: number, trains: boolean) => () => {
    const inputs = [from([8, channels, 56, 56], 1), from([64, channels, size, size], 2)];
    const f = (x: Value, w: Value) => lax.conv(x, w, [1, 1], 'SAME') as Value;
    return trains ? differentiated(inputs, f as never) : pure(inputs, f as never);
  };
  return {
    'matmul 64³': matmul(64),
    'matmul 256³': matmul(256),
    'matmul 512³': matmul(512),
    'matmul 1024³': matmul(1024),
    'add 10⁶': () => pure([from([1_000_000], 1), from([1_000_000], 2)], np.add as never),
    'relu 10⁶': unary(nn.relu),
    'exp 10⁶': unary(np.exp),
    'tanh 10⁶': unary(np.tanh),
    'sigmoid 10⁶': unary(nn.sigmoid),
    'softmax 1000²': square((x) => nn.softmax(x) as Value),
    'sum of rows 1000²': square((x) => np.sum(x, 1) as Value),
    'sum of columns 1000²': square((x) => np.sum(x, 0) as Value),
    'conv 3×3': convolution(64, 3, false),
    'conv 3×3, gradients': convolution(64, 3, true),
    'conv 1×1': convolution(256, 1, false),
    'conv 1×1, gradients': convolution(256, 1, true),
  };
}

/** The rows of networks, made of what ours do. */
function networkTasks(jax: typeof Jax): Tasks {
  const own = loadOwn(1).tasks;
  return Object.fromEntries(
    networkRows.flatMap((name) => {
      const make = own[name];
      if (!make) return [];
      return [[name, async () => networkTask(jax, (await make()).computes as Computation)]];
    }),
  );
}

/** jax-js. */
export async function load(jax: typeof Jax, version: string): Promise<Contestant> {
  await jax.init();
  jax.defaultDevice('wasm');
  return { version: `jax-js ${version}, wasm`, tasks: { ...tasksOf(jax), ...networkTasks(jax) } };
}

/** What our contestant's tasks are made of. */

import { gradients, noGrad } from '@dl/autograd';
import type { Module } from '@dl/nn';
import type { Optimizer } from '@dl/optim';
import type { DType, Tensor } from '@dl/tensor';
import { assign, keep, scope, tensor } from '@dl/tensor';
import type { Computation, Task } from '../workloads';
import { ramp } from '../workloads';

/** A tensor of the numbers that every contestant starts from. */
export function from(shape: readonly number[], seed: number, dtype: DType = 'float32'): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return keep(tensor(ramp(size, seed), { shape: [...shape] }).cast(dtype));
}

/** As `from`, of a tensor that wants a gradient. */
export function leaf(shape: readonly number[], seed: number): Tensor {
  const x = from(shape, seed);
  x.requiresGrad = true;
  return x;
}

/** Figures of a result. */
const head = (x: Tensor): number[] => [
  x.mean().item() as number,
  ...Array.from(x.dataSync().subarray(0, 3)),
];

/** Waits until a GPU has computed results: it reads an element of each. */
function finish(results: readonly Tensor[]): void {
  for (const y of results) if (y.device !== 'cpu') y.reshape([-1]).narrow(0, 0, 1).dataSync();
}

/** One result, computed without a graph. */
export const pure = (inputs: readonly Tensor[], f: () => Tensor): Task => ({
  computes: { inputs, f },
  run: () => scope(() => finish([noGrad(f)])),
  check: () => scope(() => head(noGrad(f))),
});

const several = (f: () => Tensor[]): Task => ({
  run: () => scope(() => finish(f())),
  check: () => scope(() => f().flatMap(head)),
});

/** A result and the gradients of `inputs`, for a gradient that is the result itself. */
export const differentiated = (inputs: Tensor[], f: () => Tensor): Task =>
  several(() => {
    const y = f();
    return gradients([y], inputs, [y.detach()]) as Tensor[];
  });

/** The gradients of `inputs` alone, of a result that has been computed. */
export const backwards = (inputs: Tensor[], f: () => Tensor): Task => {
  const y = keep(f());
  const weight = y.detach();
  return several(() => gradients([y], inputs, [weight], { retainGraph: true }) as Tensor[]);
};

/** Replaces the parameters by numbers that every contestant has, scaled by the root of their fan-in. */
export function fill(parameters: Iterable<Tensor>): void {
  let seed = 1;
  noGrad(() => {
    for (const p of parameters) {
      const fan = p.ndim > 1 ? p.size / p.shape[0] : 4;
      const values = from(p.shape, seed++);
      scope(() => {
        assign(p, values.div(Math.sqrt(fan)));
      });
    }
  });
}

/** Steps of training; the check is the loss of the first step, which the start decides. */
export function training(
  model: Module,
  loss: () => Tensor,
  optimizer: Optimizer<never>,
  { x, descent }: { x: Tensor; descent?: Computation['descent'] },
): Task {
  const step = () =>
    scope(() => {
      const value = loss();
      optimizer.zeroGrad();
      value.backward();
      optimizer.step();
      return value.item() as number;
    });
  return {
    ...(descent && {
      computes: { inputs: [x], f: loss, parameters: model.parameters(), descent },
    }),
    run: () => void step(),
    check: () => [step()],
  };
}

/** Class numbers below `classes`. */
export const ids = (count: number, classes: number): Tensor =>
  keep(tensor(Int32Array.from({ length: count }, (_, i) => (i * 7) % classes)));

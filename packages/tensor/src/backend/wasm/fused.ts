/** Fused kernels of the WebAssembly backend. */

import { allocate } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import type { BackwardKernel, FusedKernels, Kernel, OpName } from '../../ops/table';
import { referenceFused } from '../reference';
import type { Machine } from './kernels';
import { address, plain, sumColumns } from './kernels';
import { rowsOf } from './norms';
import type { Matrix } from './products';
import { multiply } from './products';

/** A kernel for float32 without gaps; the definition runs for the rest. */
function forPlain<K extends OpName>(
  kernel: Kernel<K>,
  also: (inputs: readonly Tensor[]) => boolean = () => true,
): Kernel<K> {
  kernel.supports = (inputs) => {
    const present = (inputs as readonly (Tensor | undefined)[]).filter((x) => x !== undefined);
    return plain(...present) && also(present);
  };
  return kernel;
}

const SINGLE = { count: 1, aBatch: 0, bBatch: 0, bias: 0 };

function linear(machine: Machine): Kernel<'linear'> {
  const kernel: Kernel<'linear'> = ([x, weight, bias], _, [y]) => {
    const [rows, depth] = rowsOf(x);
    const sizes = { ...SINGLE, rows, columns: weight.shape[0], depth };
    const sums = bias ? address(bias) : 0;
    const turned: Matrix = [address(weight), 1, depth];
    multiply(machine, [address(x), depth, 1], turned, address(y), { ...sizes, bias: sums });
  };
  return forPlain(kernel, ([x, weight]) => x.size > 0 && weight.size > 0);
}

function linearBackward(machine: Machine): BackwardKernel<'linear'> {
  return ([gradient], [x, weight, bias], _, __, needed) => {
    const g = gradient.contiguous();
    const { backend } = x.storage;
    const [rows, depth] = rowsOf(x);
    const columns = weight.shape[0];
    const from = address(g);
    const result: (Tensor | undefined)[] = [undefined, undefined, undefined];
    if (needed[0]) {
      result[0] = allocate(backend, x, [x, g]);
      const sizes = { ...SINGLE, rows, columns: depth, depth: columns };
      const right: Matrix = [address(weight), depth, 1];
      multiply(machine, [from, columns, 1], right, address(result[0]), sizes);
    }
    if (needed[1]) {
      result[1] = allocate(backend, weight, [x, g]);
      const sizes = { ...SINGLE, rows: columns, columns: depth, depth: rows };
      const right: Matrix = [address(x), depth, 1];
      multiply(machine, [from, 1, columns], right, address(result[1]), sizes);
    }
    if (bias && needed[2]) {
      result[2] = allocate(backend, bias, [x, g]);
      sumColumns(machine, from, address(result[2]), 1, rows, columns);
    }
    if (g !== gradient) g.dispose();
    return result;
  };
}

/** The softmax, or its logarithm, of rows. */
function softmax<K extends 'softmax' | 'logSoftmax'>(machine: Machine, name: K): Kernel<K> {
  const kernel = (([x], _, [y]) => {
    const [rows, columns] = rowsOf(x);
    const from = address(x);
    const to = address(y);
    machine.pool.share(`${name}Rows`, rows, Math.ceil(8192 / columns), 1, (first, end) => [
      from + 4 * first * columns,
      to + 4 * first * columns,
      end - first,
      columns,
    ]);
  }) as Kernel<'softmax'>;
  kernel.supports = (inputs, { axis }) =>
    plain(...inputs) && axis === inputs[0].ndim - 1 && inputs[0].size > 0;
  return kernel as Kernel<K>;
}

function softmaxBackward<K extends 'softmax' | 'logSoftmax'>(
  machine: Machine,
  name: K,
): BackwardKernel<K> {
  return ([gradient], [x], [y]) => {
    const g = gradient.contiguous();
    const result = allocate(x.storage.backend, x, [x, g]);
    const [rows, columns] = rowsOf(x);
    const places = [y, g, result].map(address);
    machine.pool.share(`${name}RowsBackward`, rows, Math.ceil(8192 / columns), 1, (first, end) => [
      ...places.map((place) => place + 4 * first * columns),
      end - first,
      columns,
    ]);
    if (g !== gradient) g.dispose();
    return [result];
  };
}

function sgdStep(machine: Machine): Kernel<'sgdStep'> {
  return forPlain<'sgdStep'>(([parameter, gradient, velocity], attributes) => {
    const { lr, momentum, dampening, weightDecay, nesterov, first } = attributes;
    machine.kernels.sgdStep(
      address(parameter),
      address(gradient),
      velocity ? address(velocity) : 0,
      parameter.size,
      lr,
      momentum,
      dampening,
      weightDecay,
      Number(nesterov),
      Number(first),
    );
  });
}

function adamStep(machine: Machine): Kernel<'adamStep'> {
  return forPlain<'adamStep'>(([parameter, gradient, m, v, largest], attributes) => {
    const { lr, beta1, beta2, eps, weightDecay, decoupled, step } = attributes;
    const size = lr / (1 - beta1 ** step);
    const root = Math.sqrt(1 - beta2 ** step);
    const decay = decoupled ? 0 : weightDecay;
    const shrink = decoupled ? 1 - lr * weightDecay : 1;
    machine.kernels.adamStep(
      address(parameter),
      address(gradient),
      address(m),
      address(v),
      largest ? address(largest) : 0,
      parameter.size,
      size,
      root,
      beta1,
      beta2,
      eps,
      decay,
      shrink,
    );
  });
}

/** Kernels for fused operations. */
export function fusedKernels(machine: Machine): FusedKernels {
  return {
    ...referenceFused,
    linear: linear(machine),
    linearBackward: linearBackward(machine),
    softmax: softmax(machine, 'softmax'),
    softmaxBackward: softmaxBackward(machine, 'softmax'),
    logSoftmax: softmax(machine, 'logSoftmax'),
    logSoftmaxBackward: softmaxBackward(machine, 'logSoftmax'),
    sgdStep: sgdStep(machine),
    adamStep: adamStep(machine),
  };
}

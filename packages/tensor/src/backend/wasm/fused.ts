/** Fused kernels of the WebAssembly backend. */

import { isContiguous, sameShape } from '../../core/layout';
import { allocate, execute } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { reluGradientOp } from '../../ops/activation-gradients';
import type { AttributesOf, BackwardKernel, FusedKernels, Kernel, OpName } from '../../ops/table';
import { referenceFused } from '../reference';
import { countRows } from '../reference/fused';
import type { Machine } from './kernels';
import { address, CHEAP, COSTLY, plain, sumColumns } from './kernels';
import { addressOf, rowsOf } from './norms';
import type { Matrix } from './products';
import { multiply } from './products';
import { borrow } from './rooms';
import { wordsOf } from './windows';

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
  const kernel: Kernel<'linear'> = ([x, weight, bias], { activation }, [y]) => {
    const [rows, depth] = rowsOf(x);
    const sizes = { ...SINGLE, rows, columns: weight.shape[0], depth };
    const sums = bias ? address(bias) : 0;
    const turned: Matrix = [address(weight), 1, depth];
    multiply(machine, [address(x), depth, 1], turned, address(y), { ...sizes, bias: sums });
    if (activation === 'relu') machine.kernels.relu(address(y), address(y), y.size);
  };
  return forPlain(kernel, ([x, weight]) => x.size > 0 && weight.size > 0);
}

function linearBackward(machine: Machine): BackwardKernel<'linear'> {
  return ([gradient], [x, weight, bias], [y], { activation }, needed) => {
    const g =
      activation === 'relu'
        ? execute(reluGradientOp as never, [gradient, y], {})[0]
        : gradient.contiguous();
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

/** Logits and class ids in one piece; others are for the reference kernels, which take any strides. */
const isWhole = (logits: Tensor, targets: Tensor) =>
  plain(logits) && logits.size > 0 && isContiguous(targets);

function crossEntropy(machine: Machine): Kernel<'crossEntropy'> {
  const kernel: Kernel<'crossEntropy'> = (inputs, attributes, outputs) => {
    const [logits, targets] = inputs;
    if (!isWhole(logits, targets)) {
      referenceFused.crossEntropy(inputs, attributes, outputs);
      return;
    }
    const { ignoreIndex, labelSmoothing } = attributes;
    const [rows, classes] = logits.shape;
    const count = countRows(targets, classes, ignoreIndex);
    const [out] = outputs;
    borrow(machine, [4 * classes], ([room]) => {
      const total = machine.kernels.crossEntropyRows(
        ...[address(logits), address(targets), rows, classes, ignoreIndex, labelSmoothing, room],
      );
      (out.storage.buffer as Float32Array)[out.offset] = total / count;
    });
  };
  kernel.strided = true;
  return kernel;
}

function crossEntropyBackward(machine: Machine): BackwardKernel<'crossEntropy'> {
  return (gradients, inputs, outputs, attributes, needed) => {
    const [logits, targets] = inputs;
    if (!isWhole(logits, targets) || !needed[0])
      return referenceFused.crossEntropyBackward(gradients, inputs, outputs, attributes, needed);
    const { ignoreIndex, labelSmoothing } = attributes;
    const [gradient] = gradients;
    const [rows, classes] = logits.shape;
    const count = countRows(targets, classes, ignoreIndex);
    const result = allocate(logits.storage.backend, logits, [logits, gradient]);
    const slope = (gradient.storage.buffer as Float32Array)[gradient.offset];
    machine.kernels.crossEntropyRowsBackward(
      ...[logits, targets, result].map(address),
      ...[rows, classes, ignoreIndex, labelSmoothing, slope / count],
    );
    return [result, undefined];
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

function rmspropStep(machine: Machine): Kernel<'rmspropStep'> {
  return forPlain<'rmspropStep'>(([parameter, gradient, squares, mean, velocity], attributes) => {
    const { lr, alpha, eps, epsPlace, weightDecay, momentum } = attributes;
    machine.kernels.rmspropStep(
      ...[parameter, gradient, squares, mean, velocity].map(addressOf),
      parameter.size,
      ...[lr, alpha, eps, Number(epsPlace === 'inside'), weightDecay, momentum],
    );
  });
}

function adagradStep(machine: Machine): Kernel<'adagradStep'> {
  return forPlain<'adagradStep'>(([parameter, gradient, squares], attributes) => {
    const { lr, eps, epsPlace, weightDecay } = attributes;
    machine.kernels.adagradStep(
      ...[parameter, gradient, squares].map(address),
      parameter.size,
      ...[lr, eps, Number(epsPlace === 'inside'), weightDecay],
    );
  });
}

/** What passes back through an activation, for tensors of one shape. */
function gradientThrough<K extends 'reluGradient' | 'tanhGradient' | 'sigmoidGradient'>(
  { pool }: Machine,
  name: K,
): Kernel<K> {
  const kernel: Kernel<'reluGradient'> = ([g, y], _, [result]) => {
    const places = [g, y, result].map(address);
    pool.share(name, result.size, CHEAP, 16, (first, end) => [
      ...[places[0] + 4 * first, 1, places[1] + 4 * first, 1, places[2] + 4 * first],
      end - first,
    ]);
  };
  kernel.supports = ([g, y]) => plain(g, y) && sameShape(g.shape, y.shape);
  return kernel as Kernel<K>;
}

/** y = x where its number is drawn, in threads. */
function drop({ pool }: Machine, x: Tensor, y: Tensor, attributes: AttributesOf<'dropout'>): void {
  const { p, scale, seed, offset } = attributes;
  const [from, to] = [address(x), address(y)];
  const key = wordsOf(seed);
  pool.share('dropout', y.size, COSTLY, 4, (first, end) => [
    ...[...key, offset + first / 4, from + 4 * first, to + 4 * first],
    ...[end - first, p, scale],
  ]);
}

function dropout(machine: Machine): Kernel<'dropout'> {
  return forPlain<'dropout'>(([x], attributes, [y]) => drop(machine, x, y, attributes));
}

function dropoutBackward(machine: Machine): BackwardKernel<'dropout'> {
  return ([gradient], [x], _, attributes) => {
    const g = gradient.contiguous();
    const result = allocate(x.storage.backend, x, [x, g]);
    drop(machine, g, result, attributes);
    if (g !== gradient) g.dispose();
    return [result];
  };
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
    crossEntropy: crossEntropy(machine),
    crossEntropyBackward: crossEntropyBackward(machine),
    reluGradient: gradientThrough(machine, 'reluGradient'),
    tanhGradient: gradientThrough(machine, 'tanhGradient'),
    sigmoidGradient: gradientThrough(machine, 'sigmoidGradient'),
    dropout: dropout(machine),
    dropoutBackward: dropoutBackward(machine),
    rmspropStep: rmspropStep(machine),
    adagradStep: adagradStep(machine),
    sgdStep: sgdStep(machine),
    adamStep: adamStep(machine),
  };
}

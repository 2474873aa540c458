/** Fused kernels of the WebAssembly backend. */

import { sameShape } from '../../core/layout';
import type { Tensor } from '../../core/tensor';
import type { AttributesOf, BackwardKernel, FusedKernels, Kernel } from '../../ops/table';
import { referenceFused } from '../reference';
import { countRows } from '../reference/fused';
import type { Machine } from './machine';
import { address, addresses, addressOf, CHEAP, COSTLY, forPlain, plain } from './machine';
import type { Matrix } from './matmul';
import { multiply, oneProduct } from './matmul';
import { borrow } from './memory/scratch';
import { rowsOf } from './norm';
import { wordsOf } from './random';
import { sumColumns } from './reduce';

function linear(machine: Machine): Kernel<'linear'> {
  const kernel: Kernel<'linear'> = ([x, weight, bias], { activation }, [y]) => {
    const [rows, depth] = rowsOf(x);
    const sizes = oneProduct(rows, weight.shape[0], depth, bias ? address(bias) : 0);
    const turned: Matrix = [address(weight), 1, depth];
    multiply(machine, [address(x), depth, 1], turned, address(y), sizes);
    if (activation === 'relu') machine.kernels.relu(address(y), address(y), y.size);
  };
  return forPlain(kernel, ([x, weight]) => x.size > 0 && weight.size > 0);
}

function linearBackward(machine: Machine): BackwardKernel<'linear'> {
  return ([g], [x, weight], _outputs, _attributes, [gX, gWeight, gBias]) => {
    const [rows, depth] = rowsOf(x);
    const columns = weight.shape[0];
    const from = address(g);
    if (gX) {
      const right: Matrix = [address(weight), depth, 1];
      const sizes = oneProduct(rows, depth, columns);
      multiply(machine, [from, columns, 1], right, address(gX), sizes);
    }
    if (gWeight) {
      const sizes = oneProduct(columns, depth, rows);
      const right: Matrix = [address(x), depth, 1];
      multiply(machine, [from, 1, columns], right, address(gWeight), sizes);
    }
    if (gBias) sumColumns(machine, from, address(gBias), 1, rows, columns);
  };
}

type Softmax = 'softmax' | 'logSoftmax';

/** The softmax, or its logarithm, of rows. */
function softmax<K extends Softmax>(machine: Machine, name: K): Kernel<K> {
  const rowsKernel: `${Softmax}Rows` = `${name}Rows`;
  const kernel = (([x], _, [y]) => {
    const [rows, columns] = rowsOf(x);
    const from = address(x);
    const to = address(y);
    machine.pool.share(rowsKernel, rows, Math.ceil(8192 / columns), 1, (first, end) => [
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

function softmaxBackward<K extends Softmax>(machine: Machine, name: K): BackwardKernel<K> {
  const kernel: `${Softmax}RowsBackward` = `${name}RowsBackward`;
  return ([g], [x], [y], _, [gX]) => {
    const [rows, columns] = rowsOf(x);
    const [of, from, to] = addresses(y, g, gX);
    machine.pool.share(kernel, rows, Math.ceil(8192 / columns), 1, (first, end) => [
      of + 4 * first * columns,
      from + 4 * first * columns,
      to + 4 * first * columns,
      end - first,
      columns,
    ]);
  };
}

function crossEntropy(machine: Machine): Kernel<'crossEntropy'> {
  return (inputs, attributes, outputs) => {
    const [logits, targets] = inputs;
    if (logits.dtype !== 'float32' || logits.size === 0) {
      referenceFused.crossEntropy(inputs, attributes, outputs);
      return;
    }
    const { ignoreIndex, labelSmoothing } = attributes;
    const [rows, classes] = logits.shape;
    const count = countRows(targets, classes, ignoreIndex);
    const [out] = outputs;
    borrow(machine, [4 * classes], ([scratch]) => {
      const total = machine.kernels.crossEntropyRows(
        ...addresses(logits, targets),
        rows,
        classes,
        ignoreIndex,
        labelSmoothing,
        scratch,
      );
      (out.storage.buffer as Float32Array)[out.offset] = total / count;
    });
  };
}

function crossEntropyBackward(machine: Machine): BackwardKernel<'crossEntropy'> {
  return (gradients, inputs, outputs, attributes, results) => {
    const [logits, targets] = inputs;
    if (logits.dtype !== 'float32') {
      referenceFused.crossEntropyBackward(gradients, inputs, outputs, attributes, results);
      return;
    }
    const { ignoreIndex, labelSmoothing } = attributes;
    const [gradient] = gradients;
    const [rows, classes] = logits.shape;
    const count = countRows(targets, classes, ignoreIndex);
    const slope = (gradient.storage.buffer as Float32Array)[gradient.offset];
    machine.kernels.crossEntropyRowsBackward(
      ...addresses(logits, targets, results[0]),
      rows,
      classes,
      ignoreIndex,
      labelSmoothing,
      slope / count,
    );
  };
}

function clamp({ pool }: Machine): Kernel<'clamp'> {
  return forPlain<'clamp'>(([x], { low, high }, [y]) => {
    const [from, to] = addresses(x, y);
    pool.share('clamp', x.size, CHEAP, 16, (first, end) => [
      from + 4 * first,
      to + 4 * first,
      end - first,
      low,
      high,
    ]);
  });
}

function clampBackward({ pool }: Machine): BackwardKernel<'clamp'> {
  return ([g], [x], _, { low, high }, [gX]) => {
    const [of, from, to] = addresses(x, g, gX);
    pool.share('clampGradient', x.size, CHEAP, 16, (first, end) => [
      of + 4 * first,
      from + 4 * first,
      to + 4 * first,
      end - first,
      low,
      high,
    ]);
  };
}

type ActivationGradient = 'reluGradient' | 'tanhGradient' | 'sigmoidGradient';

/** What passes back through an activation, for tensors of one shape. */
function gradientThrough<K extends ActivationGradient>({ pool }: Machine, name: K): Kernel<K> {
  const kernelName: ActivationGradient = name;
  const kernel: Kernel<'reluGradient'> = ([g, y], _, [result]) => {
    const [from, of, to] = addresses(g, y, result);
    pool.share(kernelName, result.size, CHEAP, 16, (first, end) => [
      from + 4 * first,
      1,
      of + 4 * first,
      1,
      to + 4 * first,
      end - first,
    ]);
  };
  kernel.supports = ([g, y]) => plain(g, y) && sameShape(g.shape, y.shape);
  return kernel as Kernel<K>;
}

/** y = x where its number is drawn, in threads. */
function drop(
  { pool }: Machine,
  x: Tensor,
  y: Tensor | undefined,
  attributes: AttributesOf<'dropout'>,
): void {
  const { p, scale, seed, offset } = attributes;
  const [from, to] = [address(x), addressOf(y)];
  const key = wordsOf(seed);
  pool.share('dropout', x.size, COSTLY, 4, (first, end) => [
    ...key,
    offset + first / 4,
    from + 4 * first,
    to + 4 * first,
    end - first,
    p,
    scale,
  ]);
}

function dropout(machine: Machine): Kernel<'dropout'> {
  return forPlain<'dropout'>(([x], attributes, [y]) => drop(machine, x, y, attributes));
}

function dropoutBackward(machine: Machine): BackwardKernel<'dropout'> {
  return ([g], _inputs, _outputs, attributes, [gX]) => drop(machine, g, gX, attributes);
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
    clamp: clamp(machine),
    clampBackward: clampBackward(machine),
    reluGradient: gradientThrough(machine, 'reluGradient'),
    tanhGradient: gradientThrough(machine, 'tanhGradient'),
    sigmoidGradient: gradientThrough(machine, 'sigmoidGradient'),
    dropout: dropout(machine),
    dropoutBackward: dropoutBackward(machine),
  };
}

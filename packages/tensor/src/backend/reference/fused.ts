/** Cross-entropy of logits in one pass, and its gradient. */

import type { TypedArray } from '../../core/dtype';
import { IndexError } from '../../core/errors';
import type { Tensor } from '../../core/tensor';
import type { BackwardKernel, Kernel } from '../../ops/table';
import { elements } from './walk';

/** How many rows count; refuses class ids that are neither in 0 … classes − 1 nor `ignoreIndex`. */
export function countRows(targets: Tensor, classes: number, ignoreIndex: number): number {
  const ids = elements(targets);
  let count = 0;
  for (let n = 0; n < targets.size; n++) {
    const id = ids[targets.offset + n];
    if (id === ignoreIndex) continue;
    count++;
    if (id >= 0 && id < classes) continue;
    throw new IndexError('crossEntropy', `class id ${id} in row ${n} is out of range`, {
      args: { targets },
      expected: `0 to ${classes - 1}, or ignoreIndex ${ignoreIndex}`,
    });
  }
  return count;
}

/** log Σ exp of a row, shifted by its maximum so that nothing overflows; NaN where that is infinite, as in PyTorch. */
function logSumExp(data: TypedArray, start: number, count: number): number {
  let maximum = -Infinity;
  for (let c = 0; c < count; c++) maximum = Math.max(maximum, data[start + c]);
  if (!Number.isFinite(maximum)) return Number.NaN;
  let total = 0;
  for (let c = 0; c < count; c++) total += Math.exp(data[start + c] - maximum);
  return maximum + Math.log(total);
}

const crossEntropy: Kernel<'crossEntropy'> = ([logits, targets], attributes, [out]) => {
  const { ignoreIndex, labelSmoothing } = attributes;
  const [rows, classes] = logits.shape;
  const count = countRows(targets, classes, ignoreIndex);
  const [data, ids] = [elements(logits), elements(targets)];
  let total = 0;
  for (let n = 0; n < rows; n++) {
    const id = ids[targets.offset + n];
    if (id === ignoreIndex) continue;
    const start = logits.offset + n * classes;
    const normalizer = logSumExp(data, start, classes);
    const loss = normalizer - data[start + id];
    if (labelSmoothing === 0) {
      total += loss;
      continue;
    }
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += normalizer - data[start + c];
    total += (1 - labelSmoothing) * loss + (labelSmoothing * sum) / classes;
  }
  elements(out)[0] = total / count;
};

const crossEntropyBackward: BackwardKernel<'crossEntropy'> = (
  [gradient],
  [logits, targets],
  _,
  { ignoreIndex, labelSmoothing },
  [result],
) => {
  if (!result) return;
  const [rows, classes] = logits.shape;
  const count = countRows(targets, classes, ignoreIndex);
  const [data, ids, out] = [elements(logits), elements(targets), elements(result)];
  const scale = elements(gradient)[gradient.offset] / count;
  const share = labelSmoothing / classes;
  for (let n = 0; n < rows; n++) {
    const id = ids[targets.offset + n];
    const start = logits.offset + n * classes;
    const to = result.offset + n * classes;
    if (id === ignoreIndex) {
      out.fill(0, to, to + classes);
      continue;
    }
    const normalizer = logSumExp(data, start, classes);
    for (let c = 0; c < classes; c++) {
      const probability = Math.exp(data[start + c] - normalizer);
      const target = c === id ? 1 - labelSmoothing + share : share;
      out[to + c] = scale * (probability - target);
    }
  }
};

/** Fused kernels of the reference backend. */
export const referenceFused: {
  crossEntropy: Kernel<'crossEntropy'>;
  crossEntropyBackward: BackwardKernel<'crossEntropy'>;
} = { crossEntropy, crossEntropyBackward };

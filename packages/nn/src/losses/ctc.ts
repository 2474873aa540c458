/** Connectionist temporal classification: labels without their places in time. */

import type { Tensor } from '@dl/tensor';
import {
  DTypeError,
  IndexError,
  isFloat,
  isTensor,
  ShapeError,
  scope,
  tensor,
  where,
} from '@dl/tensor';
import { Module } from '../module';
import { takes } from '../signatures';
import { HARDLY, logLikelihoods } from './ctc-recursion';
import type { LossOptions } from './reduction';
import { reduce } from './reduction';

/** Options of `ctcLoss`. */
export interface CTCOptions extends LossOptions {
  /** The class that stands for no label. Default 0. */
  readonly blank?: number;
  /** Whether infinite losses, of targets too long for their inputs, count as 0. Default false. */
  readonly zeroInfinity?: boolean;
}

/** How long each sequence of a batch is: int32 [N], or plain numbers; one number without a batch axis. */
export type Lengths = Tensor | readonly number[] | number;

function lengthsOf(name: string, lengths: Lengths, count: number, most: number): number[] {
  const list = isTensor(lengths)
    ? Array.from(lengths.dataSync())
    : typeof lengths === 'number'
      ? [lengths]
      : [...lengths];
  if (list.length !== count) {
    throw new ShapeError('ctcLoss', `there must be one of ${name} a sequence`, {
      args: { [name]: lengths },
      expected: `${count} lengths`,
    });
  }
  const bad = list.find((n) => !Number.isInteger(n) || n < 0 || n > most);
  if (bad === undefined) return list;
  throw new IndexError('ctcLoss', `${name} holds ${bad}`, {
    expected: `whole numbers from 0 to ${most}`,
  });
}

/** The labels of each sequence. */
function labelsOf(targets: Tensor, lengths: Lengths, count: number, classes: number): number[][] {
  const padded = targets.ndim === 2;
  const data = Array.from(targets.dataSync());
  const width = padded ? targets.shape[1] : data.length;
  const list = lengthsOf('targetLengths', lengths, count, width);
  const total = list.reduce((sum, n) => sum + n, 0);
  if (padded ? targets.shape[0] !== count : total !== data.length) {
    throw new ShapeError('ctcLoss', 'the targets do not have the lengths that were given', {
      args: { targets, targetLengths: list },
      expected: `targets: [${count}, S], or [${total}] one after the other`,
    });
  }
  const bad = data.find((label) => label < 0 || label >= classes);
  if (bad !== undefined) {
    throw new IndexError('ctcLoss', `class ${bad} is out of range`, {
      expected: `0 to ${classes - 1}`,
    });
  }
  let end = 0;
  return list.map((length, n) => {
    const begin = padded ? n * width : end;
    end = begin + length;
    return data.slice(begin, end);
  });
}

/**
 * −log p(targets | input): the sum over all ways to place the labels in time, blanks between them.
 *
 * @param logProbs - [T, N, C] or [T, C], logarithms of probabilities over the classes, as `logSoftmax` gives them.
 * @param targets - int32 [N, S], padded after each sequence, or [ΣS] one after the other; [S] without a batch axis.
 * @param inputLengths - how many of the T steps count, for each sequence. @param targetLengths - how many labels.
 * @returns a scalar; [N] (or a scalar) for 'none'. 'mean' divides each loss by the number of its labels first, as in PyTorch.
 * @throws ShapeError, IndexError or DTypeError where shapes, lengths or labels do not fit.
 * The gradient is that of logProbs alone; PyTorch's has exp(logProbs) added, which makes no difference after `logSoftmax`. An
 * infinite loss has the derivative 0. Where values are at hand (`cpu`) the recursion over time runs in JavaScript, otherwise as operations of
 * the device. Targets and lengths are read: leave them on `cpu`, or give lengths as plain numbers. Source: Graves et al. 2006.
 * @example ctcLoss(logits.logSoftmax(2), targets, [50, 50], [10, 7])
 */
export function ctcLoss(
  logProbs: Tensor,
  targets: Tensor,
  inputLengths: Lengths,
  targetLengths: Lengths,
  options: CTCOptions = {},
): Tensor {
  takes('ctcLoss', arguments);
  const { blank = 0, reduction = 'mean', zeroInfinity = false } = options;
  check(logProbs, targets, blank);
  return scope(() => {
    if (logProbs.ndim === 2) {
      const row = targets.reshape([-1]);
      const losses = ctcLoss(logProbs.unsqueeze(1), row, inputLengths, targetLengths, {
        blank,
        reduction,
        zeroInfinity,
      });
      return losses.reshape([]);
    }
    const [longest, count, classes] = logProbs.shape;
    const lengths = lengthsOf('inputLengths', inputLengths, count, longest);
    const labels = labelsOf(targets, targetLengths, count, classes);
    if (lengths.some((n) => n === 0)) {
      throw new IndexError('ctcLoss', 'an input has no steps', { args: { inputLengths: lengths } });
    }
    const likelihoods = logLikelihoods(logProbs, { labels, lengths, blank });
    const possible = likelihoods.gt(HARDLY);
    const losses = where(possible, likelihoods.neg(), zeroInfinity ? 0 : Number.POSITIVE_INFINITY);
    if (reduction !== 'mean') return reduce(losses, reduction);
    const sizes = Float64Array.from(labels, (row) => Math.max(1, row.length));
    return losses.div(tensor(sizes, { dtype: losses.dtype, device: losses.device })).mean();
  });
}

function check(logProbs: Tensor, targets: Tensor, blank: number): void {
  const op = 'ctcLoss';
  if (!isFloat(logProbs.dtype) || targets.dtype !== 'int32') {
    throw new DTypeError(op, 'logProbs are floating point, targets int32', {
      args: { logProbs, targets },
    });
  }
  const batched = logProbs.ndim === 3;
  const fits = batched ? targets.ndim === 1 || targets.ndim === 2 : targets.ndim === 1;
  if (!(batched || logProbs.ndim === 2) || !fits || logProbs.shape[0] === 0) {
    throw new ShapeError(op, 'logProbs and targets do not fit', {
      args: { logProbs, targets },
      expected: 'logProbs: [T, N, C] and targets: [N, S] or [ΣS], or [T, C] and [S]',
    });
  }
  const classes = logProbs.shape[logProbs.ndim - 1];
  if (Number.isInteger(blank) && blank >= 0 && blank < classes) return;
  throw new IndexError(op, `the blank ${blank} is no class`, { expected: `0 to ${classes - 1}` });
}

/** See `ctcLoss`. */
export class CTCLoss extends Module {
  private readonly options: CTCOptions;

  /** Makes the loss. @param options - `blank` 0, `reduction` 'mean' and `zeroInfinity` false by default. */
  constructor(options: CTCOptions = {}) {
    super();
    takes('CTCLoss', arguments);
    this.options = options;
  }

  /** Computes the loss. @param logProbs - [T, N, C] or [T, C]. @param targets - [N, S], [ΣS] or [S]. */
  forward(
    logProbs: Tensor,
    targets: Tensor,
    inputLengths: Lengths,
    targetLengths: Lengths,
  ): Tensor {
    takes('CTCLoss.forward', arguments);
    return ctcLoss(logProbs, targets, inputLengths, targetLengths, this.options);
  }
}

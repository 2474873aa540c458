/** The forward recursion of connectionist temporal classification: over tensors, and by loops of numbers. */

import { customFunction, isGradEnabled, vjp } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import {
  add,
  gather,
  logsumexp,
  maximum,
  narrow,
  pad,
  stack,
  tensor,
  unbind,
  where,
  zerosLike,
} from '@dl/tensor';
import { valuesAtHand } from '@dl/tensor/internal';

/** What is to be found in each sequence of a batch. */
export interface Alignment {
  /** The labels of each sequence. */
  readonly labels: readonly (readonly number[])[];
  /** How many steps each sequence has; at least one. */
  readonly lengths: readonly number[];
  /** The class that stands for no label. */
  readonly blank: number;
}

/** The logarithm of nothing, finite so that differences of it are. */
const NEVER = -1e30;
/** What lies below is the logarithm of nothing, whatever was added on the way. */
export const HARDLY = -1e29;

/** A sequence of labels with blanks around and between them. */
interface Path {
  /** The class at each place. */
  readonly classes: Int32Array;
  /** Whether a path may come from two places before: to a label that is not the last one. */
  readonly jumps: Uint8Array;
}

function pathOf(labels: readonly number[], blank: number): Path {
  const classes = new Int32Array(2 * labels.length + 1).fill(blank);
  const jumps = new Uint8Array(classes.length);
  labels.forEach((label, k) => {
    classes[2 * k + 1] = label;
    jumps[2 * k + 1] = Number(k > 0 && label !== labels[k - 1] && label !== blank);
  });
  return { classes, jumps };
}

/** log p of the labels of each sequence. @param logProbs - [T, N, C]. @returns [N]; below `HARDLY` where they are impossible. */
export function logLikelihoods(logProbs: Tensor, alignment: Alignment): Tensor {
  // Loops of numbers are faster than a hundred small operations, but wait for the values and bring the result back.
  if (!valuesAtHand(logProbs)) return byTensors(logProbs, alignment);
  return customFunction({
    name: 'ctcLoss',
    forward: (x) => {
      const values = byNumbers(x, alignment);
      return tensor(values, { dtype: x.dtype, device: x.device });
    },
    backward: ([g], { inputs: [x] }) => {
      if (!g) return [undefined];
      // The gradient by loops cannot be differentiated again; that of the definition can.
      if (isGradEnabled()) return [vjp((y: Tensor) => byTensors(y, alignment), x, g).gradient];
      return [slopesByNumbers(x, g, alignment)];
    },
  })(logProbs);
}

/** Entries of the first axis as tensors of their own; the gradient puts them together at once. */
const steps = customFunction<Tensor[]>({
  name: 'steps',
  forward: (x) => unbind(x),
  backward: (gradients, { outputs }) => [
    stack(gradients.map((g, t) => g ?? zerosLike(outputs[t]))),
  ],
});

/** The definition: the recursion over all sequences at once. */
function byTensors(logProbs: Tensor, { labels, lengths, blank }: Alignment): Tensor {
  const { dtype, device } = logProbs;
  const paths = labels.map((row) => pathOf(row, blank));
  const width = Math.max(...paths.map(({ classes }) => classes.length));
  const table = (value: (path: Path, s: number) => number) =>
    tensor(
      paths.map((path) => Array.from({ length: width }, (_, s) => value(path, s))),
      { device },
    );
  const classes = table((path, s) => path.classes[s] ?? blank).cast('int32');
  const begins = table((path, s) => (s < Math.min(2, path.classes.length) ? 0 : NEVER)).cast(dtype);
  const jumps = table((path, s) => (path.jumps[s] ? 0 : NEVER)).cast(dtype);
  const longest = Math.max(...lengths);
  const shape = [longest, ...classes.shape];
  const emissions = steps(
    maximum(gather(narrow(logProbs, 0, 0, longest), 2, classes.expand(shape)), NEVER),
  );
  let alpha = add(emissions[0], begins);
  for (let t = 1; t < longest; t++) {
    const advance = pad(alpha, [1, -1], { value: NEVER });
    const jump = add(pad(alpha, [2, -2], { value: NEVER }), jumps);
    const next = add(logsumexp(stack([alpha, advance, jump]), 0), emissions[t]);
    const runs = tensor(
      lengths.map((length) => [t < length]),
      { dtype: 'bool', device },
    );
    alpha = where(runs, next, alpha);
  }
  const last = paths.map(({ classes: { length } }) => [length - 1, Math.max(0, length - 2)]);
  const ends = tensor(last, { dtype: 'int32', device });
  const endings = tensor(
    last.map(([end]) => [0, end === 0 ? NEVER : 0]),
    { dtype, device },
  );
  return logsumexp(add(gather(alpha, 1, ends), endings), 1);
}

/** The logarithms of probabilities at each step t and place s of a path, at t · L + s. */
function emissionsOf(x: ArrayLike<number>, n: number, sizes: Sizes, path: Path, length: number) {
  const { classes } = path;
  const width = classes.length;
  const found = new Float64Array(length * width);
  for (let t = 0; t < length; t++) {
    const from = (t * sizes.count + n) * sizes.classes;
    for (let s = 0; s < width; s++) found[t * width + s] = x[from + classes[s]];
  }
  return found;
}

interface Sizes {
  readonly count: number;
  readonly classes: number;
}

/** log Σ p of all paths that are at place s at step t, at t · L + s. */
function forward(emissions: Float64Array, jumps: Uint8Array): Float64Array {
  const width = jumps.length;
  const alpha = new Float64Array(emissions.length).fill(Number.NEGATIVE_INFINITY);
  for (let s = 0; s < Math.min(2, width); s++) alpha[s] = emissions[s];
  for (let at = width; at < alpha.length; at += width) {
    const before = at - width;
    // No path is farther than two places a step.
    const reach = Math.min(width, 2 * (at / width) + 2);
    for (let s = 0; s < reach; s++) {
      const stay = alpha[before + s];
      const advance = s > 0 ? alpha[before + s - 1] : Number.NEGATIVE_INFINITY;
      const jump = jumps[s] ? alpha[before + s - 2] : Number.NEGATIVE_INFINITY;
      const most = Math.max(stay, advance, jump);
      if (most === Number.NEGATIVE_INFINITY) continue;
      const sum = Math.exp(stay - most) + Math.exp(advance - most) + Math.exp(jump - most);
      alpha[at + s] = most + Math.log(sum) + emissions[at + s];
    }
  }
  return alpha;
}

/** log p of a sequence: its paths end at the last label or the blank behind it. */
function total(alpha: Float64Array, width: number): number {
  const end = alpha[alpha.length - 1];
  if (width === 1) return end;
  const label = alpha[alpha.length - 2];
  const most = Math.max(end, label);
  if (most === Number.NEGATIVE_INFINITY) return most;
  return most + Math.log(Math.exp(end - most) + Math.exp(label - most));
}

/** Visits the sequences of a batch with their path and emissions. */
function eachSequence(
  x: Tensor,
  { labels, lengths, blank }: Alignment,
  visit: (n: number, path: Path, emissions: Float64Array) => void,
): void {
  const [, count, classes] = x.shape;
  const data = x.dataSync();
  labels.forEach((row, n) => {
    const path = pathOf(row, blank);
    visit(n, path, emissionsOf(data, n, { count, classes }, path, lengths[n]));
  });
}

function byNumbers(x: Tensor, alignment: Alignment): Float64Array {
  const found = new Float64Array(alignment.labels.length);
  eachSequence(x, alignment, (n, { jumps }, emissions) => {
    found[n] = total(forward(emissions, jumps), jumps.length);
  });
  return found;
}

/** g times the probability, given the labels, of each class at each step. */
function slopesByNumbers(x: Tensor, g: Tensor, alignment: Alignment): Tensor {
  const [, count, classes] = x.shape;
  const result = new Float64Array(x.size);
  const weights = g.dataSync();
  eachSequence(x, alignment, (n, path, emissions) => {
    const { jumps } = path;
    const width = jumps.length;
    const alpha = forward(emissions, jumps);
    const likelihood = total(alpha, width);
    if (likelihood === Number.NEGATIVE_INFINITY) return;
    // Backwards in time a path is one of the reversed labels.
    const turned = jumps.map((_, s) => jumps[width + 1 - s] ?? 0);
    const beta = forward(emissions.slice().reverse(), turned).reverse();
    for (let i = 0; i < alpha.length; i++) {
      if (alpha[i] === Number.NEGATIVE_INFINITY || beta[i] === Number.NEGATIVE_INFINITY) continue;
      const share = Math.exp(alpha[i] + beta[i] - emissions[i] - likelihood);
      const t = Math.floor(i / width);
      result[(t * count + n) * classes + path.classes[i % width]] += weights[n] * share;
    }
  });
  return tensor(result, { shape: x.shape, dtype: x.dtype, device: x.device });
}

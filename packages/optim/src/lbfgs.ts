/** Limited-memory BFGS. */

import { noGrad } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import { assign, isTensor, keep, scope, tensor, UsageError, ValueError } from '@dl/tensor';
import type { LinePoint } from './line-search';
import { strongWolfe } from './line-search';
import type { Closure, OptimizerState, ParameterState, Parameters } from './optimizer';
import { expectAtLeast, Optimizer } from './optimizer';
import { takes } from './signatures';

/** Options of `LBFGS`. */
export interface LBFGSOptions {
  /** Learning rate: the first length tried. Default 1. */
  lr?: number;
  /** Iterations in a step. Default 20. */
  maxIter?: number;
  /** Evaluations of the closure in a step. Default 1.25 · maxIter. */
  maxEval?: number;
  /** A step ends where no element of the gradient is larger. Default 1e-7. */
  toleranceGrad?: number;
  /** A step ends where neither loss nor parameters change by more. Default 1e-9. */
  toleranceChange?: number;
  /** Pairs of changes that are remembered. Default 100. */
  historySize?: number;
  /** 'strongWolfe', or null (default): every iteration goes `lr` along the direction. */
  lineSearch?: 'strongWolfe' | null;
}

/** A loss to compare with. */
function numberOf(loss: Tensor | number): number {
  return isTensor(loss) ? loss.item() : loss;
}

/** Evaluations of one line search at most. */
const LINE_LIMIT = 25;

interface Pair {
  /** Change of the parameters. */
  readonly step: Float64Array;
  /** Change of the gradient. */
  readonly change: Float64Array;
}

/** What is known between steps. */
interface Memory {
  iterations: number;
  /** The last length along the last direction. */
  length: number;
  direction: Float64Array;
  gradient: Float64Array;
  pairs: Pair[];
  /** The first guess of the inverse Hessian: this times the identity. */
  scale: number;
}

/**
 * BFGS with a short memory, for losses that are the same at every call: whole data sets, no dropout. One group of parameters.
 *
 * @example
 * const loss = optimizer.step(() => {
 *   optimizer.zeroGrad();
 *   const value = mseLoss(model.forward(x), y);
 *   value.backward();
 *   return value;
 * });
 * The method compares losses and slopes on the host, so every evaluation reads loss and gradients.
 * Source: Liu and Nocedal 1989; the line search of Nocedal and Wright 2006.
 */
export class LBFGS extends Optimizer<Required<LBFGSOptions>> {
  private memory: Memory | null = null;

  /** Optimises `parameters`: tensors or named tensors. @throws ValueError for several groups, or options out of range. */
  constructor(parameters: Parameters<LBFGSOptions>, options: LBFGSOptions = {}) {
    takes('LBFGS', arguments);
    const { maxIter = 20 } = options;
    super(parameters as Parameters<Required<LBFGSOptions>>, {
      lr: 1,
      maxIter,
      maxEval: Math.floor((maxIter * 5) / 4),
      toleranceGrad: 1e-7,
      toleranceChange: 1e-9,
      historySize: 100,
      lineSearch: null,
      ...options,
    });
    if (this.groups.length > 1) {
      throw new ValueError('LBFGS', 'all parameters must be in one group', {
        args: { groups: this.groups.length },
      });
    }
  }

  protected override checkOptions(options: Required<LBFGSOptions>): void {
    super.checkOptions(options);
    expectAtLeast('LBFGS', 'maxIter', options.maxIter, 1);
    expectAtLeast('LBFGS', 'historySize', options.historySize, 1);
  }

  protected override update(): never {
    throw new UsageError('LBFGS', 'parameters are not changed one by one');
  }

  private get params(): readonly Tensor[] {
    return this.groups[0].params;
  }

  /** Refused: L-BFGS computes the loss several times. @throws UsageError without a closure. */
  override step(): never;
  /**
   * Up to `maxIter` iterations.
   *
   * @param closure - clears the gradients, computes the loss and its gradients, and returns it. @returns the loss before the step, as the closure gave it.
   */
  override step<L extends Tensor | number>(closure: () => L): L;
  override step<L extends Tensor | number>(closure?: () => L): L {
    takes('LBFGS.step', arguments);
    if (!closure) {
      throw new UsageError('LBFGS', 'step needs a closure that computes loss and gradients', {
        hint: 'optimizer.step(() => { optimizer.zeroGrad(); …; loss.backward(); return loss; })',
      });
    }
    const { lr, maxIter, maxEval, toleranceGrad, toleranceChange, lineSearch } =
      this.groups[0].options;
    const first = this.evaluate(closure);
    let loss = numberOf(first);
    let evaluations = 1;
    let gradient = this.gradient();
    if (largest(gradient) <= toleranceGrad) return first;
    for (let n = 1; n <= maxIter; n++) {
      const memory = this.turn(gradient);
      const { direction } = memory;
      const before = loss;
      const slope = dot(gradient, direction);
      memory.length = memory.iterations === 1 ? Math.min(1, 1 / sumOfSizes(gradient)) * lr : lr;
      if (slope > -toleranceChange) break;
      if (lineSearch === 'strongWolfe') {
        const found = this.search(closure, { at: 0, value: loss, gradient, slope }, memory);
        memory.length = found.point.at;
        loss = found.point.value;
        gradient = found.point.gradient;
        evaluations += found.evaluations;
      } else {
        this.move(this.values(), direction, memory.length);
        if (n !== maxIter) {
          loss = this.value(closure);
          gradient = this.gradient();
          evaluations++;
        }
      }
      if (evaluations >= maxEval || largest(gradient) <= toleranceGrad) break;
      if (largest(direction) * memory.length <= toleranceChange) break;
      if (Math.abs(loss - before) < toleranceChange) break;
    }
    return first;
  }

  /** Remembers the last change and turns to the next direction. */
  private turn(gradient: Float64Array): Memory {
    const known = this.memory;
    const memory = known ?? {
      iterations: 0,
      length: 0,
      direction: gradient,
      gradient,
      pairs: [],
      scale: 1,
    };
    this.memory = memory;
    memory.iterations++;
    if (known) {
      const change = gradient.map((g, i) => g - known.gradient[i]);
      const step = known.direction.map((d) => d * known.length);
      const curvature = dot(change, step);
      if (curvature > 1e-10) {
        if (memory.pairs.length === this.groups[0].options.historySize) memory.pairs.shift();
        memory.pairs.push({ step, change });
        memory.scale = curvature / dot(change, change);
      }
    }
    memory.direction = twoLoops(gradient, memory);
    memory.gradient = gradient;
    return memory;
  }

  /** The loss as a number, which the search compares. */
  private value(closure: Closure): number {
    return scope(() => numberOf(this.evaluate(closure)));
  }

  private search(closure: Closure, start: LinePoint, { direction, length }: Memory) {
    const origin = this.values();
    const evaluate = (at: number): LinePoint => {
      this.move(origin, direction, at);
      const value = this.value(closure);
      const gradient = this.gradient();
      return { at, value, gradient, slope: dot(gradient, direction) };
    };
    const found = strongWolfe(evaluate, start, length, {
      size: largest(direction),
      tolerance: this.groups[0].options.toleranceChange,
      limit: LINE_LIMIT,
    });
    this.move(origin, direction, found.point.at);
    return found;
  }

  /** All gradients in one array; zeros where there is none. */
  private gradient(): Float64Array {
    return flatten(this.params.map((p) => p.grad?.dataSync() ?? new Float64Array(p.size)));
  }

  /** All parameters in one array. */
  private values(): Float64Array {
    return flatten(this.params.map((p) => p.dataSync()));
  }

  /** Sets the parameters to origin + length · direction. */
  private move(origin: Float64Array, direction: Float64Array, length: number): void {
    let start = 0;
    noGrad(() =>
      scope(() => {
        for (const p of this.params) {
          const from = start;
          const place = Float64Array.from(
            { length: p.size },
            (_, i) => origin[from + i] + length * direction[from + i],
          );
          start += p.size;
          assign(p, tensor(place, { shape: [...p.shape], dtype: p.dtype, device: p.device }));
        }
      }),
    );
  }

  /** State and options, to be saved: copies, filed under the first parameter, as in PyTorch. */
  override stateDict(): OptimizerState<Required<LBFGSOptions>> {
    const options = [{ ...this.groups[0].options }];
    const { memory } = this;
    if (!memory) return { state: {}, options };
    const { iterations, length, scale, pairs } = memory;
    const saved = (rows: readonly Float64Array[]) =>
      keep(tensor(flatten(rows), { shape: [rows.length, rows[0]?.length ?? 0] }));
    const state: ParameterState = {
      ...{ iterations, length, scale },
      direction: saved([memory.direction]),
      gradient: saved([memory.gradient]),
      steps: saved(pairs.map((pair) => pair.step)),
      changes: saved(pairs.map((pair) => pair.change)),
    };
    return { state: { [this.names.get(this.params[0]) as string]: state }, options };
  }

  /** Copies a saved state: the next step is the one that would have followed. @throws UsageError where it does not fit. */
  override loadStateDict(stateDict: OptimizerState<Required<LBFGSOptions>>): void {
    takes('LBFGS.loadStateDict', arguments);
    const { state, options } = stateDict;
    const [values] = Object.values(state);
    const size = this.params.reduce((n, p) => n + p.size, 0);
    const fits = ['direction', 'gradient', 'steps', 'changes'].every((name) => {
      const x = values?.[name];
      return isTensor(x) && x.ndim === 2 && (x.shape[0] === 0 || x.shape[1] === size);
    });
    if (options.length !== 1 || (values && !fits)) {
      throw new UsageError('loadStateDict', 'the state does not fit', {
        expected: `one group, and directions of ${size} numbers`,
      });
    }
    this.groups[0].options = { ...options[0] };
    if (!values) {
      this.memory = null;
      return;
    }
    const rows = (name: string) => {
      const x = values[name] as Tensor;
      const all = Float64Array.from(x.dataSync());
      return Array.from({ length: x.shape[0] }, (_, i) => all.slice(i * size, (i + 1) * size));
    };
    const changes = rows('changes');
    this.memory = {
      iterations: values.iterations as number,
      length: values.length as number,
      scale: values.scale as number,
      direction: rows('direction')[0],
      gradient: rows('gradient')[0],
      pairs: rows('steps').map((step, i) => ({ step, change: changes[i] })),
    };
  }
}

/** −H·g by the two loops over the remembered pairs. */
function twoLoops(gradient: Float64Array, { pairs, scale }: Memory): Float64Array {
  const q = gradient.map((g) => -g);
  const weights: number[] = [];
  for (let i = pairs.length - 1; i >= 0; i--) {
    const { step, change } = pairs[i];
    weights[i] = dot(step, q) / dot(change, step);
    addScaled(q, change, -weights[i]);
  }
  for (let i = 0; i < q.length; i++) q[i] *= scale;
  pairs.forEach(({ step, change }, i) => {
    addScaled(q, step, weights[i] - dot(change, q) / dot(change, step));
  });
  return q;
}

function addScaled(to: Float64Array, x: Float64Array, factor: number): void {
  for (let i = 0; i < to.length; i++) to[i] += factor * x[i];
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function largest(x: Float64Array): number {
  return x.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function sumOfSizes(x: Float64Array): number {
  return x.reduce((sum, value) => sum + Math.abs(value), 0);
}

function flatten(parts: readonly ArrayLike<number>[]): Float64Array {
  const all = new Float64Array(parts.reduce((n, part) => n + part.length, 0));
  let start = 0;
  for (const part of parts) {
    all.set(part, start);
    start += part.length;
  }
  return all;
}

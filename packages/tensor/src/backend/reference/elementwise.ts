/** Elementwise kernels: one number function an operation, and three loops that apply them. */

import type { TypedArray } from '../../core/dtype';
import { isFloat } from '../../core/dtype';
import type { Tensor } from '../../core/tensor';
import type { Kernel } from '../../ops/table';
import type { Pair, PairName } from './binary';
import { boolFunctions, integerFunctions, pairFunctions } from './binary';
import { polygamma as polygammaOf } from './special';
import type { Single, SingleName } from './unary';
import { singleFunctions } from './unary';
import { broadcast, elements, strided, Walk } from './walk';

function applySingle(f: Single, x: Tensor, out: Tensor): void {
  const source = elements(x);
  const target = elements(out);
  const walk = new Walk(out.shape, [x]);
  const step = walk.steps[0];
  let o = 0;
  do {
    let p = walk.positions[0];
    for (let i = 0; i < walk.length; i++) {
      target[o++] = f(source[p]);
      p += step;
    }
  } while (walk.next());
}

function applyPair(f: Pair, a: Tensor, b: Tensor, out: Tensor): void {
  const left = elements(a);
  const right = elements(b);
  const target = elements(out);
  const walk = new Walk(out.shape, [broadcast(a, out.shape), broadcast(b, out.shape)]);
  const [leftStep, rightStep] = walk.steps;
  let o = 0;
  do {
    let [p, q] = walk.positions;
    for (let i = 0; i < walk.length; i++) {
      target[o++] = f(left[p], right[q]);
      p += leftStep;
      q += rightStep;
    }
  } while (walk.next());
}

const where: Kernel<'where'> = ([condition, a, b], _, [out]) => {
  const [test, yes, no] = [elements(condition), elements(a), elements(b)];
  const target = elements(out);
  const walk = new Walk(
    out.shape,
    [condition, a, b].map((x) => broadcast(x, out.shape)),
  );
  const [testStep, yesStep, noStep] = walk.steps;
  let o = 0;
  do {
    const [p, q, r] = walk.positions;
    for (let i = 0; i < walk.length; i++) {
      target[o++] = test[p + i * testStep] ? yes[q + i * yesStep] : no[r + i * noStep];
    }
  } while (walk.next());
};

/** Computes a row: target[o + i] from left[p + i · leftStep] and right[q + i · rightStep]. */
type RowLoop = (
  target: TypedArray,
  o: number,
  left: TypedArray,
  p: number,
  leftStep: number,
  right: TypedArray,
  q: number,
  rightStep: number,
  count: number,
) => void;

/** Float arithmetic has loops of its own: training spends its time here, and a call an element costs several times more. */
const rowLoops: Partial<Record<PairName, RowLoop>> = {
  add(target, o, left, p, leftStep, right, q, rightStep, count) {
    for (let i = 0; i < count; i++) {
      target[o + i] = left[p + i * leftStep] + right[q + i * rightStep];
    }
  },
  sub(target, o, left, p, leftStep, right, q, rightStep, count) {
    for (let i = 0; i < count; i++) {
      target[o + i] = left[p + i * leftStep] - right[q + i * rightStep];
    }
  },
  mul(target, o, left, p, leftStep, right, q, rightStep, count) {
    for (let i = 0; i < count; i++) {
      target[o + i] = left[p + i * leftStep] * right[q + i * rightStep];
    }
  },
  div(target, o, left, p, leftStep, right, q, rightStep, count) {
    for (let i = 0; i < count; i++) {
      target[o + i] = left[p + i * leftStep] / right[q + i * rightStep];
    }
  },
};

function applyRows(loop: RowLoop, a: Tensor, b: Tensor, out: Tensor): void {
  const [left, right, target] = [elements(a), elements(b), elements(out)];
  const walk = new Walk(out.shape, [broadcast(a, out.shape), broadcast(b, out.shape)]);
  const { length, positions } = walk;
  const [leftStep, rightStep] = walk.steps;
  let o = 0;
  do {
    loop(target, o, left, positions[0], leftStep, right, positions[1], rightStep, length);
    o += length;
  } while (walk.next());
}

function singleKernel(f: Single): Kernel<SingleName> {
  return strided(([x], _, [out]) => applySingle(f, x, out));
}

function pairKernel(name: PairName): Kernel<PairName> {
  const real = pairFunctions[name];
  const integer = integerFunctions[name] ?? real;
  const bool = boolFunctions[name] ?? integer;
  const loop = rowLoops[name];
  return strided(([a, b], _, [out]) => {
    if (loop && isFloat(a.dtype)) return applyRows(loop, a, b, out);
    // Operations that take integers to floats (div, atan2) have one function for both.
    const whole = a.dtype === 'int32' || a.dtype === 'uint8';
    applyPair(whole ? integer : a.dtype === 'bool' ? bool : real, a, b, out);
  });
}

function mapNames<K extends string, V>(names: readonly K[], make: (name: K) => V): Record<K, V> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<K, V>;
}

/** Elementwise kernels of one tensor, by name. */
export const singleKernels: Record<SingleName, Kernel<SingleName>> = /* @__PURE__ */ mapNames(
  /* @__PURE__ */ Object.keys(singleFunctions) as SingleName[],
  (name) => singleKernel(singleFunctions[name]),
);

/** Elementwise kernels of two tensors, by name. */
export const pairKernels: Record<PairName, Kernel<PairName>> = /* @__PURE__ */ mapNames(
  /* @__PURE__ */ Object.keys(pairFunctions) as PairName[],
  pairKernel,
);

const polygamma: Kernel<'polygamma'> = ([x], { order }, [out]) =>
  applySingle((value) => polygammaOf(order, value), x, out);

/** Elementwise kernels of one tensor and a number, by name. */
export const orderKernels = { polygamma: /* @__PURE__ */ strided(polygamma) };

/** Elementwise kernels of three tensors, by name. */
export const tripleKernels = { where: /* @__PURE__ */ strided(where) };

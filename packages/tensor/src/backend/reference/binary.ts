/** Elementwise operations of two tensors: a number function for each, and the loop that applies them. */

import type { DType } from '../../core/dtype';
import type { Tensor } from '../../core/tensor';
import type { BinaryName } from '../../ops/declared/pointwise-table';
import type { Kernel } from '../../ops/table';
import { mapNames } from './unary';
import { broadcast, elements, strided, Walk } from './walk';

/** A function of two numbers. */
type Binary = (a: number, b: number) => number;
type Name = Exclude<BinaryName, 'matmul'>;

const bit = (truth: boolean): number => (truth ? 1 : 0);

/** ⌊a / b⌋ by way of the remainder, as in PyTorch and Python: exact where the quotient is not. */
function floorDivide(a: number, b: number): number {
  if (b === 0) return a / b;
  const rest = a % b;
  let quotient = (a - rest) / b;
  if (rest !== 0 && rest < 0 !== b < 0) quotient -= 1;
  if (quotient === 0) return a / b < 0 ? -0 : 0;
  const below = Math.floor(quotient);
  return quotient - below > 0.5 ? below + 1 : below;
}

/** The remainder with the sign of the divisor. */
function remainder(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

/** aᵇ as in C: 1 to any power, and −1 to an infinite one, is 1 (JavaScript says NaN). */
function power(a: number, b: number): number {
  if (a === 1 || (a === -1 && Math.abs(b) === Infinity)) return 1;
  return a ** b;
}

/** aᵇ modulo 2³²; negative powers are cut to 0, but for those of 1 and −1. */
function integerPower(a: number, b: number): number {
  if (b < 0) return a === 1 ? 1 : a === -1 ? (b % 2 === 0 ? 1 : -1) : 0;
  let result = 1;
  for (let base = a, rest = b; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = Math.imul(result, base);
    base = Math.imul(base, base);
  }
  return result;
}

/** The functions by operation, for floats; integers use them too unless listed below. Storing a result rounds or wraps it to the output's dtype. */
const functions: Record<Name, Binary> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  floorDivide,
  remainder,
  fmod: (a, b) => a % b,
  pow: power,
  maximum: (a, b) => Math.max(a, b),
  minimum: (a, b) => Math.min(a, b),
  atan2: (a, b) => Math.atan2(a, b),
  eq: (a, b) => bit(a === b),
  ne: (a, b) => bit(a !== b),
  lt: (a, b) => bit(a < b),
  le: (a, b) => bit(a <= b),
  gt: (a, b) => bit(a > b),
  ge: (a, b) => bit(a >= b),
  logicalAnd: (a, b) => bit(a !== 0 && b !== 0),
  logicalOr: (a, b) => bit(a !== 0 || b !== 0),
  logicalXor: (a, b) => bit((a !== 0) !== (b !== 0)),
  bitwiseAnd: (a, b) => a & b,
  bitwiseOr: (a, b) => a | b,
  bitwiseXor: (a, b) => a ^ b,
  // JavaScript takes the count of a shift modulo 32.
  leftShift: (a, b) => (b >= 0 && b < 32 ? a << b : 0),
  rightShift: (a, b) => a >> (b >= 0 ? Math.min(b, 31) : 31),
};

/** Functions of int32 and uint8 that differ from those of floats: exact products, and 0 for division by 0. */
const integerFunctions: Partial<Record<Name, Binary>> = {
  mul: (a, b) => Math.imul(a, b),
  floorDivide: (a, b) => (b === 0 ? 0 : Math.floor(a / b)),
  remainder: (a, b) => (b === 0 ? 0 : remainder(a, b)),
  fmod: (a, b) => (b === 0 ? 0 : a % b),
  pow: integerPower,
};

/** Functions of bool that differ from those of numbers. */
const boolFunctions: Partial<Record<Name, Binary>> = {
  add: (a, b) => a | b,
  mul: (a, b) => a & b,
};

/** The function of an operation for inputs of a dtype. Operations that take integers to floats (div, atan2) have one for both. */
function functionFor(name: Name, dtype: DType): Binary {
  const real = functions[name];
  if (dtype === 'float32' || dtype === 'float64') return real;
  const integer = integerFunctions[name] ?? real;
  return dtype === 'bool' ? (boolFunctions[name] ?? integer) : integer;
}

function apply(f: Binary, a: Tensor, b: Tensor, out: Tensor): void {
  const [left, right, target] = [elements(a), elements(b), elements(out)];
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

/** Elementwise kernels of two tensors, by name. */
export const binaryKernels: Record<Name, Kernel<Name>> = /* @__PURE__ */ mapNames(
  /* @__PURE__ */ Object.keys(functions) as Name[],
  (name): Kernel<Name> =>
    strided(([a, b], _, [out]) => apply(functionFor(name, a.dtype), a, b, out)),
);

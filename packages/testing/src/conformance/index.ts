/**
 * What a device must do: every operation of the table, in every dtype that it takes, on inputs that lie in memory in every way, at
 * sizes around vectors, blocks and threads; values and gradients are those of the reference device, and those of fused operations
 * what their definition gives there. Needs neither Node nor a test runner.
 */

import type { Device, DType, OpName } from '@dl/tensor';
import { DTYPES, DTypeError, isFloat } from '@dl/tensor';
import { backendFor } from '@dl/tensor/backend';
import { declarations } from '@dl/tensor/internal';
import type { OpCase, TensorCase } from '../cases';
import { buildLine, snippet } from '../cases';
import { expectClose, expectKind } from '../compare';
import { watch } from '../watch';
import type { Variant } from './arrangements';
import { combinations, variantsOf } from './arrangements';
import { arrayPlans } from './arrays';
import { pairPlans, unaryPlans } from './elementwise';
import type { Results, Vjp } from './evaluate';
import { declarationOf, evaluate, specsOf, upstreamOf } from './evaluate';
import { layerPlans } from './layers';
import type { Plan } from './plan';
import { elementsOf, MANY } from './plan';
import { productPlans } from './products';

/** The calls of every operation; one without does not compile. */
const plans: { readonly [K in OpName]: Plan } = {
  ...unaryPlans,
  ...pairPlans,
  ...arrayPlans,
  ...productPlans,
  ...layerPlans,
};

/** What is tried. */
export interface ConformanceOptions {
  /** Default: all operations. */
  readonly ops?: readonly OpName[];
  /** Default: all that an operation takes and the device holds. */
  readonly dtypes?: readonly DType[];
  /** `vjp` of @dl/autograd: gradients are compared as well. Default: values alone. */
  readonly vjp?: Vjp;
  /** All combinations of sizes and arrangements, instead of all arrangements at one size and a few at the others. Default false. */
  readonly complete?: boolean;
  /** How far float32 may be off, relative to a number, and to the largest number of a tensor where that is more than 1. Default 2e-5. */
  readonly rounding?: number;
}

/** One thing that must hold. */
export interface ConformanceCase {
  readonly op: OpName;
  readonly name: string;
  /** @throws Error that says what differs, with a program that repeats it. */
  run(): void;
}

/** The operations of the table by subject, so that they can be tried side by side. */
export const conformanceGroups = {
  unary: Object.keys(unaryPlans) as OpName[],
  pairs: Object.keys(pairPlans) as OpName[],
  arrays: Object.keys(arrayPlans) as OpName[],
  products: Object.keys(productPlans) as OpName[],
  layers: Object.keys(layerPlans) as OpName[],
};

/** A number from a text, the same in every run. */
function hash(text: string): number {
  let state = 2166136261;
  for (let i = 0; i < text.length; i++) {
    state = Math.imul(state ^ text.charCodeAt(i), 16777619);
  }
  return (state >>> 0) % 2 ** 30;
}

/** How far float32 may be off relatively, and float64. */
const ROUNDED = 2e-5;
const EXACT = 1e-11;

/** Refuses results that differ by more than float32 may, relative to the largest number of a tensor where that is more than 1. */
function compare(found: Results, expected: Results, rounded: number, slack: number): void {
  expected.forEach(([name, values], i) => {
    const data = values.dataSync();
    let scale = 1;
    for (let k = 0; k < data.length; k++) {
      const size = Math.abs(data[k]);
      if (size > scale && size < Infinity) scale = size;
    }
    const digits = values.dtype === 'float32' ? rounded : isFloat(values.dtype) ? EXACT : 0;
    try {
      expectClose(found[i][1], values, { rtol: digits * slack, atol: digits * slack * scale });
    } catch (error) {
      throw new Error(`${name}: ${(error as Error).message}`);
    }
  });
}

const describeInput = (input: TensorCase | undefined) =>
  input ? `[${input.shape.join(', ')}] ${input.arrangement}` : 'none';

/** The program that repeats a case, gradients included. */
function program(
  op: OpName,
  call: OpCase,
  upstream: readonly TensorCase[],
  device: Device,
): string {
  const seeds = upstream.map((one, i) => buildLine(`g${i}`, one, device));
  return [snippet(op, call, device), ...seeds].join('\n');
}

function caseOf(
  device: Device,
  op: OpName,
  dtype: DType,
  call: OpCase,
  { inputs, upstream }: Variant,
  { vjp, rounding = ROUNDED }: ConformanceOptions,
): ConformanceCase {
  const arranged: OpCase = {
    ...call,
    inputs: call.inputs.map((input, i) => input && { ...input, arrangement: inputs[i] }),
  };
  const list = arranged.inputs.map(describeInput).join(', ');
  return {
    op,
    name: `${op} ${dtype}: ${list} ${JSON.stringify(call.attributes)}, gradient ${upstream}`,
    run() {
      const specs = specsOf(op, call);
      const seeds = upstreamOf(specs, upstream, hash(list), plans[op].differentiable);
      const common = { op, call: arranged, upstream: seeds, vjp };
      try {
        const found = evaluate({ ...common, device, byDefinition: false });
        const expected = evaluate({ ...common, device: 'reference', byDefinition: true });
        compare(found, expected, rounding, plans[op].slack ?? 1);
        specs.forEach((spec, i) => {
          expectKind(found[i][1], spec);
        });
      } catch (error) {
        const { message } = error as Error;
        throw new Error(`${message}\n${program(op, arranged, seeds, device)}`, { cause: error });
      }
    },
  };
}

/** Whether the operation takes the dtype of a call. */
function takes(op: OpName, call: OpCase): boolean {
  try {
    specsOf(op, call);
    return true;
  } catch (error) {
    if (error instanceof DTypeError) return false;
    throw error;
  }
}

/** Whether a device that holds these dtypes can hold what goes into a call and what comes out. */
function isHeld(dtypes: readonly DType[], op: OpName, call: OpCase): boolean {
  if (dtypes.length === DTYPES.length) return true;
  return [...call.inputs, ...specsOf(op, call)].every((x) => !x || dtypes.includes(x.dtype));
}

/** The calls of an operation in a dtype, with seeds. */
function callsOf(op: OpName, dtype: DType, complete: boolean): readonly OpCase[] {
  const fits = (one: OpCase) => complete || isFloat(dtype) || elementsOf(one) <= MANY;
  const calls = plans[op].calls(dtype, complete).filter(fits);
  if (calls.length === 0 || !takes(op, calls[0])) return [];
  return calls.map((call, n) => ({
    ...call,
    inputs: call.inputs.map(
      (input, i) => input && { ...input, seed: hash(`${op} ${dtype} ${n} ${i}`) },
    ),
  }));
}

/** The call with most elements of those that are quick: it meets every combination of arrangements. */
function keyOf(calls: readonly OpCase[]): OpCase | undefined {
  const rank = ({ inputs }: OpCase) => Math.max(0, ...inputs.map((x) => x?.shape.length ?? 0));
  const small = calls.filter((one) => elementsOf(one) <= 400);
  return small.sort((a, b) => rank(b) - rank(a) || elementsOf(b) - elementsOf(a))[0];
}

/** Fails where the device has a fused kernel, and a kernel for its gradient, that none of the dense calls reaches. */
function proofOf(
  device: Device,
  op: OpName,
  calls: readonly OpCase[],
  { vjp }: ConformanceOptions,
): ConformanceCase | undefined {
  const { fused } = backendFor(device);
  const kernels = [op, ...(vjp ? [`${op}Backward`] : [])].filter((name) => name in fused);
  if (kernels.length === 0) return undefined;
  return {
    op,
    name: `${op}: ${kernels.join(' and ')} ran`,
    run() {
      const watched = kernels.map((name) => ({ name, ...watch(device, name) }));
      try {
        for (const call of calls) {
          const upstream = upstreamOf(specsOf(op, call), 'dense', 1, plans[op].differentiable);
          evaluate({ op, call, upstream, device, byDefinition: false, vjp });
        }
        for (const { name, runs } of watched)
          if (runs() === 0) throw new Error(`${name} never ran`);
      } finally {
        for (const { restore } of watched) restore();
      }
    },
  };
}

/**
 * The cases of a device, in the order of the table. Each can be run by itself, and gives the same every time.
 *
 * @param device - of which it is asked; it must be registered, and be readable at once (`readSync`).
 * @example for (const { name, run } of conformance('cpu', { ops: ['add'], vjp })) run();
 */
export function* conformance(
  device: Device,
  options: ConformanceOptions = {},
): Generator<ConformanceCase> {
  const { ops = Object.keys(plans) as OpName[], complete = false } = options;
  const held = backendFor(device).dtypes;
  const dtypes = (options.dtypes ?? DTYPES).filter((dtype) => held.includes(dtype));
  for (const op of ops) {
    if (!(op in declarations)) throw new Error(`no operation ${op}`);
    const { kind, targets = [] } = declarationOf(op);
    for (const dtype of dtypes) {
      const calls = callsOf(op, dtype, complete).filter((call) => isHeld(held, op, call));
      const key = plans[op].dense ? undefined : keyOf(calls);
      for (const [n, call] of calls.entries()) {
        const output = specsOf(op, call)[0]?.shape ?? [];
        const choice = { call, targets, output, complete, turn: n };
        const dense: Variant = { inputs: call.inputs.map(() => 'dense'), upstream: 'dense' };
        const variants = plans[op].dense ? [dense] : variantsOf(choice);
        if (call === key && !complete) variants.push(...combinations(choice));
        for (const variant of variants) yield caseOf(device, op, dtype, call, variant, options);
      }
      if (dtype !== 'float32' || kind === 'view' || kind === 'primitive') continue;
      const proof = proofOf(device, op, calls, options);
      if (proof) yield proof;
    }
  }
}

/** What came of a list of cases. */
export interface ConformanceReport {
  readonly cases: number;
  readonly failures: readonly { readonly name: string; readonly message: string }[];
}

/** Runs all cases. */
export function runConformance(cases: Iterable<ConformanceCase>): ConformanceReport {
  const failures: { name: string; message: string }[] = [];
  let count = 0;
  for (const { name, run } of cases) {
    count++;
    try {
      run();
    } catch (error) {
      failures.push({ name, message: (error as Error).message });
    }
  }
  return { cases: count, failures };
}

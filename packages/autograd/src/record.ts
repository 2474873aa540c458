/** The recorder: the interpreter at the bottom of the stack that builds the computation graph while operations run. */

import type {
  AnyInputs,
  Declaration,
  FusedDeclaration,
  Interpreter,
  OpName,
  Tensor,
} from '@dl/tensor';
import {
  execute,
  fusedKernel,
  installInterpreter,
  isFloat,
  isfinite,
  isnan,
  scope,
  UsageError,
  withInterpreter,
} from '@dl/tensor';
import type { Health, Method } from './node';
import { attach, GraphGuest, graphGuest, Node } from './node';
import type { Rule, RuledOp, Saves } from './rules/rule';
import { rules } from './rules/table';

let enabled = true;
let anomaly = false;

/** Whether operations on tensors that require a gradient are recorded at the moment. */
export function isGradEnabled(): boolean {
  return enabled;
}

/** Runs `fn` with recording switched on or off, and restores the state before. */
export function withGrad<T>(on: boolean, fn: () => T): T {
  const before = enabled;
  enabled = on;
  try {
    return fn();
  } finally {
    enabled = before;
  }
}

/**
 * Runs `fn` without recording: its results need no gradient.
 *
 * @returns what `fn` returns. Synchronous only.
 * @example const accuracy = noGrad(() => evaluate(model));
 */
export function noGrad<T>(fn: () => T): T {
  return withGrad(false, fn);
}

/** Runs `fn` with recording, also inside `noGrad`. @returns what `fn` returns. */
export function enableGrad<T>(fn: () => T): T {
  return withGrad(true, fn);
}

/**
 * Anomaly mode: `backward` names the operation whose gradient is the first that is not finite, and where it was called.
 * Slow. @param on - switch.
 */
export function setAnomalyMode(on: boolean): void {
  anomaly = on;
}

/** Whether anomaly mode is on. */
export function isAnomalyMode(): boolean {
  return anomaly;
}

/** Whether an operation on these inputs belongs to a graph. */
export function wantsGraph(inputs: AnyInputs): boolean {
  if (!enabled) return false;
  for (const x of inputs) if (x && x.guest !== null && graphGuest(x)) return true;
  return false;
}

/** Whether there is a NaN among the outputs, or at least an infinite number. */
function healthOf(outputs: readonly Tensor[]): Health {
  return withInterpreter(null, () =>
    scope(() => {
      const floats = outputs.filter((x) => isFloat(x.dtype) && x.size > 0);
      if (floats.some((x) => isnan(x).any().item())) return 'nan';
      return floats.every((x) => isfinite(x).all().item()) ? 'finite' : 'infinite';
    }),
  );
}

/** An operation that made NaN or ±∞ from finite numbers. */
export interface Culprit {
  /** Its name. */
  readonly op: string;
  /** Where it was called. */
  readonly trace: string | null;
}

/**
 * The operation in the graph of x that first gave NaN (or ±∞, where there is no NaN), looked for along what x was made from.
 *
 * @returns null where the graph has none, or was not recorded in anomaly mode.
 * @example setAnomalyMode(true); firstNonFinite(loss)?.op; // 'log'
 */
export function firstNonFinite(x: Tensor): Culprit | null {
  let node = graphGuest(x)?.node;
  if (!node || node.health === 'finite') return null;
  for (;;) {
    const sources: Node[] = [];
    for (const source of node.sources) {
      if (source?.node && source.node.health !== 'finite') sources.push(source.node);
    }
    const next = sources.find(({ health }) => health === 'nan') ?? sources[0];
    if (!next) return { op: node.op.name, trace: node.trace };
    node = next;
  }
}

/** Adds a node for an operation that ran. */
export function record(
  op: { readonly name: string } | Declaration,
  inputs: AnyInputs,
  attributes: object,
  outputs: readonly Tensor[],
  method: Method,
  saves: Saves,
): void {
  const trace = anomaly ? (new Error().stack ?? null) : null;
  const node = new Node(op, inputs, attributes, outputs, method, saves, trace);
  if (anomaly) node.health = healthOf(outputs);
  for (let position = 0; position < outputs.length; position++) {
    const output = outputs[position];
    const guest = isFloat(output.dtype) ? attach(output, new GraphGuest(node, position)) : null;
    node.results.push(guest);
    if (guest) node.use();
  }
}

type RuleMethod = Extract<Method, { kind: 'rule' }>;
const methods = new Map<string, RuleMethod>();

/** One object for all nodes of an operation. */
function methodOf(name: string, rule: Rule<OpName>): RuleMethod {
  let method = methods.get(name);
  if (!method) {
    method = { kind: 'rule', rule };
    methods.set(name, method);
  }
  return method;
}

/** The interpreter that records. */
export const recorder: Interpreter = {
  run(op, inputs, attributes) {
    if (!wantsGraph(inputs)) return execute(op, inputs, attributes);
    if (op.kind === 'update') return recordUpdate(op, inputs, attributes);
    if (op.kind === 'fused') return recordFused(op as FusedDeclaration, inputs, attributes);
    const rule = rules[op.name as RuledOp];
    const outputs = execute(op, inputs, attributes);
    if (rule !== 'zero') {
      const method = methodOf(op.name, rule as unknown as Rule<OpName>);
      record(op, inputs, attributes, outputs, method, method.rule.saves);
    }
    return outputs;
  },
};

function recordUpdate(op: Declaration, inputs: AnyInputs, attributes: object): Tensor[] {
  throw new UsageError(
    op.name,
    'a tensor that takes part in a recorded computation cannot be changed in place',
    {
      args: { target: inputs[0], attributes },
      hint: 'wrap the change in noGrad(() => …), as optimisers do',
    },
  );
}

/** One node where the device has kernels for both directions, otherwise the operations of the definition. */
function recordFused(op: FusedDeclaration, inputs: AnyInputs, attributes: object): Tensor[] {
  const backend = (inputs.find((x) => x !== undefined) as Tensor).storage.backend;
  const kernel = backend.fused[`${op.name}Backward`];
  if (!kernel || !fusedKernel(op.name, backend, inputs, attributes)) {
    op.infer(inputs as never, attributes as never);
    return scope(() => [...op.define(inputs as never, attributes as never)]);
  }
  const outputs = execute(op as unknown as Declaration, inputs, attributes);
  const method = { kind: 'fused', kernel: kernel as never } as const;
  record(op as unknown as Declaration, inputs, attributes, outputs, method, 'both');
  return outputs;
}

installInterpreter(recorder);

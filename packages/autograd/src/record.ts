/** The recorder: the interpreter at the bottom of the stack that builds the computation graph while operations run. */

import type { Declaration, FusedDeclaration, OpName, Tensor } from '@dl/tensor';
import { alias, clone, isFloat, isfinite, isnan, scope, UsageError } from '@dl/tensor';
import type { AnyInputs, Change, Interpreter } from '@dl/tensor/internal';
import {
  backwardKernel,
  declarations,
  execute,
  executeWrite,
  fusedKernel,
  installInterpreter,
  withInterpreter,
} from '@dl/tensor/internal';
import type { Health, Method } from './node';
import { attach, forget, GraphGuest, graphGuest, Node } from './node';
import type { Rule, RuledOp, Saves } from './rules/rule';
import { rules } from './rules/table';
import { takes } from './signatures';
import { forgetting, partRule, viewRule } from './views';

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
  takes('noGrad', arguments);
  return withGrad(false, fn);
}

/** Runs `fn` with recording, also inside `noGrad`. @returns what `fn` returns. */
export function enableGrad<T>(fn: () => T): T {
  takes('enableGrad', arguments);
  return withGrad(true, fn);
}

/**
 * Anomaly mode: `backward` names the operation whose gradient is the first that is not finite, and where it was called.
 * Slow. @param on - switch.
 */
export function setAnomalyMode(on: boolean): void {
  takes('setAnomalyMode', arguments);
  anomaly = on;
}

/** Whether anomaly mode is on. */
export function isAnomalyMode(): boolean {
  return anomaly;
}

/** Whether an operation on these inputs belongs to a graph. */
export function wantsGraph(inputs: AnyInputs): boolean {
  if (!enabled) return false;
  let wants = false;
  for (const x of inputs) {
    if (!x) continue;
    if (x.base && x.seen !== x.storage.rebases) refresh(x);
    if (!wants && x.guest !== null && graphGuest(x)) wants = true;
  }
  return wants;
}

/** What the recorder knows about `x` now: a view looks at what became of its base. */
export function currentGuest(x: Tensor): GraphGuest | null {
  if (x.base && x.seen !== x.storage.rebases) refresh(x);
  return graphGuest(x);
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
  takes('firstNonFinite', arguments);
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
  const last = outputs.length - ((op as Partial<FusedDeclaration>).savedOutputs ?? 0);
  if (last === 1) node.results = [guestOf(outputs[0], node, 0)];
  else node.results = outputs.slice(0, last).map((output, i) => guestOf(output, node, i));
}

/** Hangs what the recorder knows on an output that can have a gradient. */
function guestOf(output: Tensor, node: Node, position: number): GraphGuest | null {
  if (!isFloat(output.dtype)) return null;
  node.use();
  return attach(output, new GraphGuest(node, position));
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
    if (op.kind === 'view') return recordView(op, inputs, attributes);
    if (!wantsGraph(inputs)) return execute(op, inputs, attributes);
    if (op.kind === 'update') return recordUpdate(op, inputs, attributes);
    if (op.kind === 'fused') return recordFused(op as FusedDeclaration, inputs, attributes);
    const outputs = execute(op, inputs, attributes);
    recordByRule(op, inputs, attributes, outputs);
    return outputs;
  },
  watches: wantsGraph,
  write(change) {
    const { target, inputs } = change;
    if (isFloat(target.dtype) && wantsGraph([target, ...inputs])) recordWrite(change);
    else executeWrite(change);
  },
};

function recordByRule(
  op: Declaration,
  inputs: AnyInputs,
  attributes: object,
  outputs: readonly Tensor[],
): void {
  const rule = rules[op.name as RuledOp];
  if (rule === 'zero') return;
  const method = methodOf(op.name, rule as unknown as Rule<OpName>);
  record(op, inputs, attributes, outputs, method, method.rule.saves);
}

/** Views know their base, so that a recorded change of one reaches the other. */
function recordView(op: Declaration, inputs: AnyInputs, attributes: object): Tensor[] {
  const wants = wantsGraph(inputs);
  const outputs = execute(op, inputs, attributes);
  const [view] = outputs;
  if (op.name !== 'detach') {
    const [input] = inputs as readonly Tensor[];
    // Where only a view of it is left, that stands for the base.
    const root = input.base && !input.base.isReleased ? input.base : input;
    view.base = enabled ? root : view;
    view.seen = view.storage.rebases;
  }
  if (wants) recordByRule(op, inputs, attributes, outputs);
  return outputs;
}

/** Gives a view the history that its base has by now. */
function refresh(x: Tensor): void {
  const root = x.base;
  x.seen = x.storage.rebases;
  // A view that was made without recording is a constant, and a leaf is what it is.
  if (!root || root === x || (graphGuest(x) && !graphGuest(x)?.node)) return;
  if (root.isReleased) {
    throw new UsageError('view', 'its elements were changed in place through another view', {
      args: { view: x },
      hint: 'make the view after the change, or keep() the tensor that it shows',
    });
  }
  letGoOf(x);
  if (currentGuest(root)) {
    record({ name: 'view' }, [root], {}, [x], customMethod(viewRule(x, root)), 'nothing');
  }
}

function letGoOf(x: Tensor): void {
  graphGuest(x)?.onDrop();
  forget(x);
}

function customMethod(rule: Rule<OpName>): Method {
  return { kind: 'custom', rule };
}

/**
 * Records a change in place: the tensor goes on with a new node, whose inputs are as they were before. Where the tensor is a
 * view, so does its base, of which a part has changed.
 */
function recordWrite(change: Change): void {
  const { name, op, target, inputs, attributes } = change;
  if (target.base?.isReleased) target.base = null;
  const root = target.base ?? target;
  currentGuest(root);
  refuseLeaves(name, target, root);
  const rule = rules[op.name as RuledOp] as Rule<OpName> | 'zero';
  scope(() => {
    const whole = root === target ? null : alias(root);
    const saves = rule === 'zero' ? 'nothing' : rule.saves;
    const read = readOf(saves, inputs);
    if (read[inputs.length] && read.indexOf(true) < inputs.length) {
      // The result stays beside the tensor, which may change further.
      const value = recorder.run(op as Declaration, asTheyWere(inputs, target, read), attributes);
      return recordWrite({
        name,
        op: declarations.contiguous,
        target,
        inputs: value,
        attributes: {},
      });
    }
    const before = rule === 'zero' ? [alias(target)] : asTheyWere(inputs, target, read);
    executeWrite(change);
    const method = rule === 'zero' ? customMethod(forgetting) : methodOf(op.name, rule);
    letGoOf(target);
    record(op as Declaration, before, attributes, [target], method, saves);
    if (whole) {
      const part = alias(target);
      letGoOf(root);
      const joint = customMethod(partRule(target, root));
      record({ name }, [whole, part], {}, [root], joint, 'nothing');
    }
    target.storage.rebases++;
    root.seen = target.storage.rebases;
    if (whole) refresh(target);
  });
}

/** Whether a rule of one output reads each of the inputs, and last that output. */
function readOf(saves: Saves, inputs: AnyInputs): readonly boolean[] {
  if (typeof saves === 'function')
    return saves(inputs.map((x) => x !== undefined && currentGuest(x) !== null));
  const [all, result] = [
    saves === 'inputs' || saves === 'both',
    saves === 'outputs' || saves === 'both',
  ];
  return [...inputs.map(() => all), result];
}

/** Inputs that lie in the memory which changes, as handles with the history they have now; copied where the rule reads them. */
function asTheyWere(inputs: AnyInputs, target: Tensor, read: readonly boolean[]): AnyInputs {
  return inputs.map((x, i) =>
    x?.storage === target.storage ? (read[i] ? clone(x) : alias(x)) : x,
  );
}

function refuseLeaves(name: string, target: Tensor, root: Tensor): void {
  for (const x of new Set([target, root])) {
    const guest = graphGuest(x);
    if (!guest || guest.node) continue;
    const what = x === target ? 'a leaf' : 'a view of a leaf';
    throw new UsageError(name, `${what} that requires a gradient cannot be changed in place`, {
      args: { target },
      hint: 'wrap the change in noGrad(() => …), as optimisers do',
    });
  }
  if (root.base !== root) return;
  throw new UsageError(name, 'a view that was made inside noGrad cannot be changed in a graph', {
    args: { target },
    hint: 'make the view outside noGrad, or change it inside',
  });
}

function recordUpdate(op: Declaration, inputs: AnyInputs, attributes: object): Tensor[] {
  throw new UsageError(
    op.name,
    'a tensor that takes part in a recorded computation cannot be changed in place',
    {
      args: { target: inputs[0], attributes },
      hint: 'wrap the change in noGrad(() => …), as optimisers do; x.copy_(y) and its like are recorded',
    },
  );
}

/** One node where the device has kernels for both directions, otherwise the operations of the definition. */
function recordFused(op: FusedDeclaration, inputs: AnyInputs, attributes: object): Tensor[] {
  const backend = (inputs.find((x) => x !== undefined) as Tensor).storage.backend;
  const kernel = backwardKernel(op.name, backend, inputs, attributes);
  if (!kernel || !fusedKernel(op.name, backend, inputs, attributes)) {
    op.infer(inputs as never, attributes as never);
    return scope(() => [...op.define(inputs as never, attributes as never)]);
  }
  const outputs = execute(op as unknown as Declaration, inputs, attributes);
  const method = { kind: 'fused', kernel } as const;
  record(op as unknown as Declaration, inputs, attributes, outputs, method, 'both');
  return outputs;
}

installInterpreter(recorder);

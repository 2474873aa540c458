/** Reverse mode: walks the graph from outputs back, in descending order of recording; no recursion. */

import type { FusedDeclaration, Tensor } from '@dl/tensor';
import {
  add,
  alias,
  cast,
  clone,
  DLError,
  expand,
  isfinite,
  reshape,
  sameShape,
  scope,
  sum,
} from '@dl/tensor';
import { currentInterpreter, executeBackward } from '@dl/tensor/internal';
import type { Node } from './node';
import { attach, GraphGuest, graphGuest } from './node';
import { isAnomalyMode, isGradEnabled, recorder, withGrad } from './record';
import type { Application, Direction } from './rules/rule';

/** Options of a walk through the graph. */
export interface BackwardOptions {
  /** Keep what the graph saved, to walk it again. Default: the value of `createGraph`. */
  readonly retainGraph?: boolean;
  /** Record the walk itself, so that gradients can be differentiated again. Default false. */
  readonly createGraph?: boolean;
}

/** One walk: from where, with which seeds, and who gets the gradients. */
export interface Walk extends BackwardOptions {
  readonly roots: readonly Tensor[];
  readonly seeds: readonly Tensor[];
  /** Whose gradients are wanted; without it, every leaf gets its `.grad`. */
  readonly targets?: readonly GraphGuest[];
  /** Whether the walk ends at the targets. Default false. */
  readonly stopAtTargets?: boolean;
}

/** A gradient that is not finite, in anomaly mode. */
export class AnomalyError extends DLError {
  override name = 'AnomalyError';
}

/** Brings a gradient to the shape and dtype of the tensor it belongs to: sums over what broadcasting repeated. */
export function reduceTo(gradient: Tensor, like: Tensor): Tensor {
  let result = gradient;
  if (!sameShape(result.shape, like.shape)) {
    const extra = result.ndim - like.ndim;
    const repeated = (n: number, i: number) =>
      i < extra || (like.shape[i - extra] === 1 && n !== 1);
    const axes = result.shape.flatMap((n, i) => (repeated(n, i) ? [i] : []));
    if (axes.length > 0) result = sum(result, axes, { keepdim: true });
    if (extra > 0) result = reshape(result, result.shape.slice(extra));
    // A rule may give a gradient with size 1 where it is the same for all elements.
    if (!sameShape(result.shape, like.shape)) result = expand(result, like.shape);
  }
  return cast(result, like.dtype);
}

/** How many searches there were. A number on the nodes takes a third of the time of a set of them. */
let searches = 0;

/** All nodes that a gradient can reach, the latest first. */
export function reachableNodes(
  roots: readonly Tensor[],
  boundary: ReadonlySet<GraphGuest>,
): Node[] {
  const search = ++searches;
  const found: Node[] = [];
  const pending = roots.map(graphGuest);
  while (pending.length > 0) {
    const guest = pending.pop();
    const node = guest?.node;
    if (!node || node.search === search || boundary.has(guest)) continue;
    node.search = search;
    found.push(node);
    for (const source of node.sources) if (source) pending.push(source);
  }
  return found.sort((a, b) => b.sequence - a.sequence);
}

/** An empty boundary. */
export const NOTHING: ReadonlySet<GraphGuest> = new Set();

/**
 * Gradients of Σ roots · seeds: into `.grad` of the leaves, or returned for `targets`, undefined where nothing depends.
 */
export function walk(plan: Walk): Direction[] {
  return scope(() => new Walker(plan).run());
}

class Walker {
  private readonly targets: ReadonlySet<GraphGuest> | null;
  private readonly boundary: ReadonlySet<GraphGuest>;
  private readonly createGraph: boolean;
  private readonly retainGraph: boolean;
  /** Gradients on their way: one handle each, owned here. */
  private readonly pending = new Map<GraphGuest, Tensor>();
  private readonly ends = new Set<GraphGuest>();
  private readonly found = new Map<GraphGuest, Tensor>();

  constructor(private readonly plan: Walk) {
    this.targets = plan.targets ? new Set(plan.targets) : null;
    this.boundary = (plan.stopAtTargets && this.targets) || NOTHING;
    this.createGraph = plan.createGraph ?? false;
    this.retainGraph = plan.retainGraph ?? this.createGraph;
  }

  run(): Direction[] {
    const { roots, seeds, targets } = this.plan;
    const nodes = reachableNodes(roots, this.boundary);
    withGrad(this.createGraph, () => {
      roots.forEach((root, i) => {
        this.send(graphGuest(root), alias(reduceTo(seeds[i], root)));
      });
      for (const node of nodes) this.visit(node);
      for (const end of this.ends) this.arrive(end);
    });
    return targets ? targets.map((guest) => this.found.get(guest)) : [];
  }

  /** Adds an owned gradient to what a tensor already got. */
  private send(guest: GraphGuest | null, gradient: Tensor): void {
    if (!guest) return;
    if (!guest.node || this.boundary.has(guest)) this.ends.add(guest);
    const before = this.pending.get(guest);
    this.pending.set(guest, before ? add(before, gradient) : gradient);
    if (!before) return;
    before.dispose();
    gradient.dispose();
  }

  /** The complete gradient of an output or leaf: runs hooks, and hands it to who asked. */
  private arrive(guest: GraphGuest): Direction {
    let gradient = this.pending.get(guest);
    if (!gradient) return undefined;
    this.pending.delete(guest);
    if (guest.hooks) for (const hook of guest.hooks) gradient = hook(gradient) ?? gradient;
    if (this.targets) {
      if (this.targets.has(guest)) this.found.set(guest, alias(gradient));
    } else if (!guest.node || guest.retainsGrad) this.accumulate(guest, gradient);
    return gradient;
  }

  private accumulate(guest: GraphGuest, gradient: Tensor): void {
    const { grad } = guest;
    if (this.createGraph) guest.hold(grad ? add(grad, gradient) : alias(gradient));
    else if (grad) grad.add_(gradient);
    // A gradient that is a view, or that others look at, must not be added to in place later.
    else if (gradient.isContiguous && !gradient.storage.isShared) guest.hold(gradient);
    else guest.hold(clone(gradient));
  }

  private visit(node: Node): void {
    const gradients = node.results.map((guest) => (guest ? this.arrive(guest) : undefined));
    if (!gradients.some(Boolean)) return;
    node.checkSaved();
    const results = scope(() => inputGradients(node, gradients));
    for (const gradient of gradients) {
      if (gradient && !results.includes(gradient) && !isKept(node, gradient)) gradient.dispose();
    }
    node.sources.forEach((source, i) => {
      const gradient = results[i];
      if (gradient) this.send(source, gradient);
    });
    if (!this.retainGraph) node.giveBack();
  }
}

/** Whether a gradient became someone's `.grad`. */
function isKept(node: Node, gradient: Tensor): boolean {
  for (const guest of node.results) if (guest?.grad === gradient) return true;
  return false;
}

const isThere = (source: GraphGuest | null): boolean => source !== null;
const nothing = (): Direction => undefined;

/**
 * The gradients of a node's inputs, each as a handle of its own in the shape of its input. The handle of an output's gradient
 * goes on as that of the first input which has the same.
 */
function inputGradients(node: Node, gradients: readonly Direction[]): Direction[] {
  const { inputs, outputs } = node;
  const needed = node.sources.map(isThere);
  const results = differentiate(node, gradients, needed);
  const own: Direction[] = inputs.map(nothing);
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i];
    const result = results[i];
    if (!input || !result || !needed[i]) continue;
    const gradient = reduceTo(result, input);
    if (isAnomalyMode()) checkFinite(node, gradient);
    const foreign =
      own.includes(gradient) ||
      inputs.includes(gradient) ||
      outputs.includes(gradient) ||
      (gradients.includes(gradient) && isKept(node, gradient)) ||
      node.method.kind === 'custom';
    own[i] = foreign ? alias(gradient) : gradient;
  }
  return own;
}

function differentiate(
  node: Node,
  gradients: readonly Direction[],
  needed: readonly boolean[],
): readonly Direction[] {
  const { inputs, outputs, attributes, method } = node;
  if (method.kind !== 'fused') {
    return method.rule.vjp(gradients, {
      inputs,
      outputs,
      attributes,
      needed,
    } as Application<never>);
  }
  // A kernel's result cannot be differentiated again; the definition's can.
  const plain = !isGradEnabled() && currentInterpreter() === recorder;
  if (!plain) return replay(node, gradients, needed);
  const call = { gradients, inputs, outputs, attributes, needed };
  return executeBackward(node.op as FusedDeclaration, method.kernel, call);
}

/** Differentiates the definition of a fused operation, on the inputs that were saved. */
function replay(
  node: Node,
  gradients: readonly Direction[],
  needed: readonly boolean[],
): readonly Direction[] {
  const createGraph = isGradEnabled();
  const starts = node.inputs.map((x, i) => (x && needed[i] ? alias(x) : x));
  const guests = starts.map((x, i) => (x && needed[i] ? leafGuest(x) : undefined));
  const define = (node.op as FusedDeclaration).define;
  const outputs = withGrad(true, () => define(starts as never, node.attributes as never));
  const reached = outputs.map((_, i) => i).filter((i) => gradients[i] && graphGuest(outputs[i]));
  const found = walk({
    roots: reached.map((i) => outputs[i]),
    seeds: reached.map((i) => gradients[i] as Tensor),
    targets: guests.filter((guest) => guest !== undefined),
    stopAtTargets: true,
    createGraph,
  });
  let next = 0;
  return guests.map((guest) => guest && found[next++]);
}

/** The graph guest of a tensor; one without becomes a leaf. */
export function leafGuest(x: Tensor): GraphGuest {
  return graphGuest(x) ?? attach(x, new GraphGuest(null, 0));
}

function checkFinite(node: Node, gradient: Tensor): void {
  if (scope(() => isfinite(gradient).all().item())) return;
  throw new AnomalyError(node.op.name, 'its gradient is not finite', {
    args: Object.fromEntries(node.inputs.map((x, i) => [`input${i}`, x])),
    hint: `the operation was called here:\n${node.trace ?? '(switch anomaly mode on before the forward pass)'}`,
  });
}

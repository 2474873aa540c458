/** The computation graph: one node an operation that ran, hung on the tensors it made. */

import type { BackwardKernel, Declaration, Fused, OpName, Tensor } from '@dl/tensor';
import { isFloat, keep, UsageError } from '@dl/tensor';
import type { Owner, TensorGuest } from '@dl/tensor/internal';
import type { Rule, Saves } from './rules/rule';

/** Marks what the recorder knows, in a tensor's list of guests. */
export const GRAPH: object = { name: 'graph' };

/** Called with the gradient of a tensor when it is complete; a tensor returned replaces it. */
export type GradientHook = (gradient: Tensor) => Tensor | undefined;

/** What the recorder knows about a tensor: the node that made it, or that it is a leaf which wants a gradient. */
export class GraphGuest implements TensorGuest, Owner {
  readonly tag = GRAPH;
  next: TensorGuest | null = null;
  grad: Tensor | null = null;
  retainsGrad = false;
  hooks: GradientHook[] | null = null;
  private dropped = false;

  constructor(
    readonly node: Node | null,
    readonly position: number,
  ) {}

  /** Whether the tensor was released, and what belongs to it with it. */
  get gone(): boolean {
    return this.dropped;
  }

  /** Tensors are told by their `owner` field alone whether they belong here. */
  add(): void {}

  /** Makes `gradient` the `.grad` of the tensor. It lives as long as that does, unless someone keeps it. */
  hold(gradient: Tensor): void {
    keep(gradient).owner = this;
    this.grad = gradient;
  }

  onDrop(): void {
    if (this.dropped) return;
    this.dropped = true;
    this.node?.drop();
    if (this.grad?.owner === this) this.grad.dispose();
  }
}

/** What the recorder knows about `x`, or null. */
export function graphGuest(x: Tensor): GraphGuest | null {
  for (let guest = x.guest; guest; guest = guest.next) {
    if (guest.tag === GRAPH) return guest as GraphGuest;
  }
  return null;
}

/** Hangs a guest on a tensor. */
export function attach<G extends TensorGuest>(x: Tensor, guest: G): G {
  guest.next = x.guest;
  x.guest = guest;
  return guest;
}

/** Takes away what the recorder knows about a tensor. */
export function forget(x: Tensor): void {
  let before: TensorGuest | null = null;
  for (let guest = x.guest; guest; guest = guest.next) {
    if (guest.tag !== GRAPH) before = guest;
    else if (before) before.next = guest.next;
    else x.guest = guest.next;
  }
}

/** How a node is differentiated: by the rule of its operation, or by a backward kernel with the definition behind it. */
export type Method =
  | { readonly kind: 'rule'; readonly rule: Rule<OpName> }
  | { readonly kind: 'fused'; readonly kernel: BackwardKernel<keyof Fused> }
  | { readonly kind: 'custom'; readonly rule: Rule<OpName> };

/** What numbers a result holds. */
export type Health = 'finite' | 'infinite' | 'nan';

/** What is known about an input, which counts one user more. */
function sourceOf(x: Tensor | undefined): GraphGuest | null {
  const source = x?.guest ? graphGuest(x) : null;
  source?.node?.use();
  return source;
}

let sequence = 0;

/** The sequence number that the next node will get. */
export function nextSequence(): number {
  return sequence;
}

/** One recorded operation. It lives as long as an output handle or a later node can reach it. */
export class Node {
  readonly sequence = sequence++;
  /** What the recorder knew about each input when the operation ran: an input changed in place later has a history of its own. */
  readonly sources: readonly (GraphGuest | null)[];
  /** Which output got which guest; null where an output has no gradient. */
  results: readonly (GraphGuest | null)[] = [];
  /** Set once backward gave back what was saved. */
  freed = false;
  /** The last search through the graph that found it. */
  search = 0;
  /** What its outputs held; looked at in anomaly mode only. */
  health: Health = 'finite';
  private users = 0;
  private abandoned = false;
  private saved: Tensor[] | null = null;
  /** Of the storages of what was saved. */
  private versions: number[] | null = null;

  constructor(
    readonly op: { readonly name: string } | Declaration,
    readonly inputs: readonly (Tensor | undefined)[],
    readonly attributes: object,
    readonly outputs: readonly Tensor[],
    readonly method: Method,
    saves: Saves,
    /** Where the operation was called; kept in anomaly mode. */
    readonly trace: string | null,
  ) {
    // `map` makes arrays of just that length; those that grow by `push` have room for sixteen.
    const sources = inputs.map(sourceOf);
    this.sources = sources;
    if (typeof saves === 'function') {
      const read = saves(sources.map((source) => source !== null));
      for (const [i, x] of [...inputs, ...outputs].entries()) if (x && read[i]) this.save(x);
    }
    if (saves === 'inputs' || saves === 'both') for (const x of inputs) if (x) this.save(x);
    if (saves === 'outputs' || saves === 'both') for (const y of outputs) this.save(y);
    if (saves === 'indices') for (const x of inputs) if (x && !isFloat(x.dtype)) this.save(x);
  }

  /** Whether backward needs values, not only shapes. */
  get savesValues(): boolean {
    return this.saved !== null;
  }

  private save(x: Tensor): void {
    x.hold();
    this.saved ??= [];
    this.versions ??= [];
    this.saved.push(x);
    this.versions.push(x.storage.version);
  }

  /** Counts an output handle or a later node. */
  use(): void {
    this.users++;
  }

  /** An output handle or a later node went away; with the last, the node gives back what it saved. */
  drop(): void {
    // A chain can be a million nodes long: no recursion.
    const pending: Node[] = [this];
    for (let node = pending.pop(); node; node = pending.pop()) {
      if (--node.users > 0 || node.abandoned) continue;
      // What is used again later must not let go of its inputs twice.
      node.abandoned = true;
      node.giveBack();
      for (const source of node.sources) if (source?.node) pending.push(source.node);
    }
  }

  /** Gives back what was saved. */
  giveBack(): void {
    if (!this.saved) return;
    for (const x of this.saved) x.unhold();
    this.freed = true;
    this.saved = null;
    this.versions = null;
  }

  /** Refuses to go on where saved values were freed, or changed in place since. */
  checkSaved(): void {
    if (this.freed) {
      throw new UsageError(
        'backward',
        `what ${this.op.name} saved was freed by an earlier backward`,
        {
          hint: 'pass { retainGraph: true } to the first one',
        },
      );
    }
    this.saved?.forEach(({ storage }, i) => {
      const version = this.versions?.[i];
      if (storage.version === version) return;
      throw new UsageError('backward', `a value that ${this.op.name} needs was changed in place`, {
        args: { recorded: version, now: storage.version },
        hint: 'clone() it before the change, or change it after backward',
      });
    });
  }
}

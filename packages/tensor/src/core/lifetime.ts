/**
 * Who frees a tensor. An owner is a scope (dies at its end), an iteration of a loop (dies when the next one ends), or
 * nobody: then the garbage collector decides (collector.ts), and where memory runs short it is asked to hurry (reclaim/).
 */

import { isTensor } from './brand';
import { leaveToCollector } from './collector';
import { UsageError } from './errors';
import type { Generation } from './generation';
import { homeOf } from './generation';
import type { Tensor } from './tensor';

/** Something that frees the tensors given to it. */
export interface Owner {
  /** Takes a tensor over. */
  add(tensor: Tensor): void;
  /** Of an owner that is itself part of a tensor, and frees what is given to it together with that: whether it has done so. */
  readonly gone?: boolean;
}

let current: Scope | null = null;

/** Gives a new tensor to the innermost scope, else to its loop, else to the garbage collector. */
export function adopt(tensor: Tensor, inputs: readonly (Tensor | undefined)[]): void {
  tensor.home = homeOf(inputs);
  entrust(tensor, current);
}

/** Hands `tensor` to `scope`, or to the loop it was born in, or to the garbage collector. */
function entrust(tensor: Tensor, scope: Scope | null): void {
  const owner: Owner | null = scope ?? livingHome(tensor.home);
  tensor.owner = owner;
  if (owner) owner.add(tensor);
  else leaveToCollector(tensor);
}

function livingHome(home: Generation | null): Generation | null {
  return home && !home.released ? home : null;
}

/**
 * Takes `tensor` out of every scope and loop: it lives until `dispose()` or until it is no longer reachable.
 *
 * @returns the tensor itself.
 * @example history.push(keep(loss));
 */
export function keep<T extends Tensor>(tensor: T): T {
  tensor.check('keep');
  tensor.home = null;
  leaveToCollector(tensor);
  if (tensor.claim) tensor.claim.kept = true;
  return tensor;
}

/** Whether a tensor belongs to the innermost scope and has its memory for itself. */
export function isLocal(tensor: Tensor): boolean {
  return current !== null && tensor.owner === current && !tensor.storage.isShared;
}

/** Whether a tensor belongs to the innermost scope, and so ends with it. @internal */
export function isBornHere(tensor: Tensor): boolean {
  return current !== null && tensor.owner === current;
}

/**
 * Gives a kept tensor that is not needed any more to the iteration that results of `inputs` would belong to; without one it stays with the
 * garbage collector. @internal
 */
export function passOn(tensor: Tensor, inputs: readonly Tensor[]): void {
  if (tensor.isReleased || tensor.owner) return;
  tensor.home = homeOf(inputs);
  entrust(tensor, null);
}

/**
 * A set of tensors with a common end. `scope(fn)` is the everyday form; an explicit `Scope` serves asynchronous code:
 * `run` collects what a synchronous piece creates, `dispose` (or `using`) frees it.
 *
 * @example
 * using work = new Scope();
 * const logits = work.run(() => model.forward(x));
 */
export class Scope implements Owner {
  private readonly tensors: Tensor[] = [];

  /** @internal */
  add(tensor: Tensor): void {
    this.tensors.push(tensor);
  }

  /** Runs `fn`; what it creates belongs to this scope until `dispose`. */
  run<T>(fn: () => T): T {
    const outer = current;
    current = this;
    try {
      const result = fn();
      if (isPromise(result)) throw asyncError();
      return result;
    } finally {
      current = outer;
    }
  }

  /** Frees what was created inside, except what was kept. */
  dispose(): void {
    this.closeTo(null);
  }

  /** Frees what was created inside; what already belongs to another owner stays. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal Frees everything but the tensors found in `survivors`, which pass to the scope around. */
  closeTo(survivors: unknown): void {
    const dependents: [tensor: Tensor, owner: Owner][] = [];
    if (survivors !== null) {
      forEachTensor(survivors, (tensor) => {
        const { owner } = tensor;
        if (owner === this) entrust(tensor, current);
        else if (owner?.gone === false) {
          tensor.owner = null;
          dependents.push([tensor, owner]);
        }
      });
    }
    const { tensors } = this;
    for (let i = 0; i < tensors.length; i++) if (tensors[i].owner === this) tensors[i].dispose();
    tensors.length = 0;
    for (const [tensor, owner] of dependents) {
      if (owner.gone) entrust(tensor, current);
      else tensor.owner = owner;
    }
  }
}

/**
 * Runs `fn` and frees every tensor born inside, except those it returns (alone or in arrays, plain objects, maps) and
 * those given to `keep`. Synchronous only.
 *
 * @returns what `fn` returns.
 * @throws UsageError where `fn` returns a promise.
 * @example const norm = scope(() => x.square().sum().sqrt());
 */
export function scope<T>(fn: () => T): T {
  const inner = new Scope();
  let result: T | null = null;
  try {
    result = inner.run(fn);
    return result;
  } finally {
    inner.closeTo(result);
  }
}

/** Whether a scope is open. */
export function insideScope(): boolean {
  return current !== null;
}

/** Visits every tensor in a nest of arrays, plain objects, maps and sets; what is in it several times, or contains itself, is entered once. */
export function forEachTensor(value: unknown, visit: (tensor: Tensor) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if (isTensor(value)) {
    visit(value);
    return;
  }
  if (Array.isArray(value) && value.every(isLeafOfTree)) {
    for (const item of value) if (isTensor(item)) visit(item);
    return;
  }
  const entered = new Set<object>();
  // No recursion: a list of lists can be deeper than the stack.
  const pending: object[] = [value];
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (isTensor(next)) visit(next);
    else if (!entered.has(next)) {
      entered.add(next);
      const items = itemsOf(next);
      for (let i = items.length - 1; i >= 0; i--) {
        const item = items[i];
        if (typeof item === 'object' && item !== null) pending.push(item);
      }
    }
  }
}

function isLeafOfTree(item: unknown): boolean {
  return typeof item !== 'object' || item === null || isTensor(item);
}

function itemsOf(holder: object): readonly unknown[] {
  if (Array.isArray(holder)) return holder;
  if (holder instanceof Map || holder instanceof Set) return [...holder.values()];
  const prototype = Object.getPrototypeOf(holder);
  return prototype === Object.prototype || prototype === null ? Object.values(holder) : [];
}

function isPromise(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value;
}

function asyncError(): UsageError {
  return new UsageError('scope', 'the function returned a promise', {
    expected: 'a synchronous function',
    hint: 'other code runs during an await and would lose its tensors; use `const s = new Scope()`, s.run(…) for each synchronous part, and s.dispose()',
  });
}

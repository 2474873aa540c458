/** All of a run at one moment, so that it can go on later as if nothing had happened. */

import type { Tensor } from '@dl/tensor';
import { isTensor, UsageError } from '@dl/tensor';

/** Something whose state can be saved and put back. */
export interface Stateful {
  /** What must be saved: tensors, numbers, strings and nests of them in arrays and plain objects. */
  stateDict(): unknown;
  /** Goes on from what `stateDict` gave. */
  loadStateDict(state: never): void;
}

/** The version of the layout of snapshots. */
export const SNAPSHOT_VERSION = 2;

/** A run at one moment. The tensors are those of the run, not copies: save them before it goes on. */
export interface Snapshot {
  /** Tensors by the names that `values` refers to. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Everything else, fit for JSON. */
  readonly values: unknown;
}

/** Stands for a tensor, or for a number that JSON lacks. */
type Mark = { readonly $tensor: string } | { readonly $number: string };

/** Takes a tree apart into tensors and what JSON can hold. */
export function packState(state: unknown): Snapshot {
  const tensors: Record<string, Tensor> = {};
  const pack = (value: unknown, path: string): unknown => {
    if (isTensor(value)) {
      tensors[path] = value;
      return { $tensor: path } satisfies Mark;
    }
    if (typeof value === 'number' && !Number.isFinite(value)) {
      return { $number: String(value) } satisfies Mark;
    }
    if (Array.isArray(value)) return value.map((item, i) => pack(item, `${path}.${i}`));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, pack(item, path ? `${path}.${key}` : key)]),
    );
  };
  return { values: pack(state, ''), tensors };
}

/** Puts a tree together again. @throws UsageError where a tensor is missing. */
export function unpackState({ tensors, values }: Snapshot): unknown {
  const unpack = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(unpack);
    if (typeof value !== 'object' || value === null) return value;
    if ('$number' in value) return Number(value.$number);
    if ('$tensor' in value) {
      const tensor = tensors[String(value.$tensor)];
      if (tensor) return tensor;
      throw new UsageError('resume', `the snapshot lacks the tensor ${value.$tensor}`);
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unpack(item)]));
  };
  return unpack(values);
}

/** Whether something can be saved. */
export function isStateful(value: unknown): value is Stateful {
  const { stateDict, loadStateDict } = (value ?? {}) as Partial<Stateful>;
  return typeof stateDict === 'function' && typeof loadStateDict === 'function';
}

/** The states of those that have one, null for the others. */
export function statesOf(parts: readonly unknown[]): unknown[] {
  return parts.map((part) => (isStateful(part) ? part.stateDict() : null));
}

/** Puts states back. @throws UsageError where there are not as many, or one has none to take. */
export function restoreStates(what: string, parts: readonly unknown[], states: unknown): void {
  if (!Array.isArray(states) || states.length !== parts.length) {
    throw new UsageError('resume', `the snapshot is of other ${what}`, {
      args: { saved: Array.isArray(states) ? states.length : 0, here: parts.length },
      hint: 'resume with the same options as the run that was saved',
    });
  }
  parts.forEach((part, i) => {
    if (states[i] !== null && isStateful(part)) part.loadStateDict(states[i] as never);
  });
}

/** What a module has in its fields: tensors and modules, alone or in arrays, Maps and plain objects. */

import type { Tensor } from '@dl/tensor';
import { isTensor } from '@dl/tensor';

/** A tensor or module under the name by which its owner knows it. */
export type Named<T> = readonly [name: string, value: T];

/** The path of `name` inside `prefix`. */
export function join(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}.${name}`;
}

/** What `wanted` accepts among fields, arrays, Maps and plain objects entered, under dotted names. */
export function* found<T>(
  members: Iterable<Named<unknown>>,
  wanted: (value: unknown) => value is T,
  around: readonly unknown[] = [],
): Generator<Named<T>> {
  for (const [name, value] of members) {
    if (wanted(value)) yield [name, value];
    // An object that contains itself is not entered again.
    else if (isHolder(value) && !around.includes(value))
      for (const [inner, item] of found(contents(value), wanted, [...around, value]))
        yield [join(name, inner), item];
  }
}

type Holder = readonly unknown[] | Map<unknown, unknown> | Record<string, unknown>;

function isHolder(value: unknown): value is Holder {
  return Array.isArray(value) || value instanceof Map || isPlain(value);
}

/** What is inside and can itself be or hold something; lists of a million numbers are passed over quickly. */
function contents(holder: Holder): Named<unknown>[] {
  const result: Named<unknown>[] = [];
  const add = (value: unknown, key: unknown) => {
    if (typeof value === 'object' && value !== null) result.push([String(key), value]);
  };
  if (Array.isArray(holder) || holder instanceof Map) holder.forEach(add);
  else for (const [key, value] of Object.entries(holder)) add(value, key);
  return result;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

/**
 * Puts `replace(x)` in the place of every tensor x in the fields of `owner`, arrays, Maps and plain objects entered.
 *
 * @param undo - takes a function for each change that puts the old tensor back.
 */
export function replaceTensors(
  owner: object,
  replace: (x: Tensor) => Tensor,
  undo: (() => void)[] = [],
  around: readonly unknown[] = [],
): void {
  const entries = owner instanceof Map ? [...owner] : Object.entries(owner);
  for (const [key, value] of entries) {
    if (isTensor(value)) {
      const other = replace(value);
      if (other === value) continue;
      put(owner, key, other);
      undo.push(() => put(owner, key, value));
    } else if (isHolder(value) && !around.includes(value)) {
      replaceTensors(value, replace, undo, [...around, value]);
    }
  }
}

function put(owner: object, key: unknown, value: Tensor): void {
  if (owner instanceof Map) owner.set(key, value);
  else (owner as Record<string, unknown>)[String(key)] = value;
}

/** Visits the tensors in the fields of `owner`, with the name of the field; lists of numbers and the like are passed over by their ends. */
export function eachTensor(
  owner: object,
  visit: (x: Tensor, name: string, direct: boolean) => void,
): void {
  const fields = owner as Record<string, unknown>;
  for (const name in fields) {
    const value = fields[name];
    if (typeof value !== 'object' || value === null) continue;
    if (isTensor(value)) visit(value, name, true);
    else eachWithin(value, 0, (x) => visit(x, name, false));
  }
}

/** Levels of arrays, Maps and plain objects in which a cache may be nested. */
const DEEPEST = 4;

function eachWithin(holder: object, level: number, visit: (x: Tensor) => void): void {
  if (level === DEEPEST || !isHolder(holder)) return;
  if (Array.isArray(holder) && typeof holder[0] !== 'object' && typeof holder.at(-1) !== 'object') {
    return;
  }
  const items = Array.isArray(holder)
    ? holder
    : holder instanceof Map
      ? holder.values()
      : Object.values(holder);
  for (const item of items) {
    if (typeof item !== 'object' || item === null) continue;
    if (isTensor(item)) visit(item);
    else eachWithin(item, level + 1, visit);
  }
}

/** The members under the names that PyTorch saves them by. */
export function renamed(
  members: Iterable<Named<unknown>>,
  names: Readonly<Record<string, string>>,
): Named<unknown>[] {
  return Array.from(members, ([name, value]) => [names[name] ?? name, value] as const);
}

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

/** Puts `replace(x)` in the place of every tensor x in the fields of `owner`, arrays, Maps and plain objects entered. */
export function replaceTensors(
  owner: object,
  replace: (x: Tensor) => Tensor,
  around: readonly unknown[] = [],
): void {
  const entries = owner instanceof Map ? [...owner] : Object.entries(owner);
  for (const [key, value] of entries) {
    if (isTensor(value)) {
      const other = replace(value);
      if (other === value) continue;
      if (owner instanceof Map) owner.set(key, other);
      else (owner as Record<string, unknown>)[key] = other;
    } else if (isHolder(value) && !around.includes(value)) {
      replaceTensors(value, replace, [...around, value]);
    }
  }
}

/** The members under the names that PyTorch saves them by. */
export function renamed(
  members: Iterable<Named<unknown>>,
  names: Readonly<Record<string, string>>,
): Named<unknown>[] {
  return Array.from(members, ([name, value]) => [names[name] ?? name, value] as const);
}

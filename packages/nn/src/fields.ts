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
): Generator<Named<T>> {
  for (const [name, value] of members) {
    if (wanted(value)) yield [name, value];
    else
      for (const [inner, item] of found(contents(value), wanted)) yield [join(name, inner), item];
  }
}

function contents(value: unknown): Iterable<Named<unknown>> {
  if (Array.isArray(value)) return value.map((item, i): Named<unknown> => [String(i), item]);
  if (value instanceof Map) return Array.from(value, ([key, item]) => [String(key), item] as const);
  return isPlain(value) ? Object.entries(value) : [];
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

/** Puts `replace(x)` in the place of every tensor x in the fields of `owner`, arrays, Maps and plain objects entered. */
export function replaceTensors(owner: object, replace: (x: Tensor) => Tensor): void {
  const entries = owner instanceof Map ? [...owner] : Object.entries(owner);
  for (const [key, value] of entries) {
    if (isTensor(value)) {
      const other = replace(value);
      if (other === value) continue;
      if (owner instanceof Map) owner.set(key, other);
      else (owner as Record<string, unknown>)[key] = other;
    } else if (Array.isArray(value) || value instanceof Map || isPlain(value)) {
      replaceTensors(value, replace);
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

/** Batches of examples that are numbers, arrays, tensors, or nests of them. */

import type { Tensor, TypedArray } from '@dl/tensor';
import { isTensor, ShapeError, stack, tensor, ValueError } from '@dl/tensor';
import { takes } from './signatures';

/** What becomes of an example of type E when many are one batch. */
export type Collated<E> = E extends number | boolean | TypedArray | Tensor
  ? Tensor
  : E extends string
    ? string[]
    : E extends readonly unknown[]
      ? { -readonly [K in keyof E]: Collated<E[K]> }
      : E extends object
        ? { -readonly [K in keyof E]: Collated<E[K]> }
        : never;

/** Options of `collate`. */
export interface CollateOptions {
  /** Paths of numbers that become int32, class ids above all: 'label', '1', 'target.class'. Default none: numbers become float32. */
  readonly integers?: readonly string[];
}

/**
 * Makes one batch of many examples, whatever their structure: numbers become [N], typed arrays [N, length], tensors are
 * stacked, booleans become bool; strings stay a list; in arrays and objects this happens to each part.
 *
 * @param examples - at least one, all of the same structure and shapes.
 * @throws ShapeError where shapes differ; ValueError for no examples, and parts that differ in kind or are of none of these kinds.
 * @example
 * collate([{ x: Float32Array.of(1, 2), label: 3 }], { integers: ['label'] }); // { x: [1, 2], label: int32 [1] }
 */
export function collate<E>(examples: readonly E[], options: CollateOptions = {}): Collated<E> {
  takes('collate', arguments);
  const { integers = [] } = options;
  if (examples.length === 0) throw new ValueError('collate', 'there is no example', {});
  return join(examples, '', new Set(integers)) as Collated<E>;
}

function join(parts: readonly unknown[], path: string, integers: ReadonlySet<string>): unknown {
  const [first] = parts;
  const odd = parts.find((part) => kindOf(part) !== kindOf(first));
  if (odd !== undefined) throw differ(path, kindOf(first), kindOf(odd));
  if (isTensor(first)) return stack(parts as Tensor[], 0);
  if (ArrayBuffer.isView(first)) return rows(parts as TypedArray[], path);
  switch (typeof first) {
    case 'number':
      return tensor((integers.has(path) ? Int32Array : Float32Array).from(parts as number[]));
    case 'boolean':
      return tensor(parts as boolean[]);
    case 'string':
      return [...parts];
  }
  if (typeof first !== 'object' || first === null) {
    throw new ValueError('collate', `cannot make a batch of ${kindOf(first)}`, {
      args: { path },
      expected: 'numbers, booleans, strings, typed arrays, tensors, or arrays and objects of them',
    });
  }
  const keys = Object.keys(first);
  for (const part of parts) {
    const own = Object.keys(part as object);
    if (own.join() !== keys.join()) throw differ(path, `{${keys}}`, `{${own}}`);
  }
  const joined = keys.map((key) => {
    const inner = parts.map((part) => (part as Record<string, unknown>)[key]);
    return join(inner, path ? `${path}.${key}` : key, integers);
  });
  if (Array.isArray(first)) return joined;
  return Object.fromEntries(keys.map((key, i) => [key, joined[i]]));
}

/** Arrays of equal length as rows. */
function rows(parts: readonly TypedArray[], path: string): Tensor {
  const [{ length }] = parts;
  const odd = parts.find((part) => part.length !== length);
  if (odd) {
    throw new ShapeError('collate', 'examples are of different lengths', {
      args: { path, lengths: [length, odd.length] },
      hint: 'pad them, or give a collate function of your own',
    });
  }
  const Type = parts[0].constructor as new (length: number) => TypedArray;
  const all = new Type(length * parts.length);
  parts.forEach((part, i) => {
    all.set(part as never, i * length);
  });
  return tensor(all, { shape: [parts.length, length] });
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (isTensor(value)) return 'a tensor';
  return typeof value === 'object' ? (value.constructor?.name ?? 'an object') : typeof value;
}

function differ(path: string, first: string, other: string): ValueError {
  return new ValueError('collate', 'the examples differ in structure', {
    args: { path, first, other },
  });
}

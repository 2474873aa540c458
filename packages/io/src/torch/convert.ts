/** From Python's containers to JavaScript's. */

import type { Tensor } from '@dl/tensor';
import { isTensor, UsageError } from '@dl/tensor';
import { FormatError, quote } from '../errors';
import { takes } from '../signatures';
import type { PickleValue } from './objects';
import { FORMAT, malformed, TensorRef, Tuple } from './objects';

/** Deeper nesting than any checkpoint has, and far less than a stack of calls holds. */
const MAX_DEPTH = 200;

/** A key of a dict that is not only text. */
export type TorchKey = string | number | bigint | boolean | null;

/**
 * What a PyTorch file holds: lists, tuples and `torch.Size` are arrays; dicts whose keys are all text are objects, others
 * Maps; integers that a number cannot hold are bigints.
 */
export type TorchValue<T = Tensor> =
  | null
  | boolean
  | number
  | bigint
  | string
  | T
  | TorchValue<T>[]
  | { [key: string]: TorchValue<T> }
  | Map<TorchKey, TorchValue<T>>;

/**
 * Converts an unpickled value; what is shared in Python is shared here.
 *
 * @throws FormatError where a container holds itself, is nested too deep, or holds a class or a bare storage.
 */
export function convert<T>(value: PickleValue, tensorOf: (ref: TensorRef) => T): TorchValue<T> {
  const done = new Map<PickleValue, TorchValue<T>>();
  const open = new Set<PickleValue>();
  const visit = (from: PickleValue): TorchValue<T> => {
    if (typeof from !== 'object' || from === null) return from;
    const known = done.get(from);
    if (known !== undefined) return known;
    if (open.has(from)) throw new FormatError(FORMAT, 'a container holds itself');
    if (open.size >= MAX_DEPTH)
      throw new FormatError(FORMAT, `containers are nested deeper than ${MAX_DEPTH}`);
    open.add(from);
    const to = from instanceof TensorRef ? tensorOf(from) : visitContainer(from, visit);
    open.delete(from);
    done.set(from, to);
    return to;
  };
  return visit(value);
}

function visitContainer<T>(
  from: Exclude<PickleValue, null | TensorRef>,
  visit: (value: PickleValue) => TorchValue<T>,
): TorchValue<T> {
  if (Array.isArray(from)) return from.map(visit);
  if (from instanceof Tuple) return from.items.map(visit);
  if (!(from instanceof Map)) throw malformed('a class or a storage where a value should be', 0);
  const entries = [...from].map(([key, item]) => [key as TorchKey, visit(item)] as const);
  if (entries.every(([key]) => typeof key === 'string')) {
    return Object.fromEntries(entries as [string, TorchValue<T>][]);
  }
  return new Map(entries);
}

/**
 * The tensors of a state dict out of what `decodeTorch` returned.
 *
 * @param value - the decoded file.
 * @param key - where the state dict lies in a checkpoint, for instance `'model'`; the value itself where absent.
 * @returns the tensors by name, for `model.loadStateDict`.
 * @throws UsageError where there is no such key, or an entry is not a tensor.
 * @example model.loadStateDict(torchStateDict(decodeTorch(bytes), 'state_dict'));
 */
export function torchStateDict(value: TorchValue, key?: string): Record<string, Tensor> {
  takes('torchStateDict', arguments);
  if (!isObject(value))
    throw new UsageError('torchStateDict', 'the file does not hold a dict with text as keys');
  const found = key === undefined ? value : Object.hasOwn(value, key) ? value[key] : undefined;
  if (!isObject(found)) {
    throw new UsageError('torchStateDict', `the file has no dict under ${quote(String(key))}`, {
      hint: `it has the keys ${Object.keys(value).slice(0, 10).map(quote).join(', ')}`,
    });
  }
  for (const [name, item] of Object.entries(found)) {
    if (isTensor(item)) continue;
    throw new UsageError('torchStateDict', `the entry ${quote(name)} is not a tensor`, {
      hint: "pass the key under which the checkpoint keeps its state dict, for instance 'model' or 'state_dict'",
    });
  }
  return found as Record<string, Tensor>;
}

function isObject(value: unknown): value is { [key: string]: TorchValue } {
  const plain = typeof value === 'object' && value !== null && !Array.isArray(value);
  return plain && !(value instanceof Map) && !isTensor(value);
}

/** Error classes. Every message names the operation, what was expected, what came, and often the fix. */

import type { DType } from './dtype';

/** Something an error message can describe in one word: a tensor or a layout. */
interface Describable {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** What an error says beside its one-line problem. */
export interface ErrorDetails {
  /** The arguments by name: tensors are shown as `float32[2, 3]`, other values as JSON. */
  readonly args?: Record<string, unknown>;
  /** What would have been accepted. */
  readonly expected?: string;
  /** The likely fix. */
  readonly hint?: string;
}

/** As many entries of lists and objects are shown, and so deep. */
const SHOWN = 50;
const DEPTH = 3;

/** Shows a tensor as `float32[2, 3]`, objects of classes by their class, anything else as JSON. */
export function describe(value: unknown, depth = 0): string {
  if (isDescribable(value)) return `${value.dtype}[${value.shape.join(', ')}]`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`;
  if (typeof value !== 'object' || value === null) return String(value);
  const more = (count: number, between: string) => (count > SHOWN ? `${between}…` : '');
  if (Array.isArray(value)) {
    if (depth > DEPTH) return '[…]';
    const items = value.slice(0, SHOWN).map((item) => describe(item, depth + 1));
    return `[${items.join(', ')}${more(value.length, ', ')}]`;
  }
  if (!isPlain(value)) return Object(value).constructor?.name ?? 'an object';
  if (depth > DEPTH) return '{…}';
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  const items = entries
    .slice(0, SHOWN)
    .map(([key, item]) => `${JSON.stringify(key)}:${describe(item, depth + 1)}`);
  return `{${items.join(',')}${more(entries.length, ',')}}`;
}

/** Whether an object was written as a literal. */
export function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isDescribable(value: unknown): value is Describable {
  return typeof value === 'object' && value !== null && 'dtype' in value && 'shape' in value;
}

/**
 * The root of every error that the packages of `@dl` throw. Each class says its name as text, because bundlers rename classes: one
 * of your own does as well (`override name = 'MyError'`).
 */
export class DLError extends Error {
  override name = 'DLError';
  /** The operation that refused, for instance `matmul`. */
  readonly op: string;
  /** The arguments (tensors as text, so that an error holds none), the expectation and the hint. */
  readonly details: ErrorDetails;

  /** An error of operation `op`, whose message has `problem` and a line for each part of `details`. */
  constructor(op: string, problem: string, details: ErrorDetails = {}) {
    super(compose(op, problem, details));
    this.op = op;
    this.details = details.args ? { ...details, args: textOfTensors(details.args) } : details;
  }
}

function textOfTensors(args: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => {
      const list = Array.isArray(value) && value.some(isDescribable);
      return [name, list || isDescribable(value) ? describe(value) : value];
    }),
  );
}

/** The text of an error or a warning: the problem, and a line for each part of the details. */
export function compose(
  op: string,
  problem: string,
  { args, expected, hint }: ErrorDetails,
): string {
  const lines = [`${op}: ${problem}`];
  if (args) {
    const shown = Object.entries(args).map(([name, value]) => `${name}: ${describe(value)}`);
    lines.push(`  ${shown.join('   ')}`);
  }
  const advice = [expected && `expected ${expected}`, hint && `hint: ${hint}`].filter(Boolean);
  if (advice.length > 0) lines.push(`  ${advice.join('; ')}`);
  return lines.join('\n');
}

/** Sizes that do not fit together. */
export class ShapeError extends DLError {
  override name = 'ShapeError';
}
/** An element type that the operation does not take. */
export class DTypeError extends DLError {
  override name = 'DTypeError';
}
/** Tensors on different devices, or a device that is not there. */
export class DeviceError extends DLError {
  override name = 'DeviceError';
}
/** A tensor of a device that was lost with all that it held, as the contexts of browsers' GPUs are now and then. */
export class DeviceLostError extends DeviceError {
  override name = 'DeviceLostError';
}
/** An axis, a position or a class id out of range. */
export class IndexError extends DLError {
  override name = 'IndexError';
}
/** An argument whose value is not allowed (a negative stride, NaN where a number is needed, …). */
export class ValueError extends DLError {
  override name = 'ValueError';
}
/** A tensor used after its memory was released. */
export class ReleasedError extends DLError {
  override name = 'ReleasedError';
}
/** A call that is not allowed in the present state (a promise returned from `scope`, `backward` twice, …). */
export class UsageError extends DLError {
  override name = 'UsageError';
}
/** Memory that the device does not have. */
export class OutOfMemoryError extends DLError {
  override name = 'OutOfMemoryError';
}

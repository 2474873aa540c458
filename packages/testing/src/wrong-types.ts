/**
 * Calls everything that is public with values of wrong types in every position, starting from a call that works, and sorts what comes of
 * it: typed errors, raw ones (TypeError, RangeError, …), and calls that were silently accepted. Deterministic.
 */

import { DLError, isTensor, ones, type Tensor, tensor } from '@dl/tensor';

type Table = Readonly<Record<string, string>>;
// biome-ignore lint/suspicious/noExplicitAny: everything is called with everything.
type Anything = any;

/** What to call, and how. */
export interface WrongTypesOptions {
  /** Arguments of calls that work, by the name in the signatures, where they are not found by trying. */
  readonly valid?: Readonly<Record<string, () => readonly unknown[]>>;
  /** Names that are not called: they wait, write files, or change the program. */
  readonly skip?: readonly string[];
  /** Names of what takes seconds with default options: empty options are not among its wrong values. */
  readonly slow?: readonly string[];
  /** Receives the name of everything before it is called. */
  readonly onCall?: (name: string) => void;
}

/** What came of the calls. */
export interface WrongTypesReport {
  /** How many calls with a wrong argument were made. */
  calls: number;
  /** Those that ended in an error that is not a DLError: name, arguments, error. */
  readonly raw: string[];
  /** Those that were accepted although a value is not of its declared kind. */
  readonly accepted: string[];
  /** What has no call that works; it was called with guesses. */
  readonly unknown: string[];
}

const circular: Record<string, unknown> = {};
circular.self = circular;

/** The wrong values, by how they are shown. */
const values: readonly (readonly [string, () => unknown])[] = [
  ['undefined', () => undefined],
  ['null', () => null],
  ['1.5', () => 1.5],
  ['-1', () => -1],
  ['NaN', () => Number.NaN],
  ['1e20', () => 1e20],
  ["'foo'", () => 'foo'],
  ['true', () => true],
  ['[]', () => []],
  ["['a']", () => ['a']],
  ['[1e20]', () => [1e20]],
  ['{}', () => ({})],
  ['{foo: 1}', () => ({ foo: 1 })],
  ['circular', () => circular],
  ['() => 1', () => () => 1],
  ['10n', () => 10n],
  ['int32[2]', () => tensor([0, 1], { dtype: 'int32' })],
  ['float32[0]', () => ones([0])],
];

/** Sizes of tensors that are tried for a call that works. */
const sizes: readonly (readonly number[])[] = [[2, 3], [3, 3], [4], [2, 4, 4], [2, 4, 8, 8], [1]];

interface Parameter {
  readonly name: string;
  readonly optional: boolean;
  readonly kind: string;
}

/** Splits at commas outside of brackets and quotes. */
function parameters(signature: string): Parameter[] {
  const parts = signature.match(/(?:[^,{('[<]|\{[^}]*\}|\([^)]*\)|'[^']*'|\[\]|<[^>]*>)+/g) ?? [];
  return parts.flatMap((part) => {
    const [, name, mark, kind] = /^\s*(?:\.\.\.)?(\w+)(\??): (.*)$/s.exec(part) ?? [];
    return name ? [{ name, optional: mark === '?', kind: kind.trim() }] : [];
  });
}

/** A value of a kind, for a world in which tensors have these sizes. */
function plausible({ name, kind }: Parameter, shape: readonly number[], world: number): unknown {
  const isIndex = /^(ind|ids|target|index|seq)/.test(name) && world % 2 === 0;
  if (kind.startsWith('Tensor[]')) return [ones([...shape]), ones([...shape])];
  if (kind.includes('Tensor')) {
    if (/^(mask|condition)/.test(name)) return tensor(true);
    return isIndex ? tensor([0, 1], { dtype: 'int32' }) : ones([...shape]).mul(0.5);
  }
  if (/number\[\]/.test(kind) && !kind.startsWith('number |')) return [2, 2];
  if (/^(number|Pair)/.test(kind)) return /axis|dim|offset/i.test(name) ? 0 : 1 + (world % 3);
  if (kind === 'boolean') return false;
  if (kind.startsWith("'")) return kind.slice(1, kind.indexOf("'", 1));
  if (kind === 'string') return 'x';
  if (kind === 'function') return (x: unknown) => (isTensor(x) ? (x as Tensor).sum() : x);
  if (kind === 'any[]' || kind === 'iterable') return [];
  return {};
}

function isGenerator(value: unknown): value is Iterator<unknown> | AsyncIterator<unknown> {
  return /^\[object (Async)?Generator\]$/.test(Object.prototype.toString.call(value));
}

async function outcome(call: () => unknown): Promise<unknown> {
  try {
    const result = call();
    if (result instanceof Promise) await result;
    // Generators begin their work when they are asked for the first value.
    else if (isGenerator(result)) await result.next();
    return null;
  } catch (error) {
    return error ?? new Error('nothing was thrown');
  }
}

/** Calls what `namespace` exports under the names of `signatures`, with wrong values. */
export async function wrongTypes(
  namespace: Readonly<Record<string, unknown>>,
  signatures: Table,
  types: Table,
  { valid = {}, skip = [], slow = [], onCall }: WrongTypesOptions = {},
): Promise<WrongTypesReport> {
  const report: WrongTypesReport = { calls: 0, raw: [], accepted: [], unknown: [] };
  for (const [label, signature] of Object.entries(signatures)) {
    if (skip.includes(label)) continue;
    const [owner, method] = label.split('.');
    const exported = namespace[owner] as Anything;
    if (typeof exported !== 'function') continue;
    onCall?.(label);
    const taken = parameters(signature).map((parameter) => ({
      ...parameter,
      kind: types[parameter.kind] ?? parameter.kind,
    }));
    const isClass = /^class\b/.test(Function.prototype.toString.call(exported));
    let call: ((args: readonly unknown[]) => unknown) | undefined;
    if (!isClass) call = (args) => exported(...args);
    else if (!method) call = (args) => new exported(...args);
    else {
      const instance = await made(exported, owner, signatures, types, valid);
      const target = instance?.[method] ? instance : exported;
      if (typeof target[method] === 'function') call = (args) => target[method](...args);
    }
    if (call) await vary(label, taken, call, valid[label], slow.includes(label), report);
  }
  return report;
}

/** An object of a class. */
async function made(
  exported: Anything,
  owner: string,
  signatures: Table,
  types: Table,
  valid: NonNullable<WrongTypesOptions['valid']>,
): Promise<Anything> {
  const taken = parameters(signatures[owner] ?? '').map((parameter) => ({
    ...parameter,
    kind: types[parameter.kind] ?? parameter.kind,
  }));
  const args = await working(taken, (list) => new exported(...list), valid[owner]);
  try {
    return args && new exported(...args());
  } catch {
    return undefined;
  }
}

/** Arguments with which a call works; undefined where none are found. */
async function working(
  taken: readonly Parameter[],
  call: (args: readonly unknown[]) => unknown,
  given: (() => readonly unknown[]) | undefined,
): Promise<(() => readonly unknown[]) | undefined> {
  if (given) return given;
  const required = taken.filter(({ optional }) => !optional);
  for (let world = 0; world < 6; world++) {
    for (const shape of sizes) {
      const args = () => required.map((parameter) => plausible(parameter, shape, world));
      if ((await outcome(() => call(args()))) === null) return args;
    }
  }
  return undefined;
}

async function vary(
  label: string,
  taken: readonly Parameter[],
  call: (args: readonly unknown[]) => unknown,
  given: (() => readonly unknown[]) | undefined,
  slow: boolean,
  report: WrongTypesReport,
): Promise<void> {
  const found = await working(taken, call, given);
  if (!found) report.unknown.push(label);
  const base =
    found ?? (() => taken.filter((p) => !p.optional).map((p) => plausible(p, [2, 3], 0)));
  for (let position = 0; position < taken.length; position++) {
    const { optional, kind } = taken[position];
    for (const [shown, value] of values) {
      if ((shown === 'undefined' || (slow && shown === '{}')) && optional) continue;
      const attempt = () => {
        const args = [...base()];
        while (args.length < position) args.push(undefined);
        args[position] = value();
        return call(args);
      };
      report.calls++;
      const error = await outcome(attempt);
      const text = `${label}(${'…, '.repeat(position)}${shown})`;
      if (error === null) {
        if (isWrong(kind, value())) report.accepted.push(text);
      } else if (!(error instanceof DLError)) report.raw.push(`${text}: ${error}`);
    }
  }
}

/** Whether a value is surely not of a kind. */
function isWrong(kind: string, value: unknown): boolean {
  if (/any|object|iterable|[A-Z]/.test(kind.replaceAll('Tensor', ''))) return false;
  const allowed = [
    kind.includes('Tensor') && isTensor(value),
    kind.includes('number') && typeof value === 'number',
    kind.includes('boolean') && typeof value === 'boolean',
    kind.includes('string') && typeof value === 'string',
    kind.includes('function') && typeof value === 'function',
    kind.includes('[]') && Array.isArray(value),
    kind.includes('null') && value === null,
    kind.includes('{') && typeof value === 'object' && value !== null,
  ];
  return !allowed.includes(true);
}

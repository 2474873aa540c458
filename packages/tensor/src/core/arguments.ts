/**
 * Checks of arguments at run time, for callers whose compiler does not: wrong kinds, unknown words and unknown options are refused with
 * the right call. What functions take is written from their types by tools/signatures/make.mjs.
 */

import { isTensor } from './brand';
import { isPlain, ValueError } from './errors';

/** A kind of value: how it is written, and whether a value is one. */
interface Kind {
  readonly text: string;
  accepts(value: unknown): boolean;
  /** The words, of unions of words. */
  readonly words?: readonly string[];
  /** The fields, of options. */
  readonly fields?: readonly Parameter[];
  /** What the fields are, of records. */
  readonly values?: Kind;
}

interface Parameter {
  readonly name: string;
  readonly optional: boolean;
  readonly rest: boolean;
  readonly kind: Kind;
}

type Table = Readonly<Record<string, string>>;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const isList = (value: unknown): value is readonly unknown[] =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));

/** Whether an object may hold values by name. */
const isRecord = (value: unknown): value is Record<string, unknown> =>
  isObject(value) && !isList(value) && !isTensor(value);

const isArrayLike = (value: object): value is ArrayLike<unknown> =>
  'length' in value && typeof value.length === 'number';

/** `Uint8Array` of a Buffer, too, and of one that another realm made. */
const tagOf = (value: unknown) => Object.prototype.toString.call(value).slice(8, -1);

const builtIn: Readonly<Record<string, (value: unknown) => boolean>> = {
  any: () => true,
  Tensor: isTensor,
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  string: (value) => typeof value === 'string',
  iterable: (value) => isObject(value) && typeof value[Symbol.iterator as never] === 'function',
  asyncIterable: (value) =>
    isObject(value) && typeof value[Symbol.asyncIterator as never] === 'function',
  function: (value) => typeof value === 'function',
  object: (value) => isObject(value) || typeof value === 'function',
  null: (value) => value === null,
  undefined: (value) => value === undefined,
};

/** Splits at `separator` outside of brackets and quotes. */
function split(text: string, separator: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === "'") quoted = !quoted;
    else if (quoted) continue;
    else if ('([{<'.includes(c)) depth++;
    else if (')]}>'.includes(c)) depth--;
    else if (c === separator && depth === 0) {
      parts.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  parts.push(text.slice(start).trim());
  return parts.filter((part) => part !== '');
}

/** Reads kinds and parameters as tools/signatures writes them; named ones are read once. */
class Reader {
  private readonly known = new Map<string, Kind>();

  constructor(private readonly types: Table) {}

  kind(text: string): Kind {
    const known = this.known.get(text);
    if (known) return known;
    const fresh = this.read(text);
    this.known.set(text, fresh);
    return fresh;
  }

  private read(text: string): Kind {
    const parts = split(text, '|');
    if (parts.length > 1) return union(parts.map((part) => this.kind(part)));
    if (text.endsWith('[]')) {
      const element = this.kind(text.slice(0, -2));
      return { text, accepts: (value) => isList(value) && every(value, element) };
    }
    if (text[0] === '(') return this.kind(text.slice(1, -1));
    if (text[0] === "'") {
      const word = text.slice(1, -1);
      return { text, words: [word], accepts: (value) => value === word };
    }
    if (text.startsWith('with ')) {
      const members = text.slice(5).split(' and ');
      return {
        text: `an object ${text}`,
        accepts: (value) => builtIn.object(value) && members.every((name) => name in Object(value)),
      };
    }
    if (text.startsWith('ArrayLike<')) {
      const element = this.kind(text.slice(10, -1));
      return {
        text,
        accepts: (value) => isObject(value) && isArrayLike(value) && every(value, element),
      };
    }
    if (text.startsWith('Record<')) {
      const values = this.kind(text.slice('Record<string, '.length, -1));
      const accepts = (value: unknown) => isRecord(value) && every(Object.values(value), values);
      return { text, values, accepts };
    }
    if (text[0] === '{') return options(this.parameters(text.slice(1, -1)));
    if (Object.hasOwn(this.types, text)) {
      const meaning = this.kind(this.types[text]);
      return meaning.words ? meaning : { ...meaning, text };
    }
    return { text, accepts: builtIn[text] ?? ((value) => tagOf(value) === text) };
  }

  parameters(text: string): Parameter[] {
    return split(text, ',').map((part) => {
      const [, dots, name, mark, kind] = /^(\.\.\.)?(\w+)(\??): (.*)$/.exec(part) ?? [];
      const rest = dots === '...';
      return {
        name,
        optional: mark === '?',
        rest,
        kind: this.kind(rest ? kind.slice(0, -2) : kind),
      };
    });
  }
}

function every(list: ArrayLike<unknown>, element: Kind): boolean {
  if (element.text === 'number' && ArrayBuffer.isView(list)) return !/^Big/.test(tagOf(list));
  for (let i = 0; i < list.length; i++) if (!element.accepts(list[i])) return false;
  return true;
}

function union(kinds: readonly Kind[]): Kind {
  const words = kinds.flatMap((kind) => kind.words ?? []);
  return {
    text: kinds.map((kind) => kind.text).join(' | '),
    ...(words.length > 0 && { words }),
    accepts(value) {
      for (let i = 0; i < kinds.length; i++) if (kinds[i].accepts(value)) return true;
      return false;
    },
  };
}

function options(fields: readonly Parameter[]): Kind {
  const names = new Set(fields.map((field) => field.name));
  return {
    text: `{ ${fields.map((field) => field.name).join(', ')} }`,
    fields,
    accepts(value) {
      if (!isRecord(value)) return false;
      for (const field of fields) if (!holds(field, value[field.name])) return false;
      if (isPlain(value))
        for (const key in value) if (!names.has(key) && value[key] !== undefined) return false;
      return true;
    },
  };
}

function holds({ kind, optional }: Parameter, value: unknown): boolean {
  return value === undefined ? optional || kind.accepts(value) : kind.accepts(value);
}

/** How words are compared when one is looked for that is meant: `strong_wolfe` and `strongWolfe` are alike. */
const plainly = (word: string) => word.toLowerCase().replace(/[^a-z0-9]/g, '');

/** The names that PyTorch has for options of other names here. */
const renamed: Table = {
  dim: 'axis, which is not an option but an argument',
  betas: 'beta1 and beta2',
  eta_min: 'etaMin',
  p: 'p',
};

function meant(word: string, among: readonly string[]): string | undefined {
  const found = among.find((other) => plainly(other) === plainly(word)) ?? renamed[word];
  return found === undefined ? undefined : `did you mean ${found}?`;
}

const listOf = (kind: string) => (kind.includes(' | ') ? `(${kind})[]` : `${kind}[]`);

function article(kind: string): string {
  return /^[aeiou]/i.test(kind) ? `an ${kind}` : `a ${kind}`;
}

/** What is wrong with a value, as precisely as its kind allows. */
function explain(name: string, kind: Kind, value: unknown): { problem: string; hint?: string } {
  if (kind.fields && isObject(value)) {
    const names = kind.fields.map((field) => field.name);
    for (const key of Object.keys(value)) {
      if (names.includes(key) || value[key] === undefined || !isPlain(value)) continue;
      const expected = `the options are ${names.join(', ')}`;
      return { problem: `there is no option ${key}`, hint: meant(key, names) ?? expected };
    }
    const wrong = kind.fields.find((field) => !holds(field, value[field.name]));
    if (wrong) return explain(wrong.name, wrong.kind, value[wrong.name]);
  }
  if (kind.fields && value !== undefined && !isObject(value)) {
    const fitting = kind.fields.filter((field) => field.kind.accepts(value));
    return {
      problem: `${name} is not an object`,
      hint: `options have names: { ${fitting.map((field) => `${field.name}: ${value}`).join(' } or { ') || '… '} }`,
    };
  }
  if (kind.words && typeof value === 'string') {
    return {
      problem: `there is no ${name} ${JSON.stringify(value)}`,
      hint: meant(value, kind.words),
    };
  }
  if (kind.values && isRecord(value)) {
    const wrong = Object.keys(value).find((key) => !kind.values?.accepts(value[key]));
    if (wrong !== undefined)
      return { problem: `"${wrong}" of ${name} is not ${article(kind.values.text)}` };
  }
  const problem =
    value === undefined ? `${name} is missing` : `${name} is not ${article(kind.text)}`;
  return { problem };
}

/** Checks the arguments of a named function: `takes('softmax', arguments)`. */
export type ArgumentCheck<Name extends string> = (
  name: Name,
  values: ArrayLike<unknown>,
  shown?: string,
) => void;

/**
 * A check for functions with these signatures: `softmax: 'x: Tensor, axis?: number'`. Values pass where they have the kinds that are
 * written there; more values than parameters pass too, so that functions can be handed to `map`.
 *
 * @param types - kinds with names. @returns throws ValueError, which shows the right call, for anything else.
 */
export function argumentChecker<Name extends string>(
  signatures: Readonly<Record<Name, string>>,
  types: Table,
): ArgumentCheck<Name> {
  const reader = new Reader(types);
  const read = new Map<Name, readonly Parameter[]>();
  return (name, values, shown = name) => {
    let parameters = read.get(name);
    if (!parameters) {
      parameters = reader.parameters(signatures[name]);
      read.set(name, parameters);
    }
    for (let i = 0; i < parameters.length; i++) {
      const parameter = parameters[i];
      if (parameter.rest) {
        for (let k = i; k < values.length; k++)
          if (!parameter.kind.accepts(values[k])) throw refusal(shown, parameters, i, values, k);
      } else if (!holds(parameter, values[i])) throw refusal(shown, parameters, i, values, i);
    }
  };
}

function refusal(
  shown: string,
  parameters: readonly Parameter[],
  at: number,
  values: ArrayLike<unknown>,
  position: number,
): Error {
  const { name, kind } = parameters[at];
  const op = shown;
  const value = values[position];
  const { problem, hint } = explain(name, kind, value);
  const call = parameters.map(({ name, optional, rest, kind }) => {
    const text = rest ? listOf(kind.text) : kind.text;
    return `${rest ? '...' : ''}${name}${optional ? '?' : ''}: ${text}`;
  });
  return new ValueError(op, problem, {
    args: { [name]: value },
    expected: `${op}(${call.join(', ')})`,
    hint: hint ?? gathered(kind, values, position),
  });
}

/** The habit of giving sizes one by one: the hint to put them into an array. */
function gathered(kind: Kind, values: ArrayLike<unknown>, position: number): string | undefined {
  if (!kind.text.includes('number[]') || typeof values[position] !== 'number') return undefined;
  const numbers = Array.from(values).slice(position);
  const end = numbers.findIndex((value) => typeof value !== 'number');
  const list = end < 0 ? numbers : numbers.slice(0, end);
  return `put numbers into one array: [${list.join(', ')}]`;
}

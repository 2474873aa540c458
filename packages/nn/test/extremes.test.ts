import { readFileSync } from 'node:fs';
import { vjp } from '@dl/autograd';
import type { Device, Tensor } from '@dl/tensor';
import * as dl from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import { functional } from '../src/index';

// Every elementwise function at the ends of float32 and float64 against PyTorch; see packages/nn/test/fixtures/extremes.py.

type Code = number | string;
interface Entry {
  readonly y: readonly Code[];
  readonly g: readonly (readonly Code[] | null)[] | null;
}
interface Table {
  readonly x: readonly Code[];
  readonly unary: Readonly<Record<string, Entry>>;
  readonly pairs: readonly (readonly Code[])[];
  readonly binary: Readonly<Record<string, Entry>>;
}
type Kind = 'float32' | 'float64';
const page = new URL('./fixtures/extremes.json', import.meta.url);
const fixture = JSON.parse(readFileSync(page, 'utf8')) as Record<Kind, Table>;

const decode = (list: readonly Code[]): number[] =>
  list.map((code) =>
    code === 'inf' ? Infinity : code === '-inf' ? -Infinity : code === '-0' ? -0 : Number(code),
  );

const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
const special: Record<string, (...x: Tensor[]) => Tensor> = {
  ...{ square: dl.square, rsqrt: dl.rsqrt, exp2: dl.exp2, digamma: dl.digamma },
  gelu_tanh: (x) => functional.gelu(x, { approximate: 'tanh' }),
  logsigmoid: functional.logsigmoid,
};

function functionOf(name: string): (...x: Tensor[]) => Tensor {
  const key = camel(name);
  const found = special[name] ?? (functional as object as Record<string, never>)[key];
  return found ?? (dl as object as Record<string, never>)[key];
}

/** The largest relative distance; below the smallest normal number nothing is asked, but of numbers that are as small. */
const DIGITS: Record<Kind, number> = { float32: 4e-6, float64: 1e-12 };
const NORMAL: Record<Kind, number> = { float32: 2 ** -126, float64: 2 ** -1022 };
/** One unit in the last place of 1. */
const UNIT: Record<Kind, number> = { float32: 2 ** -23, float64: 2 ** -52 };

/** Derivatives by way of 1 − y or the like: PyTorch's have no more digits than that difference. */
const FROM_ONE = ['tanh', 'sigmoid', 'expm1', 'gelu', 'gelu_tanh', 'mish', 'tanhshrink'];

interface Exception {
  readonly ops: readonly string[];
  readonly what: 'value' | 'derivative' | 'both';
  readonly where: (...x: number[]) => boolean;
  /** What PyTorch 1.13 does there. */
  readonly why: string;
}

const exceptions: readonly Exception[] = [
  {
    ops: ['abs', 'elu', 'selu', 'hardswish'],
    what: 'derivative',
    where: Number.isNaN,
    why: '0 or 1; the derivatives of most functions are NaN there, as all are here',
  },
  {
    ops: ['sign'],
    what: 'value',
    where: Number.isNaN,
    why: '0; NumPy and this library keep the NaN',
  },
  {
    ops: ['elu', 'selu'],
    what: 'value',
    where: (x) => x < 0 && x > -1e-3,
    why: 'computes exp(x) − 1, which loses all digits near 0',
  },
  {
    ops: ['hardswish'],
    what: 'value',
    where: (x) => x === -Infinity,
    why: 'NaN from −∞ · 0; the limit is 0',
  },
  {
    ops: ['digamma'],
    what: 'derivative',
    where: () => true,
    why: 'its trigamma has nine digits, and at poles the rounding of π decides; see polygamma.test.ts of @dl/tensor',
  },
  {
    ops: ['log1p', 'tan'],
    what: 'value',
    where: (x) => Math.abs(x) < 1e-300,
    why: '0 for the smallest subnormal number, where the vectorised function flushes it',
  },
  {
    ops: ['erfinv'],
    what: 'derivative',
    where: (x) => Math.abs(x) === 0.9999,
    why: 'exp(y²) there has six digits in float32',
  },
  {
    ops: ['floor_divide', 'remainder', 'fmod'],
    what: 'both',
    where: (_, y) => Math.abs(y) === 1e-40,
    why: 'NaN in float32: its vectorised division by a subnormal number overflows',
  },
];

interface Difference {
  readonly at: string;
  readonly found: number;
  readonly expected: number;
}

/** Where numbers are not as near to PyTorch's as they must be. */
function differences(
  name: string,
  kind: Kind,
  what: 'value' | 'derivative',
  inputs: readonly (readonly number[])[],
  found: ArrayLike<number>,
  expected: readonly number[],
): Difference[] {
  const unit = what === 'derivative' && FROM_ONE.includes(name) ? UNIT[kind] : 0;
  const excused = exceptions.filter(
    (one) => one.ops.includes(name) && (one.what === what || one.what === 'both'),
  );
  return expected.flatMap((value, i) => {
    const x = inputs.map((list) => list[i]);
    const tiny = x.some((one) => one !== 0 && Math.abs(one) < NORMAL[kind]);
    const allowed = Math.max(DIGITS[kind] * Math.abs(value), unit, tiny ? 0 : NORMAL[kind]);
    const same = Object.is(found[i], value) || found[i] === value;
    if (same || Math.abs(found[i] - value) <= allowed) return [];
    if (excused.some(({ where }) => where(...x))) return [];
    return [{ at: `${what} at ${x.join(', ')}`, found: found[i], expected: value }];
  });
}

function compare(
  name: string,
  kind: Kind,
  device: Device,
  inputs: readonly (readonly number[])[],
  entry: Entry,
): Difference[] {
  const f = functionOf(name);
  const list: Difference[] = [];
  dl.scope(() => {
    const x: readonly Tensor[] = inputs.map((data) =>
      dl.tensor(Float64Array.from(data), { dtype: kind, device }),
    );
    const y = f(...x);
    list.push(...differences(name, kind, 'value', inputs, y.dataSync(), decode(entry.y)));
    if (!entry.g) return;
    const { gradient } = vjp((all: readonly Tensor[]) => f(...all), x, dl.onesLike(y));
    entry.g.forEach((slopes, i) => {
      const data = gradient[i].dataSync();
      if (!slopes) return;
      list.push(...differences(name, kind, 'derivative', inputs, data, decode(slopes)));
    });
  });
  return list;
}

const devices: Device[] = ['cpu', 'reference'];
describe.each(devices)('on %s', (device) => {
  describe.each(['float32', 'float64'] as const)('in %s', (kind) => {
    const { x, unary, pairs, binary } = fixture[kind];
    it.each(Object.keys(unary))('%s', (name) => {
      expect(compare(name, kind, device, [decode(x)], unary[name])).toEqual([]);
    });
    it.each(Object.keys(binary))('%s', (name) => {
      expect(compare(name, kind, device, pairs.map(decode), binary[name])).toEqual([]);
    });
  });
});

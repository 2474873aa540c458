import { readFileSync } from 'node:fs';
import type { DType, Tensor } from '@dl/tensor';
import { isTensor, memory, scope, tensor } from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import { gradients, jvp, noGrad } from '../src/index';
import { calls } from './torch-calls';

type Encoded = { t: DType; s: number[]; d: (number | string)[]; g: boolean };
interface Sample {
  op: string;
  variant: string;
  args: unknown[];
  kw: Record<string, unknown>;
  out: unknown[];
  w?: Encoded[];
  grad?: (Encoded | null)[];
  v?: Encoded[];
  hess?: (Encoded | null)[];
}

const number = (v: number | string): number =>
  v === 'inf' ? Infinity : v === '-inf' ? -Infinity : v === 'nan' ? Number.NaN : (v as number);

function decode(value: unknown, leaves: Tensor[]): unknown {
  if (Array.isArray(value)) return value.map((item) => decode(item, leaves));
  if (typeof value === 'string') return /^(-?inf|nan)$/.test(value) ? number(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if ('t' in value) {
    const { t, s, d, g } = value as Encoded;
    const flat = d.map(number);
    const x = tensor(Float64Array.from(flat), { shape: s, dtype: t });
    if (g) {
      x.requiresGrad = true;
      leaves.push(x);
    }
    return x;
  }
  return value;
}

function flat(result: unknown): (Tensor | boolean | number)[] {
  return Array.isArray(result) ? result.flatMap(flat) : [result as Tensor];
}

function compare(what: string, found: Tensor | boolean | number, expected: unknown): void {
  if (!isTensor(found)) {
    expect(found, what).toEqual(expected);
    return;
  }
  const { t, s, d } = expected as Encoded;
  expect([...found.shape], `${what}: shape`).toEqual(s);
  const data = found.dataSync();
  const loose = t === 'float32' || found.dtype === 'float32';
  d.forEach((raw, i) => {
    const want = number(raw);
    const got = data[i];
    const ok =
      Object.is(got, want) ||
      got === want ||
      (Number.isNaN(got) && Number.isNaN(want)) ||
      Math.abs(got - want) <= (loose ? 1e-5 : 1e-8) + (loose ? 1e-4 : 1e-6) * Math.abs(want);
    if (!ok) throw new Error(`${what}[${i}]: ${got}, PyTorch has ${want}`);
  });
}

function check(sample: Sample): void {
  scope(() => {
    const leaves: Tensor[] = [];
    const args = sample.args.map((value) => decode(value, leaves));
    const kw = Object.fromEntries(
      Object.entries(sample.kw).map(([k, v]) => [k, decode(v, leaves)]),
    );
    const result = calls[sample.op](args, kw);
    if (result === undefined) return;
    const outs = flat(result);
    expect(outs.length, 'number of outputs').toBe(sample.out.length);
    outs.forEach((out, i) => {
      compare(`output ${i}`, out, sample.out[i]);
    });
    if (!sample.grad || !sample.w) return;
    const weights = sample.w.map((w) => decode(w, []) as Tensor);
    const floats = outs.filter((y): y is Tensor => isTensor(y) && y.requiresGrad);
    const grads = gradients(floats, leaves, weights, { createGraph: true });
    sample.grad.forEach((g, i) => {
      if (g) compare(`gradient ${i}`, grads[i], g);
    });
    if (!sample.hess || !sample.v) return;
    const directions = sample.v.map((v) => decode(v, []) as Tensor);
    const live = grads.map((g, i) => [g, directions[i]] as const).filter(([g]) => g.requiresGrad);
    if (live.length === 0) {
      sample.hess.forEach((h, i) => {
        if (h)
          expect(
            h.d.every((x) => x === 0),
            `second ${i}: nothing depends on it`,
          ).toBe(true);
      });
      return;
    }
    const second = gradients(
      live.map(([g]) => g),
      leaves,
      live.map(([, v]) => v),
    );
    sample.hess.forEach((h, i) => {
      if (h) compare(`second ${i}`, second[i], h);
    });
  });
}

/** w · (J v) from forward mode against (w J) · v from PyTorch's gradients. */
function checkForward(sample: Sample): void {
  scope(() => {
    const points: Tensor[] = [];
    decode([sample.args, Object.values(sample.kw)], points);
    const start = points.map((x) => x.detach());
    const directions = (sample.v as Encoded[]).map((v) => decode(v, []) as Tensor);
    const { tangent } = jvp(
      (xs: Tensor[]) => {
        const rest = [...xs];
        const fill = (value: unknown): unknown => {
          if (Array.isArray(value)) return value.map(fill);
          return (value as Encoded | null)?.g ? rest.shift() : decode(value, []);
        };
        const args = sample.args.map(fill);
        const kw = Object.entries(sample.kw).map(([key, value]) => [key, fill(value)]);
        const result = calls[sample.op](args, Object.fromEntries(kw));
        const outs = result === undefined ? [] : flat(result);
        return outs.filter((y): y is Tensor => isTensor(y) && y.dtype === 'float64');
      },
      start,
      directions,
    );
    if (tangent.length !== sample.w?.length) return;
    const weights = sample.w.map((w) => decode(w, []) as Tensor);
    const forward = tangent.reduce((sum, t, i) => sum + t.mul(weights[i]).sum().item(), 0);
    const grads = (sample.grad ?? []).map((g) => g && (decode(g, []) as Tensor));
    const reverse = grads.reduce(
      (sum, g, i) => sum + (g ? g.mul(directions[i]).sum().item() : 0),
      0,
    );
    if (!Number.isFinite(reverse)) return;
    const error = Math.abs(forward - reverse) / (1 + Math.abs(reverse));
    expect(error, `${show(sample)}: ${forward} and ${reverse}`).toBeLessThan(1e-5);
  });
}

/** Samples by file: OpInfo's own, and corners; see test/fixtures. */
const files = [
  process.env.DL_OPINFO ?? new URL('./fixtures/opinfo.json', import.meta.url),
  new URL('./fixtures/corners.json', import.meta.url),
];
const samples: Sample[] = files.flatMap((file) => JSON.parse(readFileSync(file, 'utf8')));

describe.each([...new Set(samples.map((sample) => sample.op))])('%s as PyTorch', (op) => {
  it('gives its values, gradients and second derivatives', () => {
    expect(calls[op], `no call for ${op}`).toBeDefined();
    const problems: string[] = [];
    for (const sample of samples) {
      if (sample.op !== op) continue;
      try {
        check(sample);
      } catch (error) {
        problems.push(`${show(sample)}: ${(error as Error).message}`);
      }
    }
    if (problems.length > 0) throw new Error(problems.join('\n'));
  });

  it('agrees with itself in forward mode', () => {
    for (const sample of samples) {
      if (sample.op === op && sample.v && sample.w && sample.grad) checkForward(sample);
    }
  });

  it('leaves nothing behind but its results', () => {
    for (const sample of samples) {
      if (sample.op !== op) continue;
      const args = sample.args.map((value) => decode(value, []));
      const kw = Object.fromEntries(
        Object.entries(sample.kw).map(([key, value]) => [key, decode(value, [])]),
      );
      const call = () => noGrad(() => flat(calls[op](args, kw)));
      const given = new Set(flat([args, Object.values(kw)]));
      // The first call may fill the cache of constants.
      for (const y of call()) if (isTensor(y) && !given.has(y)) y.dispose();
      const before = memory().tensors;
      const born = new Set(call().filter((y) => isTensor(y) && !given.has(y)));
      expect(memory().tensors - before, show(sample)).toBe(born.size);
    }
  });
});

/** The arguments, with the first few elements of tensors. */
function show({ args, kw }: Sample): string {
  const text = JSON.stringify([args, kw], (key, value) =>
    key === 'd' ? value.slice(0, 3) : value,
  );
  return text.slice(0, 400);
}

import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { DType } from '../src/index';
import { tensor, zeros } from '../src/index';

interface Case {
  dtype: DType;
  shape: number[];
  data: (number | string)[];
  text: string;
}

// Written by packages/tensor/test/fixtures/format.py with PyTorch 1.13.
const cases: Case[] = JSON.parse(
  readFileSync(new URL('./fixtures/format.json', import.meta.url), 'utf8'),
);
const numbers: Record<string, number> = {
  inf: Infinity,
  '-inf': -Infinity,
  nan: Number.NaN,
  '-0.0': -0,
};

describe('toString', () => {
  it.each(cases)('prints $dtype $shape as PyTorch', ({ dtype, shape, data, text }) => {
    const values = data.map((v) => (typeof v === 'string' ? numbers[v] : v));
    const x = tensor(Float64Array.from(values), { shape, dtype });
    expect(x.toString()).toBe(text);
  });

  it('shows a view in its own order', () => {
    expect(
      String(
        tensor([
          [1, 2],
          [3, 4],
        ]).T,
      ),
    ).toBe('tensor([[1., 3.],\n        [2., 4.]])');
  });

  it('shows the device where it is not the default one', () => {
    expect(String(zeros([1], { device: 'reference' }))).toBe("tensor([0.], device='reference')");
  });

  it('is what console.log prints', () => {
    expect(inspect({ x: tensor([1.5]) })).toBe('{ x: tensor([1.5000]) }');
  });

  it('does not throw for a released tensor', () => {
    const x = tensor([1]);
    x.dispose();
    expect(String(x)).toBe('tensor(released float32[1])');
  });
});

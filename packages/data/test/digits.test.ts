import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { syntheticDigits } from '../src/index';

const hash = (bytes: ArrayLike<number>) =>
  createHash('sha256').update(Uint8Array.from(bytes)).digest('hex').slice(0, 16);

describe('syntheticDigits', () => {
  it('draws the same bytes for a seed, on every machine', () => {
    const { train, test } = syntheticDigits({ train: 50, test: 20, seed: 1 });
    expect(hash(train.inputs)).toMatchInlineSnapshot(`"262308ef083f030e"`);
    expect(hash(test.inputs)).toMatchInlineSnapshot(`"f80d558bed27ad33"`);
    expect(hash(train.labels)).toMatchInlineSnapshot(`"d3111ec97c70c56b"`);
  });

  it('draws other images for other seeds, and other test than training images', () => {
    const one = syntheticDigits({ train: 20, test: 20, seed: 1 });
    const two = syntheticDigits({ train: 20, test: 20, seed: 2 });
    const all = [one.train, one.test, two.train, two.test].map((part) => hash(part.inputs));
    expect(new Set(all).size).toBe(4);
  });

  it('does not let the number of training images change the test images', () => {
    const few = syntheticDigits({ train: 1, test: 10 }).test;
    const many = syntheticDigits({ train: 30, test: 10 }).test;
    expect(hash(few.inputs)).toBe(hash(many.inputs));
  });

  it('has every class about as often, and inputs of mean 0 and deviation 1', () => {
    const { train } = syntheticDigits({ train: 2000, test: 0 });
    const counts = new Array(10).fill(0);
    for (const label of train.labels) counts[label]++;
    for (const count of counts) expect(Math.abs(count - 200)).toBeLessThan(60);
    const [x] = train.batch(Array.from({ length: 500 }, (_, i) => i));
    expect(Math.abs(x.mean().item())).toBeLessThan(0.05);
    expect(Math.abs(x.std().item() - 1)).toBeLessThan(0.05);
  });

  it('refuses counts that are none', () => {
    expect(() => syntheticDigits({ train: -1 })).toThrow(/non-negative/);
  });
});

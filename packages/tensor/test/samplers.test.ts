import { registerFake } from '@dl/testing';
import { describe, expect, it } from 'vitest';
import {
  allclose,
  bernoulli,
  DTypeError,
  exponential,
  full,
  Generator,
  multinomial,
  normal,
  ones,
  randint,
  randperm,
  tensor,
  ValueError,
} from '../src/index';

const generator = () => new Generator(7);

describe('samplers', () => {
  it('give the same numbers from the same generator', () => {
    const draw = () => normal(0, 1, [5], { generator: generator() });
    expect(draw().toArray()).toEqual(draw().toArray());
  });

  it('normal has the mean and the deviation asked for', () => {
    const x = normal(full([20000], 3), 2, [], { generator: generator() });
    expect(x.mean().item()).toBeCloseTo(3, 1);
    expect(x.std().item()).toBeCloseTo(2, 1);
    expect(() => normal(0, -1, [1])).toThrow(ValueError);
  });

  it('exponential has mean 1 / rate and is finite', () => {
    const x = exponential([20000], 4, { generator: generator() });
    expect(x.mean().item()).toBeCloseTo(0.25, 2);
    expect(x.isfinite().all().item()).toBe(1);
    expect(() => exponential([1], 0)).toThrow(ValueError);
  });

  it('multinomial draws in proportion to the weights, never what weighs 0', () => {
    const weights = tensor([
      [1, 0, 3],
      [2, 2, 0],
    ]);
    const drawn = multinomial(weights, 6000, { replacement: true, generator: generator() });
    const share = (row: number, k: number) =>
      drawn.select(0, row).eq(k).cast('float32').mean().item();
    expect([share(0, 0), share(0, 1), share(0, 2)].map((p) => Math.round(p * 20) / 20)).toEqual([
      0.25, 0, 0.75,
    ]);
    expect(share(1, 2)).toBe(0);
  });

  it('multinomial without replacement gives every position once', () => {
    const drawn = multinomial(ones([2, 5]), 5, { generator: generator() });
    expect(
      allclose(
        drawn.sort(1).values,
        tensor([
          [0, 1, 2, 3, 4],
          [0, 1, 2, 3, 4],
        ]),
      ),
    ).toBe(true);
    const first = multinomial(tensor([0, 1, 3]).expand([4000, 3]), 1, { generator: generator() });
    expect(first.eq(2).cast('float32').mean().item()).toBeCloseTo(0.75, 1);
    expect(() => multinomial(tensor([0, 1, 0]), 2)).toThrow(ValueError);
    expect(() => multinomial(tensor([1, -1]), 1)).toThrow(ValueError);
  });

  it('randint and randperm draw the same numbers on a device without float64', () => {
    registerFake('narrow', { dtypes: ['float32', 'int32', 'bool'] });
    const draw = (device: string) => [
      randint(-5, 9, [3, 7], { device, generator: generator() }),
      randint(0, 9, [5], { device, generator: generator(), dtype: 'float32' }),
      randperm(11, { device, generator: generator() }),
    ];
    const [found, expected] = ['narrow', 'cpu'].map(draw);
    found.forEach((x, i) => {
      expect([x.device, x.dtype, x.toArray()]).toEqual([
        'narrow',
        expected[i].dtype,
        expected[i].toArray(),
      ]);
    });
    expect(() => randint(0, 9, [5], { device: 'narrow', dtype: 'float64' })).toThrow(DTypeError);
  });

  it('bernoulli and randint take a generator', () => {
    const options = { generator: generator() };
    expect(
      bernoulli(full([1000], 0.3), options)
        .mean()
        .item(),
    ).toBeCloseTo(0.3, 1);
    const dice = randint(1, 7, [1000], { generator: generator() });
    expect([dice.amin().item(), dice.amax().item()]).toEqual([1, 6]);
  });
});

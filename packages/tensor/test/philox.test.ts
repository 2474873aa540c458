import { describe, expect, it } from 'vitest';
import { defaultGenerator, Generator, manualSeed, philox, philox4x32 } from '../src/core/generator';

const hex = (words: ArrayLike<number>) =>
  Array.from(words, (word) => word.toString(16).padStart(8, '0')).join(' ');

describe('philox4x32', () => {
  // Known answers published with Random123 (kat_vectors, philox4x32 10).
  it.each([
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      '408f276d 41c83b0e a20bc7c6 6d5451fd',
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    ],
  ])('counter %j, key %j', (counter, key, expected) => {
    expect(hex(philox4x32(counter, key))).toBe(expected);
  });

  it('spreads seed and counter over words', () => {
    const seed = 5 * 2 ** 32 + 0xfffffff0;
    const counter = 3 * 2 ** 32 + 0x80000001;
    expect(hex(philox(seed, counter))).toBe(
      hex(philox4x32([0x80000001, 3, 0, 0], [0xfffffff0, 5])),
    );
    const largest = Number.MAX_SAFE_INTEGER;
    expect(hex(philox(largest, largest))).toBe(
      hex(philox4x32([0xffffffff, 0x1fffff, 0, 0], [0xffffffff, 0x1fffff])),
    );
  });
});

describe('Generator', () => {
  it('reserves whole blocks of four words', () => {
    const generator = new Generator(7);
    expect(generator.reserve(5)).toEqual({ seed: 7, offset: 0 });
    expect(generator.reserve(4)).toEqual({ seed: 7, offset: 2 });
    expect(generator.reserve(0)).toEqual({ seed: 7, offset: 3 });
    expect(generator.getState()).toEqual({ seed: 7, offset: 3 });
  });

  it('repeats from a saved state', () => {
    const generator = new Generator(1);
    generator.random();
    const state = generator.getState();
    const first = [generator.random(), generator.random()];
    generator.setState(state);
    expect([generator.random(), generator.random()]).toEqual(first);
  });

  it('draws uniformly from [0, 1)', () => {
    const generator = new Generator(3);
    const bins = new Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) {
      const value = generator.random();
      expect(value >= 0 && value < 1).toBe(true);
      bins[Math.floor(value * 10)]++;
    }
    const chiSquare = bins.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(27.9);
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('refuses the seed %d', (seed) => {
    expect(() => new Generator(seed)).toThrow(/seed must be a non-negative safe integer/);
    expect(() => manualSeed(seed)).toThrow(/seed/);
  });

  it('manualSeed starts the default generator anew', () => {
    manualSeed(11);
    const first = defaultGenerator.random();
    expect(first).toBe(new Generator(11).random());
    manualSeed(11);
    expect(defaultGenerator.random()).toBe(first);
  });
});

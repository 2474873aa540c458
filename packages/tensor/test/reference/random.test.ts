import { expect, it } from 'vitest';
import { Generator, philox, rand, randn } from '../../src/index';

const seed = 2 ** 40 + 17;
const options = (dtype: 'float32' | 'float64', offset = 5) => {
  const generator = new Generator(seed);
  generator.setState({ seed, offset });
  return { dtype, generator, device: 'reference' } as const;
};
/** Word w of the stream, from the fifth block on. */
const word = (w: number) => philox(seed, 5 + Math.floor(w / 4))[w % 4];

it('uniform float32 takes 24 bits of one word each', () => {
  const x = Array.from(rand([2, 3], options('float32')).dataSync());
  expect(x).toEqual([0, 1, 2, 3, 4, 5].map((i) => Math.floor(word(i) / 256) / 2 ** 24));
});

it('uniform float64 takes 53 bits of two words each', () => {
  const x = Array.from(rand([5], options('float64')).dataSync());
  const expected = (i: number) =>
    (Math.floor(word(2 * i) / 32) * 2 ** 26 + Math.floor(word(2 * i + 1) / 64)) / 2 ** 53;
  expect(x).toEqual([0, 1, 2, 3, 4].map(expected));
});

it.each(['float32', 'float64'] as const)('normal %s follows Box and Muller', (dtype) => {
  const x = Array.from(randn([7], options(dtype)).dataSync());
  const expected = (i: number) => {
    const first = i - (i % 2);
    const u = (word(first) + 0.5) / 2 ** 32;
    const v = (word(first + 1) + 0.5) / 2 ** 32;
    const value = Math.sqrt(-2 * Math.log(u)) * Math[i % 2 === 0 ? 'cos' : 'sin'](2 * Math.PI * v);
    return dtype === 'float32' ? Math.fround(value) : value;
  };
  x.forEach((value, i) => {
    expect(value).toBeCloseTo(expected(i), dtype === 'float32' ? 6 : 14);
  });
});

it('draws on in the stream where the last sampler ended', () => {
  const o = options('float32');
  rand([5], o);
  const next = rand([4], o).dataSync();
  expect(Array.from(next)).toEqual([8, 9, 10, 11].map((w) => Math.floor(word(w) / 256) / 2 ** 24));
});

it('normal numbers have the moments of the normal distribution', () => {
  const x = Array.from(randn([100_000], options('float32')).dataSync());
  const moment = (k: number) => x.reduce((sum, value) => sum + value ** k, 0) / x.length;
  // Four standard errors each.
  expect(Math.abs(moment(1))).toBeLessThan(4 * Math.sqrt(1 / x.length));
  expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / x.length));
  expect(Math.abs(moment(3))).toBeLessThan(4 * Math.sqrt(15 / x.length));
  expect(Math.abs(moment(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / x.length));
});

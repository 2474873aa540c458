import { expect, it } from 'vitest';
import { load } from '../src/contestants/dl';
import { measurePeak } from '../src/peak';
import { compare, formatMarkdown, formatPage, formatTable } from '../src/report';
import type { Results } from '../src/results';
import { agree, quantile, summarise } from '../src/statistics';
import { ramp, workloads } from '../src/workloads';

const timing = (median: number, spread = 0.1) => ({ median, spread, count: 5 });

const results = (own: number, other: number): Results => ({
  date: '2026-01-01',
  machine: { cpu: 'a <fast> one', cores: 2, node: 'v20' },
  peak: 50,
  versions: { dl: '1 thread', peer: '1.0', broken: '2.0' },
  rows: [
    {
      name: 'matmul',
      flops: 1e8,
      outcomes: { dl: timing(own), peer: timing(other), broken: { error: 'it fell over' } },
    },
    { name: 'add', outcomes: { dl: timing(1), peer: timing(0.5) } },
  ],
});

it('summarises timings by median and quartiles', () => {
  expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
  expect(summarise([5, 1, 3, 2, 4])).toEqual({ median: 3, spread: 1, count: 5 });
  expect(summarise([7])).toEqual({ median: 7, spread: 0, count: 1 });
  expect(() => summarise([])).toThrow();
});

it('tells the same work from other work', () => {
  expect(agree([1, 100], [1.05, 100], 1e-3)).toBe(true);
  expect(agree([1, 100], [1.5, 100], 1e-3)).toBe(false);
  expect(agree([1], [1, 2], 1)).toBe(false);
  expect(agree([Number.NaN], [1], 1)).toBe(false);
});

it('prints times, ratios, shares of the peak, and why there is no time', () => {
  const table = formatTable(results(4, 8)).split('\n');
  expect(table[1]).toMatch(/^matmul +4\.00 +0\.100 +50 % +8\.00 +2\.00 +\[1\]/);
  expect(table[2]).toMatch(/^add +1\.00 +0\.100 +0\.500 +0\.50 +–/);
  expect(table.at(-1)).toBe('[1] broken, matmul: it fell over');
});

it('prints the table in Markdown, each reason once', () => {
  expect(formatMarkdown(results(4, 8)).split('\n')).toEqual([
    '| work | dl, ms | of peak | peer × | broken × |',
    '| --- | ---: | ---: | ---: | ---: |',
    '| matmul | 4.00 | 50 % | 2.00 | [1] |',
    '| add | 1.00 |  | 0.500 | – |',
    '',
    '1. broken: it fell over',
  ]);
});

it('tells what got slower, beyond the noise', () => {
  expect(compare(results(4, 8), results(4, 8))).toEqual([]);
  expect(compare(results(4.4, 8), results(4, 8))).toEqual([]);
  expect(compare(results(6, 8), results(4, 8))).toEqual(['matmul, dl: 4.00 → 6.00 ms (× 1.50)']);
});

it('writes a page without scripts', async () => {
  const page = await formatPage(results(4, 8));
  expect(page).toContain('<svg');
  expect(page).toContain('a &lt;fast&gt; one');
  expect(page).not.toContain('<script');
});

it('starts from the same numbers in every language', () => {
  expect(Array.from(ramp(3, 1), (x) => x.toFixed(6))).toEqual([
    '-0.427858',
    '-0.520719',
    '-0.613580',
  ]);
});

it('measures a peak that is a rate', () => {
  expect(measurePeak()).toBeGreaterThan(1);
});

it.each(workloads.filter(({ name }) => !/10⁴|ResNet|224²|conv|1024|char/.test(name)))(
  'does $name',
  async ({ name }) => {
    const task = await load(1).tasks[name]?.();
    const [first, second] = [await task?.check(), await task?.run()];
    expect(first?.length).toBeGreaterThan(0);
    expect(first?.every(Number.isFinite)).toBe(true);
    expect(second).toBeUndefined();
  },
);

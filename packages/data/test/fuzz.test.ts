import { fuzz, line } from '@dl/testing/fuzz';
import { expect, it } from 'vitest';
import * as images from '../src/images/decode';
import * as data from '../src/index';
import * as node from '../src/node/index';
import { targets } from './fuzz-targets';

// DL_FUZZ=100000 npx vitest run fuzz: a long run; DL_FUZZ_SEED begins elsewhere.
const cases = Number(process.env.DL_FUZZ ?? 300);
const seed = Number(process.env.DL_FUZZ_SEED ?? 1);

it.each(targets(data, images, node).map((target) => [target.name, target] as const))(
  'meets every damaged file with a result or a DataError: %s',
  async (_, target) => {
    const report = await fuzz(target, cases, seed);
    if (process.env.DL_FUZZ) console.log(line(report));
    expect([...report.untyped]).toEqual([]);
    expect(report.greedy).toEqual([]);
    expect(report.refused).toBeGreaterThan(0);
  },
);

import '@dl/autograd';
import { appendFileSync, writeFileSync } from 'node:fs';
import { wrongTypes } from '@dl/testing/wrong-types';
import { expect, it } from 'vitest';
import * as linalg from '../src/index';
import { signatures, types } from '../src/signatures';

it('answers arguments of wrong types with typed errors', async () => {
  const report = await wrongTypes(linalg, signatures, types, {
    skip: [],
    onCall: process.env.DL_WRONG_TYPES
      ? (name) => appendFileSync(`${process.env.DL_WRONG_TYPES}.log`, `${name}\n`)
      : undefined,
  });
  if (process.env.DL_WRONG_TYPES)
    writeFileSync(`${process.env.DL_WRONG_TYPES}.json`, JSON.stringify(report));
  expect(report.calls).toBeGreaterThan(0);
  expect(report.raw).toEqual([]);
  expect(report.accepted).toEqual([]);
}, 120_000);

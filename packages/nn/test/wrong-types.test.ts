import '@dl/autograd';
import { wrongTypes } from '@dl/testing/wrong-types';
import { expect, it } from 'vitest';
import * as nn from '../src/index';
import { signatures, types } from '../src/signatures';

it('answers arguments of wrong types with typed errors', async () => {
  const report = await wrongTypes(nn, signatures, types);
  expect(report.calls).toBeGreaterThan(500);
  // What is left: entries of iterables, names of fields.
  expect(report.raw.length, report.raw.join('\n')).toBeLessThanOrEqual(6);
  expect(report.accepted.length, report.accepted.join('\n')).toBeLessThanOrEqual(16);
}, 120_000);

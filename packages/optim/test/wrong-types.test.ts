import '@dl/autograd';
import { wrongTypes } from '@dl/testing/wrong-types';
import { expect, it } from 'vitest';
import * as optim from '../src/index';
import { signatures, types } from '../src/signatures';

it('answers arguments of wrong types with typed errors', async () => {
  const report = await wrongTypes(optim, signatures, types);
  expect(report.calls).toBeGreaterThan(500);
  expect(report.raw).toEqual([]);
  expect(report.accepted).toEqual([]);
}, 120_000);

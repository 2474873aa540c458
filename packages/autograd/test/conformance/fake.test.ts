/** The shortest backend there is, as CONTRIBUTING.md shows it, does what a device must. */

import { conformance, conformanceGroups, registerFake, runConformance } from '@dl/testing';
import { afterAll, expect, it } from 'vitest';
import { vjp } from '../../src/index';

const device = registerFake('fake', { dtypes: ['float32', 'int32', 'uint8', 'bool'] });

// DL_SLOW=1 tries all cases; otherwise some of each operation.
const EVERY = process.env.DL_SLOW === '1' ? 1 : 160;

it.each(Object.entries(conformanceGroups))(
  'a backend through the reference kernels: %s',
  (_, ops) => {
    for (const op of ops) {
      const all = conformance('fake', { ops: [op], vjp });
      const some = [...all].filter((_, i) => i % EVERY === 0);
      const { cases, failures } = runConformance(some);
      expect(cases, op).toBeGreaterThan(0);
      expect(failures.slice(0, 2)).toEqual([]);
    }
    expect(device.reads).toBeGreaterThan(0);
  },
  3_600_000,
);

it('its own kernel ran', () => {
  expect(device.launches).toBeGreaterThan(0);
});

afterAll(() => expect(device.blocks).toBeLessThan(100));

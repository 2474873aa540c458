import type { OpName } from '@dl/tensor';
import { conformanceGroups } from '@dl/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Session } from './chromium';
import { executable, openPage } from './chromium';

// Every operation of the table on the GPU of Chromium (rendered in software), in every arrangement of memory, with gradients, against
// the reference device. Software rendering is slow, so one case in 29 runs (a prime, so that every arrangement has its turn); DL_SLOW=1
// runs all.
const EVERY = process.env.DL_SLOW === '1' ? 1 : 29;

describe.skipIf(!executable)('conformance of webgl in Chromium', () => {
  let session: Session;
  beforeAll(async () => {
    session = await openPage('conformance-page.ts');
  }, 120_000);
  afterAll(() => session?.close());

  const operations = Object.values(conformanceGroups).flat();
  it.each(operations)(
    '%s on webgl',
    async (op: OpName) => {
      const { cases, failures } = await session.page.evaluate(
        ([name, every]) =>
          (globalThis as unknown as import('./conformance-page').ConformancePage).run(
            name as OpName,
            every as number,
          ),
        [op, EVERY],
      );
      expect(failures.map(({ name, message }) => `${name}\n${message}`)).toEqual([]);
      expect(cases).toBeGreaterThan(0);
    },
    3_600_000,
  );
});

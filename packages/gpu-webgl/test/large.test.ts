import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Session } from './chromium';
import { executable, openPage } from './chromium';
import type { Offers } from './offer';

// The conformance suite tries small sizes; products, convolutions, reductions, scans and sorts have other kernels for large ones.

describe.skipIf(!executable)('kernels for large sizes', () => {
  let session: Session;
  const call = (name: string, given?: unknown) =>
    session.page.evaluate(
      ([what, argument]) =>
        (globalThis as unknown as { offers: Offers }).offers[what as string](argument as never),
      [name, given],
    );
  beforeAll(async () => {
    session = await openPage('large-page.ts');
  }, 120_000);
  afterAll(() => session?.close());

  it.each(['dense', 'repeated', 'transposed'])(
    'equal those of cpu, with %s gradients from above',
    async (upstream) => {
      const cases = (await call('cases')) as string[];
      expect(cases.length).toBeGreaterThan(20);
      for (const name of cases) {
        expect(await call('difference', { name, upstream }), name).toBeLessThan(2e-5);
      }
    },
    300_000,
  );
});

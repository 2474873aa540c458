import { expect, it } from 'vitest';
import type { ChainsReport } from './chains-page';
import { executable, openPage } from './chromium';

// Elementwise operations wait until their results are needed; then a chain is one draw.

it.skipIf(!executable)(
  'chains of elementwise operations are few draws, and right',
  async () => {
    const { page, close } = await openPage('chains-page.ts');
    try {
      const report = (await page.evaluate('globalThis.report')) as ChainsReport;
      expect(report).toHaveProperty('long', 1007);
      report.shared.forEach((x, i) => {
        expect(x).toBeCloseTo(report.expected[i], 5);
      });
      // A thousand additions, at most 24 of them in a draw.
      expect(report.draws['thousand adds']).toBeLessThanOrEqual(42);
      expect(report.draws.shared).toBeLessThanOrEqual(4);
      expect(report.draws.forgotten).toBe(0);
      // What was asked for before a change in place is computed from the elements before it.
      expect(report.changed).toEqual([10, 20, 30, 6, 7, 8]);
    } finally {
      await close();
    }
  },
  120_000,
);

import { expect, it } from 'vitest';
import { executable, openPage } from './chromium';
import type { IndicesReport } from './indices-page';

it.skipIf(!executable)(
  'indices that are out of range do no harm, and debug checks refuse them',
  async () => {
    const { page, close } = await openPage('indices-page.ts');
    try {
      const report: IndicesReport = await page.evaluate('report');
      expect(report.gathered).toEqual([1, 5, 2]);
      expect(report.scattered).toEqual([1, 30, 3, 4, 5]);
      expect(report.added).toEqual([1, 32, 3, 4, 5]);
      expect(report.loss).toBeNaN();
      expect(report.refused).toEqual(['IndexError', 'IndexError', 'IndexError', 'IndexError']);
    } finally {
      await close();
    }
  },
  120_000,
);

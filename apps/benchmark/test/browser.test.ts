/** The benchmark's page in Chromium: every contestant does a small row, and what they find agrees. */

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BrowserContestant } from '../src/browser/contestants';
import { contestants } from '../src/browser/contestants';
import type { OpenPage } from '../src/browser-run';
import { chromiumFile, openPage } from '../src/browser-run';
import type { Results } from '../src/results';
import { isTiming } from '../src/results';

if (!chromiumFile())
  console.warn('no Chromium found (set DL_CHROMIUM): the tests of the page are skipped');

describe.skipIf(!chromiumFile())('the page', () => {
  let open: OpenPage;
  beforeAll(async () => {
    open = await openPage();
  });
  afterAll(() => open?.close());

  /** Chooses what is offered, as a person does. */
  async function choose(names: readonly BrowserContestant[], rows: readonly string[]) {
    const { page } = open;
    for (const box of await page.locator('input[type=checkbox]').all()) {
      const value = (await box.getAttribute('value')) as string;
      await box.setChecked([...names, ...rows].includes(value));
    }
    await page.fill('#rounds', '1');
  }

  it('runs what was chosen, shows it, and hands out the JSON', async () => {
    const { page } = open;
    await choose(contestants, ['sum 10⁶']);
    await page.click('#start');
    await page.waitForFunction("document.getElementById('status').textContent === 'Done.'", null, {
      timeout: 500_000,
    });
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
    const results = JSON.parse(readFileSync(await download.path(), 'utf8')) as Results;
    expect(results.machine.browser).toMatch(/^Chrome \d/);
    expect(results.machine.gpu).toBeTruthy();
    expect(Object.keys(results.versions)).toEqual([...contestants]);
    expect(results.rows.map(({ name }) => name)).toEqual(['sum 10⁶']);
    const [{ outcomes }] = results.rows;
    for (const name of contestants) {
      if (name === 'onnxruntime-web' || name === 'jax-js') continue;
      // A contestant whose result is another has an error, not a timing.
      expect(outcomes[name], name).toMatchObject({ median: expect.any(Number) });
    }
    for (const name of ['dl webgl', 'tfjs-webgl']) {
      const outcome = outcomes[name];
      const work = isTiming(outcome) ? outcome.work : undefined;
      expect(work?.draws, name).toBeGreaterThan(0);
      expect(work?.read, name).toBeGreaterThan(0);
    }
    expect(outcomes.dl).toMatchObject({ work: { draws: 0, read: 0, sent: 0 } });
    expect(await page.locator('#table table').count()).toBe(2);
    expect(await page.locator('#chart svg').count()).toBe(1);
  });

  it('stops when it is told to', async () => {
    const { page } = open;
    await choose(['dl'], ['matmul 1024³']);
    await page.fill('#rounds', '20');
    await page.click('#start');
    await page.waitForFunction("document.getElementById('status').textContent.includes('matmul')");
    await page.click('#stop');
    await page.waitForFunction(
      "document.getElementById('status').textContent === 'Stopped.'",
      null,
      { timeout: 500_000 },
    );
    expect(await page.locator('#start').isEnabled()).toBe(true);
  });
});

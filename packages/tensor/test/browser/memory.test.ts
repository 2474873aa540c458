import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { expect, it } from 'vitest';
import type { MemoryReport } from './memory-page';

// Loops that forget tensors, in Chromium: within one task storages move out of WebAssembly's memory, between tasks they are freed.

const executable = [process.env.DL_CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path !== undefined && existsSync(path),
);

it.skipIf(!executable)('Chromium does not fill its memory with what was forgotten', async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./memory-page.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    conditions: ['@dl/source'],
  });
  const browser = await chromium.launch({
    executablePath: executable as string,
    args: ['--no-sandbox', '--disable-background-networking', '--no-first-run'],
  });
  try {
    const page = await browser.newPage();
    const warnings: string[] = [];
    page.on('console', (message) => warnings.push(message.text()));
    await page.addScriptTag({ content: outputFiles[0].text });
    await page.waitForFunction('globalThis.done !== undefined', null, { timeout: 50_000 });
    const report = (await page.evaluate('globalThis.done')) as MemoryReport;
    expect(report.right).toBe(true);
    expect(report.oneTask).toBeLessThan(180);
    expect(report.manyTasks).toBeLessThan(700);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('steps(n)');
  } finally {
    await browser.close();
  }
});

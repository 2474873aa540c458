import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from './page';

// Chromium runs the operations on the main thread and in a worker, with cross-origin isolation (threads) and without.

const executable = [process.env.DL_CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path !== undefined && existsSync(path),
);
if (!executable) console.warn('no Chromium found (set DL_CHROMIUM): the browser tests are skipped');

const flags = [
  '--no-sandbox',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};
const pages: Record<string, string> = {
  main: '<script type="module" src="/page.js"></script>',
  worker: `<script>new Worker('/page.js', { type: 'module' }).onmessage = ({ data }) => { done = data; };</script>`,
};

/** Milliseconds; against hanging only. Tests of all packages share the processor. */
const PATIENCE = 500_000;

describe.skipIf(!executable)('in Chromium', () => {
  let server: Server;
  let browser: Browser;

  beforeAll(async () => {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL('./page.ts', import.meta.url))],
      bundle: true,
      write: false,
      format: 'esm',
      target: 'es2022',
      conditions: ['@dl/source'],
    });
    server = createServer(({ url = '' }, response) => {
      const [, mode, kind] = url.split('/');
      const script = url.endsWith('/page.js');
      response.writeHead(kind || script ? 200 : 404, {
        'Content-Type': script ? 'text/javascript' : 'text/html',
        ...(mode === 'isolated' && isolation),
      });
      const page = pages[kind]?.replaceAll('/page.js', `/${mode}/page.js`);
      response.end(
        script ? outputFiles[0].text : `<!doctype html><link rel="icon" href="data:,">${page}`,
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    browser = await chromium.launch({
      executablePath: executable as string,
      args: flags,
      timeout: PATIENCE,
    });
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  it.each([
    ['main', 'isolated'],
    ['main', 'plain'],
    ['worker', 'isolated'],
    ['worker', 'plain'],
  ])('%s thread, %s', async (kind, mode) => {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    const { port } = server.address() as AddressInfo;
    await page.goto(`http://127.0.0.1:${port}/${mode}/${kind}`);
    await page.waitForFunction('globalThis.done !== undefined');
    const report = (await page.evaluate('globalThis.done')) as Report;
    expect(errors).toEqual([]);
    expect(report.problems).toEqual([]);
    expect(report).toMatchObject({ isolated: mode === 'isolated', fast: true, same: true });
    if (mode === 'isolated') expect(report.threads).toBeGreaterThan(1);
    else expect(report.threads).toBe(1);
    expect(report.calls).toBeGreaterThan(500);
    await page.close();
  });
});

/** A page of Chromium with the GPU as a device, for tests: what the page file puts on `globalThis` can be called from here. */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';

/** Where Chromium is; undefined: the tests are skipped. */
export const executable = [
  process.env.DL_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path));
if (!executable) console.warn('no Chromium found (set DL_CHROMIUM): the WebGL tests are skipped');

const flags = [
  '--no-sandbox',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** A page, and the way to end it. */
export interface Session {
  readonly page: Page;
  /** What the page wrote to its console as warnings and errors. */
  readonly messages: readonly string[];
  close(): Promise<void>;
}

/** Opens a page that runs `file` (a TypeScript file beside this one) and waits until it has set `globalThis.ready`. */
export async function openPage(file: string): Promise<Session> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(file, import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    conditions: ['@dl/source'],
  });
  const browser: Browser = await chromium.launch({
    executablePath: executable as string,
    args: flags,
  });
  const page = await browser.newPage();
  const messages: string[] = [];
  page.on('console', (message) => {
    if (['warning', 'error'].includes(message.type())) messages.push(message.text());
  });
  page.on('pageerror', (error) => messages.push(String(error)));
  await page.addScriptTag({ content: outputFiles[0].text });
  await page.waitForFunction('globalThis.ready !== undefined', null, { timeout: 60_000 });
  return { page, messages, close: () => browser.close() };
}

/** Calls what the page offers under a name, and resolves to what that returns. */
export function call<T>({ page }: Session, name: string, given?: unknown): Promise<T> {
  return page.evaluate(
    ([one, value]) => {
      const { offers } = globalThis as unknown as {
        offers: Record<string, (given: unknown) => unknown>;
      };
      return offers[one as string](value);
    },
    [name, given],
  ) as Promise<T>;
}

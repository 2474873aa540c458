/** A run in headless Chromium: opens the benchmark's page, and reads the CPU time of the browser's GPU process. */

import {
  createReadStream,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import type { BrowserContestant } from './browser/contestants';
import type { PageOptions } from './browser/measure';
import { buildPage } from './browser-page';
import type { Results } from './results';
import type { RunOptions } from './turns';
import type { WorkloadName } from './workloads';

/** Where Chromium is, if it is anywhere. */
export const chromiumFile = (): string | undefined =>
  [process.env.DL_CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
    (path) => path !== undefined && existsSync(path),
  );

const flags = [
  '--no-sandbox',
  // Where there is no GPU that Chromium would use, it draws in software.
  '--enable-unsafe-swiftshader',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** A server of a folder without subfolders, with the headers that give a page exact clocks. */
function serve(folder: string): Promise<Server> {
  const server = createServer(({ url = '/' }, response) => {
    const name = basename(new URL(url, 'http://localhost').pathname) || 'index.html';
    const file = join(folder, name);
    const found = existsSync(file);
    response.writeHead(found ? 200 : 404, {
      'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    });
    if (found) createReadStream(file).pipe(response);
    else response.end();
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** A function that tells the CPU milliseconds of a process, all its threads together; undefined where the system does not say. */
function cpuClock(pid: number): (() => Promise<number>) | undefined {
  const folder = `/proc/${pid}/task`;
  const timeOf = (thread: string) => {
    try {
      return Number(readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
    } catch {
      // The thread has ended meanwhile.
      return 0;
    }
  };
  if (!existsSync(`/proc/${pid}/schedstat`)) return undefined;
  return async () => readdirSync(folder).reduce((sum, thread) => sum + timeOf(thread), 0);
}

/** The process that draws. */
async function gpuProcess(browser: Browser): Promise<number | undefined> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  return processInfo.find(({ type }) => type === 'GPU')?.id;
}

/** The benchmark's page in a browser, and the way to end both. */
export interface OpenPage {
  readonly page: Page;
  readonly browser: Browser;
  close(): Promise<void>;
}

/** Builds the page and opens it. */
export async function openPage(): Promise<OpenPage> {
  const executablePath = chromiumFile();
  if (!executablePath) throw new Error('no Chromium found: DL_CHROMIUM names one');
  const folder = mkdtempSync(join(tmpdir(), 'dl-benchmark-'));
  await buildPage(folder);
  const server = await serve(folder);
  const { port } = server.address() as AddressInfo;
  const browser = await chromium.launch({ executablePath, args: flags });
  const close = async () => {
    await browser.close();
    server.close();
    rmSync(folder, { recursive: true });
  };
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.waitForFunction('globalThis.benchmark !== undefined');
    return { page, browser, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What a run in the browser takes. */
export interface BrowserOptions extends Omit<RunOptions<BrowserContestant>, 'workloads'> {
  /** Names of the rows. */
  readonly rows: readonly WorkloadName[];
}

/** Times rows in headless Chromium. */
export async function measureInBrowser(options: BrowserOptions): Promise<Results> {
  const { onProgress, ...rest } = options;
  const { page, browser, close } = await openPage();
  try {
    const pid = await gpuProcess(browser);
    const clock = pid === undefined ? undefined : cpuClock(pid);
    await page.exposeFunction('gpuClock', clock ?? (() => 0));
    await page.exposeFunction('tellProgress', (text: string, done: number) =>
      onProgress?.(text, done),
    );
    const results = await page.evaluate(
      ([given, hasClock]) => {
        const { benchmark, gpuClock, tellProgress } = globalThis as unknown as {
          benchmark(options: PageOptions): Promise<Results>;
          gpuClock(): Promise<number>;
          tellProgress(text: string, done: number): void;
        };
        return benchmark({
          ...given,
          onProgress: tellProgress,
          ...(hasClock && { clock: gpuClock }),
        });
      },
      [rest, clock !== undefined] as const,
    );
    const cores = cpus();
    const machine = { ...results.machine, cpu: cores[0].model.trim(), cores: cores.length };
    return { ...results, machine };
  } finally {
    await close();
  }
}

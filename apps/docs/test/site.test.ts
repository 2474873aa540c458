import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serve } from '../serve.mjs';

const executable = [process.env.DL_CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path !== undefined && existsSync(path),
);
if (!executable)
  console.warn('no Chromium found (set DL_CHROMIUM): the tests of the site are skipped');

const flags = [
  '--no-sandbox',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];
const here = fileURLToPath(new URL('..', import.meta.url));
const dist = join(here, '.vitepress/dist');
/** Screenshots are for people: set DL_SHOTS to a folder. */
const shots = process.env.DL_SHOTS;

/** Milliseconds; against hanging only. Tests of all packages share the processor. */
const PATIENCE = 500_000;

/** Whether Vue has attached its listeners, which it keeps under symbols, to the demonstrations that came as text. */
function demosListen(): boolean {
  const controls = Array.from(document.querySelectorAll('.demo'), (demo) =>
    demo.querySelector('button, input, select, canvas[aria-label]'),
  );
  return controls.every((one) => one === null || Object.getOwnPropertySymbols(one).length > 0);
}

describe.skipIf(!executable)('the site', () => {
  let server: Server;
  let plain: Server;
  let browser: Browser;

  beforeAll(async () => {
    const built = spawnSync(process.execPath, ['build.mjs', '--no-api'], {
      cwd: here,
      encoding: 'utf8',
    });
    expect(built.status, built.stdout + built.stderr).toBe(0);
    if (shots) mkdirSync(shots, { recursive: true });
    [server, plain] = [serve(dist), serve(dist, { isolated: false })];
    for (const one of [server, plain]) {
      await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', () => resolve()));
    }
    browser = await chromium.launch({
      executablePath: executable,
      args: flags,
      timeout: PATIENCE,
    });
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
    plain?.close();
  });

  const port = (one: Server) => (one.address() as AddressInfo).port;

  /** Opens a page; afterwards there must be no errors and no requests to other places. */
  async function visit(
    path: string,
    use: (page: Page) => Promise<void>,
    { phone = false, from = plain } = {},
  ): Promise<void> {
    const viewport = phone ? { width: 390, height: 800 } : { width: 1280, height: 900 };
    const page = await browser.newPage({ viewport });
    page.setDefaultTimeout(PATIENCE);
    const wrong: string[] = [];
    const origin = `http://127.0.0.1:${port(from)}`;
    page.on('console', (message) => {
      if (message.type() === 'error') wrong.push(message.text());
    });
    page.on('pageerror', (error) => wrong.push(String(error)));
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(origin) && !/^(data|blob):/.test(url)) wrong.push(`asks for ${url}`);
    });
    try {
      await page.goto(`${origin}/${path}`);
      await page.waitForFunction(demosListen);
      await use(page);
      expect(wrong).toEqual([]);
      // Nothing sticks out to the side.
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(wide).toBeLessThanOrEqual(0);
      if (shots) {
        const name = `${path.replace(/\W+/g, '-')}${phone ? '-phone' : ''}.png`;
        await page.screenshot({ path: join(shots, name), fullPage: true });
      }
    } finally {
      await page.close();
    }
  }

  const text = async (page: Page, selector: string) =>
    (await page.locator(selector).first().textContent()) ?? '';
  const number = async (page: Page, selector: string) =>
    Number.parseFloat((await text(page, selector)).replace(/,/g, ''));
  /** Asks until the answer is right. */
  const soon = <T>(ask: () => T) => expect.poll(ask, { timeout: PATIENCE });
  /** Waits until a figure is what it should be. */
  const until = async (page: Page, selector: string, good: (value: number) => boolean) => {
    const end = Date.now() + PATIENCE;
    for (;;) {
      const value = await number(page, selector).catch(() => Number.NaN);
      if (good(value)) return value;
      if (Date.now() > end) throw new Error(`${selector} is ${value}`);
      await page.waitForTimeout(100);
    }
  };

  it('begins with less than 200 kB of scripts, styles and text', async () => {
    let bytes = 0;
    const { gzipSync } = await import('node:zlib');
    await visit('', async (page) => {
      page.on('response', () => {});
      await page.waitForLoadState('networkidle');
      const files = await page.evaluate(() =>
        performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname),
      );
      const { readFileSync } = await import('node:fs');
      for (const file of ['/index.html', ...files.filter((name) => !name.endsWith('.woff2'))]) {
        bytes += gzipSync(readFileSync(join(dist, file))).length;
      }
      expect(await text(page, 'h1')).toContain('Deep learning for TypeScript');
    });
    console.log(`the landing page has ${Math.round(bytes / 1000)} kB, compressed`);
    expect(bytes).toBeLessThan(200_000);
  });

  it('broadcasts shapes', () =>
    visit('guide/tensors.html', async (page) => {
      const input = page.getByLabel('shape of b');
      await input.fill('2, 1, 4');
      await page.waitForSelector('[data-result]');
      await soon(() => page.locator('[data-result]').allInnerTexts()).toEqual(['2', '3', '4']);
      await input.fill('5, 7');
      await soon(() => text(page, '.wrong')).toMatch(/shape/i);
    }));

  it('differentiates an expression', () =>
    visit('guide/autograd.html', async (page) => {
      await page.waitForSelector('[data-node]');
      await page.getByLabel('expression').fill('x * x + 3 * x');
      await page.getByLabel('x', { exact: true }).fill('2');
      const shows = async (wanted: RegExp) => {
        const nodes = await page.locator('[data-node]').allTextContents();
        return nodes.some((node) => wanted.test(node.replace(/\s+/g, ' ').trim()));
      };
      await soon(() => shows(/^x ?value 2 ?∂f\/∂ 7/)).toBe(true);
      await soon(() => shows(/^\+ ?value 10 ?∂f\/∂ 1/)).toBe(true);
      await page.getByLabel('expression').fill('x * (');
      await page.waitForSelector('.wrong');
      await page.getByLabel('expression').fill('sin(a * b) + a ^ 2');
    }));

  it('learns in the playground, fast, and stops', () =>
    visit(
      'guide/classification.html',
      async (page) => {
        const begun = Date.now();
        await page.getByRole('button', { name: 'train' }).click();
        await until(page, '[data-step]', (step) => step > 0);
        const first = Date.now() - begun;
        await until(page, '[data-accuracy]', (share) => share > 97);
        await page.getByRole('button', { name: 'stop' }).dispatchEvent('click');
        // What was on its way when it was stopped still arrives.
        const stands = async () => {
          const at = await number(page, '[data-step]');
          await page.waitForTimeout(400);
          return (await number(page, '[data-step]')) === at;
        };
        await soon(stands).toBe(true);
        expect(await number(page, '[data-step]')).toBeLessThan(20_000);
        console.log(`the playground's first result came after ${first} ms`);
        expect(await text(page, '.demo')).toMatch(/WebAssembly SIMD on \d+ threads?/);
      },
      { from: server },
    ));

  it('learns without cross-origin isolation, on one thread', () =>
    visit('guide/classification.html', async (page) => {
      await page.getByRole('button', { name: 'train' }).click();
      await until(page, '[data-accuracy]', (share) => share > 90);
      expect(await text(page, '.demo')).toContain('on 1 thread');
    }));

  it('convolves', () =>
    visit('guide/convolution.html', async (page) => {
      await page.waitForSelector('[data-output] td');
      await soon(() => page.locator('[data-output] td').count()).toBe(16);
      await page.getByLabel('stride').selectOption('2');
      await page.getByLabel('padding').selectOption('1');
      await soon(() => page.locator('[data-output] td').count()).toBe(9);
      await page.getByRole('button', { name: 'step' }).click();
    }));

  it('recognises a drawn 3, and learns digits in the page', () =>
    visit('guide/lenet.html', async (page) => {
      await page.waitForSelector('[aria-label="draw a digit"]');
      // It is painted when it listens.
      await page.waitForFunction(() => {
        const board = document.querySelector<HTMLCanvasElement>('[aria-label="draw a digit"]');
        return board?.getContext('2d')?.getImageData(0, 0, 1, 1).data[3] === 255;
      });
      const three = async () => {
        const box = await page.locator('[aria-label="draw a digit"]').boundingBox();
        if (!box) throw new Error('there is no board');
        const point = (x: number, y: number) =>
          [box.x + x * box.width, box.y + y * box.height] as const;
        const strokes = [0.75, 0.5, 0.25, 0, -0.25, -0.5].map((t) => t * Math.PI);
        await page.mouse.move(...point(0.35, 0.25));
        await page.mouse.down();
        // Two arcs that open to the left.
        for (const middle of [0.35, 0.62]) {
          for (const angle of [...strokes].reverse().map((t) => t)) {
            await page.mouse.move(
              ...point(0.48 + 0.17 * Math.cos(angle), middle + 0.135 * Math.sin(angle)),
            );
          }
        }
        await page.mouse.move(...point(0.34, 0.72));
        await page.mouse.up();
      };
      await three();
      await soon(() => page.locator('[data-digit]').allInnerTexts()).toEqual(['3']);
      await page.getByRole('button', { name: 'train in this page' }).click();
      const accuracy = await until(page, '[data-accuracy]', (share) => share > 90);
      expect(accuracy).toBeGreaterThan(90);
      if (await page.getByRole('button', { name: 'stop' }).isVisible()) {
        await page
          .getByRole('button', { name: 'stop' })
          .dispatchEvent('click', {}, { timeout: 1000 })
          .catch(() => {});
      }
      expect(await text(page, '.demo')).toContain('weights that this page learned');
    }));

  it('walks down surfaces', () =>
    visit('guide/optimisers.html', async (page) => {
      await page.waitForSelector('[data-end]');
      await soon(() => page.locator('[data-end]').count()).toBe(4);
      await page.getByText("Newton's method", { exact: true }).last().click();
      const arrives = async () => {
        const ends = await page.locator('[data-end]').allInnerTexts();
        return ends.some((end) => /Newton's method ends at height 0$/.test(end.trim()));
      };
      await soon(arrives).toBe(true);
    }));

  it('regularises a curve', () =>
    visit('guide/regularisation.html', async (page) => {
      await page.getByLabel('weight decay').selectOption('1');
      await page.getByRole('button', { name: 'learn' }).click();
      await until(page, '[data-step]', (step) => step >= 500);
      expect(await number(page, '[data-test]')).toBeLessThan(0.5);
    }));

  it('compares networks with and without batch norm', () =>
    visit('guide/batch-norm.html', async (page) => {
      await page.getByRole('button', { name: 'train both' }).click();
      await until(page, '[data-step]', (step) => step >= 100);
      expect(await number(page, '[data-loss]')).toBeLessThan(1.2);
    }));

  it('shows the zoo', () =>
    visit('zoo.html', async (page) => {
      await until(page, '[data-parameters]', (count) => count === 11_689_512);
      await page.getByLabel('model').selectOption('lenet');
      await until(page, '[data-parameters]', (count) => count === 62_006);
    }));

  it.each([
    '',
    'guide/classification.html',
    'guide/autograd.html',
    'guide/lenet.html',
    'guide/optimisers.html',
    'zoo.html',
    'from-pytorch.html',
  ])('fits a phone: /%s', (path) =>
    visit(
      path,
      async (page) => {
        await page.waitForLoadState('networkidle');
        await page.waitForTimeout(300);
      },
      { phone: true },
    ),
  );

  it('has every guide that it names', () => {
    const pages = readdirSync(join(dist, 'guide')).filter((name) => name.endsWith('.html'));
    expect(pages.length).toBe(9);
    for (const name of pages)
      expect(statSync(join(dist, 'guide', name)).size).toBeGreaterThan(5000);
  });
});

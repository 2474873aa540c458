import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serve } from '../serve.mjs';

// What somebody does who installs the built packages: with Vite, and with nothing but a script in a page.

const executable = [process.env.DL_CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path !== undefined && existsSync(path),
);
const packages = fileURLToPath(new URL('../../../packages', import.meta.url));
const names = ['tensor', 'autograd', 'nn', 'optim'];
const built = names.every((name) => existsSync(join(packages, name, 'dist/index.js')));
if (!executable || !built) {
  console.warn(
    'no Chromium, or no built packages (pnpm build): the tests of consumers are skipped',
  );
}

const program = `
import { CrossEntropyLoss, MLP } from '@dl/nn';
import { Adam } from '@dl/optim';
import { manualSeed, randn, steps } from '@dl/tensor';
manualSeed(0);
const x = randn([100, 2]);
const y = x.square().sum(1).gt(1.4).cast('int32');
const model = new MLP([2, 16, 2]);
const loss = new CrossEntropyLoss();
const optimizer = new Adam(model.parameters(), { lr: 0.03 });
for (const _ of steps(150)) {
  optimizer.zeroGrad();
  loss.forward(model.forward(x), y).backward();
  optimizer.step();
}
globalThis.accuracy = model.forward(x).argmax(1).eq(y).cast('float32').mean().item();
`;
const page = (head: string) => `<!doctype html><link rel="icon" href="data:,">${head}`;

/** Milliseconds; against hanging only. Tests of all packages share the processor. */
const PATIENCE = 500_000;

describe.skipIf(!executable || !built)('a consumer', () => {
  let browser: Browser;
  let folder = '';
  const servers: Server[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dl-consumer-'));
    browser = await chromium.launch({
      executablePath: executable,
      args: ['--no-sandbox'],
      timeout: PATIENCE,
    });
  });
  afterAll(async () => {
    await browser?.close();
    for (const server of servers) server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The accuracy that a page reaches. */
  async function run(server: Server): Promise<number> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    const tab = await browser.newPage();
    tab.setDefaultTimeout(PATIENCE);
    const wrong: string[] = [];
    tab.on('pageerror', (error) => wrong.push(String(error)));
    await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await tab.waitForFunction('globalThis.accuracy !== undefined');
    expect(wrong).toEqual([]);
    const accuracy = await tab.evaluate('globalThis.accuracy');
    await tab.close();
    return Number(accuracy);
  }

  it('with Vite', async () => {
    const root = join(folder, 'vite');
    mkdirSync(join(root, 'node_modules/@dl'), { recursive: true });
    for (const name of names) {
      symlinkSync(join(packages, name), join(root, 'node_modules/@dl', name));
    }
    writeFileSync(join(root, 'main.js'), program);
    writeFileSync(join(root, 'index.html'), page('<script type="module" src="/main.js"></script>'));
    await build({ root, configFile: false, logLevel: 'error', build: { target: 'es2022' } });
    expect(await run(serve(join(root, 'dist')))).toBeGreaterThan(0.95);
  });

  it('with a script in a page and an import map', async () => {
    const find = createRequire(join(packages, 'tensor/package.json'));
    const dist = join(packages, 'tensor/dist');
    const parts = readdirSync(dist).filter((name) => name.endsWith('.js'));
    const files = new Map([
      ...parts.map((name) => [`/tensor/${name}`, join(dist, name)] as const),
      ['/autograd.js', join(packages, 'autograd/dist/index.js')],
      ['/fflate.js', find.resolve('fflate').replace(/lib\/\w+\.cjs$/, 'esm/browser.js')],
    ]);
    const imports = {
      '@dl/tensor': '/tensor/index.js',
      '@dl/tensor/backend': '/tensor/backend.js',
      '@dl/tensor/internal': '/tensor/internal.js',
      '@dl/autograd': '/autograd.js',
      fflate: '/fflate.js',
    };
    const script = `
import { grad } from '@dl/autograd';
import { tensor } from '@dl/tensor';
const slope = grad((x) => x.sin().sum())(tensor([0, Math.PI]));
globalThis.accuracy = Math.abs(slope.toArray()[0] - 1) + Math.abs(slope.toArray()[1] + 1) < 1e-6 ? 1 : 0;
`;
    const map = `<script type="importmap">${JSON.stringify({ imports })}</script>`;
    const html = page(`${map}<script type="module">${script}</script>`);
    const server = createServer(({ url = '' }, response) => {
      const file = files.get(url);
      const type = file ? 'text/javascript' : 'text/html';
      response.writeHead(file !== undefined || url === '/' ? 200 : 404, { 'Content-Type': type });
      response.end(file ? readFileSync(file) : html);
    });
    expect(await run(server)).toBe(1);
  });
});

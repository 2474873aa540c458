// Builds the site into .vitepress/dist: the pages by VitePress, the reference by typedoc beside them.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'vitepress';
import { isolation } from './isolation.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const dist = fileURLToPath(new URL('.vitepress/dist', import.meta.url));

await build(here);
// Hosts like Netlify and Cloudflare Pages read this file.
const lines = Object.entries(isolation).map(([name, value]) => `  ${name}: ${value}`);
writeFileSync(`${dist}/_headers`, `/*\n${lines.join('\n')}\n`);
if (!process.argv.includes('--no-api')) {
  const { status } = spawnSync('npx', ['typedoc'], { cwd: root, stdio: 'inherit' });
  if (status === 0 && existsSync(`${root}/docs/api`)) {
    cpSync(`${root}/docs/api`, `${dist}/api`, { recursive: true });
  } else process.exitCode = 1;
}
// VitePress leaves something open that would keep the process.
process.exit();

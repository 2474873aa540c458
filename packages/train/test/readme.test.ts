import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as data from '@dl/data';
import * as nn from '@dl/nn';
import * as optim from '@dl/optim';
import * as tensorPackage from '@dl/tensor';
import ts from 'typescript';
import { expect, it } from 'vitest';
import * as train from '../src/index';
import * as node from '../src/node/index';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]);
const packages: Record<string, object> = {
  '@dl/data': data,
  '@dl/nn': nn,
  '@dl/optim': optim,
  '@dl/tensor': tensorPackage,
  '@dl/train': train,
  '@dl/train/node': node,
};

/** Turns `expression; // value` into a comparison, and imports into look-ups. */
function runnable(example: string, folder: string): string {
  const checked = example
    .replace(/^(\S.*); \/\/ (.+)$/gm, 'check($1, $2);')
    .replace(/^import \{(.+)\} from '(.+)';$/gm, "const {$1} = packages['$2'];")
    .replace(/'run(\/[\w.]+)?'/g, (_, file = '') => JSON.stringify(join(folder, `run${file}`)));
  return ts.transpile(checked, { target: ts.ScriptTarget.ES2022 });
}

it.each(examples)('README example %#', async (example) => {
  const folder = mkdtempSync(join(tmpdir(), 'dl-train-'));
  let checks = 0;
  const check = (found: unknown, value: unknown) => {
    checks++;
    expect(found).toEqual(value);
  };
  tensorPackage.manualSeed(0);
  const code = `return (async () => {${runnable(example, folder)}})();`;
  await new Function('packages', 'check', code)(packages, check);
  expect(checks).toBeGreaterThan(0);
  expect(existsSync(join(folder, 'run', 'report.html'))).toBe(example.includes('writeReport'));
  rmSync(folder, { recursive: true });
});

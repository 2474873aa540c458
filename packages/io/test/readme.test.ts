import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tensorPackage from '@dl/tensor';
import ts from 'typescript';
import { expect, it } from 'vitest';
import * as io from '../src/index';
import * as node from '../src/node/index';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]);
const packages: Record<string, object> = {
  '@dl/tensor': tensorPackage,
  '@dl/io': io,
  '@dl/io/node': node,
};

/** Turns `expression; // value` into a comparison, and imports into look-ups. */
function runnable(example: string): string {
  const checked = example
    .replace(/^(\S.*); \/\/ (.+)$/gm, 'check($1, $2);')
    .replace(/^import \{(.+)\} from '(.+)';$/gm, "const {$1} = packages['$2'];");
  return ts.transpile(checked, { target: ts.ScriptTarget.ES2022 });
}

it.each(examples)('README example %#', async (example) => {
  const folder = mkdtempSync(join(tmpdir(), 'dl-io-'));
  let checks = 0;
  const check = (found: unknown, value: unknown) => {
    checks++;
    expect(found).toEqual(value);
  };
  const inFolder = runnable(example).replaceAll(
    "'model.safetensors'",
    JSON.stringify(join(folder, 'm')),
  );
  const run = new Function('packages', 'check', `return (async () => {${inFolder}})();`);
  await run(packages, check);
  rmSync(folder, { recursive: true });
  expect(checks).toBeGreaterThan(0);
});

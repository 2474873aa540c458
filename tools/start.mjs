// npm start -- [recipe] [options]: installs and builds what is not up to date, then runs a recipe.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { install, root, turbo } from './workspace.mjs';

install();
const status = await turbo('bundle', '--filter=@dl/examples...');
if (status !== 0) process.exit(status);

// In this process, so that Ctrl-C, the terminal and the exit code are the recipe's own.
const cli = join(root, 'apps', 'examples', 'dist', 'cli.js');
process.argv = [process.argv[0], cli, ...process.argv.slice(2)];
process.setSourceMapsEnabled(true);
await import(pathToFileURL(cli).href);

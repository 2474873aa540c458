// node tools/turbo.mjs TASK…: runs turbo tasks over all packages, installing first if needed.
import { install, turbo } from './workspace.mjs';

install();
process.exitCode = await turbo(...process.argv.slice(2));

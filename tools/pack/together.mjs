// The checks of all packed packages together, as a program uses them; see pack.mjs.
import { execFile } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { exec, installPackages, strictly } from './check.mjs';
import { checkRuntimes } from './runtimes.mjs';

const execute = promisify(execFile);

/** The most that an uncaught error may print, in bytes. */
const STACK = 4000;

/**
 * Runs programs on all packages, in every runtime.
 * @returns what is wrong, and what was left out, in words
 */
export async function checkTogether(tarballs, workplace) {
  const consumer = join(workplace, 'together');
  const problems = [];
  const notes = [];
  const attempt = async (title, check) => {
    const began = Date.now();
    try {
      await check();
      notes.push(`${title}: ${((Date.now() - began) / 1000).toFixed(1)} s`);
    } catch (error) {
      problems.push(`${title}: ${error.stderr || error.message}`);
    }
  };
  await attempt('install', () => installPackages(Object.keys(tarballs), tarballs, consumer));
  if (problems.length > 0) return { problems, notes };
  cpSync(new URL('consumer', import.meta.url), consumer, { recursive: true });
  await attempt('a program in strict TypeScript', () => runStrict(consumer));
  await attempt('an uncaught error', () => failBriefly(consumer));
  await checkRuntimes(consumer, attempt, (text) => notes.push(text));
  return { problems, notes };
}

/** The program is right for the compiler, and does what it says. */
async function runStrict(consumer) {
  strictly(consumer, ['strict.ts'], { outDir: 'out' });
  await exec('tsc', ['-p', '.'], consumer);
  await exec(process.execPath, [join('out', 'strict.js')], consumer);
}

/** What Node prints of an uncaught error can be read at a glance. */
async function failBriefly(consumer) {
  const error = await execute(process.execPath, ['uncaught.mjs'], { cwd: consumer }).then(
    () => ({ stderr: '' }),
    (reason) => reason,
  );
  const { stderr } = error;
  if (!stderr.includes('ShapeError')) throw new Error(`it printed no ShapeError: ${stderr}`);
  if (stderr.length > STACK) {
    const start = stderr.slice(0, 500);
    throw new Error(`it printed ${stderr.length} bytes, more than ${STACK}: ${start} …`);
  }
}

// npm test: every check of the repository, and "N passed, N failed" as the last line. The tests of
// the packages count one by one, each of the other checks counts as one.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { install, run, turbo } from './workspace.mjs';

/** The checks beside the tests, in the order in which they run. */
const checks = {
  'format and lint': () => run('biome', ['check', '--error-on-warnings', '.']),
  build: () => turbo('bundle', 'declare'),
  types: () => turbo('typecheck'),
  'what public functions say they take': () =>
    run(process.execPath, ['tools/signatures/make.mjs', '--check'], 'ignore'),
  'documentation of every public symbol': () => turbo('docs'),
  'packages as a consumer sees them': () => run(process.execPath, ['tools/pack/pack.mjs']),
  // A second run of the packages that kernels and memory belong to: guard zones and poison around every block. The conformance suite, minutes
  // of work, runs here alone.
  'tensor, autograd, nn and optim on a checked heap': () =>
    run(
      'vitest',
      [
        'run',
        '--reporter=dot',
        ...['tensor', 'autograd', 'nn', 'optim'].flatMap((p) => ['--project', p]),
      ],
      'inherit',
      { DL_CHECKED_HEAP: '1' },
    ),
};

/** Runs the tests of all packages in one vitest; a file that does not load counts as a failure. */
function runTests() {
  const folder = mkdtempSync(join(tmpdir(), 'dl-test-'));
  const report = join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const once = ['--exclude', '**/conformance/**'];
    const status = run('vitest', ['run', '--passWithNoTests', ...once, ...reporters]);
    const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(
      readFileSync(report, 'utf8'),
    );
    const broken = testResults.filter(
      (file) =>
        file.status === 'failed' && !file.assertionResults.some((t) => t.status === 'failed'),
    ).length;
    const failed = numFailedTests + broken;
    if (numPendingTests > 0) console.log(`skipped: ${numPendingTests}`);
    return { passed: numPassedTests, failed: status === 0 ? failed : Math.max(failed, 1) };
  } catch (error) {
    console.error(`vitest left no report: ${error.message}`);
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The browser tests want Chromium. On a build machine (CI is set, we are root, apt-get is there) it is installed as any other
 * dependency; elsewhere the tests say what they miss and are skipped.
 */
function provideBrowser() {
  const places = [process.env.DL_CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'];
  if (places.some((path) => path && existsSync(path))) return;
  if (!process.env.CI || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  console.log('Installing Chromium for the browser tests …');
  const get = (...args) => run('apt-get', ['-qq', '-y', ...args], 'ignore');
  if (get('install', 'chromium') !== 0) {
    get('update');
    get('install', 'chromium');
  }
}

install();
provideBrowser();
const started = Date.now();
const failures = [];
for (const [name, check] of Object.entries(checks)) {
  const began = Date.now();
  console.log(`\n── ${name}`);
  if ((await check()) !== 0) failures.push(name);
  console.log(`── ${failures.includes(name) ? '✗' : '✓'} ${name}, ${seconds(began)} s`);
}
console.log('\n── tests');
const tests = runTests();
console.log(`── ${tests.failed > 0 ? '✗' : '✓'} tests; everything in ${seconds(started)} s`);

const failed = tests.failed + failures.length;
const passed = tests.passed + Object.keys(checks).length - failures.length;
for (const name of failures) console.log(`failed: ${name}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

function seconds(since) {
  return ((Date.now() - since) / 1000).toFixed(1);
}

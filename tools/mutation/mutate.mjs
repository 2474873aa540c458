// Puts small faults into kernels and gradient rules, one at a time, and counts how many the tests catch.
//
//   node tools/mutation/mutate.mjs --target kernels --count 100 [--seed 1] [--part 1/2] [--limit SECONDS] [--report FILE]
//
// It changes files of this checkout and puts them back, so it wants a clean one of its own: use `git worktree add`. It takes hours on
// two cores, so it is not part of `npm test`.
import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build as bundle } from 'esbuild';
import { mutantsOf } from './mutants.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const autograd = 'packages/autograd/test';
const wasm = 'packages/tensor/test/wasm';
const PROBE = 'probe';

/** What is mutated, whether kernels are compiled, and the tests that should notice: in this order, until one fails. */
const TARGETS = {
  kernels: { sources: 'packages/tensor/assembly', compiled: true, tests: [PROBE, wasm] },
  glue: { sources: 'packages/tensor/src/backend/wasm', tests: [PROBE, wasm] },
  rules: {
    sources: 'packages/autograd/src/rules',
    tests: [`${autograd}/op-table.test.ts`, `${autograd}/ops-`],
  },
  ops: {
    sources: 'packages/tensor/src/ops',
    tests: [`${autograd}/op-table.test.ts`, `${autograd}/ops-`, 'packages/tensor'],
  },
};

/** The operations that the probe tries, by the file that is mutated; all of them where none is named. */
const OPERATIONS = {
  'conv|winograd|depthwise|pack|geometry':
    'conv2d|conv2dInput|conv2dWeight|convolution|convolveInto|matmul|linear',
  'gemm|matmul': 'matmul|linear|conv2d',
  'gru|recurrent': 'rnn|lstm|gru',
  pool: 'maxPool2d|sumPool2d|sumPool2dInput',
  'norm|softmax': 'batchNorm|channelNorm|layerNorm|softmax|logSoftmax|crossEntropy',
  optimizer: 'sgdStep|adamStep|rmspropStep|adagradStep',
  random: 'uniform|normal|dropout|randint|bernoulli',
  sort: 'sort',
  scan: 'cumsum|cumprod|argmax|argmin|prod|amax|amin',
  indexing: 'gather|scatter|scatterAdd|indexSelect|indexAdd|embedding',
  'unary|binary|math|activation':
    'add|sub|div|maximum|minimum|exp|log|tanh|sigmoid|sin|cos|erf|sqrt|relu|neg|abs|sign|reluGradient|tanhGradient|sigmoidGradient|expm1|log1p|softplus|round|reciprocal|floor|ceil|trunc|mul',
  reduce: 'sum|amax|amin|any|all|prod|argmax|argmin|mean|crossEntropy',
  'walk|float64|int32|movement|compare|machine':
    'add|mul|lt|contiguous|where|cast|concat|pad|assign|sqrt|neg|sum|isnan|logicalAnd|logicalNot|pow',
  'power|angle': 'pow|log2|log10|tan|atan',
  fused:
    'linear|softmax|logSoftmax|crossEntropy|sgdStep|adamStep|rmspropStep|adagradStep|reluGradient|dropout',
};

const { values: options } = parseArgs({
  options: {
    target: { type: 'string', default: 'kernels' },
    count: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    part: { type: 'string', default: '1/1' },
    report: { type: 'string' },
    limit: { type: 'string' },
  },
});
const target = TARGETS[options.target];
if (!target) fail(`--target is one of ${Object.keys(TARGETS).join(', ')}`);
if (execFileSync('git', ['status', '--porcelain', '-uno'], { cwd: root }).length > 0)
  fail('the checkout has changes: commit them, or use a worktree of its own');

const report = options.report ?? `mutants-${options.target}.jsonl`;
const done = existsSync(report)
  ? readFileSync(report, 'utf8').trim().split('\n').map(JSON.parse)
  : [];
const seen = new Set(done.map(({ id }) => id));
const [part, parts] = options.part.split('/').map(Number);
const chosen = choose(Number(options.count), Number(options.seed)).filter(
  (_, i) => i % parts === part - 1,
);

const scratch = mkdtempSync(join(tmpdir(), 'mutants-'));
let restore = () => {};
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    restore();
    process.exit(1);
  });
}
// Seconds that a test may take; by default five times what it takes without a fault.
const limits = options.limit
  ? target.tests.map(() => 1000 * Number(options.limit))
  : await timeTests();
for (const mutant of chosen) {
  if (seen.has(mutant.id)) continue;
  const result = { ...mutant, ...(await judge(mutant)) };
  done.push(result);
  appendFileSync(report, `${JSON.stringify(result)}\n`);
  const { id, before, replacement, verdict, by } = result;
  console.log(`${verdict.padEnd(8)} ${id}  ${before} → ${replacement}${by ? `  (${by})` : ''}`);
}
await build();
for (const verdict of ['caught', 'timeout', 'survived', 'invalid'])
  console.log(`${verdict}: ${done.filter((mutant) => mutant.verdict === verdict).length}`);

/** `count` mutants, spread evenly over all of them; `seed` says where to begin. */
function choose(count, seed) {
  const all = readdirSync(`${root}/${target.sources}`, { recursive: true })
    .sort()
    .filter((name) => name.endsWith('.ts') && name !== 'binaries.ts' && name !== 'index.ts')
    .map((name) => `${target.sources}/${name}`)
    .flatMap((file) =>
      mutantsOf(file, readFileSync(`${root}/${file}`, 'utf8')).map((mutant) => ({
        id: `${file}:${mutant.line}:${mutant.start}:${mutant.replacement.slice(0, 20)}`,
        file,
        ...mutant,
      })),
    );
  const step = Math.max(1, all.length / count);
  const first = (seed * 0.618034 * step) % step;
  const picked = [];
  for (let at = first; at < all.length && picked.length < count; at += step)
    picked.push(all[Math.floor(at)]);
  console.log(`${all.length} mutants of ${options.target}, ${picked.length} chosen`);
  return picked;
}

/** Puts the mutant in, builds, runs the tests one after the other, and takes it out. */
async function judge(mutant) {
  const { file, start, end, replacement } = mutant;
  const path = `${root}/${file}`;
  const text = readFileSync(path, 'utf8');
  restore = () => writeFileSync(path, text);
  try {
    writeFileSync(path, text.slice(0, start) + replacement + text.slice(end));
    if ((await build()) !== 0) return { verdict: 'invalid' };
    for (const [i, test] of target.tests.entries()) {
      const status = await runTests(test, limits[i], operationsFor(file));
      if (status !== 0) return { verdict: status === null ? 'timeout' : 'caught', by: test };
    }
    return { verdict: 'survived' };
  } finally {
    restore();
  }
}

/** How long the tests may take: five times what they take without a fault, and a minute. */
async function timeTests() {
  if ((await build()) !== 0) fail('the sources do not build');
  const times = [];
  for (const test of target.tests) {
    const began = Date.now();
    if ((await runTests(test, 1e7)) !== 0) fail(`${test} fails without a fault`);
    times.push(5 * (Date.now() - began) + 60_000);
  }
  return times;
}

function build() {
  if (!target.compiled) return 0;
  return execute('node', ['scripts/kernels.mjs', '--quick'], 'packages/tensor', 1e6);
}

/** What the probe is told to try for a file. */
function operationsFor(file) {
  const name = file.slice(file.lastIndexOf('/') + 1);
  const found = Object.keys(OPERATIONS).find((names) => new RegExp(`^(${names})`).test(name));
  return found ? OPERATIONS[found] : '';
}

async function runTests(test, limit, operations = '') {
  if (test !== PROBE)
    return execute(`${root}/node_modules/.bin/vitest`, ['run', '--bail', '1', test], '.', limit);
  const outfile = join(scratch, 'probe.mjs');
  try {
    await bundle({
      entryPoints: [`${root}/tools/mutation/probe.ts`],
      bundle: true,
      platform: 'node',
      format: 'esm',
      conditions: ['@dl/source'],
      logLevel: 'silent',
      outfile,
    });
  } catch {
    return 1;
  }
  return execute('node', [outfile, operations], '.', limit);
}

/** @returns the exit status; null where the time was over. */
function execute(command, args, folder, limit) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: `${root}/${folder}`,
      stdio: 'ignore',
      detached: true,
    });
    const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), limit);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve(signal ? null : code);
    });
  });
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

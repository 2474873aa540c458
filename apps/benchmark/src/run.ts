/** Runs contestants in processes of their own, in turns. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Answer } from './answer';
import { measurePeak } from './peak';
import type { Results } from './results';
import type { RunOptions } from './turns';
import { Partner, takeTurns } from './turns';

/** All contestants, the first one the measure of the others. */
export const contestants = [
  'dl',
  'dl 2 threads',
  'dl 256-bit',
  'PyTorch',
  'PyTorch AVX2',
  'tfjs-wasm',
  'onnxruntime-web',
  'jax-js',
] as const;
/** The name of a contestant. */
export type ContestantName = (typeof contestants)[number];

/** A process that answers every line with a line. */
function partnerOf(process: ChildProcess): Partner {
  const partner = new Partner(
    (request) => process.stdin?.write(`${JSON.stringify(request)}\n`),
    () => process.kill('SIGKILL'),
  );
  const lines = createInterface({ input: process.stdout as NodeJS.ReadableStream });
  // What libraries print to the standard output is none of ours.
  lines.on('line', (line) => {
    if (line.startsWith('{')) partner.receive(JSON.parse(line) as Answer);
  });
  process.on('exit', (code, signal) =>
    partner.end(`its process ended with ${signal ?? `exit code ${code}`}`),
  );
  process.stdin?.on('error', () => {});
  return partner;
}

/** A Python that has PyTorch, or null. */
function findPython(): string | null {
  const candidates = [process.env.DL_PYTHON, 'python3', '/usr/bin/python3'];
  const works = (command: string | undefined) =>
    command !== undefined && spawnSync(command, ['-c', 'import torch']).status === 0;
  return candidates.find(works) ?? null;
}

/** A Node whose engine can fuse 128-bit operations to 256 bits (V8 13 and newer), or null. */
function findWideNode(): string | null {
  const candidates = [process.env.DL_NODE, process.execPath];
  const wide = (command: string | undefined) => {
    if (command === undefined) return false;
    const { stdout } = spawnSync(command, ['-p', 'process.versions.v8'], { encoding: 'utf8' });
    return Number.parseInt(stdout ?? '0', 10) >= 13;
  };
  return candidates.find(wide) ?? null;
}

/** Settings that keep PyTorch and its libraries to 256-bit vectors. */
const AVX2 = {
  ATEN_CPU_CAPABILITY: 'avx2',
  DNNL_MAX_CPU_ISA: 'AVX2',
  OPENBLAS_CORETYPE: 'Haswell',
  MKL_ENABLE_INSTRUCTIONS: 'AVX2',
};

interface Command {
  readonly line: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** How a contestant is started, or why it cannot be. */
function startOf(name: ContestantName): Command | string {
  const child = fileURLToPath(new URL('./child.js', import.meta.url));
  const script = fileURLToPath(new URL('../torch_contestant.py', import.meta.url));
  if (name.startsWith('PyTorch')) {
    const python = findPython();
    if (!python) return 'not found: no Python with torch, see DL_PYTHON';
    return { line: [python, script], ...(name === 'PyTorch AVX2' && { env: AVX2 }) };
  }
  if (name === 'dl 256-bit') {
    const node = findWideNode();
    if (!node) return 'not found: no Node with V8 13 or newer, see DL_NODE';
    return { line: [node, child, name], env: { DL_WIDE_VECTORS: '1' } };
  }
  return { line: [process.execPath, child, name] };
}

/** The process of a contestant; pinned to a core where the system can, but for the one with more threads. */
function launch(name: ContestantName): Partner | string {
  const start = startOf(name);
  if (typeof start === 'string') return start;
  const pinned = spawnSync('taskset', ['--version']).status === 0 && name !== 'dl 2 threads';
  const pin = pinned ? ['taskset', '-c', String(cpus().length - 1)] : [];
  const [program, ...args] = [...pin, ...start.line];
  const env = { ...process.env, ...start.env };
  return partnerOf(spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'], env }));
}

/** Times all workloads of all contestants. */
export async function measure(options: RunOptions<ContestantName>): Promise<Results> {
  const { versions, rows } = await takeTurns(options, { launch });
  const cores = cpus();
  const machine = { cpu: cores[0].model.trim(), cores: cores.length, node: process.version };
  return { date: new Date().toISOString(), machine, peak: measurePeak(), versions, rows };
}

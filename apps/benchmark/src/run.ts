/** Runs contestants in processes of their own, in turns. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { measurePeak } from './peak';
import type { Outcome, Results } from './report';
import { agree, summarise } from './statistics';
import type { Workload } from './workloads';

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

type Answer = { check?: number[]; samples?: number[]; error?: string; version?: string };

/** A process that answers every line with a line. */
class Partner {
  private readonly waiting: ((answer: Answer) => void)[] = [];
  private readonly early: Answer[] = [];
  private ended: Answer | null = null;

  constructor(private readonly process: ChildProcess) {
    const lines = createInterface({ input: process.stdout as NodeJS.ReadableStream });
    lines.on('line', (line) => this.receive(line));
    process.on('exit', (code, signal) => {
      this.ended ??= { error: `its process ended with ${signal ?? `exit code ${code}`}` };
      for (const resolve of this.waiting.splice(0)) resolve(this.ended);
    });
    process.stdin?.on('error', () => {});
  }

  private receive(line: string): void {
    // What libraries print to the standard output is none of ours.
    if (!line.startsWith('{')) return;
    const answer = JSON.parse(line) as Answer;
    const resolve = this.waiting.shift();
    if (resolve) resolve(answer);
    else this.early.push(answer);
  }

  next(): Promise<Answer> {
    const early = this.early.shift() ?? this.ended;
    return early ? Promise.resolve(early) : new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Whether the process has ended. */
  get isOver(): boolean {
    return this.ended !== null;
  }

  /** The answer to a message; a process that takes too long is stopped. */
  async ask(message: object, patience: number): Promise<Answer> {
    this.process.stdin?.write(`${JSON.stringify(message)}\n`);
    const problem = `it took longer than ${patience / 1000} s`;
    const timer = setTimeout(() => {
      this.ended ??= { error: problem };
      this.process.kill('SIGKILL');
    }, patience);
    try {
      const answer = await this.next();
      return this.ended?.error === problem ? this.ended : answer;
    } finally {
      clearTimeout(timer);
    }
  }

  stop(): void {
    this.process.kill();
  }
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
  return new Partner(spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'], env }));
}

/** What a run takes. */
export interface RunOptions {
  readonly names: readonly ContestantName[];
  readonly workloads: readonly Workload[];
  /** How often contestants take turns. */
  readonly rounds: number;
  /** Milliseconds that each has in a round. */
  readonly budget: number;
  /** Milliseconds to wait for one that prepares a workload, or is in a round. */
  readonly patience: number;
  /** Hears about progress. */
  readonly onProgress?: (text: string) => void;
}

/** Times all workloads of all contestants. */
export async function measure(options: RunOptions): Promise<Results> {
  const { names, workloads, onProgress = () => {} } = options;
  const partners = new Map<ContestantName, Partner>();
  const versions: Record<string, string> = {};
  const begin = async (name: ContestantName) => {
    const partner = launch(name);
    if (typeof partner === 'string') {
      versions[name] = partner;
      return;
    }
    versions[name] = (await partner.next()).version ?? 'did not start';
    partners.set(name, partner);
  };
  for (const name of names) await begin(name);
  try {
    const rows: Results['rows'][number][] = [];
    for (const workload of workloads) {
      onProgress(workload.name);
      const outcomes = await measureRow(workload, partners, options);
      // Who fell over, or was stopped, starts again; and all do where much memory was taken.
      for (const [name, partner] of partners) {
        if (workload.slow) partner.stop();
        if (workload.slow || partner.isOver) await begin(name);
      }
      rows.push({
        name: workload.name,
        ...(workload.flops && { flops: workload.flops }),
        outcomes,
      });
    }
    const cores = cpus();
    const machine = { cpu: cores[0].model.trim(), cores: cores.length, node: process.version };
    return { date: new Date().toISOString(), machine, peak: measurePeak(), versions, rows };
  } finally {
    for (const partner of partners.values()) partner.stop();
  }
}

async function measureRow(
  workload: Workload,
  partners: ReadonlyMap<ContestantName, Partner>,
  { names, rounds, budget, patience }: RunOptions,
): Promise<Record<string, Outcome>> {
  const outcomes: Record<string, Outcome> = {};
  const ready: [ContestantName, Partner][] = [];
  let expected: number[] | undefined;
  for (const name of names) {
    const partner = partners.get(name);
    const answer = (await partner?.ask({ prepare: workload.name }, patience)) ?? {
      error: 'it is not installed',
    };
    if (!partner || !answer.check) {
      outcomes[name] = { error: answer.error ?? 'it did not answer' };
      continue;
    }
    expected ??= answer.check;
    if (agree(answer.check, expected, workload.tolerance ?? 1e-3)) ready.push([name, partner]);
    else
      outcomes[name] = {
        error: `it found ${answer.check.slice(0, 3)}, not ${expected.slice(0, 3)}`,
      };
  }
  const samples = new Map<ContestantName, number[]>();
  for (let round = 0; round < rounds; round++) {
    for (const [name, partner] of ready) {
      if (outcomes[name]) continue;
      const answer = await partner.ask({ budget }, patience);
      if (answer.samples) samples.set(name, [...(samples.get(name) ?? []), ...answer.samples]);
      else outcomes[name] = { error: answer.error ?? 'it did not answer' };
    }
  }
  for (const [name, list] of samples) outcomes[name] ??= summarise(list);
  return Object.fromEntries(
    names.flatMap((name) => (outcomes[name] ? [[name, outcomes[name]]] : [])),
  );
}

/** Runs contestants in processes of their own, in turns. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { measurePeak } from './peak';
import type { Outcome, Results } from './report';
import { agree, summarise } from './statistics';
import type { Workload, WorkloadName } from './workloads';

/** All contestants, the first one the measure of the others. */
export const contestants = ['dl', 'dl 2 threads', 'PyTorch', 'tfjs-wasm', 'jax-js'] as const;
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
      this.ended = { error: `its process ended with ${signal ?? `exit code ${code}`}` };
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

  ask(message: object): Promise<Answer> {
    this.process.stdin?.write(`${JSON.stringify(message)}\n`);
    return this.next();
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

/** The command of a contestant; pinned to a core where the system can, but for the one with more threads. */
function command(name: ContestantName): string[] | null {
  const child = fileURLToPath(new URL('./child.js', import.meta.url));
  const script = fileURLToPath(new URL('../torch_contestant.py', import.meta.url));
  const python = name === 'PyTorch' ? findPython() : null;
  if (name === 'PyTorch' && !python) return null;
  const own = python ? [python, script] : [process.execPath, child, name];
  const pinned = spawnSync('taskset', ['--version']).status === 0 && name !== 'dl 2 threads';
  return pinned ? ['taskset', '-c', String(cpus().length - 1), ...own] : own;
}

/** What a run takes. */
export interface RunOptions {
  readonly names: readonly ContestantName[];
  readonly workloads: readonly Workload[];
  /** How often contestants take turns. */
  readonly rounds: number;
  /** Milliseconds that each has in a round. */
  readonly budget: number;
  /** Hears about progress. */
  readonly onProgress?: (text: string) => void;
}

/** Times all workloads of all contestants. */
export async function measure(options: RunOptions): Promise<Results> {
  const { names, workloads, rounds, budget, onProgress = () => {} } = options;
  const partners = new Map<ContestantName, Partner>();
  const versions: Record<string, string> = {};
  for (const name of names) {
    const [program, ...args] = command(name) ?? [];
    if (!program) {
      versions[name] = 'not found';
      continue;
    }
    const partner = new Partner(spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] }));
    versions[name] = (await partner.next()).version ?? 'did not start';
    partners.set(name, partner);
  }
  try {
    const rows: Results['rows'][number][] = [];
    for (const workload of workloads) {
      onProgress(workload.name);
      const outcomes = await measureRow(workload, partners, names, rounds, budget);
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
  names: readonly ContestantName[],
  rounds: number,
  budget: number,
): Promise<Record<string, Outcome>> {
  const outcomes: Record<string, Outcome> = {};
  const ready: [ContestantName, Partner][] = [];
  let expected: number[] | undefined;
  for (const name of names) {
    const partner = partners.get(name);
    const answer = (await partner?.ask({ prepare: workload.name as WorkloadName })) ?? {
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
      const answer = await partner.ask({ budget });
      if (answer.samples) samples.set(name, [...(samples.get(name) ?? []), ...answer.samples]);
      else outcomes[name] = { error: answer.error ?? 'it did not answer' };
    }
  }
  for (const [name, list] of samples) outcomes[name] ??= summarise(list);
  return Object.fromEntries(
    names.flatMap((name) => (outcomes[name] ? [[name, outcomes[name]]] : [])),
  );
}

/** Contestants take turns; where they run is not known here. */

import type { Answer, GpuWork, Request } from './answer';
import type { Outcome, Results } from './results';
import { agree, quantile, summarise } from './statistics';
import type { Workload } from './workloads';

/** A contestant in a process or worker of its own: for every request it has one answer. */
export class Partner {
  private readonly waiting: ((answer: Answer) => void)[] = [];
  private readonly early: Answer[] = [];
  private ended: Answer | null = null;

  /** `send` brings a request to it, `kill` ends it at once. */
  constructor(
    private readonly send: (request: Request) => void,
    private readonly kill: () => void,
  ) {}

  /** What it has answered arrives here. */
  receive(answer: Answer): void {
    const resolve = this.waiting.shift();
    if (resolve) resolve(answer);
    else this.early.push(answer);
  }

  /** It is over, for this reason: so are all answers that are still waited for. */
  end(error: string): void {
    this.ended ??= { error };
    for (const resolve of this.waiting.splice(0)) resolve(this.ended);
  }

  /** The next answer; the first one comes without a request. */
  next(): Promise<Answer> {
    const early = this.early.shift() ?? this.ended;
    return early ? Promise.resolve(early) : new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Whether it has ended. */
  get isOver(): boolean {
    return this.ended !== null;
  }

  /** The answer to a request; one that takes too long is stopped. */
  async ask(request: Request, patience: number): Promise<Answer> {
    if (!this.isOver) this.send(request);
    const timer = setTimeout(() => this.stop(`it took longer than ${patience / 1000} s`), patience);
    try {
      return await this.next();
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends it. */
  stop(reason = 'stopped'): void {
    this.end(reason);
    this.kill();
  }
}

/** What a run takes. */
export interface RunOptions<Name extends string = string> {
  readonly names: readonly Name[];
  readonly workloads: readonly Workload[];
  /** How often contestants take turns. */
  readonly rounds: number;
  /** Milliseconds that each has in a round. */
  readonly budget: number;
  /** Milliseconds to wait for one that prepares a workload, or is in a round. */
  readonly patience: number;
  /** Hears about progress. */
  readonly onProgress?: (text: string, done: number) => void;
}

/** Where contestants run. */
export interface Place<Name extends string> {
  /** Starts a contestant, or says why it cannot be. */
  launch(name: Name): Partner | string;
  /** CPU milliseconds that the browser's GPU process has spent, where somebody knows. */
  clock?(): Promise<number>;
  /** Whether somebody wants no more. */
  isStopped?(): boolean;
  /** Hears about every row when it is done. */
  onRow?(row: Row, versions: Results['versions']): void;
}

type Row = Results['rows'][number];

/** Times all workloads of all contestants. */
export async function takeTurns<Name extends string>(
  options: RunOptions<Name>,
  place: Place<Name>,
): Promise<Pick<Results, 'versions' | 'rows'>> {
  const { names, workloads, onProgress = () => {} } = options;
  const partners = new Map<Name, Partner>();
  const versions: Record<string, string> = {};
  const begin = async (name: Name) => {
    const partner = place.launch(name);
    if (typeof partner === 'string') {
      versions[name] = partner;
      return;
    }
    const { version, error } = await partner.next();
    versions[name] = version ?? error ?? 'did not start';
    if (version !== undefined) partners.set(name, partner);
  };
  for (const name of names) await begin(name);
  try {
    const rows: Row[] = [];
    for (const [index, workload] of workloads.entries()) {
      onProgress(workload.name, index / workloads.length);
      const outcomes = await measureRow(workload, partners, versions, options, place);
      if (place.isStopped?.()) break;
      rows.push({
        name: workload.name,
        ...(workload.flops && { flops: workload.flops }),
        outcomes,
      });
      place.onRow?.(rows[index], versions);
      if (index === workloads.length - 1) break;
      // Who fell over, or was stopped, starts again; and all do where much memory was taken.
      for (const [name, partner] of partners) {
        if (workload.slow) partner.stop();
        if (partner.isOver) await begin(name);
      }
    }
    return { versions, rows };
  } finally {
    for (const partner of partners.values()) partner.stop();
  }
}

/** What turns of one contestant found. */
interface Turns {
  readonly samples: number[];
  readonly gpu: number[];
  work?: GpuWork;
}

async function measureRow<Name extends string>(
  workload: Workload,
  partners: ReadonlyMap<Name, Partner>,
  versions: Results['versions'],
  { names, rounds, budget, patience }: RunOptions<Name>,
  { clock, isStopped = () => false }: Place<Name>,
): Promise<Record<string, Outcome>> {
  const outcomes: Record<string, Outcome> = {};
  const ready: [Name, Partner][] = [];
  let expected: number[] | undefined;
  for (const name of names) {
    const partner = partners.get(name);
    const answer = (await partner?.ask({ prepare: workload.name as never }, patience)) ?? {
      error: versions[name],
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
  const found = new Map<Name, Turns>();
  for (let round = 0; round < rounds; round++) {
    for (const [name, partner] of ready) {
      if (outcomes[name] || isStopped()) continue;
      const before = await clock?.();
      const { samples, runs = 1, work, error } = await partner.ask({ budget }, patience);
      if (!samples) {
        outcomes[name] = { error: error ?? 'it did not answer' };
        continue;
      }
      const turns: Turns = found.get(name) ?? { samples: [], gpu: [] };
      found.set(name, turns);
      turns.samples.push(...samples);
      if (!work) continue;
      turns.work = work;
      if (clock && before !== undefined) turns.gpu.push(((await clock()) - before) / runs);
    }
  }
  for (const [name, { samples, gpu, work }] of found) {
    const sorted = [...gpu].sort((a, b) => a - b);
    outcomes[name] ??= {
      ...summarise(samples),
      ...(work && { work }),
      ...(sorted.length > 0 && { gpu: quantile(sorted, 0.5) }),
    };
  }
  return Object.fromEntries(
    names.flatMap((name) => (outcomes[name] ? [[name, outcomes[name]]] : [])),
  );
}

/** How a contestant answers in its process or worker: it prepares and times workloads when told to. */

import type { Contestant, Task, WorkloadName } from './workloads';

/** What a contestant is told: to prepare a workload, or to run it for so many milliseconds. */
export type Request = { readonly prepare: WorkloadName } | { readonly budget: number };

/** What a run asked of a GPU. */
export interface GpuWork {
  /** Draws. */
  readonly draws: number;
  /** Bytes read back from it. */
  readonly read: number;
  /** Bytes sent to it. */
  readonly sent: number;
}

/** What a contestant says. */
export interface Answer {
  /** The first: what it is. */
  readonly version?: string;
  /** After it has prepared: figures of the result. */
  readonly check?: number[];
  /** After a turn: milliseconds of single runs, how many runs there were, and what each asked of the GPU. */
  readonly samples?: number[];
  readonly runs?: number;
  readonly work?: GpuWork;
  readonly error?: string;
}

/** Milliseconds: what takes longer is not run again before it is timed. */
const LONG = 3000;

/** Runs a task until the time is over; at least thrice where that takes no more than five times as long. Short ones are timed in groups of about a millisecond. */
async function time(task: Task, budget: number): Promise<{ samples: number[]; runs: number }> {
  const samples: number[] = [];
  const begin = performance.now();
  let [group, runs] = [1, 0];
  const spent = () => performance.now() - begin;
  while (samples.length === 0 || spent() < (samples.length < 3 ? 5 : 1) * budget) {
    const start = performance.now();
    for (let i = 0; i < group; i++) await task.run();
    const each = (performance.now() - start) / group;
    runs += group;
    samples.push(each);
    group = Math.max(1, Math.min(1000, Math.round(1 / each)));
  }
  // The first one found out how many make a group.
  return { samples: samples.length > 3 ? samples.slice(1) : samples, runs };
}

async function prepare(make: (() => Task | Promise<Task>) | undefined) {
  if (!make) throw new Error('not written for it');
  const task = await make();
  const start = performance.now();
  const check = await task.check();
  const warm = performance.now() - start < LONG ? 2 : 0;
  for (let i = 0; i < warm; i++) await task.run();
  return { task, check };
}

/** A function that answers requests; `count` tells what was asked of a GPU so far, where somebody counts. */
export function answering(
  { tasks }: Contestant,
  count?: () => GpuWork,
): (request: Request) => Promise<Answer> {
  let task: Task | undefined;
  return async (request) => {
    try {
      if ('prepare' in request) {
        const ready = await prepare(tasks[request.prepare]);
        task = ready.task;
        return { check: ready.check };
      }
      const before = count?.();
      const timed = await time(task as Task, request.budget);
      const after = count?.();
      if (!before || !after) return timed;
      const each = (key: keyof GpuWork) => (after[key] - before[key]) / timed.runs;
      return { ...timed, work: { draws: each('draws'), read: each('read'), sent: each('sent') } };
    } catch (error) {
      const text = String((error as Error).message ?? error);
      return { error: text.split('\n')[0].slice(0, 160) };
    }
  };
}

/** The process of one contestant: it prepares and times workloads when told to, one JSON object a line. */

import { createInterface } from 'node:readline';
import type { Contestant, Task, WorkloadName } from './workloads';

const own = async () => (await import('./contestants/dl')).load(1);

const loaders: Record<string, () => Promise<Contestant>> = {
  dl: own,
  'dl 256-bit': own,
  'dl 2 threads': async () => (await import('./contestants/dl')).load(2),
  'tfjs-wasm': async () => (await import('./contestants/tfjs')).load(),
  'onnxruntime-web': async () => (await import('./contestants/ort')).load(),
  'jax-js': async () => (await import('./contestants/jax')).load(),
};

const say = (message: object) => process.stdout.write(`${JSON.stringify(message)}\n`);

/** Runs a task until the time is over; at least thrice where that takes no more than five times as long. Short ones are timed in groups of about a millisecond. */
async function time(task: Task, budget: number): Promise<number[]> {
  const samples: number[] = [];
  const begin = performance.now();
  let group = 1;
  const spent = () => performance.now() - begin;
  while (samples.length === 0 || spent() < (samples.length < 3 ? 5 : 1) * budget) {
    const start = performance.now();
    for (let i = 0; i < group; i++) await task.run();
    const each = (performance.now() - start) / group;
    samples.push(each);
    group = Math.max(1, Math.min(1000, Math.round(1 / each)));
  }
  // The first one found out how many make a group.
  return samples.length > 3 ? samples.slice(1) : samples;
}

const { version, tasks } = await loaders[process.argv[2]]();
say({ version });
let task: Task | undefined;
for await (const line of createInterface({ input: process.stdin })) {
  const { prepare, budget } = JSON.parse(line) as { prepare?: WorkloadName; budget?: number };
  try {
    if (prepare) {
      const make = tasks[prepare];
      if (!make) throw new Error('not written for it');
      task = await make();
      const check = await task.check();
      for (let i = 0; i < 2; i++) await task.run();
      say({ check });
    } else say({ samples: await time(task as Task, budget ?? 0) });
  } catch (error) {
    say({
      error: String((error as Error).message ?? error)
        .split('\n')[0]
        .slice(0, 160),
    });
  }
}
process.exit(0);

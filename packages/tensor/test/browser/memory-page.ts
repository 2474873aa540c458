/** What the browser runs to see that forgotten tensors do not fill the memory: one long task, and many short ones. */

import { useReclaimer } from '../../src/core/reclaim';
import { limit } from '../../src/core/reclaim/reclaimer';
import { TaskReclaimer } from '../../src/core/reclaim/tasks';
import { full, memory, resetPeakMemory, scope, type Tensor } from '../../src/index';

const MB = 2 ** 20;

/** What the page reports, in megabytes. */
export interface MemoryReport {
  /** The peak of one task that makes 1600 MB and may hold 128. */
  readonly oneTask: number;
  /** Whether numbers that were moved out came back as they were. */
  readonly right: boolean;
  /** The peak of many tasks that make 1600 MB; nothing is moved. */
  readonly manyTasks: number;
}

/** The last number of a tensor. */
const last = (x: Tensor) =>
  scope(() =>
    x
      .reshape([-1])
      .slice([[x.size - 1, x.size]])
      .item(),
  );

async function report(): Promise<MemoryReport> {
  useReclaimer(new TaskReclaimer(128 * MB));
  limit.bytes = 128 * MB;
  const kept = [1, 2, 3].map((value) => full([MB], value));
  let right = true;
  for (let i = 0; i < 100; i++) right &&= last(full([2, MB], i).mul(2)) === 2 * i;
  kept.forEach((x, i) => {
    right &&= last(x) === i + 1;
  });
  const oneTask = memory().peakBytes / MB;
  useReclaimer(new TaskReclaimer(4096 * MB));
  await new Promise((resolve) => setTimeout(resolve, 100));
  resetPeakMemory();
  limit.bytes = 256 * MB;
  for (let i = 0; i < 100; i++) {
    full([2, MB], i).mul(2);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return { oneTask, right, manyTasks: memory().peakBytes / MB };
}

const host = globalThis as unknown as { done?: MemoryReport | string };
report().then(
  (found) => {
    host.done = found;
  },
  (error: unknown) => {
    host.done = String(error);
  },
);

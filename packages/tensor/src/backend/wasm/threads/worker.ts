/** Workers: started from a script that is part of the bundle, in Node and in browsers. */

import { builtinModule } from '../../../core/host';
import type { Memory } from '../module/engine';

/** What a worker is given; see `ThreadPool` for the control block. */
export interface WorkerSetup {
  readonly code: object;
  readonly memory: Memory;
  readonly workspace: number;
  readonly control: number;
  readonly names: readonly string[];
}

/** A worker that can be ended. */
export interface WorkerHandle {
  terminate(): unknown;
}

/**
 * The worker's program, in plain JavaScript because it is started from its text. It claims parts of jobs (see thread-pool.ts) and
 * sleeps when there is none for a while. It makes its instance anew where the memory has grown meanwhile: JavaScriptCore (Bun 1.2,
 * Safari) lets memory.fill and memory.copy of an older instance in another thread reach the old end only.
 */
const PROGRAM = `
function serve({ code, memory, workspace, control, names }) {
  const STATE = 0, DONE = 1, SLEEPERS = 2, KERNEL = 3, COUNT = 4, FAILED = 5, LIMIT = 6, ARGUMENTS = 24;
  let kernels, limit;
  const instantiate = () => {
    const { exports } = new WebAssembly.Instance(code, { env: { memory, abort() {} } });
    exports.setWorkspace(workspace);
    kernels = names.map((name) => exports[name]);
  };
  const fields = new Int32Array(memory.buffer, control, 16);
  const lists = new Float64Array(memory.buffer, control + 64);
  let idle = 0;
  for (;;) {
    const state = Atomics.load(fields, STATE);
    const left = state & 255;
    if (left === 0) {
      if (++idle < 3000) continue;
      Atomics.add(fields, SLEEPERS, 1);
      Atomics.wait(fields, STATE, state);
      Atomics.sub(fields, SLEEPERS, 1);
      idle = 0;
      continue;
    }
    if (Atomics.compareExchange(fields, STATE, state, state - 1) !== state) continue;
    idle = 0;
    try {
      if (limit !== fields[LIMIT]) {
        limit = fields[LIMIT];
        instantiate();
      }
      const at = (left - 1) * ARGUMENTS;
      kernels[fields[KERNEL]](...lists.subarray(at, at + fields[COUNT]));
    } catch {
      Atomics.store(fields, FAILED, 1);
    }
    Atomics.add(fields, DONE, 1);
    Atomics.notify(fields, DONE);
  }
}
`;

interface NodeWorker extends WorkerHandle {
  unref(): void;
  on(event: 'error', listener: () => void): void;
}

interface WorkerThreads {
  readonly Worker: new (code: string, options: object) => NodeWorker;
}

interface Host {
  readonly Worker?: new (url: string) => WorkerHandle & { postMessage(data: unknown): void };
  readonly Blob?: new (parts: string[], options: object) => object;
  readonly URL: { createObjectURL(blob: object): string; revokeObjectURL(url: string): void };
}

/** Starts a worker; null where the host has none or refuses (a content security policy, for instance). */
export function startWorker(setup: WorkerSetup): WorkerHandle | null {
  const host = globalThis as unknown as Host;
  const threads = builtinModule<WorkerThreads>('node:worker_threads');
  try {
    if (threads) {
      const code = `${PROGRAM} serve(require('node:worker_threads').workerData);`;
      const worker = new threads.Worker(code, { eval: true, workerData: setup, execArgv: [] });
      // The pool must not keep a process alive; a worker that ends is noticed when it is missed.
      worker.unref();
      worker.on('error', () => {});
      return worker;
    }
    if (!host.Worker || !host.Blob) return null;
    const code = `${PROGRAM} onmessage = ({ data }) => serve(data);`;
    const url = host.URL.createObjectURL(new host.Blob([code], { type: 'text/javascript' }));
    const worker = new host.Worker(url);
    worker.postMessage(setup);
    host.URL.revokeObjectURL(url);
    return worker;
  } catch {
    return null;
  }
}

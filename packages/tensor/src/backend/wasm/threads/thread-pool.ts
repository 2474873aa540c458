/**
 * Threads. A job is a kernel and a list of argument lists, its parts; whoever is free claims the next part, the caller
 * included, so a thread that is late or gone delays nobody unless it died within a part. Parts are cut so that results do
 * not depend on who computes them.
 */

import { DeviceError } from '../../../core/errors';
import { builtinModule } from '../../../core/host';
import type { Heap } from '../memory/heap';
import type { KernelArguments, KernelName, Module } from '../module/load';
import { startWorker, type WorkerHandle } from './worker';

/** Most parts of a job. */
const PARTS = 64;
/** Most arguments of a kernel. */
const ARGUMENTS = 24;
/** Fields of the control block, in Int32s; the arguments follow as Float64s. */
const HEADER_BYTES = 64;
const STATE = 0;
const DONE = 1;
const SLEEPERS = 2;
const KERNEL = 3;
const COUNT = 4;
const FAILED = 5;
const LIMIT = 6;

/** How often the caller looks whether the others are done before it sleeps: some tens of microseconds. */
const SPINS = 2000;

/** How many threads the host offers; 1 where memory cannot be shared with workers. */
export function availableThreads(): number {
  const { navigator, crossOriginIsolated } = globalThis as Host;
  const os = builtinModule<{ availableParallelism(): number }>('node:os');
  if (os) return os.availableParallelism();
  return crossOriginIsolated ? (navigator?.hardwareConcurrency ?? 1) : 1;
}

interface Host {
  readonly navigator?: { readonly hardwareConcurrency?: number };
  readonly crossOriginIsolated?: boolean;
  readonly document?: object;
}

/** Whether this thread may sleep: the main thread of a browser may not. */
function maySleep(): boolean {
  return (globalThis as Host).document === undefined;
}

/** What a pool works with. */
export interface ThreadPoolOptions {
  /** Milliseconds to wait for a part that another thread has claimed. Default 60,000. */
  readonly patience?: number;
}

/** A kernel whose arguments have been checked. */
type Kernel = (...args: readonly number[]) => unknown;

/** The caller and its workers. */
export class ThreadPool {
  private readonly names: readonly string[];
  private readonly kernels: readonly Kernel[];
  private readonly ids: ReadonlyMap<string, number>;
  private readonly workspaces: number[] = [];
  private workers: WorkerHandle[] = [];
  private wanted = Math.min(availableThreads(), 16);
  private sequence = 0;
  private control = 0;
  private fields = new Int32Array(0);
  private lists = new Float64Array(0);
  private readonly patience: number;

  constructor(
    private readonly module: Module,
    private readonly heap: Heap,
    { patience = 60_000 }: ThreadPoolOptions = {},
  ) {
    this.names = Object.keys(module.kernels);
    this.kernels = Object.values(module.kernels) as Kernel[];
    this.ids = new Map(this.names.map((name, id) => [name, id]));
    this.patience = patience;
    this.layOut();
  }

  /** How many threads compute, the caller included. */
  get threads(): number {
    return this.wanted;
  }

  /** Asks for `count` threads; workers start with the first job that is worth it. */
  resize(count: number): void {
    this.stop();
    this.wanted = count;
  }

  /** Ends the workers; the next job starts new ones. */
  stop(): void {
    for (const worker of this.workers) worker.terminate();
    if (this.workers.length > 0) this.layOut();
    this.workers = [];
  }

  /** Calls a kernel on the calling thread. */
  call<K extends KernelName>(name: K, list: KernelArguments<K>): void {
    this.kernels[this.ids.get(name) as number](...list);
  }

  /** Computes `parts` parts of a job, each a call of the kernel with the arguments that `argumentsOf` gives. */
  run<K extends KernelName>(
    name: K,
    parts: number,
    argumentsOf: (part: number) => KernelArguments<K>,
  ): void {
    const id = this.ids.get(name) as number;
    if (this.wanted === 1 || parts === 1) {
      for (let part = 0; part < parts; part++) this.kernels[id](...argumentsOf(part));
      return;
    }
    if (this.workers.length === 0) this.start();
    const { fields } = this;
    for (let part = 0; part < parts; part++) {
      const list: readonly number[] = argumentsOf(part);
      fields[COUNT] = list.length;
      this.lists.set(list, part * ARGUMENTS);
    }
    fields[KERNEL] = id;
    fields[LIMIT] = this.heap.pages;
    fields[FAILED] = 0;
    fields[DONE] = 0;
    this.sequence = (this.sequence + 1) & 0x7fffff;
    Atomics.store(fields, STATE, this.sequence * 256 + parts);
    if (Atomics.load(fields, SLEEPERS) > 0) Atomics.notify(fields, STATE, parts - 1);
    const failure = this.help();
    this.wait(name, parts);
    if (failure !== undefined) throw failure;
  }

  /** Fewer parts than `PARTS` that keep everybody busy, each of at least `grain` of `size` items. */
  partsOf(size: number, grain: number): number {
    if (this.wanted === 1) return 1;
    return Math.max(1, Math.min(Math.floor(size / grain), 4 * this.wanted, PARTS));
  }

  /** Cuts `size` items into ranges that begin at multiples of `step`, and runs a part for each. */
  share<K extends KernelName>(
    name: K,
    size: number,
    grain: number,
    step: number,
    argumentsOf: (first: number, end: number) => KernelArguments<K>,
  ): void {
    if (size === 0) return;
    const parts = this.partsOf(size, grain);
    const length = Math.ceil(size / parts / step) * step;
    this.run(name, Math.ceil(size / length), (part) =>
      argumentsOf(part * length, Math.min(size, (part + 1) * length)),
    );
  }

  /** Computes parts until none is left; returns what a kernel threw, for the other threads still work on theirs. */
  private help(): unknown {
    const { fields } = this;
    let failure: unknown;
    for (;;) {
      const state = Atomics.load(fields, STATE);
      const left = state & 255;
      if (left === 0) return failure;
      if (Atomics.compareExchange(fields, STATE, state, state - 1) !== state) continue;
      const at = (left - 1) * ARGUMENTS;
      try {
        this.kernels[fields[KERNEL]](...this.lists.subarray(at, at + fields[COUNT]));
      } catch (error) {
        failure = error;
      }
      Atomics.add(fields, DONE, 1);
    }
  }

  private wait(name: string, parts: number): void {
    const { fields } = this;
    const sleeps = maySleep();
    let deadline = 0;
    for (let spins = 0; ; spins++) {
      const done = Atomics.load(fields, DONE);
      if (done === parts) break;
      if (spins < SPINS) continue;
      if (deadline === 0) deadline = performance.now() + this.patience;
      if (sleeps) Atomics.wait(fields, DONE, done, 100);
      if (performance.now() > deadline) this.fail(name, 'a thread died within it');
    }
    if (fields[FAILED] !== 0) this.fail(name, 'it failed in another thread');
  }

  private fail(name: string, problem: string): never {
    this.stop();
    throw new DeviceError(name, problem, {
      hint: 'the threads have been replaced; run it again, or use setNumThreads(1)',
    });
  }

  private start(): void {
    for (let n = 1; n < this.wanted; n++) {
      this.workspaces[n] ??= this.heap.allocate(this.module.kernels.workspaceBytes());
      const worker = startWorker({
        code: this.module.code,
        memory: this.heap.memory,
        workspace: this.workspaces[n],
        control: this.control,
        names: this.names,
      });
      // Where no worker can be had, the caller does everything.
      if (!worker) {
        this.wanted = 1;
        return;
      }
      this.workers.push(worker);
    }
  }

  /** A control block that no worker of earlier times knows. */
  private layOut(): void {
    this.control = this.heap.allocate(HEADER_BYTES + PARTS * ARGUMENTS * 8);
    const { buffer } = this.heap.memory;
    this.fields = new Int32Array(buffer, this.control, HEADER_BYTES / 4).fill(0);
    this.lists = new Float64Array(buffer, this.control + HEADER_BYTES, PARTS * ARGUMENTS);
  }
}

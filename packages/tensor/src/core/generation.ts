/**
 * Loops that free what their iterations created. A tensor belongs to the loop of its inputs; what iteration i created is
 * freed when iteration i + 1 ends. The one iteration of grace lets state be carried over and metrics read late.
 */

import { leaveToCollector, putInCharge } from './collector';
import type { Tensor } from './tensor';

/** What one iteration of a loop created. */
export class Generation {
  released = false;
  private tensors: Tensor[] = [];

  constructor(readonly loop: Loop) {}

  add(tensor: Tensor): void {
    this.tensors.push(tensor);
  }

  /** Frees what still belongs to this iteration. */
  release(): void {
    this.released = true;
    for (const tensor of this.tensors) if (tensor.owner === this) tensor.dispose();
    this.tensors = [];
  }

  /** Gives what still belongs to this iteration to an iteration of the loop around, or to the garbage collector. */
  passTo(heir: Generation | null): void {
    this.released = true;
    for (const tensor of this.tensors) {
      if (tensor.owner !== this) continue;
      tensor.home = heir;
      tensor.owner = heir;
      if (heir) heir.add(tensor);
      else leaveToCollector(tensor);
    }
    this.tensors = [];
  }

  /**
   * Hands what still belongs to this iteration to someone outside. What a tensor can reach must not hold the others, and the collector
   * is put in charge too: nobody may ever ask for the rest.
   */
  detach(): Rest {
    const rest = new Rest(
      this,
      this.tensors.filter((tensor) => tensor.owner === this),
    );
    for (const tensor of rest.tensors) putInCharge(tensor);
    this.tensors = [];
    return rest;
  }
}

/** What the last iteration of a loop left, for whom the loop went over. */
class Rest {
  constructor(
    private readonly owner: Generation,
    readonly tensors: readonly Tensor[],
  ) {}

  release(): void {
    this.owner.released = true;
    for (const tensor of this.tensors) if (tensor.owner === this.owner) tensor.dispose();
  }
}

/** Loops that have begun and not ended, outermost first. */
const running: Loop[] = [];

/** The loop whose iteration began in the present turn of the event loop: synchronous code certainly runs inside it. */
let active: Loop | null = null;
let turnEndQueued = false;

function activate(loop: Loop | null): void {
  active = loop;
  if (turnEndQueued) return;
  turnEndQueued = true;
  // After an await nobody can tell whose code runs; then only inputs decide.
  queueMicrotask(() => {
    turnEndQueued = false;
    active = null;
  });
}

/** Ends loops whose iterators are gone before their end. */
const abandoned = /* @__PURE__ */ new FinalizationRegistry<Loop>((loop) => loop.abandon());

/**
 * Ends the loops whose iterators nobody can reach any more, though they are not at their end (`steps(9).next()`); what they made is left
 * to the collector.
 *
 * @returns whether there were any.
 */
export function abandonDeadLoops(): boolean {
  const dead = running.filter((loop) => loop.isDead);
  for (const loop of dead) loop.abandon();
  return dead.length > 0;
}

/** A running loop with the iteration at work and the one before it. */
export class Loop {
  current = new Generation(this);
  parent: Loop | null;
  running = true;
  private previous: Generation | null = null;

  private readonly life: WeakRef<object>;

  /** @param life - something that only the iterator reaches, so that it dies with it. */
  constructor(life: object) {
    this.life = new WeakRef(life);
    abandoned.register(life, this, this);
    this.parent = active;
    running.push(this);
    activate(this);
  }

  /** Whether the iterator is gone. */
  get isDead(): boolean {
    return this.life.deref() === undefined;
  }

  /** Ends a loop that nobody will advance or finish. */
  abandon(): void {
    if (!this.running) return;
    this.leave();
    this.previous?.passTo(null);
    this.current.passTo(null);
    if (active === this) activate(this.parent?.running ? this.parent : null);
  }

  private leave(): void {
    this.running = false;
    running.splice(running.indexOf(this), 1);
    abandoned.unregister(this);
  }

  /** Ends the iteration at work and begins the next. */
  advance(): void {
    this.orphanInterleaved();
    this.previous?.release();
    this.previous = this.current;
    this.current = new Generation(this);
    activate(this);
  }

  /** Takes back an `advance` after which there was nothing more: the iteration before was the last one. */
  retract(): void {
    if (!this.previous) return;
    this.current.passTo(this.previous);
    this.current = this.previous;
    this.previous = null;
  }

  /**
   * Ends the loop. The last iteration passes to the loop around; without one it is returned for the caller to keep.
   *
   * @param _life - what the constructor was given: the iterator holds it for this call, and so for as long as it can end the loop.
   */
  finish(_life: object): Generation | null {
    this.leave();
    this.previous?.release();
    this.previous = null;
    // Only a loop that ends in the turn of its last iteration is certain to be nested in its parent.
    const heir = active === this && this.parent?.running ? this.parent.current : null;
    if (active === this) activate(heir ? heir.loop : null);
    if (!heir) return this.current;
    this.current.passTo(heir);
    return null;
  }

  /** Whether this loop runs inside `other`. */
  isInside(other: Loop): boolean {
    for (let loop: Loop | null = this; loop; loop = loop.parent) if (loop === other) return true;
    return false;
  }

  /** A loop that began inside this one and still runs while this one goes on was never nested: it only interleaves. */
  private orphanInterleaved(): void {
    for (const loop of running) if (loop.parent === this) loop.parent = this.parent;
  }
}

/** The iteration that owns the result of an operation on `inputs`, or null where that is nobody's or not certain. */
export function homeOf(inputs: readonly (Tensor | undefined)[]): Generation | null {
  if (running.length === 0) return null;
  let loop: Loop | null = active;
  for (const input of inputs) {
    const other = input?.home?.loop;
    if (!other?.running || other === loop) continue;
    if (loop === null || other.isInside(loop)) loop = other;
    else if (!loop.isInside(other)) return null;
  }
  return loop ? loop.current : null;
}

/** Tails of loops over the same source: freed when the next loop over it ends. */
const tails = new WeakMap<object, Rest>();

/**
 * Makes every iteration over `source` a generation of memory: what an iteration created is freed when the next one
 * ends. Parameters, `keep()`ed tensors and what was born outside the loop are not touched.
 *
 * @param source - anything iterable; a new loop over the same object frees what the last one left.
 * @example for (const name of iterate(files)) total = total.add(load(name).sum());
 */
export function* iterate<T>(source: Iterable<T>): Generator<T, void, undefined> {
  const life = {};
  const loop = new Loop(life);
  let first = true;
  let iterator: Iterator<T> | undefined;
  try {
    iterator = source[Symbol.iterator]();
    for (;;) {
      if (!first) loop.advance();
      first = false;
      const item = iterator.next();
      if (item.done) {
        loop.retract();
        return;
      }
      yield item.value;
    }
  } finally {
    iterator?.return?.();
    const tail = loop.finish(life);
    tails.get(source)?.release();
    if (tail) tails.set(source, tail.detach());
    else tails.delete(source);
  }
}

/**
 * `iterate` for what arrives later: waits for each item of `source`, makes tensors of it by `make` and hands them out; what
 * an iteration created from them is freed when the next one ends.
 *
 * @param source - anything that `for await` takes. @param make - synchronous, so that its tensors belong to the iteration.
 * @example for await (const x of iterateAsync(rows, (row) => tensor(row))) learn(x);
 */
export async function* iterateAsync<T, B>(
  source: AsyncIterable<T>,
  make: (item: T) => B,
): AsyncGenerator<B, void, undefined> {
  const life = {};
  const loop = new Loop(life);
  let first = true;
  try {
    for await (const item of source) {
      if (!first) loop.advance();
      else activate(loop);
      first = false;
      yield make(item);
    }
  } finally {
    loop.finish(life)?.passTo(null);
  }
}

/**
 * Counts from 0 to `count - 1`; every iteration is a generation of memory, as with `iterate`.
 *
 * @example for (const step of steps(1000)) trainStep(batch());
 */
export function* steps(count: number): Generator<number, void, undefined> {
  const life = {};
  const loop = new Loop(life);
  try {
    for (let i = 0; i < count; i++) {
      if (i > 0) loop.advance();
      yield i;
    }
  } finally {
    loop.finish(life)?.passTo(null);
  }
}

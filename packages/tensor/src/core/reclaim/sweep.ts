/** Node: a full collection in the middle of a turn, after which the WeakRefs of dead handles are empty. */

import { collectDead, watched } from '../collector';
import { abandonDeadLoops } from '../generation';
import { builtinModule, setV8Flag } from '../host';
import { totals } from '../ledger';
import { adviseIfHeld } from './advice';
import type { Reclaimer } from './reclaimer';
import { CEILING, limit, limitAbove, MB } from './reclaimer';

/** Above this the time that a sweep takes does not matter any more. */
const URGENT = 0.7 * CEILING;
/** WeakRefs made in a turn, whose targets the engine keeps, before they are let go. */
const MANY = 4096;
/** Handles that are watched before their number alone asks for a sweep. */
const CROWD = 100_000;

/** Collects garbage at once. */
interface Engine {
  /** Lets go of what WeakRefs keep until the end of the turn. */
  unpin(): void;
  /** A full collection. */
  gc(): void;
}

interface NodeVM {
  createContext(globals: object, options: { microtaskMode: string }): object;
  runInNewContext(code: string): unknown;
  Script: new (code: string) => { runInContext(context: object): unknown };
}

/** What Node offers for this; null elsewhere. */
function findEngine(): Engine | null {
  try {
    const vm = builtinModule<NodeVM>('node:vm');
    // The function goes on working when the flag is gone.
    if (!vm || !setV8Flag('expose-gc')) return null;
    const gc = vm.runInNewContext('gc') as () => void;
    setV8Flag('no-expose-gc');
    const context = vm.createContext({}, { microtaskMode: 'afterEvaluate' });
    const nothing = new vm.Script('');
    return { unpin: () => nothing.runInContext(context), gc: () => gc() };
  } catch {
    return null;
  }
}

function doomed(): WeakRef<object> {
  return new WeakRef({});
}

/** Whether a sweep finds what died in this very turn: other engines have Node's modules too, but not its ways. */
function works(engine: Engine): boolean {
  const probe = doomed();
  try {
    engine.unpin();
    engine.gc();
    return probe.deref() === undefined;
  } catch {
    return false;
  } finally {
    engine.unpin();
  }
}

/**
 * The reclaimer of Node, or null where the engine cannot do it.
 *
 * @param patience - a sweep waits until this many times the duration of the last one has passed, so that a large JavaScript heap costs at
 *   most a twentieth of the time by default.
 */
export function sweepingReclaimer(patience = 20): Reclaimer | null {
  const engine = findEngine();
  return engine && works(engine) ? new Sweeper(engine, patience) : null;
}

class Sweeper implements Reclaimer {
  private fresh = 0;
  private crowd = CROWD;
  /** When the last sweep ended, and how long it took, in milliseconds. */
  private ended = Number.NEGATIVE_INFINITY;
  private duration = 0;

  constructor(
    private readonly engine: Engine,
    private readonly patience: number,
  ) {}

  relieve(): void {
    const waited = performance.now() - this.ended;
    if (waited < this.patience * this.duration && totals.bytes < URGENT) {
      limit.bytes = totals.bytes + 64 * MB;
      return;
    }
    this.sweep();
    adviseIfHeld();
  }

  rescue(): boolean {
    return this.sweep();
  }

  onWatch(): void {
    if (++this.fresh >= MANY) this.unpin();
    if (watched.size >= this.crowd) limit.bytes = -1;
  }

  private unpin(): void {
    this.fresh = 0;
    this.engine.unpin();
  }

  /** Frees what the dead handles held; loops whose iterators are dead leave theirs to the collector first. */
  private sweep(): boolean {
    const { engine } = this;
    const started = performance.now();
    let found = false;
    do {
      this.unpin();
      engine.gc();
      found = collectDead() || found;
    } while (abandonDeadLoops());
    // Looking at the survivors' WeakRefs has pinned them again.
    this.unpin();
    limit.bytes = limitAbove(totals.bytes);
    this.crowd = Math.max(CROWD, 2 * watched.size);
    this.ended = performance.now();
    this.duration = this.ended - started;
    return found;
  }
}

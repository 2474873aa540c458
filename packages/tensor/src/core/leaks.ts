import { takes } from '../signatures';

/** A report of the tensors that nobody owns, by the place that made them. */

/** What the report keeps of one tensor; `account` is null once it was freed. */
interface Tracked {
  account: object | null;
  site?: string | undefined;
}

/** One place that made tensors outside of scopes and loops. */
export interface LeakSite {
  /** The line that called @dl. */
  readonly site: string;
  /** How many tensors made there are alive. */
  readonly alive: number;
  /** How many only the garbage collector freed. */
  readonly collected: number;
}

let tracking = false;
let living = new Set<Tracked>();
let collected = new Map<string, number>();

/**
 * Switches on the report of `leaks()`, or off; either forgets what was reported. It costs a stack trace for each tensor that
 * belongs to no scope and no loop.
 *
 * @example trackLeaks(true); …; console.table(leaks());
 */
export function trackLeaks(on: boolean): void {
  takes('trackLeaks', arguments);
  tracking = on;
  living = new Set();
  collected = new Map();
}

/**
 * The places that made tensors which neither a scope nor a loop owns, the busiest first: parameters and buffers are among
 * them, and what the program forgot. Empty unless `trackLeaks(true)` was called before.
 */
export function leaks(): LeakSite[] {
  const sites = new Map<string, { alive: number; collected: number }>();
  const at = (site: string) => {
    const entry = sites.get(site) ?? { alive: 0, collected: 0 };
    sites.set(site, entry);
    return entry;
  };
  for (const tracked of living) {
    if (tracked.account) at(tracked.site ?? '').alive++;
    else living.delete(tracked);
  }
  for (const [site, count] of collected) at(site).collected = count;
  return Array.from(sites, ([site, counts]) => ({ site, ...counts })).sort(
    (a, b) => b.alive + b.collected - a.alive - a.collected,
  );
}

let samples = 0;

/** Notes the lines that make the next `count` large tensors, also where nobody asked for `trackLeaks`. */
export function sampleSites(count: number): void {
  samples = count;
}

/** Notes the line that makes a large tensor, if samples are wanted. */
export function sample(tracked: Tracked): void {
  if (samples === 0) return;
  samples--;
  tracked.site ??= callSite();
}

/** Notes a tensor that is left to the garbage collector. */
export function noteUnowned(tracked: Tracked): void {
  if (!tracking) return;
  tracked.site = callSite();
  living.add(tracked);
}

/** Notes that the garbage collector freed it. */
export function noteCollected(tracked: Tracked): void {
  if (!living.delete(tracked) || tracked.site === undefined) return;
  collected.set(tracked.site, (collected.get(tracked.site) ?? 0) + 1);
}

/** The innermost line of the stack that is not in a package of `@dl`. */
function callSite(): string {
  const limited = Error as { stackTraceLimit?: number };
  const limit = limited.stackTraceLimit;
  limited.stackTraceLimit = 50;
  const lines = (new Error().stack ?? '').split('\n').slice(1);
  limited.stackTraceLimit = limit;
  const outside = lines.find(
    (line) => !/<anonymous>|@dl\/|\/packages\/\w+\/(src|dist)\//.test(line),
  );
  return (outside ?? lines[lines.length - 1] ?? 'unknown').trim().replace(/^at /, '');
}

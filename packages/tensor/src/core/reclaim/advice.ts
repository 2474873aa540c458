/** What to tell a program that forgets tensors: once, with the lines that made them. */

import { watched } from '../collector';
import { sampleSites } from '../leaks';
import { CEILING, MB } from './reclaimer';

/** Handles whose line is noted after every sweep; a stack trace takes some twenty microseconds. */
const SAMPLES = 32;
/** The share of the memory that tensors may hold which nobody owns and the program still references. */
const MUCH = CEILING / 4;

let told = false;

/** The lines that made the largest share of what nobody owns, as far as they were noted. */
export function forgottenAt(): string {
  const sites = new Map<string, { tensors: number; bytes: number }>();
  for (const { account, site } of watched) {
    if (!account || site === undefined) continue;
    const entry = sites.get(site) ?? { tensors: 0, bytes: 0 };
    entry.tensors++;
    entry.bytes += account.bytes;
    sites.set(site, entry);
  }
  const lines = [...sites].sort(([, a], [, b]) => b.bytes - a.bytes).slice(0, 3);
  if (lines.length === 0) return 'trackLeaks(true) and then leaks() name the lines that make them';
  return `some were made at ${lines.map(([site]) => site).join(', ')}; trackLeaks(true) and then leaks() name all lines`;
}

/** What a program can do about tensors that nobody owns. */
export function advice(): string {
  return `put loops in steps(n) or iterate(items), and other work in scope(fn), which free what was made inside; ${forgottenAt()}`;
}

/** Warns once in the life of a program. @param how - what is the matter with tensors that belong to no scope and no loop. */
export function advise(how: string): void {
  if (told) return;
  told = true;
  let bytes = 0;
  for (const { account } of watched) bytes += account?.resident?.bytes ?? 0;
  console.warn(
    `@dl: ${Math.round(bytes / MB)} MB of tensors that belong to no scope and no loop ${how}.\n  hint: ${advice()}`,
  );
}

/** After a sweep: warns where the program itself holds so much that memory may run out, and notes the next lines. */
export function adviseIfHeld(): void {
  sampleSites(SAMPLES);
  let bytes = 0;
  for (const { account, kept } of watched) if (account && !kept) bytes += account.bytes;
  if (bytes > MUCH)
    advise('are still referenced, so that nothing can free them; keep(x) says that it is meant');
}

/** Makes the warning possible again, for tests. @internal */
export function adviseAgain(): void {
  told = false;
}

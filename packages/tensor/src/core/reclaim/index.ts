/** Asks the engine's reclaimer where memory runs short. */

import { onWatch } from '../collector';
import type { Reclaimer } from './reclaimer';
import { limit, MB } from './reclaimer';
import { sweepingReclaimer } from './sweep';
import { TaskReclaimer } from './tasks';

export { limit } from './reclaimer';

let reclaimer: Reclaimer | null = null;
let watching = 0;

onWatch.call = () => {
  // An engine keeps the targets of WeakRefs until a turn ends: a reclaimer knows what to do about it.
  if (++watching > 4096) chosen();
};

function chosen(): Reclaimer {
  if (!reclaimer) useReclaimer(sweepingReclaimer() ?? new TaskReclaimer());
  return reclaimer as Reclaimer;
}

/** Puts a reclaimer at work; for tests. @internal */
export function useReclaimer(next: Reclaimer): void {
  reclaimer = next;
  limit.bytes = 512 * MB;
  onWatch.call = () => next.onWatch();
}

/** All tensors take more bytes than the limit. */
export function relieve(): void {
  chosen().relieve();
}

/** An allocation of so many bytes is about to fail. @returns whether something was freed, so that it is worth another try. */
export function rescue(bytes: number): boolean {
  return chosen().rescue(bytes);
}

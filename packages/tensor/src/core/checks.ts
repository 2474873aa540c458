/** Checks of values, as opposed to checks of shapes: they read, and a device may have to wait for its values. */

import { takes } from '../signatures';
import type { ErrorDetails } from './errors';
import { ValueError } from './errors';
import { scope } from './lifetime';
import type { Tensor } from './tensor';

let debug = false;

/**
 * Debug checks: losses refuse targets and probabilities out of their range, and every device refuses indices and class ids that do not
 * exist, with an error that names the operation. Each such check reads values back; without debug checks only devices whose values lie in
 * the program's own memory (`cpu`, `reference`) look at indices, and losses take what they get, as PyTorch's do. Devices that can only be
 * read by waiting are never checked.
 *
 * @param on - switch; off at the start.
 * @example setDebugChecks(true); binaryCrossEntropy(p, tensor([2])); // ValueError: target must be from 0 to 1
 */
export function setDebugChecks(on: boolean): void {
  takes('setDebugChecks', arguments);
  debug = on;
}

/** Whether debug checks are on. */
export function isDebugChecks(): boolean {
  return debug;
}

/**
 * Whether an operation may look at the values of `x` in order to refuse them: where they lie in the program's own memory, so that reading
 * waits for nothing, and on all devices that can be read at once while debug checks are on.
 */
export function valuesAtHand(x: Tensor): boolean {
  takes('valuesAtHand', arguments);
  const { hostMemory, readSync } = x.storage.backend;
  return hostMemory === true || (debug && readSync !== undefined);
}

/**
 * With debug checks on, refuses values that are not as they should be; without, does nothing.
 *
 * @param op - the operation that checks. @param problem - what is wrong where the check fails. @param holds - gives a bool tensor, true
 * for each value that is right. @param details - arguments, expectation and hint of the error.
 * @throws ValueError where an element of `holds()` is false.
 */
export function debugCheck(
  op: string,
  problem: string,
  holds: () => Tensor,
  details: ErrorDetails = {},
): void {
  takes('debugCheck', arguments);
  if (!debug) return;
  const fails = scope(() => {
    const all = holds().all();
    return valuesAtHand(all) && all.item() === 0;
  });
  if (fails) throw new ValueError(op, problem, details);
}

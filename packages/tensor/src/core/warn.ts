/** Warnings: what is allowed, and probably not meant. */

import type { ErrorDetails } from './errors';
import { compose } from './errors';

const told = new Set<string>();

/**
 * Prints a warning to the console, each text once in a program.
 *
 * @param op - the operation that warns. @param problem - what it noticed. @param details - arguments, expectation and hint, as errors
 * have them.
 */
export function warnOnce(op: string, problem: string, details: ErrorDetails = {}): void {
  const text = compose(op, problem, details);
  if (told.has(text)) return;
  told.add(text);
  console.warn(`@dl: ${text}`);
}

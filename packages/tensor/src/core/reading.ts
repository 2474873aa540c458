/** Operations that read elements on their way, written once and run in two ways: at once, or by waiting for the device. */

import type { TypedArray } from './dtype';
import { Scope, scope } from './lifetime';
import { currentInterpreter, withInterpreter } from './run';
import type { Tensor } from './tensor';

/** Steps of a computation: it yields a tensor, and goes on with the elements of that. */
export type Reading<T> = Generator<Tensor, T, TypedArray>;

/**
 * Runs the steps to their end in a scope of their own.
 *
 * @throws UsageError where the device can only be read by waiting for it; it names the function with `Async` behind its name.
 */
export function readAtOnce<T>(op: string, steps: () => Reading<T>): T {
  return scope(() => {
    const course = steps();
    let step = course.next();
    while (!step.done) step = course.next(step.value.readSync(op, `use \`await ${op}Async(…)\``));
    return step.value;
  });
}

/** Runs the steps to their end, and lets other code run while the device reads. Only what they return lives on. */
export async function readByWaiting<T>(steps: () => Reading<T>): Promise<T> {
  const interpreter = currentInterpreter();
  const work = new Scope();
  const inside = <R>(part: () => R): R => withInterpreter(interpreter, () => work.run(part));
  try {
    const course = inside(steps);
    let step = inside(() => course.next());
    while (!step.done) {
      const elements = await step.value.data();
      step = inside(() => course.next(elements));
    }
    work.closeTo(step.value);
    return step.value;
  } finally {
    work.dispose();
  }
}

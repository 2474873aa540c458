/** Shapes as files claim them: checked before anything is allocated for them. */

import { FormatError } from './errors';

/** The most axes that a file may give a tensor, as in NumPy. */
export const MAX_AXES = 64;

/**
 * Checks a shape from a file and multiplies it out.
 *
 * @param what - the tensor, for messages: `tensor "w"`.
 * @returns the number of elements.
 * @throws FormatError where a size is not a whole number of at least 0, there are more than 64 axes, or the product is past 2^53.
 */
export function checkShape(
  shape: unknown,
  format: string,
  what: string,
): { shape: number[]; size: number } {
  if (!Array.isArray(shape))
    throw new FormatError(format, `${what} has no list of sizes as its shape`);
  if (shape.length > MAX_AXES) {
    throw new FormatError(format, `${what} has ${shape.length} axes`, {
      expected: `at most ${MAX_AXES}`,
    });
  }
  let size = 1;
  for (const length of shape) {
    if (!isCount(length)) {
      throw new FormatError(format, `${what} has a size that is not a whole number of at least 0`);
    }
    size *= length;
    if (!Number.isSafeInteger(size)) {
      throw new FormatError(format, `${what} claims more elements than can be counted`, {
        args: { shape },
      });
    }
  }
  return { shape: [...shape], size };
}

/** Whether the value is a whole number from 0 to 2^53 − 1; −0 is not. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && !Object.is(value, -0);
}

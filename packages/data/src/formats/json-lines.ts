/** One JSON value a line. */

import { DataError } from '../errors';

/**
 * Reads JSON lines; empty lines are left out.
 *
 * @typeParam T - what the values are taken for; nothing checks it. @param lines - a whole text, or its lines.
 * @param name - what errors call the text. @throws DataError, with the line's number, for what is not JSON.
 * @example for (const { text, label } of readJsonLines<Review>(content)) learn(text, label);
 */
export function* readJsonLines<T = unknown>(
  lines: string | Iterable<string>,
  name = 'the text',
): Generator<T, void, undefined> {
  let number = 0;
  for (const line of typeof lines === 'string' ? lines.split('\n') : lines) {
    number++;
    if (line.trim() !== '') yield parseLine<T>(line, number, name);
  }
}

/** The value of one line. @throws DataError for what is not JSON. */
export function parseLine<T>(line: string, number: number, name: string): T {
  try {
    return JSON.parse(line) as T;
  } catch (error) {
    throw new DataError('readJsonLines', `${name} is not JSON in line ${number}`, {
      hint: (error as Error).message,
    });
  }
}

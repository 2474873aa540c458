/** One JSON value a line. */

import { DataError } from '../errors';
import { takes } from '../signatures';

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
  takes('readJsonLines', arguments);
  let number = 0;
  for (const line of typeof lines === 'string' ? lines.split('\n') : lines) {
    number++;
    checkLine('readJsonLines', line, number, name);
    if (line.trim() !== '') yield parseLine<T>(line, number, name);
  }
}

/** @throws DataError for a line that is not text. */
export function checkLine(op: string, line: unknown, number: number, name: string): void {
  if (typeof line === 'string') return;
  throw new DataError(op, `${name} is not text in line ${number}`, { args: { line } });
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

/** Columns of words, as the shared tasks of CoNLL have them. */

import { DataError } from '../errors';
import { takes } from '../signatures';
import { checkLine } from './json-lines';

/** Options of `readConll`. */
export interface ConllOptions<C extends string> {
  /** The columns' names, in order. */
  readonly columns: readonly C[];
  /** Between columns. Default spaces and tabs. */
  readonly separator?: string | RegExp;
  /** Lines that begin with it are left out. Default none: `#` is a word in some of these files. */
  readonly comment?: string;
  /** What errors call the text. Default "the text". */
  readonly name?: string;
}

/** A sentence: each column's entries, word by word. */
export type ConllSentence<C extends string> = Readonly<Record<C, readonly string[]>>;

/**
 * Reads sentences from columns: a word a line, an empty line between sentences. Lines of document starts (`-DOCSTART-`) are
 * sentences of one word, as in the files.
 *
 * @param lines - a whole text, or its lines. @throws DataError for a line with another number of columns.
 * @example
 * for (const { token, ner } of readConll(text, { columns: ['token', 'pos', 'chunk', 'ner'] })) learn(token, ner);
 */
export function* readConll<C extends string>(
  lines: string | Iterable<string>,
  options: ConllOptions<C>,
): Generator<ConllSentence<C>, void, undefined> {
  takes('readConll', arguments);
  const { columns, separator = /[ \t]+/, comment, name = 'the text' } = options;
  const begin = () => columns.map((): string[] => []);
  let words = begin();
  let number = 0;
  const sentence = () => {
    const entries = columns.map((column, i) => [column, words[i]] as const);
    return Object.fromEntries(entries) as unknown as ConllSentence<C>;
  };
  for (const line of typeof lines === 'string' ? lines.split(/\r?\n/) : lines) {
    number++;
    checkLine('readConll', line, number, name);
    if (comment !== undefined && line.startsWith(comment)) continue;
    if (line.trim() === '') {
      if (words[0].length > 0) yield sentence();
      words = begin();
      continue;
    }
    const entries = line.trimEnd().split(separator);
    if (entries.length !== columns.length) {
      throw new DataError('readConll', `${name} has ${entries.length} columns in line ${number}`, {
        expected: `${columns.length} columns: ${columns.join(', ')}`,
      });
    }
    entries.forEach((entry, i) => {
      words[i].push(entry);
    });
  }
  if (words[0].length > 0) yield sentence();
}

/** Tables of text: CSV and TSV, read by `csv-parse`. */

import { basename } from 'node:path';
import { Readable } from 'node:stream';
import type { Options } from 'csv-parse';
import { CsvError, parse } from 'csv-parse';
import { DataError } from '../errors';
import { takes } from '../signatures';
import type { UnpackOptions } from './files';
import { piped, streamBytes, unpackLimitOf } from './files';

/** How a table is written. */
export interface TableOptions<C extends string = string> {
  /** Between columns. Default a tab for files whose name has `.tsv` or `.tab`, otherwise a comma. */
  readonly delimiter?: string;
  /** The columns' names. Default: the first line has them. */
  readonly columns?: readonly C[];
  /** Around entries that contain delimiters; null where none are used. Default `"` for commas, null for tabs. */
  readonly quote?: string | null;
  /** The most bytes in a line, and the most characters in a row. Default 2²², some 4 million. */
  readonly maxRow?: number;
}

/** A row: entries by the names of their columns. */
export type TableRow<C extends string = string> = Readonly<Record<C, string>>;

/** More columns than a table of examples has; each row is an object of so many keys. */
const MAX_COLUMNS = 2 ** 20;

/** Stops at a line of more than `most` bytes, before the parser has made entries of it. */
async function* withShortLines(
  source: AsyncIterable<Buffer>,
  name: string,
  most: number,
): AsyncGenerator<Buffer> {
  let length = 0;
  for await (const bytes of source) {
    for (let at = 0; at < bytes.length; ) {
      const end = bytes.indexOf(10, at);
      length += (end < 0 ? bytes.length : end) - at;
      if (length > most) throw tooLong(name, most);
      if (end < 0) break;
      length = 0;
      at = end + 1;
    }
    yield bytes;
  }
}

function tooLong(name: string, most: number): DataError {
  return new DataError('streamTable', `${name} has too long a row`, {
    expected: `at most ${most} bytes`,
    hint: 'is the delimiter or the quote another one? Pass { maxRow } if rows are that long',
  });
}

function checkColumns(names: string[]): string[] {
  if (names.length <= MAX_COLUMNS) return names;
  throw new DataError('streamTable', `a table of ${names.length} columns`, {
    expected: `at most ${MAX_COLUMNS}`,
  });
}

/**
 * The rows of a CSV or TSV file, compressed with gzip or not, one after the other: it may be larger than memory, which holds one row.
 *
 * @throws DataError, with the line, for rows with another number of entries and quotes that do not close, for rows longer than
 * `maxRow`, and where the file cannot be read.
 * @example for await (const { sentence, label } of streamTable('dev.tsv', { columns: ['sentence', 'label'] })) …
 */
export function streamTable<C extends string = string>(
  path: string,
  options: TableOptions<C> = {},
): AsyncGenerator<TableRow<C>, void, undefined> {
  takes('streamTable', arguments);
  return rowsOf(path, options, streamBytes('streamTable', path));
}

async function* rowsOf<C extends string>(
  path: string,
  options: TableOptions<C>,
  bytes: AsyncIterable<Buffer>,
): AsyncGenerator<TableRow<C>, void, undefined> {
  const tabs = /\.(tsv|tab)\b/.test(basename(path));
  const { delimiter = tabs ? '\t' : ',' } = options;
  const { quote = delimiter === '\t' ? null : '"', columns, maxRow = 2 ** 22 } = options;
  const settings: Options = {
    delimiter,
    quote,
    columns: columns ? [...columns] : checkColumns,
    max_record_size: maxRow,
    bom: true,
    skip_empty_lines: true,
  };
  const lines = withShortLines(bytes, basename(path), maxRow);
  const source = Readable.from(lines, { objectMode: false });
  const rows = piped(source, parse(settings));
  try {
    yield* rows;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    if (error.code === 'CSV_MAX_RECORD_SIZE') throw tooLong(basename(path), maxRow);
    throw new DataError('streamTable', `${basename(path)} is no such table: ${error.message}`, {
      args: { delimiter, ...(columns && { columns }) },
    });
  }
}

/**
 * All rows of a CSV or TSV file; see `streamTable`.
 *
 * @param options - as for `streamTable`, and `maxBytes`, the most that a compressed file may unpack to.
 * @throws DataError as `streamTable`, and beyond `maxBytes`.
 */
export async function readTable<C extends string = string>(
  path: string,
  options: TableOptions<C> & UnpackOptions = {},
): Promise<TableRow<C>[]> {
  takes('readTable', arguments);
  const rows: TableRow<C>[] = [];
  const { maxBytes = await unpackLimitOf('readTable', path) } = options;
  const bytes = streamBytes('readTable', path, maxBytes);
  for await (const row of rowsOf(path, options, bytes)) rows.push(row);
  return rows;
}

/**
 * Columns of a table as numbers, row by row.
 *
 * @returns rows × columns numbers, for `tensor(…, { shape: [rows.length, columns.length] })`.
 * @throws DataError, with row and column, for an entry that is no finite number, and for a column that is not there.
 */
export function tableNumbers<C extends string>(
  rows: readonly TableRow<C>[],
  columns: readonly NoInfer<C>[],
): Float32Array {
  takes('tableNumbers', arguments);
  const numbers = new Float32Array(rows.length * columns.length);
  rows.forEach((row, i) => {
    columns.forEach((column, j) => {
      const entry: string | undefined = row[column];
      const value = Number(entry);
      if (entry === undefined || entry.trim() === '' || !Number.isFinite(value)) {
        throw new DataError('tableNumbers', `row ${i} has no number in column ${column}`, {
          args: { entry },
        });
      }
      numbers[i * columns.length + j] = value;
    });
  });
  return numbers;
}

/** Tables of text: CSV and TSV, read by `csv-parse`. */

import { basename } from 'node:path';
import { Readable } from 'node:stream';
import type { Options } from 'csv-parse';
import { CsvError, parse } from 'csv-parse';
import { DataError } from '../errors';
import { piped, streamBytes } from './files';

/** How a table is written. */
export interface TableOptions<C extends string = string> {
  /** Between columns. Default a tab for files whose name has `.tsv` or `.tab`, otherwise a comma. */
  readonly delimiter?: string;
  /** The columns' names. Default: the first line has them. */
  readonly columns?: readonly C[];
  /** Around entries that contain delimiters; null where none are used. Default `"` for commas, null for tabs. */
  readonly quote?: string | null;
}

/** A row: entries by the names of their columns. */
export type TableRow<C extends string = string> = Readonly<Record<C, string>>;

/**
 * The rows of a CSV or TSV file, compressed with gzip or not, one after the other: it may be larger than memory.
 *
 * @throws DataError, with the line, for rows with another number of entries and quotes that do not close, and where the file
 * cannot be read.
 * @example for await (const { sentence, label } of streamTable('dev.tsv', { columns: ['sentence', 'label'] })) …
 */
export async function* streamTable<C extends string = string>(
  path: string,
  options: TableOptions<C> = {},
): AsyncGenerator<TableRow<C>, void, undefined> {
  const tabs = /\.(tsv|tab)\b/.test(basename(path));
  const { delimiter = tabs ? '\t' : ',' } = options;
  const { quote = delimiter === '\t' ? null : '"', columns } = options;
  const settings: Options = {
    delimiter,
    quote,
    columns: columns ? [...columns] : true,
    bom: true,
    skip_empty_lines: true,
  };
  const source = Readable.from(streamBytes('streamTable', path), { objectMode: false });
  const rows = piped(source, parse(settings));
  try {
    yield* rows;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new DataError('streamTable', `${basename(path)} is no such table: ${error.message}`, {
      args: { delimiter, ...(columns && { columns }) },
    });
  }
}

/** All rows of a CSV or TSV file; see `streamTable`. */
export async function readTable<C extends string = string>(
  path: string,
  options: TableOptions<C> = {},
): Promise<TableRow<C>[]> {
  const rows: TableRow<C>[] = [];
  for await (const row of streamTable(path, options)) rows.push(row);
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

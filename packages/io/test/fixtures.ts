/** Files that NumPy and PyTorch wrote (packages/io/test/fixtures/make.py), and the values that they hold. */

import { readFileSync } from 'node:fs';

interface Values {
  readonly shape: number[];
  readonly values: (number | string)[];
}

const folder = new URL('./fixtures/', import.meta.url);

/** Values by file, or by file and name. */
export const expected = JSON.parse(
  readFileSync(new URL('expected.json', folder), 'utf8'),
) as Record<string, Values | Record<string, Values>>;

/** The bytes of a fixture, fresh each time. */
export function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, folder)));
}

/** What the fixture holds, with NaN and the infinities as numbers. */
export function values(file: string, key?: string): { shape: number[]; values: number[] } {
  const entry = expected[file];
  const { shape, values } = (
    key === undefined ? entry : (entry as Record<string, Values>)[key]
  ) as Values;
  const special: Record<string, number> = { nan: Number.NaN, inf: Infinity, '-inf': -Infinity };
  return { shape, values: values.map((v) => (typeof v === 'string' ? special[v] : v)) };
}

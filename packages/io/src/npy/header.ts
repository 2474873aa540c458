/** The header of an npy file: a magic number, a version, and a Python dict literal of three known keys. */

import type { ElementType } from '../elements';
import { FormatError, quote } from '../errors';
import type { Reading } from '../reading';
import { take, viewOf } from '../reading';
import { checkShape } from '../shape';

export const FORMAT = 'npy';
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** NumPy itself refuses more than 10,000 by default. */
const MAX_HEADER_BYTES = 65536;

const ELEMENTS: Record<string, ElementType> = {
  b1: 'bool',
  i1: 'int8',
  u1: 'uint8',
  i2: 'int16',
  u2: 'uint16',
  f2: 'float16',
  i4: 'int32',
  u4: 'uint32',
  f4: 'float32',
  i8: 'int64',
  u8: 'uint64',
  f8: 'float64',
};

const WHY_NOT: Record<string, string> = {
  O: 'Python objects (they need pickle, which can run any code)',
  c: 'complex numbers',
  S: 'byte strings',
  U: 'text',
  M: 'dates',
  m: 'time differences',
  V: 'raw bytes or records',
};

/** An array as its header announces it. */
export interface NpyHeader {
  readonly type: ElementType;
  readonly littleEndian: boolean;
  /** Whether the first axis runs fastest. */
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  readonly size: number;
  /** Where the data begins. */
  readonly dataStart: number;
}

/** Reads and checks the header of an npy file of `size` bytes. */
export function* readNpyHeader(size: number): Reading<NpyHeader> {
  const stretch = { format: FORMAT, what: 'the header', size };
  const start = yield* take(0, 8, stretch);
  if (MAGIC.some((byte, i) => start[i] !== byte)) {
    throw new FormatError(FORMAT, 'the magic number is missing', {
      offset: 0,
      hint: 'this is not an npy file',
    });
  }
  const version = start[6];
  if (version < 1 || version > 3) {
    throw new FormatError(FORMAT, `version ${version} of the format is not known`, {
      offset: 6,
      expected: '1 to 3',
    });
  }
  const width = version === 1 ? 2 : 4;
  const lengthView = viewOf(yield* take(8, width, stretch));
  const length = width === 2 ? lengthView.getUint16(0, true) : lengthView.getUint32(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw new FormatError(FORMAT, 'the header is too long to be true', {
      offset: 8,
      args: { length },
    });
  }
  const bytes = yield* take(8 + width, length, stretch);
  const text = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(bytes);
  return { ...parseHeader(text), dataStart: 8 + width + length };
}

/** No two parts of the pattern can match the same text, so that a hostile header cannot make it slow. */
const HEADER =
  /^\{\s*'descr'\s*:\s*('[^']*'|\[[^\]]*\])\s*,\s*'fortran_order'\s*:\s*(True|False)\s*,\s*'shape'\s*:\s*\(([\d\s,L]*)\)\s*,?\s*\}\s*$/;

function parseHeader(text: string): Omit<NpyHeader, 'dataStart'> {
  // NumPy sorts the keys when it writes, so one pattern reads them all.
  const match = HEADER.exec(text);
  if (!match) {
    throw new FormatError(
      FORMAT,
      `the header is not of the form that NumPy writes: ${quote(text.trim())}`,
    );
  }
  const [, descr, order, sizes] = match;
  const { shape, size } = checkShape(parseSizes(sizes), FORMAT, 'the array');
  return { ...parseDescr(descr), fortranOrder: order === 'True', shape, size };
}

function parseSizes(text: string): number[] {
  const parts = text.split(',').map((part) => part.trim().replace(/L$/, ''));
  if (parts[parts.length - 1] === '') parts.pop();
  // Number('') is 0, so that an empty part must not get there.
  return parts.map((part) => (/^\d+$/.test(part) ? Number(part) : Number.NaN));
}

function parseDescr(descr: string): { type: ElementType; littleEndian: boolean } {
  const match = /^'([<>|=]?)([a-zA-Z])(\d*)'$/.exec(descr);
  const type = match ? ELEMENTS[`${match[2]}${match[3]}`] : undefined;
  if (!match || !type || (match[1] === '|' && !/1$/.test(match[3]))) {
    const kind = descr.startsWith('[') ? 'V' : (match?.[2] ?? '');
    const why = WHY_NOT[kind] ?? 'elements of an unknown type';
    throw new FormatError(FORMAT, `the array holds ${why}: ${quote(descr)}`, {
      expected: 'bool, integers of 1 to 8 bytes, or floats of 2 to 8 bytes',
    });
  }
  return { type, littleEndian: match[1] !== '>' };
}

/** The header that NumPy writes for a row-major array: version 1, padded to 64 bytes. */
export function npyHeaderBytes(descr: string, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  // NumPy leaves room for the first size to grow to 21 digits in place.
  const growth = shape.length > 0 ? ' '.repeat(Math.max(0, 21 - String(shape[0]).length)) : '';
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }${growth}`;
  const total = Math.ceil((10 + dict.length + 1) / 64) * 64;
  const bytes = new Uint8Array(total).fill(0x20);
  bytes.set([...MAGIC, 1, 0, (total - 10) & 0xff, (total - 10) >> 8]);
  bytes.set(new TextEncoder().encode(dict), 10);
  bytes[total - 1] = 0x0a;
  return bytes;
}

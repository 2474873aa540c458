/** The header of a safetensors file: JSON that names every tensor, checked in full before any data is read. */

import type { ElementType } from '../elements';
import { elementBytes } from '../elements';
import { FormatError, quote } from '../errors';
import type { Reading } from '../reading';
import { readUint64, take, viewOf } from '../reading';
import { checkShape, isCount } from '../shape';
import { duplicateKey } from './duplicate-key';
import { scanHeader } from './scan';

export const FORMAT = 'safetensors';
/** The longest header that the format allows. */
export const MAX_HEADER_BYTES = 100_000_000;
export const METADATA_KEY = '__metadata__';

/** The format's names of element types, in the order of its writer: descending alignment. */
export const SAFETENSORS_DTYPES = {
  U64: 'uint64',
  I64: 'int64',
  F64: 'float64',
  F32: 'float32',
  U32: 'uint32',
  I32: 'int32',
  BF16: 'bfloat16',
  F16: 'float16',
  U16: 'uint16',
  I16: 'int16',
  F8_E5M2FNUZ: 'float8_e5m2fnuz',
  F8_E4M3FNUZ: 'float8_e4m3fnuz',
  F8_E8M0: 'float8_e8m0',
  F8_E4M3: 'float8_e4m3fn',
  F8_E5M2: 'float8_e5m2',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
} as const satisfies Record<string, ElementType>;

/** An element type under its name in the format. */
export type SafetensorsDType = keyof typeof SAFETENSORS_DTYPES;

/** One tensor as the header announces it. */
export interface SafetensorsInfo {
  /** Its name; any text. */
  readonly name: string;
  /** Its element type in the file. */
  readonly dtype: SafetensorsDType;
  /** Its sizes. */
  readonly shape: readonly number[];
  /** First byte of its data in the file. */
  readonly start: number;
  /** The byte after its data in the file. */
  readonly end: number;
}

/** What a safetensors file says about itself: its tensors in file order and its free-form strings. */
export interface SafetensorsHeader {
  /** The tensors, in the order of their data. */
  readonly tensors: readonly SafetensorsInfo[];
  /** The free-form strings; empty where there are none. */
  readonly metadata: Record<string, string>;
}

/** Reads and checks the header of a file of `size` bytes. */
export function* readHeader(size: number): Reading<SafetensorsHeader> {
  const prefix = yield* take(0, 8, { format: FORMAT, what: 'the header length', size });
  const length = readUint64(viewOf(prefix), 0);
  if (length > MAX_HEADER_BYTES) {
    throw new FormatError(FORMAT, 'the header claims to be longer than the format allows', {
      offset: 0,
      args: { claimed: length },
      expected: `at most ${MAX_HEADER_BYTES} bytes`,
      hint: 'is this a safetensors file?',
    });
  }
  const bytes = yield* take(8, length, { format: FORMAT, what: 'the header', size });
  const dataStart = 8 + length;
  return parseHeader(headerObject(bytes), dataStart, size);
}

function headerObject(bytes: Uint8Array): Record<string, unknown> {
  if (bytes[0] !== 0x7b)
    throw new FormatError(FORMAT, 'the header does not begin with "{"', { offset: 8 });
  scanHeader(bytes);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FormatError(FORMAT, 'the header is not UTF-8', { offset: 8 });
  }
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new FormatError(FORMAT, 'the header is not JSON', { offset: 8 });
  }
  const twice = duplicateKey(text);
  if (twice !== null) {
    throw new FormatError(FORMAT, `the header has the key ${quote(twice)} twice`, { offset: 8 });
  }
  return header;
}

function parseHeader(
  header: Record<string, unknown>,
  dataStart: number,
  size: number,
): SafetensorsHeader {
  const tensors: SafetensorsInfo[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name === METADATA_KEY) metadata = checkMetadata(value);
    else tensors.push(parseInfo(name, value, dataStart, size));
  }
  tensors.sort((a, b) => a.start - b.start || a.end - b.end);
  checkCoverage(tensors, dataStart, size);
  return { tensors, metadata };
}

function checkMetadata(value: unknown): Record<string, string> {
  if (!isObject(value) || Object.values(value).some((entry) => typeof entry !== 'string')) {
    throw new FormatError(FORMAT, `${METADATA_KEY} is not an object of strings`, { offset: 8 });
  }
  return value as Record<string, string>;
}

function parseInfo(name: string, value: unknown, dataStart: number, size: number): SafetensorsInfo {
  const what = `the tensor ${quote(name)}`;
  if (!isObject(value))
    throw new FormatError(FORMAT, `${what} is not described by an object`, { offset: 8 });
  const { dtype, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !Object.hasOwn(SAFETENSORS_DTYPES, dtype)) {
    const shown = typeof dtype === 'string' ? quote(dtype) : 'no name at all';
    throw new FormatError(FORMAT, `${what} has a dtype that is not supported: ${shown}`, {
      expected: `one of ${Object.keys(SAFETENSORS_DTYPES).join(', ')}`,
    });
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw new FormatError(FORMAT, `${what} has data_offsets that are not two byte positions`, {
      offset: 8,
    });
  }
  const [begin, finish] = offsets as [number, number];
  if (finish < begin || finish > size - dataStart) {
    throw new FormatError(FORMAT, `${what} lies outside the file`, {
      args: { data_offsets: [begin, finish], 'bytes of data': size - dataStart },
      hint: 'the file is cut off or damaged; fetch it again',
    });
  }
  const { shape, size: elements } = checkShape(value.shape, FORMAT, what);
  const bytes = elements * elementBytes(SAFETENSORS_DTYPES[dtype as SafetensorsDType]);
  if (bytes !== finish - begin) {
    throw new FormatError(FORMAT, `${what} has a shape that does not fill its data`, {
      args: { dtype, shape, 'bytes of data': finish - begin },
      expected: `${bytes} bytes`,
    });
  }
  return {
    name,
    dtype: dtype as SafetensorsDType,
    shape,
    start: dataStart + begin,
    end: dataStart + finish,
  };
}

/** The format allows neither holes nor overlaps nor bytes after the last tensor. */
function checkCoverage(tensors: readonly SafetensorsInfo[], dataStart: number, size: number): void {
  let next = dataStart;
  for (const { name, start, end } of tensors) {
    if (start !== next) {
      const fault = start > next ? 'leaves a hole before it' : 'overlaps the tensor before it';
      throw new FormatError(FORMAT, `the tensor ${quote(name)} ${fault}`, { offset: start });
    }
    next = end;
  }
  if (next !== size) {
    throw new FormatError(FORMAT, `${size - next} bytes after the last tensor belong to none`, {
      offset: next,
    });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

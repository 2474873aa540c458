/** Reading ZIP archives: the directory at the end, ZIP64, stored and deflated members, checked against their CRC. */

import { Inflate } from 'fflate';
import { allocate } from './elements';
import { FormatError, quote } from './errors';
import type { Reading } from './reading';
import { readUint64, take, viewOf } from './reading';

const END_SIGNATURE = 0x06054b50;
const END64_SIGNATURE = 0x06064b50;
const LOCATOR64_SIGNATURE = 0x07064b50;
const ENTRY_SIGNATURE = 0x02014b50;
const MEMBER_SIGNATURE = 0x04034b50;
const END_BYTES = 22;
const LOCATOR64_BYTES = 20;
const END64_BYTES = 56;
const ENTRY_BYTES = 46;
const MEMBER_BYTES = 30;
const MAX_COMMENT = 0xffff;
const STORED = 0;
const DEFLATED = 8;
/** Deflate cannot expand more than this (RFC 1951: 258 bytes from 2 bits); a member that claims more is a lie. */
const MAX_EXPANSION = 1032;
/** Archives of more members are not read: every tensor of a model is one. */
const MAX_MEMBERS = 1_000_000;
/** Longer directories are not read: a model of a million tensors needs less. */
const MAX_DIRECTORY_BYTES = 256 * 2 ** 20;
/** So much is inflated at a time, so that what is too long is found out before it is all there. */
const PIECE = 2 ** 14;

/** The bound on what the members of an archive unpack to. */
export interface ArchiveLimits {
  /**
   * The most bytes that all compressed members of the archive unpack to together; default 256 MiB and 16 for each byte of the file. What is
   * stored without compression is never more than the file.
   */
  readonly maxBytes?: number;
}

/** One member of an archive, as its directory describes it. */
export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly compressed: number;
  readonly size: number;
  /** Where the member's own header begins. */
  readonly offset: number;
}

interface Directory {
  readonly start: number;
  readonly bytes: number;
  readonly count: number;
}

/** Reads the directory of an archive of `size` bytes. */
export function* readZipDirectory(
  size: number,
  { maxBytes = 256 * 2 ** 20 + 16 * size }: ArchiveLimits = {},
): Reading<Map<string, ZipEntry>> {
  const directory = yield* findDirectory(size);
  if (directory.count > MAX_MEMBERS) {
    throw new FormatError('zip', 'there are too many members', {
      args: { members: directory.count },
      expected: `at most ${MAX_MEMBERS}`,
    });
  }
  if (directory.bytes > MAX_DIRECTORY_BYTES) {
    throw new FormatError('zip', 'the directory is too long to be true', {
      args: { bytes: directory.bytes },
    });
  }
  const bytes = yield* take(directory.start, directory.bytes, {
    format: 'zip',
    what: 'the directory',
    size,
  });
  const entries = parseDirectory(bytes, directory);
  checkOverlap(entries, size);
  checkUnpacked(entries, maxBytes);
  return entries;
}

function checkUnpacked(entries: Map<string, ZipEntry>, maxBytes: number): void {
  let total = 0;
  for (const { method, size } of entries.values()) if (method !== STORED) total += size;
  if (total > maxBytes) {
    throw new FormatError('zip', 'the members unpack to more bytes than such a file should', {
      args: { bytes: total },
      expected: `at most ${maxBytes}`,
      hint: 'pass { maxBytes } if you trust the file',
    });
  }
}

/** Members that share bytes are how small archives unpack to huge ones. */
function checkOverlap(entries: Map<string, ZipEntry>, size: number): void {
  let total = 0;
  for (const { compressed } of entries.values()) total += compressed;
  if (total > size) {
    throw new FormatError('zip', 'the members claim more bytes than the file has', {
      args: { total, size },
    });
  }
}

function* findDirectory(size: number): Reading<Directory> {
  const tailStart = Math.max(0, size - END_BYTES - MAX_COMMENT);
  const tail = yield* take(tailStart, size - tailStart, {
    format: 'zip',
    what: 'the end record',
    size,
  });
  const view = viewOf(tail);
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (view.getUint32(at, true) !== END_SIGNATURE) continue;
    if (at + END_BYTES + view.getUint16(at + 20, true) !== tail.length) continue;
    const count = view.getUint16(at + 10, true);
    const bytes = view.getUint32(at + 12, true);
    const start = view.getUint32(at + 16, true);
    if (count === 0xffff || bytes === 0xffffffff || start === 0xffffffff) {
      return yield* findDirectory64(tailStart + at, size);
    }
    return { start, bytes, count };
  }
  throw new FormatError('zip', 'there is no end record', {
    hint: 'this is not a ZIP archive, or it is cut off',
  });
}

function* findDirectory64(endStart: number, size: number): Reading<Directory> {
  const stretch = { format: 'zip', what: 'the ZIP64 end record', size };
  const locator = viewOf(yield* take(endStart - LOCATOR64_BYTES, LOCATOR64_BYTES, stretch));
  if (locator.getUint32(0, true) !== LOCATOR64_SIGNATURE) {
    throw new FormatError('zip', 'the ZIP64 locator is missing', { offset: endStart });
  }
  const recordStart = readUint64(locator, 8);
  const record = viewOf(yield* take(recordStart, END64_BYTES, stretch));
  if (record.getUint32(0, true) !== END64_SIGNATURE) {
    throw new FormatError('zip', 'the ZIP64 end record is missing', { offset: recordStart });
  }
  return {
    count: readUint64(record, 32),
    bytes: readUint64(record, 40),
    start: readUint64(record, 48),
  };
}

function parseDirectory(bytes: Uint8Array, { start, count }: Directory): Map<string, ZipEntry> {
  const entries = new Map<string, ZipEntry>();
  const view = viewOf(bytes);
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < ENTRY_BYTES || view.getUint32(at, true) !== ENTRY_SIGNATURE) {
      throw new FormatError('zip', 'the directory is damaged', { offset: start + at });
    }
    const nameEnd = at + ENTRY_BYTES + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const end = extraEnd + view.getUint16(at + 32, true);
    if (end > bytes.length) {
      throw new FormatError('zip', 'an entry runs past the directory', { offset: start + at });
    }
    const entry = parseEntry(bytes, at, nameEnd, extraEnd, start);
    if (entries.has(entry.name)) {
      throw new FormatError('zip', `the member ${quote(entry.name)} is there twice`, {
        offset: start + at,
      });
    }
    entries.set(entry.name, entry);
    if (entries.size > count) break;
    at = end;
  }
  if (entries.size !== count) {
    throw new FormatError('zip', 'the directory does not have as many entries as it claims', {
      args: { claimed: count, found: entries.size },
    });
  }
  return entries;
}

function parseEntry(
  bytes: Uint8Array,
  at: number,
  nameEnd: number,
  extraEnd: number,
  start: number,
): ZipEntry {
  const view = viewOf(bytes);
  const name = new TextDecoder().decode(bytes.subarray(at + ENTRY_BYTES, nameEnd));
  if (view.getUint16(at + 8, true) & 1)
    throw new FormatError('zip', `the member ${quote(name)} is encrypted`);
  // The ZIP64 field holds, in this order, those of the three numbers that are all ones in the entry.
  const wide = zip64Numbers(view, nameEnd, extraEnd);
  const numberAt = (offset: number): number => {
    const value = view.getUint32(at + offset, true);
    if (value !== 0xffffffff) return value;
    const next = wide.shift();
    if (next === undefined) {
      throw new FormatError('zip', `the member ${quote(name)} lacks its ZIP64 sizes`, {
        offset: start + at,
      });
    }
    return next;
  };
  const size = numberAt(24);
  const compressed = numberAt(20);
  const offset = numberAt(42);
  const method = view.getUint16(at + 10, true);
  return { name, method, crc: view.getUint32(at + 16, true), compressed, size, offset };
}

function zip64Numbers(view: DataView, start: number, end: number): number[] {
  for (let at = start; at + 4 <= end; ) {
    const length = view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1) {
      const numbers: number[] = [];
      for (let i = at + 4; i + 8 <= Math.min(at + 4 + length, end); i += 8)
        numbers.push(readUint64(view, i));
      return numbers;
    }
    at += 4 + length;
  }
  return [];
}

/**
 * Reads one member.
 *
 * @throws FormatError where it lies outside the file, claims more than its bytes can hold, or fails its checksum.
 */
export function* readZipMember(entry: ZipEntry, size: number): Reading<Uint8Array> {
  const what = `the member ${quote(entry.name)}`;
  const stretch = { format: 'zip', what, size };
  const header = viewOf(yield* take(entry.offset, MEMBER_BYTES, stretch));
  if (header.getUint32(0, true) !== MEMBER_SIGNATURE) {
    throw new FormatError('zip', `${what} has no header where the directory says`, {
      offset: entry.offset,
    });
  }
  const dataStart =
    entry.offset + MEMBER_BYTES + header.getUint16(26, true) + header.getUint16(28, true);
  checkSizes(entry, what);
  const packed = yield* take(dataStart, entry.compressed, stretch);
  const bytes = entry.method === STORED ? packed : inflate(packed, entry, what);
  if (crc32(bytes) !== entry.crc) {
    throw new FormatError('zip', `${what} fails its checksum`, {
      offset: dataStart,
      hint: 'the file is damaged; fetch it again',
    });
  }
  return bytes;
}

function checkSizes({ method, compressed, size }: ZipEntry, what: string): void {
  if (method !== STORED && method !== DEFLATED) {
    throw new FormatError('zip', `${what} is compressed by method ${method}`, {
      expected: 'stored (0) or deflate (8)',
    });
  }
  if (method === STORED ? compressed !== size : size > compressed * MAX_EXPANSION) {
    throw new FormatError('zip', `${what} claims a size that its bytes cannot have`, {
      args: { compressed, size },
    });
  }
}

function inflate(packed: Uint8Array, { size }: ZipEntry, what: string): Uint8Array {
  const out = allocate(Uint8Array, size);
  let length = 0;
  const stream = new Inflate((chunk) => {
    if (length + chunk.length <= size) out.set(chunk, length);
    length += chunk.length;
  });
  try {
    for (let at = 0; at < packed.length && length <= size; at += PIECE) {
      stream.push(packed.subarray(at, at + PIECE), at + PIECE >= packed.length);
    }
  } catch {
    throw new FormatError('zip', `${what} is not valid deflate data`);
  }
  if (length !== size) {
    throw new FormatError('zip', `${what} does not inflate to the size it claims`, {
      args: { claimed: size },
    });
  }
  return out;
}

const CRC_TABLES = crcTables();

/** Tables for four bytes at a time ("slicing by 4"). */
function crcTables(): Int32Array[] {
  const tables = Array.from({ length: 4 }, () => new Int32Array(256));
  for (let i = 0; i < 256; i++) {
    let value = i;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    tables[0][i] = value;
  }
  for (let i = 0; i < 256; i++) {
    for (let t = 1; t < 4; t++) {
      const previous = tables[t - 1][i];
      tables[t][i] = (previous >>> 8) ^ tables[0][previous & 0xff];
    }
  }
  return tables;
}

/** The CRC-32 of ZIP and PNG, unsigned. */
export function crc32(bytes: Uint8Array): number {
  const [first, second, third, fourth] = CRC_TABLES;
  let crc = -1;
  let i = 0;
  for (; i + 4 <= bytes.length; i += 4) {
    crc ^= bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    crc =
      fourth[crc & 0xff] ^
      third[(crc >>> 8) & 0xff] ^
      second[(crc >>> 16) & 0xff] ^
      first[crc >>> 24];
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ first[(crc ^ bytes[i]) & 0xff];
  return ~crc >>> 0;
}

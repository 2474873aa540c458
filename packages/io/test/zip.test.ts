import { deflateSync, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { readMemory } from '../src/reading';
import { crc32, readZipDirectory, readZipMember } from '../src/zip';
import { concat, failure, littleEndian } from './bytes';

const small = (value: number) => [value & 255, value >> 8];
const word = (value: number) => littleEndian(BigInt(value)).subarray(0, 4);
const ones = [255, 255, 255, 255];

/** The contents of every member. */
function unzip(bytes: Uint8Array): Record<string, string> {
  const read = function* () {
    const found: Record<string, string> = {};
    for (const entry of (yield* readZipDirectory(bytes.length)).values()) {
      found[entry.name] = new TextDecoder().decode(yield* readZipMember(entry, bytes.length));
    }
    return found;
  };
  return readMemory(bytes, read());
}

/** An archive of one stored member that keeps every number in its ZIP64 field, as writers do past 4 GiB. */
function zip64(content: string, wide: number[] = [content.length, content.length, 0]): Uint8Array {
  const crc = word(crc32(concat(content)));
  const local = concat(
    'PK',
    [3, 4],
    small(45),
    small(0),
    small(0),
    word(0),
    crc,
    ones,
    ones,
    small(1),
    small(20),
    'm',
    small(1),
    small(16),
    littleEndian(BigInt(content.length)),
    littleEndian(BigInt(content.length)),
    content,
  );
  const extra = concat(
    small(1),
    small(8 * wide.length),
    ...wide.map((n) => littleEndian(BigInt(n))),
  );
  const entry = concat(
    'PK',
    [1, 2],
    small(45),
    small(45),
    small(0),
    small(0),
    word(0),
    crc,
    ones,
    ones,
    small(1),
    small(extra.length),
    small(0),
    small(0),
    small(0),
    word(0),
    ones,
    'm',
    extra,
  );
  const end64 = concat(
    'PK',
    [6, 6],
    littleEndian(44n),
    small(45),
    small(45),
    word(0),
    word(0),
    littleEndian(1n),
    littleEndian(1n),
    littleEndian(BigInt(entry.length)),
    littleEndian(BigInt(local.length)),
  );
  const locator = concat(
    'PK',
    [6, 7],
    word(0),
    littleEndian(BigInt(local.length + entry.length)),
    word(1),
  );
  const end = concat('PK', [5, 6], small(0), small(0), [255, 255, 255, 255], ones, ones, small(0));
  return concat(local, entry, end64, locator, end);
}

describe('zip', () => {
  it('computes the checksum of ZIP', () => {
    // The check value of CRC-32/ISO-HDLC, and lengths around the four-byte steps.
    expect(crc32(concat('123456789'))).toBe(0xcbf43926);
    expect(crc32(new Uint8Array(0))).toBe(0);
    expect(crc32(concat('a'))).toBe(0xe8b7be43);
  });

  it('reads stored and deflated members, and comments after the end', () => {
    const files = {
      a: concat('stored'),
      'b/c': concat('x'.repeat(1000)),
      empty: new Uint8Array(0),
    };
    const expected = { a: 'stored', 'b/c': 'x'.repeat(1000), empty: '' };
    expect(unzip(zipSync(files, { level: 0 }))).toEqual(expected);
    const deflated = zipSync(files, { level: 9 });
    expect(unzip(deflated)).toEqual(expected);
    const withComment = concat(deflated, 'PK says hello');
    withComment[deflated.length - 2] = 13;
    expect(unzip(withComment)).toEqual(expected);
  });

  it('reads ZIP64', () => {
    expect(unzip(zip64('wide'))).toEqual({ m: 'wide' });
    expect(failure(() => unzip(zip64('wide', [4, 4]))).message).toMatch(/lacks its ZIP64 sizes/);
    expect(failure(() => unzip(zip64('wide', [4, 4, 2 ** 52]))).message).toMatch(
      /ends before the member/,
    );
    expect(failure(() => unzip(zip64('wide', [2 ** 40, 2 ** 40, 0]))).message).toMatch(
      /more bytes than the file has/,
    );
  });

  it('refuses members that share bytes', () => {
    const bytes = zipSync({ a: concat('0123456789'.repeat(30)), b: concat('x') }, { level: 0 });
    const second = bytes.length - 22 - 47;
    expect(bytes[second + 46]).toBe('b'.charCodeAt(0));
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    view.setUint32(second + 20, 300, true);
    view.setUint32(second + 24, 300, true);
    view.setUint32(second + 42, 0, true);
    expect(failure(() => unzip(bytes)).message).toMatch(/more bytes than the file has/);
  });

  it('refuses encryption, other methods, and the same name twice', () => {
    const bytes = zipSync({ a: concat('1'), b: concat('2') }, { level: 0 });
    const at = (change: (entry: number, copy: Uint8Array) => void) => {
      const copy = bytes.slice();
      change(copy.length - 22 - 47, copy);
      return failure(() => unzip(copy)).message;
    };
    expect(
      at((entry, copy) => {
        copy[entry + 8] |= 1;
      }),
    ).toMatch(/encrypted/);
    expect(
      at((entry, copy) => {
        copy[entry + 10] = 12;
      }),
    ).toMatch(/method 12/);
    expect(
      at((entry, copy) => {
        copy[entry + 46] = 0x61;
      }),
    ).toMatch(/"a" is there twice/);
    expect(
      at((_, copy) => {
        copy[copy.length - 12] = 3;
      }),
    ).toMatch(/as many entries as it claims/);
  });

  it('refuses deflate data that is cut', () => {
    const content = Uint8Array.from({ length: 500 }, (_, i) => (i * 7919) % 251);
    expect(deflateSync(content).length).toBeGreaterThan(100);
    const bytes = zipSync({ a: content }, { level: 6 });
    const entry = bytes.length - 22 - 47;
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    view.setUint32(entry + 20, 60, true);
    expect(failure(() => unzip(bytes)).message).toMatch(
      /not valid deflate|does not inflate|checksum/,
    );
  });
});

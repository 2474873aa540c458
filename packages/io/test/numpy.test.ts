import { tensor } from '@dl/tensor';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { decodeNpy, decodeNpz, encodeNpy, encodeNpz } from '../src/index';
import { concat, contents, failure, survivesDamage } from './bytes';
import { expected, fixture, values } from './fixtures';

const READABLE = Object.keys(expected).filter((name) => name.endsWith('.npy'));

/** An npy file with this header text. */
function npy(header: string, data: readonly number[] = []): Uint8Array {
  return concat([0x93], 'NUMPY', [1, 0, header.length & 255, header.length >> 8], header, data);
}

describe('npy', () => {
  it.each(READABLE)('reads %s as NumPy wrote it', (name) => {
    const { shape, values: numbers } = contents(decodeNpy(fixture(name)));
    expect({ shape, values: numbers }).toEqual(values(name));
  });

  it.each([
    ['f4.npy', 'float32'],
    ['f8.npy', 'float64'],
    ['f2.npy', 'float32'],
    ['i4.npy', 'int32'],
    ['i8-big.npy', 'int32'],
    ['u1.npy', 'uint8'],
    ['bool.npy', 'bool'],
  ])('gives %s the dtype %s', (name, dtype) => {
    expect(decodeNpy(fixture(name)).dtype).toBe(dtype);
  });

  it.each([
    'f4.npy',
    'f8.npy',
    'i4.npy',
    'u1.npy',
    'bool.npy',
    'special.npy',
    'scalar.npy',
    'empty.npy',
    'long-header.npy',
    'growth.npy',
  ])('writes %s byte for byte as NumPy did', (name) => {
    const bytes = fixture(name);
    expect(encodeNpy(decodeNpy(bytes))).toEqual(bytes);
  });

  it.each([
    ['complex.npy', /complex numbers: "'<c8'"/],
    ['text.npy', /holds text/],
    ['object.npy', /Python objects/],
    ['record.npy', /raw bytes or records/],
  ])('refuses %s by name', (name, message) => {
    expect(failure(() => decodeNpy(fixture(name))).message).toMatch(message);
  });

  const dict = (descr: string, shape: string) =>
    `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }\n`;
  it.each([
    ['an empty file', new Uint8Array(0), /ends before the header/],
    ['another magic number', concat('PK', [3, 4, 0, 0, 0, 0]), /magic number/],
    ['an unknown version', concat([0x93], 'NUMPY', [9, 0, 0, 0]), /version 9/],
    [
      'a header past the end',
      concat([0x93], 'NUMPY', [1, 0, 200, 0], '{'),
      /ends before the header/,
    ],
    [
      'a header of 4 GB',
      concat([0x93], 'NUMPY', [2, 0, 255, 255, 255, 255], '{'),
      /too long to be true/,
    ],
    [
      'code in the header',
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (__import__('os'),), }"),
      /not of the form/,
    ],
    ['a negative size', npy(dict("'<f4'", '(-1,)')), /not of the form/],
    ['a missing size', npy(dict("'<f4'", '(1,,2)')), /not a whole number/],
    [
      'a shape past 2^53',
      npy(dict("'<f4'", '(4294967296, 4294967296)')),
      /more elements than can be counted/,
    ],
    ['a large array without data', npy(dict("'<f8'", '(1000000000,)')), /ends before the array/],
    ['bytes after the array', npy(dict("'|u1'", '(1,)'), [1, 2]), /bytes after the array/],
    ['an unknown width', npy(dict("'<f16'", '(1,)')), /unknown type/],
    ['a width without an order', npy(dict("'|f4'", '(1,)')), /unknown type/],
  ])('refuses %s', (_, bytes, message) => {
    const error = failure(() => decodeNpy(bytes));
    expect(error.format).toBe('npy');
    expect(error.message).toMatch(message);
  });

  it('takes no time over a header that is made to be slow', () => {
    const blank = ' '.repeat(60_000);
    // The time that this process worked, however busy the machine is.
    const begin = process.cpuUsage();
    for (const header of [
      `{'descr':${blank}`,
      `{'descr': '<f4'${blank}${blank.slice(58_000)},`,
      `{${blank}`,
    ]) {
      expect(failure(() => decodeNpy(npy(header))).message).toMatch(/not of the form/);
    }
    expect(process.cpuUsage(begin).user).toBeLessThan(1e6);
  });

  it('survives thousands of mutated files', () => {
    const files = ['f4.npy', 'fortran.npy', 'i8-big.npy', 'version2.npy'].map(fixture);
    const counts = survivesDamage(files, (bytes) => decodeNpy(bytes), 1500);
    expect(counts.read).toBeGreaterThan(100);
    expect(counts.refused).toBeGreaterThan(1000);
  });
});

describe('npz', () => {
  it.each(['stored.npz', 'deflated.npz'])('reads %s as NumPy wrote it', (name) => {
    const arrays = decodeNpz(fixture(name));
    expect(Object.keys(arrays)).toEqual(['weight', 'bias', 'a/b']);
    for (const key of Object.keys(arrays)) {
      const { shape, values: numbers } = contents(arrays[key]);
      expect({ shape, values: numbers }).toEqual(values(name, key));
    }
  });

  it.each([false, true])('round trip, compressed: %s', (compressed) => {
    const tensors = {
      x: tensor([
        [1, 2],
        [3, 4],
      ]),
      'é/y': tensor(Int32Array.of(-1)),
      flag: tensor([true]),
    };
    const bytes = encodeNpz(tensors, { compressed });
    expect(encodeNpz(new Map(Object.entries(tensors)), { compressed })).toEqual(bytes);
    const back = decodeNpz(bytes);
    for (const [name, value] of Object.entries(tensors))
      expect(contents(back[name])).toEqual(contents(value));
  });

  it('refuses damage that only the checksum shows', () => {
    const bytes = fixture('stored.npz');
    const at = bytes.findIndex((byte, i) => byte === 0x80 && bytes[i + 1] === 0x3f);
    bytes[at] ^= 1;
    expect(failure(() => decodeNpz(bytes)).message).toMatch(/"weight\.npy" fails its checksum/);
  });

  it('refuses members that are not arrays, and names the array that is wrong', () => {
    expect(failure(() => decodeNpz(zipSync({ 'a.txt': Uint8Array.of(1) }))).message).toMatch(
      /"a\.txt" is not an array/,
    );
    const error = failure(() => decodeNpz(zipSync({ 'obj.npy': fixture('object.npy') })));
    expect(error.message).toMatch(/in the array "obj": the array holds Python objects/);
  });

  it('refuses a member that claims more than deflate can hold', () => {
    const bytes = zipSync({ 'a.npy': fixture('f4.npy') }, { level: 6 });
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const entry = bytes.length - 22 - 46 - 'a.npy'.length;
    expect(view.getUint32(entry, true)).toBe(0x02014b50);
    view.setUint32(entry + 24, 2 ** 27, true);
    expect(failure(() => decodeNpz(bytes)).message).toMatch(
      /claims a size that its bytes cannot have/,
    );
    view.setUint32(entry + 24, fixture('f4.npy').length - 1, true);
    expect(failure(() => decodeNpz(bytes)).message).toMatch(/does not inflate to the size/);
    view.setUint32(entry + 24, fixture('f4.npy').length + 1, true);
    expect(failure(() => decodeNpz(bytes)).message).toMatch(/does not inflate to the size/);
  });

  it('refuses a file that is no archive', () => {
    expect(failure(() => decodeNpz(fixture('f4.npy'))).message).toMatch(/there is no end record/);
  });

  it('survives thousands of mutated files', () => {
    const files = ['stored.npz', 'deflated.npz'].map(fixture);
    const counts = survivesDamage(files, (bytes) => decodeNpz(bytes), 2500);
    expect(counts.read).toBeGreaterThan(100);
    expect(counts.refused).toBeGreaterThan(1000);
  });
});

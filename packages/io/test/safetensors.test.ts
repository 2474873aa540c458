import { memory, tensor } from '@dl/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeSafetensors,
  decodeSafetensorsHeader,
  encodeSafetensors,
  FormatError,
} from '../src/index';
import { concat, contents, failure, littleEndian, survivesDamage } from './bytes';

/** A file from a header and data, with the length that belongs to the header. */
function file(header: string | Uint8Array, data: ArrayLike<number> = []): Uint8Array {
  const bytes = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  return concat(littleEndian(BigInt(bytes.length)), bytes, Array.from(data));
}

/** A file with one tensor `x`. */
function single(dtype: string, shape: readonly number[], data: Uint8Array): Uint8Array {
  return file(JSON.stringify({ x: { dtype, shape, data_offsets: [0, data.length] } }), data);
}

const half = (...bits: number[]) => littleEndian(new Uint8Array(Uint16Array.from(bits).buffer));
const long = (...values: bigint[]) => concat(...values.map(littleEndian));

describe('encodeSafetensors', () => {
  it('writes the bytes that the specification prescribes', () => {
    const bytes = encodeSafetensors(
      {
        w: tensor([
          [1, 2],
          [3, -0.5],
        ]),
      },
      { format: 'pt' },
    );
    const header =
      '{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}';
    expect(header.length % 8).toBe(0);
    expect(bytes).toEqual(
      concat(
        [header.length, 0, 0, 0, 0, 0, 0, 0],
        header,
        [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40, 0, 0, 0, 0xbf],
      ),
    );
  });

  it('pads the header with spaces to a multiple of 8 bytes', () => {
    expect(encodeSafetensors({})).toEqual(concat([8, 0, 0, 0, 0, 0, 0, 0], '{}      '));
    for (let n = 1; n < 9; n++) {
      const bytes = encodeSafetensors({ ['x'.repeat(n)]: tensor([1]) });
      expect(bytes[0] % 8).toBe(0);
      expect(new TextDecoder().decode(bytes.subarray(8, 8 + bytes[0]))).toMatch(/^\{.*\} {0,7}$/);
    }
  });

  it('orders tensors by descending alignment, then by name in UTF-8', () => {
    const bytes = encodeSafetensors({
      flag: tensor([true], { dtype: 'bool' }),
      b: tensor([1]),
      byte: tensor([1], { dtype: 'uint8' }),
      a: tensor([1], { dtype: 'int32' }),
      '\u{1f600}': tensor([1]),
      '\uff61': tensor([1]),
      B: tensor([1]),
      wide: tensor([1], { dtype: 'float64' }),
    });
    const names = decodeSafetensorsHeader(bytes).tensors.map(({ name }) => name);
    expect(names).toEqual(['wide', 'B', 'b', '\uff61', '\u{1f600}', 'a', 'byte', 'flag']);
  });

  it('takes a Map, and gives equal bytes for equal contents in another order', () => {
    const [a, b] = [tensor([1, 2]), tensor([[3]])];
    const meta = { one: '1', two: '2' };
    const first = encodeSafetensors({ a, b }, meta);
    const swapped = new Map([
      ['b', b],
      ['a', a],
    ]);
    expect(encodeSafetensors(swapped, { two: '2', one: '1' })).toEqual(first);
  });

  it('refuses names and metadata that the format cannot hold', () => {
    const x = tensor([1]);
    expect(() => encodeSafetensors({ __metadata__: x })).toThrow(/metadata as the second argument/);
    expect(() => encodeSafetensors({ '\ud800': x })).toThrow(/surrogate/);
    expect(() => encodeSafetensors({ x }, { epoch: 3 as unknown as string })).toThrow(
      /"epoch" of metadata is not a string/,
    );
  });
});

describe('round trip', () => {
  it('keeps names, shapes, dtypes, values and metadata', () => {
    const tensors = {
      float: tensor([
        [1.5, Number.NaN],
        [Number.NEGATIVE_INFINITY, -0],
      ]),
      double: tensor([Math.PI], { dtype: 'float64' }),
      int: tensor([-(2 ** 31), 2 ** 31 - 1], { dtype: 'int32' }),
      byte: tensor([0, 255], { dtype: 'uint8' }),
      bool: tensor([true, false], { dtype: 'bool' }),
      scalar: tensor(7),
      empty: tensor(new Float32Array(0), { shape: [0, 3] }),
      'quote " and \\ and \n and é': tensor([1]),
    };
    const metadata = { note: 'line\n"two"', '': 'empty key' };
    const back = decodeSafetensors(encodeSafetensors(tensors, metadata));
    expect(back.metadata).toEqual(metadata);
    for (const [name, value] of Object.entries(tensors)) {
      expect(contents(back.tensors[name])).toEqual(contents(value));
    }
    expect(Object.keys(back.tensors)).toHaveLength(Object.keys(tensors).length);
  });

  it('holds for random records, and writing what was read gives the same bytes', () => {
    const record = fc.dictionary(
      fc.string({ unit: 'grapheme', maxLength: 12 }).filter((name) => name !== '__metadata__'),
      fc.tuple(
        fc.constantFrom('float32', 'float64', 'int32', 'uint8', 'bool'),
        fc.array(fc.nat(3), { maxLength: 4 }),
      ),
      { maxKeys: 6 },
    );
    fc.assert(
      fc.property(record, (shapes) => {
        const tensors = Object.fromEntries(
          Object.entries(shapes).map(([name, [dtype, shape]]) => {
            const size = shape.reduce((a, b) => a * b, 1);
            return [
              name,
              tensor(
                Float64Array.from({ length: size }, (_, i) => i % 2),
                { shape, dtype },
              ),
            ];
          }),
        );
        const bytes = encodeSafetensors(tensors);
        const back = decodeSafetensors(bytes).tensors;
        expect(Object.keys(back).sort()).toEqual(Object.keys(tensors).sort());
        for (const name of Object.keys(tensors))
          expect(contents(back[name])).toEqual(contents(tensors[name]));
        expect(encodeSafetensors(back)).toEqual(bytes);
      }),
      { numRuns: 100, seed: 2 },
    );
  });

  it('takes tensors called __proto__ and constructor as tensors', () => {
    const header =
      '{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"constructor":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}';
    const { tensors } = decodeSafetensors(file(header, [4, 5]));
    expect(Object.getPrototypeOf(tensors)).toBe(Object.prototype);
    expect(Object.entries(tensors).map(([name, { shape }]) => [name, shape])).toEqual([
      ['__proto__', [1]],
      ['constructor', [1]],
    ]);
  });
});

describe('element types', () => {
  const cases: [string, Uint8Array, string, number[]][] = [
    [
      'F64',
      littleEndian(new Uint8Array(Float64Array.of(Math.E, -0).buffer)),
      'float64',
      [Math.E, -0],
    ],
    [
      'F32',
      littleEndian(new Uint8Array(Float32Array.of(0.1).buffer)),
      'float32',
      [Math.fround(0.1)],
    ],
    // 2⁻²⁴ is the least subnormal, 65504 the greatest number.
    [
      'F16',
      half(0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0xfe00, 0x8000),
      'float32',
      [1, -2, 2 ** -24, 65504, Infinity, NaN, -0],
    ],
    ['BF16', half(0x3f80, 0xc049, 0x7f80, 0x0001), 'float32', [1, -3.140625, Infinity, 2 ** -133]],
    [
      'F8_E5M2',
      Uint8Array.of(0x3c, 0x7b, 0x7c, 0x7d, 0x01, 0x80),
      'float32',
      [1, 57344, Infinity, NaN, 2 ** -16, -0],
    ],
    [
      'F8_E4M3',
      Uint8Array.of(0x38, 0x7e, 0x7f, 0xff, 0x01, 0xb8),
      'float32',
      [1, 448, NaN, NaN, 2 ** -9, -1],
    ],
    ['F8_E5M2FNUZ', Uint8Array.of(0x40, 0x7f, 0x80, 0x01), 'float32', [1, 57344, NaN, 2 ** -17]],
    ['F8_E4M3FNUZ', Uint8Array.of(0x40, 0x7f, 0x80, 0x01), 'float32', [1, 240, NaN, 2 ** -10]],
    ['F8_E8M0', Uint8Array.of(127, 0, 254, 255), 'float32', [1, 2 ** -127, 2 ** 127, NaN]],
    ['I64', long(-5n, 2147483647n, -2147483648n), 'int32', [-5, 2147483647, -2147483648]],
    ['U64', long(0n, 2147483647n), 'int32', [0, 2147483647]],
    ['I32', littleEndian(new Uint8Array(Int32Array.of(-7).buffer)), 'int32', [-7]],
    ['U32', littleEndian(new Uint8Array(Int32Array.of(7).buffer)), 'int32', [7]],
    ['I16', half(0xffff, 0x7fff), 'int32', [-1, 32767]],
    ['U16', half(0xffff), 'int32', [65535]],
    ['I8', Uint8Array.of(0xff, 0x7f), 'int32', [-1, 127]],
    ['U8', Uint8Array.of(0xff), 'uint8', [255]],
    ['BOOL', Uint8Array.of(0, 1, 2), 'bool', [0, 1, 1]],
  ];
  it.each(cases)('%s', (dtype, data, expected, values) => {
    const { x } = decodeSafetensors(single(dtype, [values.length], data)).tensors;
    expect(contents(x)).toEqual({ dtype: expected, shape: [values.length], values });
  });

  it.each([
    ['I64', long(1n, 2n ** 31n), [1, 2 ** 31]],
    ['I64', long(-(2n ** 53n), -(2n ** 31n) - 1n), [-(2 ** 53), -(2 ** 31) - 1]],
    ['U64', long(2n ** 64n - 1n, 3n), [2 ** 64, 3]],
    ['U32', Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0), [2 ** 32 - 1, 0]],
  ])('%s that does not fit int32 is refused, or float64 by option', (dtype, data, values) => {
    const bytes = single(dtype, [2], data);
    const error = failure(() => decodeSafetensors(bytes));
    expect(error.message).toMatch(/"x" holds -?\d+, which does not fit int32/);
    const { x } = decodeSafetensors(bytes, { wideIntegers: 'float64' }).tensors;
    expect(contents(x)).toEqual({ dtype: 'float64', shape: [2], values });
  });

  it('reads data at any alignment', () => {
    const data = concat([9], Float32Array.of(1.5) && [0, 0, 0xc0, 0x3f]);
    const header =
      '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}}';
    expect(decodeSafetensors(file(header, data)).tensors.b.toArray()).toEqual([1.5]);
  });

  it.each([
    ['U8', Uint8Array.of(1, 2)],
    ['F32', littleEndian(Float32Array.of(1, 2))],
  ])('%s: does not share memory with the file, be it a Buffer or an array', (dtype, data) => {
    const bytes = single(dtype, [2], data);
    for (const file of [bytes, Buffer.from(bytes)]) {
      const { x } = decodeSafetensors(file).tensors;
      file.fill(9);
      expect(x.toArray()).toEqual([1, 2]);
    }
  });

  it('releases what it has read where a later tensor is refused', () => {
    const header =
      '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"I64","shape":[1],"data_offsets":[1,9]}}';
    const bytes = file(header, concat([7], littleEndian(2n ** 40n)));
    const before = memory();
    expect(failure(() => decodeSafetensors(bytes)).message).toMatch(/"b" holds/);
    expect(memory()).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
  });
});

describe('damaged and hostile files', () => {
  const info = (fields: object) =>
    JSON.stringify({ x: { dtype: 'F32', shape: [1], data_offsets: [0, 4], ...fields } });
  const four = [0, 0, 0, 0];
  const cases: [string, Uint8Array, RegExp][] = [
    ['an empty file', new Uint8Array(0), /ends before the header length/],
    ['seven bytes', new Uint8Array(7), /ends before the header length/],
    ['a header past the end', concat([9, 0, 0, 0, 0, 0, 0, 0], '{}'), /ends before the header/],
    [
      'a header above 100 MB',
      concat(littleEndian(100_000_001n), '{}'),
      /longer than the format allows/,
    ],
    ['a header length of 2^64 − 1', new Uint8Array(16).fill(255), /longer than the format allows/],
    ['a header that is no object', file('[]'), /does not begin with "\{"/],
    ['a header of no bytes', file(''), /does not begin with "\{"/],
    ['broken JSON', file('{"x":'), /not JSON/],
    ['broken UTF-8', file(concat('{"', [0xff], '":1}')), /not UTF-8/],
    [
      'a key twice',
      file(
        '{"x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0078":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
      ),
      /the key "x" twice/,
    ],
    [
      'a field twice',
      file('{"x":{"dtype":"U8","shape":[0],"shape" : [1],"data_offsets":[0,0]}}'),
      /the key "shape" twice/,
    ],
    ['a metadata key twice', file('{"__metadata__":{"a":"1","a":"2"}}'), /the key "a" twice/],
    [
      'metadata that is not strings',
      file('{"__metadata__":{"epoch":3}}'),
      /not an object of strings/,
    ],
    ['metadata that is a list', file('{"__metadata__":["a"]}'), /not an object of strings/],
    ['a tensor that is a number', file('{"x":3}'), /not described by an object/],
    ['an unknown dtype', file(info({ dtype: 'F4' }), four), /not supported: "F4"/],
    [
      'a dtype from the prototype',
      file(info({ dtype: 'constructor' }), four),
      /not supported: "constructor"/,
    ],
    ['no dtype', file(info({ dtype: undefined }), four), /no name at all/],
    ['a shape that is not a list', file(info({ shape: 1 }), four), /no list of sizes/],
    ['a negative size', file(info({ shape: [-1] }), four), /not a whole number/],
    ['a fractional size', file(info({ shape: [0.5] }), four), /not a whole number/],
    [
      'a shape past 2^53',
      file(info({ shape: [2 ** 31, 2 ** 31] }), four),
      /more elements than can be counted/,
    ],
    [
      'an overflow hidden by a zero',
      file(info({ shape: [2 ** 52, 2 ** 52, 0], data_offsets: [0, 0] })),
      /more elements than can be counted/,
    ],
    ['too many axes', file(info({ shape: Array(65).fill(1) }), four), /65 axes/],
    ['a shape too large for its data', file(info({ shape: [2] }), four), /does not fill its data/],
    ['offsets that are not two', file(info({ data_offsets: [0] }), four), /not two byte positions/],
    [
      'offsets that are text',
      file(info({ data_offsets: ['0', '4'] }), four),
      /not two byte positions/,
    ],
    ['an end before the start', file(info({ data_offsets: [4, 0] }), four), /outside the file/],
    [
      'an end past the file',
      file(info({ data_offsets: [0, 8], shape: [2] }), four),
      /outside the file/,
    ],
    [
      'a hole at the front',
      file(info({ data_offsets: [4, 8] }), [...four, ...four]),
      /leaves a hole/,
    ],
    ['bytes at the end', file(info({}), [...four, 0]), /belong to none/],
    [
      'an overlap',
      file(
        '{"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"y":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}',
        [0, 0, 0],
      ),
      /overlaps/,
    ],
    [
      'two tensors on the same bytes',
      file(
        '{"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"y":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}',
        [0, 0],
      ),
      /overlaps/,
    ],
  ];
  it.each(cases)('refuses %s', (_, bytes, message) => {
    const error = failure(() => decodeSafetensors(bytes));
    expect(error).toBeInstanceOf(FormatError);
    expect(error.format).toBe('safetensors');
    expect(error.message).toMatch(message);
  });

  it('takes an extremely nested header without running out of stack', () => {
    const deep = `{"x":${'['.repeat(500_000)}${']'.repeat(500_000)}}`;
    expect(failure(() => decodeSafetensors(file(deep))).message).toMatch(/nested too deep/);
  });

  it('keeps error messages short', () => {
    const long = file(JSON.stringify({ ['n'.repeat(1_000_000)]: 1 }));
    expect(failure(() => decodeSafetensors(long)).message.length).toBeLessThan(300);
  });

  it('survives thousands of mutated files', () => {
    const files = [
      encodeSafetensors(
        {
          a: tensor([
            [1, 2],
            [3, 4],
          ]),
          b: tensor([1], { dtype: 'uint8' }),
        },
        { k: 'v' },
      ),
      single('I64', [2], long(1n, -1n)),
      single('BF16', [2, 0, 3], new Uint8Array(0)),
    ];
    const counts = survivesDamage(files, (bytes) => decodeSafetensors(bytes), 2000);
    // Both outcomes must have been seen, or the mutations prove nothing.
    expect(counts.read).toBeGreaterThan(50);
    expect(counts.refused).toBeGreaterThan(3000);
  });
});

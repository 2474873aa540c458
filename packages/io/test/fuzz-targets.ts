/** The readers of this package, with files that they take and files made to be expensive. */

import { deflateRawSync } from 'node:zlib';
import type { Target } from '@dl/testing/fuzz';
import { zipSync } from 'fflate';
import type * as io from '../src/index';
import { concat, littleEndian } from './bytes';
import { fixture } from './fixtures';

const names = (...files: string[]) => files.map(fixture);

const safetensors = (header: string, data = 0) => {
  const bytes = new TextEncoder().encode(header);
  return concat(littleEndian(BigInt(bytes.length)), bytes, new Uint8Array(data));
};

const tensorsOf = (count: number) => {
  const infos = Array.from(
    { length: count },
    (_, i) =>
      `"layer.${i}.weight":{"dtype":"F16","shape":[2,3],"data_offsets":[${12 * i},${12 * i + 12}]}`,
  );
  return safetensors(`{"__metadata__":{"format":"pt"},${infos.join(',')}}`, 12 * count);
};

/** An archive of one deflated member that claims to have `size` bytes. */
export function deflatedZip(name: string, packed: Uint8Array, size: number): Uint8Array {
  const bytes = new TextEncoder().encode(name);
  const number = (width: 2 | 4, value: number) =>
    [...Array(width).keys()].map((i) => (value >>> (8 * i)) & 255);
  const shared = [
    ...number(2, 20),
    ...number(2, 0),
    ...number(2, 8),
    ...number(4, 0),
    ...number(4, 0),
    ...number(4, packed.length),
    ...number(4, size),
    ...number(2, bytes.length),
    ...number(2, 0),
  ];
  const member = concat([0x50, 0x4b, 3, 4], shared, bytes, packed);
  const entry = concat(
    [0x50, 0x4b, 1, 2],
    number(2, 20),
    shared,
    Array(10).fill(0),
    number(4, 0),
    bytes,
  );
  const end = [0x50, 0x4b, 5, 6, 0, 0, 0, 0, 1, 0, 1, 0];
  return concat(member, entry, end, number(4, entry.length), number(4, member.length), [0, 0]);
}

const pickle = (bytes: Uint8Array) => zipSync({ 'a/data.pkl': bytes }, { level: 0 });
const zeros = (length: number) => deflateRawSync(Buffer.alloc(length));
/** Some 20 MB of text around something repeated. */
const junk = (begin: string, again: string, end: string) => () =>
  safetensors(begin + again.repeat(2e7 / again.length) + end);

/** Room for tables of small floats. */
const TABLES = 2e6;
const LIMIT = 2 ** 22;

/** @param index - the package's index. */
export function targets(index: typeof io): Target[] {
  const { decodeSafetensors, decodeNpy, decodeNpz, decodeTorch, FormatError } = index;
  const typed = (error: unknown) => error instanceof FormatError;
  const limits = { maxBytes: LIMIT, maxElements: LIMIT };
  const inflated = (length: number) => TABLES + 16 * (LIMIT + length);
  const plain = (length: number) => TABLES + 16 * length;
  return [
    {
      name: 'safetensors',
      files: [tensorsOf(3), tensorsOf(40)],
      attacks: {
        nested: junk('{"a":{"b":', '[', ''),
        objects: junk('{"a":{"b":[', '{"c":[]},', '0]}}'),
        entries: junk('{', '"a":{},', '"b":{}}'),
        numbers: junk('{"a":{"shape":[', '1,', '1]}}'),
        metadata: junk('{"__metadata__":{', '"":"",', '"b":""}}'),
        keys: junk('{"a":{', '"b":0,', '"b":0}}'),
      },
      read: decodeSafetensors,
      typed,
      allowed: plain,
    },
    {
      name: 'npy',
      files: names('f4.npy', 'fortran.npy', 'i8-big.npy', 'version2.npy', 'f2.npy', 'bool.npy'),
      read: decodeNpy,
      typed,
      allowed: plain,
    },
    {
      name: 'npz',
      files: names('stored.npz', 'deflated.npz'),
      attacks: {
        zeros: () => deflatedZip('x.npy', zeros(3e7), 3e7),
        lie: () => deflatedZip('x.npy', zeros(3e7), 1000),
      },
      read: (file) => decodeNpz(file, { maxBytes: LIMIT }),
      typed,
      allowed: inflated,
    },
    {
      name: 'npz, arrays behind a valid checksum',
      files: names('f4.npy', 'fortran.npy', 'u1.npy', 'special.npy'),
      read: (file) => decodeNpz(zipSync({ 'x.npy': file })),
      typed,
      allowed: inflated,
    },
    {
      name: 'torch',
      files: names('checkpoint.pt', 'views.pt', 'dtypes.pt', 'state-dict.pth'),
      attacks: {
        memoize: () => pickle(concat([0x80, 2, 0x4e], new Uint8Array(18e6).fill(0x94), '.')),
        gets: () =>
          pickle(concat([0x80, 2, 0x5d, 0x94, 0x28], new Uint8Array(2e7).fill(0x68), '.')),
        packed: () => deflatedZip('a/data.pkl', zeros(6e7), 6e7),
      },
      read: (file) => decodeTorch(file, limits),
      typed,
      allowed: inflated,
    },
    {
      name: 'torch, pickles behind a valid checksum',
      files: [
        concat([0x80, 2], ']q', [0], '(K', [1], 'X', [1, 0, 0, 0], 'aNh', [0], 'e.'),
        concat([0x80, 2], 'ccollections\nOrderedDict\n)R}(X', [1, 0, 0, 0], 'bK', [1], 'ub.'),
        concat([0x80, 4, 0x8c], [4], 'text', [0x94, 0x85, 0x94, 0x8a, 2, 1, 1, 0x86], '.'),
      ],
      read: (file) => decodeTorch(pickle(file), limits),
      typed,
      allowed: inflated,
    },
    {
      name: 'torch before 1.6',
      files: names('legacy.pt'),
      read: (file) => decodeTorch(file, limits),
      typed,
      allowed: inflated,
    },
  ];
}

import type { Tensor } from '@dl/tensor';
import { isTensor } from '@dl/tensor';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import type { TorchValue } from '../src/index';
import { decodeTorch, torchStateDict } from '../src/index';
import { concat, contents, failure, littleEndian, survivesDamage, tensorBytes } from './bytes';
import { expected, fixture, values } from './fixtures';

type Dict = { [key: string]: TorchValue };

/** A PyTorch file from a pickle of protocol 2 (without its first two and last bytes) and storages. */
function file(
  pickle: (string | readonly number[] | Uint8Array)[],
  storages: Record<string, Uint8Array> = {},
  extra: Record<string, string> = {},
): Uint8Array {
  const members: Record<string, Uint8Array> = { 'a/data.pkl': concat([0x80, 2], ...pickle, '.') };
  for (const [key, bytes] of Object.entries(storages)) members[`a/data/${key}`] = bytes;
  for (const [key, text] of Object.entries(extra)) members[`a/${key}`] = concat(text);
  return zipSync(members, { level: 0 });
}

const int = (value: number) => concat('J', new Uint8Array(Int32Array.of(value).buffer));
const text = (value: string) => concat('X', [value.length, 0, 0, 0], value);
const tuple = (...items: Uint8Array[]) => concat('(', ...items, 't');

/** The pickle of a tensor. */
function tensorPickle({
  storage = 'Float',
  key = '0',
  length,
  offset = 0,
  shape,
  strides,
}: {
  storage?: string;
  key?: string;
  length: number;
  offset?: number;
  shape: number[];
  strides: number[];
}): Uint8Array {
  const id = tuple(
    text('storage'),
    concat(`ctorch\n${storage}Storage\n`),
    text(key),
    text('cpu'),
    int(length),
  );
  const args = [
    concat(id, 'Q'),
    int(offset),
    tuple(...shape.map(int)),
    tuple(...strides.map(int)),
    concat([0x89]),
    concat('}'),
  ];
  return concat('ctorch._utils\n_rebuild_tensor_v2\n', tuple(...args), 'R');
}

const floats = (...numbers: number[]) => littleEndian(Float32Array.from(numbers));

describe('files that PyTorch wrote', () => {
  const plain = ['dtypes.pt', 'views.pt', 'state-dict.pth', 'state-dict-protocol4.pth'];
  it.each(plain)('%s holds the values that PyTorch sees', (name) => {
    const dict = torchStateDict(decodeTorch(fixture(name)));
    expect(Object.keys(dict).sort()).toEqual(Object.keys(expected[name]).sort());
    for (const key of Object.keys(dict)) {
      const { shape, values: numbers } = contents(dict[key]);
      expect({ key, shape, values: numbers }).toEqual({ key, ...values(name, key) });
    }
  });

  it('gives every storage type its dtype', () => {
    const dict = torchStateDict(decodeTorch(fixture('dtypes.pt')));
    const dtypes = Object.fromEntries(
      Object.entries(dict).map(([name, { dtype }]) => [name, dtype]),
    );
    expect(dtypes).toEqual({
      float32: 'float32',
      float64: 'float64',
      float16: 'float32',
      bfloat16: 'float32',
      int64: 'int32',
      int32: 'int32',
      int16: 'int32',
      int8: 'int32',
      uint8: 'uint8',
      bool: 'bool',
    });
  });

  it('keeps the order of a state dict', () => {
    const names = Object.keys(torchStateDict(decodeTorch(fixture('state-dict.pth'))));
    expect(names.slice(0, 3)).toEqual(['0.weight', '0.bias', '1.weight']);
  });

  it('reads a whole checkpoint', () => {
    const checkpoint = decodeTorch(fixture('checkpoint.pt')) as Dict;
    const {
      epoch,
      best,
      name,
      done,
      nothing,
      large,
      negative,
      list,
      tuple: pair,
      size,
      empty,
    } = checkpoint;
    expect({ epoch, best, name, done, nothing, large, negative, list, pair, size, empty }).toEqual({
      epoch: 3,
      best: 0.5,
      name: 'lenet',
      done: false,
      nothing: null,
      large: 2 ** 40,
      negative: -70000,
      list: [1, [2.5, 'x']],
      pair: [1, 2],
      size: [2, 3],
      empty: [[], [], {}],
    });
    expect(Object.entries(checkpoint.ordered as Dict)).toEqual([
      ['z', 1],
      ['a', 2],
    ]);
    const file = 'checkpoint.pt';
    const check = (key: string, value: unknown) => {
      const { shape, values: numbers } = contents(value as Tensor);
      expect({ shape, values: numbers }).toEqual(values(file, key));
    };
    check('parameter', checkpoint.parameter);
    const model = torchStateDict(checkpoint, 'model');
    for (const [key, value] of Object.entries(model)) check(`model.${key}`, value);
    const byNumber = checkpoint['by-number'] as Map<number, TorchValue>;
    expect(byNumber.get(0)).toBe('a');
    check('parameter', byNumber.get(1));
    const state = (checkpoint.optimizer as Dict).state as Map<number, Dict>;
    check('optimizer.state.0.exp_avg', state.get(0)?.exp_avg);
  });

  it.each([
    ['module.pt', /asks for "torch\.nn\.modules\.linear\.Linear"/],
    ['numpy-inside.pt', /asks for "numpy\.core\.multiarray\._reconstruct"/],
    ['complex.pt', /asks for "torch\.ComplexFloatStorage"/],
    ['command.pt', /asks for "posix\.system"/],
  ])('refuses %s by name', (name, message) => {
    expect(failure(() => decodeTorch(fixture(name))).message).toMatch(message);
  });
});

describe('files from before PyTorch 1.6', () => {
  const bytes = fixture('legacy.pt');

  it('are read like the others', () => {
    const tensors = torchStateDict(decodeTorch(bytes));
    for (const name of Object.keys(expected['legacy.pt'])) {
      const { shape, values: numbers } = contents(tensors[name]);
      expect({ shape, values: numbers }, name).toEqual(values('legacy.pt', name));
    }
    expect(tensors.again).toBe(tensors.float32);
  });

  it('are refused where they end early, or say what does not fit', () => {
    for (const length of [20, 40, 300, bytes.length - 1]) {
      expect(failure(() => decodeTorch(bytes.subarray(0, length)))).toBeDefined();
    }
    const version = Uint8Array.from(bytes);
    // The second pickle is 80 02 4d e9 03 2e: the number 1001.
    version[version.indexOf(0xe9)] = 0xea;
    expect(failure(() => decodeTorch(version)).message).toMatch(/another version/);
    const count = Uint8Array.from(bytes);
    // The elements of the last storage, 6 bools, come after their number.
    count[count.length - 6 - 8] = 7;
    expect(failure(() => decodeTorch(count)).message).toMatch(/as many elements|ends before/);
  });
});

describe('storages', () => {
  it('reads big-endian files', () => {
    const pickle = tensorPickle({ length: 1, shape: [1], strides: [1] });
    const bytes = floats(1.5).reverse();
    expect(
      (decodeTorch(file([pickle], { 0: bytes }, { byteorder: 'big' })) as Tensor).toArray(),
    ).toEqual([1.5]);
    const error = failure(() => decodeTorch(file([pickle], { 0: bytes }, { byteorder: 'middle' })));
    expect(error.message).toMatch(/byte order "middle"/);
  });

  it('makes tied weights one tensor, and other views tensors of their own', () => {
    const whole = tensorPickle({ length: 4, shape: [4], strides: [1] });
    const half = tensorPickle({ length: 4, offset: 2, shape: [2], strides: [1] });
    const [a, b, c] = decodeTorch(
      file([tuple(whole, whole, half)], { 0: floats(1, 2, 3, 4) }),
    ) as Tensor[];
    expect(a).toBe(b);
    expect(c.toArray()).toEqual([3, 4]);
  });

  it('refuses int64 that does not fit, or gives float64', () => {
    const pickle = tensorPickle({ storage: 'Long', length: 1, shape: [1], strides: [1] });
    const bytes = file([pickle], { 0: littleEndian(2n ** 40n) });
    expect(failure(() => decodeTorch(bytes)).message).toMatch(/does not fit int32/);
    expect((decodeTorch(bytes, { wideIntegers: 'float64' }) as Tensor).item()).toBe(2 ** 40);
  });

  it.each([
    ['past the end', { length: 4, shape: [5], strides: [1] }, /past the end of its storage/],
    [
      'past the end by a stride',
      { length: 4, shape: [2, 2], strides: [3, 1] },
      /past the end of its storage/,
    ],
    [
      'past the end by an offset',
      { length: 4, offset: 4, shape: [1], strides: [1] },
      /past the end of its storage/,
    ],
    [
      'with an offset beyond an empty view',
      { length: 4, offset: 5, shape: [0], strides: [1] },
      /past the end of its storage/,
    ],
    [
      'with a negative stride',
      { length: 4, shape: [2], strides: [-1] },
      /impossible offset or strides/,
    ],
    [
      'with too few strides',
      { length: 4, shape: [2, 2], strides: [1] },
      /impossible offset or strides/,
    ],
    ['with a negative size', { length: 4, shape: [-2], strides: [1] }, /not a whole number/],
    [
      'in a storage longer than its bytes',
      { length: 8, shape: [8], strides: [1] },
      /does not have the length/,
    ],
    [
      'in a storage that is not there',
      { length: 4, key: '7', shape: [4], strides: [1] },
      /"7" is not in the archive/,
    ],
    [
      'in a storage of another folder',
      { length: 4, key: '../0', shape: [4], strides: [1] },
      /is not in the archive/,
    ],
    [
      'of an unknown storage',
      { storage: 'Odd', length: 4, shape: [4], strides: [1] },
      /torch\.OddStorage/,
    ],
  ])('refuses a tensor %s', (_, layout, message) => {
    const bytes = file([tensorPickle(layout)], { 0: floats(1, 2, 3, 4) });
    expect(failure(() => decodeTorch(bytes)).message).toMatch(message);
  });

  it('does not let a small file repeat one element without end', () => {
    const pickle = tensorPickle({ length: 1, shape: [2 ** 30], strides: [0] });
    const bytes = file([pickle], { 0: floats(1) });
    expect(failure(() => decodeTorch(bytes)).message).toMatch(
      /more elements than such a file should/,
    );
    const small = file([tensorPickle({ length: 1, shape: [100], strides: [0] })], { 0: floats(1) });
    expect((decodeTorch(small) as Tensor).size).toBe(100);
    expect(failure(() => decodeTorch(small, { maxElements: 99 })).message).toMatch(/at most 99/);
  });
});

describe('hostile pickles', () => {
  const nested = (depth: number) => [']'.repeat(depth), 'a'.repeat(depth - 1)];
  it.each<[string, (string | number[])[], RegExp]>([
    ['a call of the shell', ['cos\nsystem\n', '(X', [2, 0, 0, 0], 'lstR'], /asks for "os\.system"/],
    [
      'eval by its new name',
      [[0x8c, 8], 'builtins', [0x8c, 4], 'eval', [0x93]],
      /asks for "builtins\.eval"/,
    ],
    ['a name from the prototype', ['cObject\nconstructor\n'], /asks for "Object\.constructor"/],
    ['an empty module', ['c\n__proto__\n'], /asks for "\.__proto__"/],
    ['NEWOBJ', ['ccollections\nOrderedDict\n)', [0x81]], /instruction NEWOBJ,/],
    ['INST', ['(ios\nsystem\n'], /instruction INST,/],
    ['an unknown instruction', [[0xff]], /instruction 0xff,/],
    ['a call of text', ['X', [1, 0, 0, 0], 'f)R'], /cannot be called/],
    ['a call of a storage class', ['ctorch\nFloatStorage\n)R'], /cannot be called/],
    ['a class as the value', ['ctorch\nSize\n'], /a class or a storage/],
    ['state for a list', [']}b'], /an object with a state/],
    ['a list that holds itself', [']q', [0], 'h', [0], 'a'], /holds itself/],
    ['nesting of 100,000', nested(100_000), /nested deeper than 200/],
    ['a pop of an empty stack', ['a'], /without its operand/],
    ['a tuple without a mark', ['t'], /without its mark/],
    ['a value that was never stored', ['h', [9]], /never stored/],
    ['odd items', ['}(K', [1], 'u'], /not a dict/],
    ['a dict as a key', ['}}K', [1], 's'], /a key that is not text/],
    ['text of 4 GB', ['X', [255, 255, 255, 255]], /ends in the middle/],
    ['text that is not UTF-8', ['X', [1, 0, 0, 0, 255]], /not UTF-8/],
    ['an integer of 255 bytes', [[0x8a, 255], 'x'.repeat(255)], /more than 128 bits/],
    ['a storage of nothing', ['NQ'], /not a storage/],
    ['a Size that is no tuple', ['ctorch\nSize\nK', [1], [0x85], 'R'], /torch\.Size without sizes/],
    [
      'an OrderedDict with arguments',
      ['ccollections\nOrderedDict\n]', [0x85], 'R'],
      /OrderedDict with arguments/,
    ],
    ['protocol 1', [[0x80, 1]], /protocol 1/],
  ])('refuses %s', (_, pickle, message) => {
    const error = failure(() => decodeTorch(file(pickle)));
    expect(error.message).toMatch(message);
  });

  it('refuses more objects than a checkpoint has', () => {
    for (const [begin, again] of [
      ['', 0x7d],
      ['', 0x4e],
      ['N', 0x94],
    ] as const) {
      // MEMOIZE gives no new object; what is remembered is counted, too.
      const many = new Uint8Array(2_000_002).fill(again);
      expect(failure(() => decodeTorch(file([begin, many]))).message).toMatch(
        /more than 2000000 objects/,
      );
    }
  });

  it('takes lists that share lists in linear time', () => {
    const doubled = Array.from({ length: 150 }, (_, i) => concat('q', [i], 'h', [i], [0x86]));
    const value = decodeTorch(file([']', ...doubled])) as TorchValue[];
    expect(value).toHaveLength(2);
    expect(value[0]).toBe(value[1]);
  });

  it('keeps dict keys called __proto__ as keys', () => {
    const value = decodeTorch(file(['}X', [9, 0, 0, 0], '__proto__', '}s'])) as Dict;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it.each([
    ['no pickle', zipSync({ 'a/x': new Uint8Array(1) }), /0 members called data\.pkl/],
    [
      'two pickles',
      zipSync({ 'a/data.pkl': new Uint8Array(1), 'b/data.pkl': new Uint8Array(1) }),
      /2 members/,
    ],
    ['no archive', new Uint8Array(100), /no end record/],
    ['three bytes', new Uint8Array(3), /ends before the signature/],
    ['an empty pickle', zipSync({ 'a/data.pkl': new Uint8Array(0) }), /ends in the middle/],
  ])('refuses a file with %s', (_, bytes, message) => {
    expect(failure(() => decodeTorch(bytes)).message).toMatch(message);
  });
});

describe('mutated files', () => {
  it('survives thousands of them', () => {
    const names = ['views.pt', 'checkpoint.pt', 'state-dict-protocol4.pth', 'legacy.pt'];
    const counts = survivesDamage(names.map(fixture), readAll, 1500);
    expect(counts.read + counts.refused).toBe(6000);
    expect(counts.read).toBeGreaterThan(50);
    expect(counts.refused).toBeGreaterThan(2000);
  });

  it('survives mutated pickles behind a valid checksum', () => {
    const pickle = concat(
      '}(',
      text('a'),
      tensorPickle({ length: 6, shape: [2, 3], strides: [3, 1] }),
      text('b'),
      tensorPickle({ length: 6, offset: 1, shape: [2], strides: [2] }),
      text('n'),
      int(3),
      'u',
    );
    const read = (damaged: Uint8Array) => readAll(file([damaged], { 0: floats(1, 2, 3, 4, 5, 6) }));
    const counts = survivesDamage([pickle], read, 5000);
    expect(counts.read).toBeGreaterThan(100);
    expect(counts.refused).toBeGreaterThan(2000);
  });

  /** Reads everything and checks that little was made of little. */
  function readAll(bytes: Uint8Array): void {
    const tensors: Tensor[] = [];
    const collect = (value: TorchValue): void => {
      if (typeof value !== 'object' || value === null) return;
      if (isTensor(value)) tensors.push(value);
      else
        for (const item of value instanceof Map ? value.values() : Object.values(value))
          collect(item);
    };
    collect(decodeTorch(bytes));
    expect(tensorBytes(tensors)).toBeLessThanOrEqual(8 * (2 ** 24 + 4 * bytes.length));
    for (const tensor of tensors) tensor.dispose();
  }
});

describe('torchStateDict', () => {
  it('says where it looked', () => {
    const checkpoint = decodeTorch(fixture('checkpoint.pt'));
    expect(() => torchStateDict(checkpoint)).toThrow(/"epoch" is not a tensor/);
    expect(() => torchStateDict(checkpoint, 'weights')).toThrow(
      /no dict under "weights"[\s\S]*"epoch"/,
    );
    expect(() => torchStateDict([1])).toThrow(/does not hold a dict/);
  });
});

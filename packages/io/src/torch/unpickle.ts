/**
 * A restricted unpickler. Python's pickle is a program for a stack machine that can call any function; this machine knows only
 * the instructions that torch.save writes, and only the functions of `objects.ts`.
 */

import { FormatError } from '../errors';
import { viewOf } from '../reading';
import type { PickleValue, StorageRef } from './objects';
import { callGlobal, FORMAT, malformed, resolveGlobal, resolveStorage, Tuple } from './objects';

/** More containers, stacked or remembered values than any checkpoint has; one byte of a pickle can ask for a container. */
const MAX_OBJECTS = 2_000_000;

/** Instructions that are refused, by name. */
const REFUSED: Record<number, string> = {
  105: 'INST',
  111: 'OBJ',
  129: 'NEWOBJ',
  146: 'NEWOBJ_EX',
  130: 'EXT1',
  131: 'EXT2',
  132: 'EXT4',
  80: 'PERSID',
  73: 'INT',
  76: 'LONG',
  139: 'LONG4',
  70: 'FLOAT',
  83: 'STRING',
  86: 'UNICODE',
  66: 'BINBYTES',
  67: 'SHORT_BINBYTES',
  142: 'BINBYTES8',
  150: 'BYTEARRAY8',
  151: 'NEXT_BUFFER',
  152: 'READONLY_BUFFER',
  143: 'EMPTY_SET',
  144: 'ADDITEMS',
  145: 'FROZENSET',
};

/**
 * Runs a pickle.
 *
 * @param bytes - the pickle, of protocol 2 to 5.
 * @returns its value, with tensors and storages as references.
 * @throws FormatError for anything that is not allowed or not well-formed; nothing outside this file is ever called.
 */
export function unpickle(bytes: Uint8Array): PickleValue {
  return new Unpickler(bytes).run();
}

/** A pickle with more behind it. */
export interface Unpickled {
  readonly value: PickleValue;
  /** Where it ended. */
  readonly end: number;
  /** The storages that it names, by their keys. */
  readonly storages: Map<string, StorageRef>;
}

/** As `unpickle`, of a pickle that begins at `start` and ends where its last instruction does. */
export function unpickleAt(bytes: Uint8Array, start: number): Unpickled {
  const unpickler = new Unpickler(bytes, start);
  const value = unpickler.run();
  return { value, end: unpickler.position, storages: unpickler.storages };
}

class Unpickler {
  private readonly view: DataView;
  private readonly memo = new Map<number, PickleValue>();
  private readonly marked: PickleValue[][] = [];
  private stack: PickleValue[] = [];
  private at: number;
  readonly storages = new Map<string, StorageRef>();
  /** Where the current instruction began. */
  private begin = 0;
  private objects = 0;

  constructor(
    private readonly bytes: Uint8Array,
    start = 0,
  ) {
    this.view = viewOf(bytes);
    this.at = start;
  }

  /** Behind the last instruction that was run. */
  get position(): number {
    return this.at;
  }

  run(): PickleValue {
    for (;;) {
      this.begin = this.at;
      const code = this.byte();
      if (code === 0x2e) return this.pop(); // STOP
      this.step(code);
      if (this.stack.length > MAX_OBJECTS || this.memo.size > MAX_OBJECTS) throw this.tooMuch();
    }
  }

  private step(code: number): void {
    if (this.stepValue(code) || this.stepContainer(code) || this.stepObject(code)) return;
    const name = REFUSED[code] ?? `0x${code.toString(16).padStart(2, '0')}`;
    throw new FormatError(
      FORMAT,
      `the pickle uses the instruction ${name}, which torch.save does not write`,
      {
        offset: this.begin,
        hint: 'save plain values, containers and tensors with torch.save',
      },
    );
  }

  /** Framing, the memo, and values that stand for themselves. */
  private stepValue(code: number): boolean {
    switch (code) {
      case 0x80: // PROTO
        this.protocol(this.byte());
        return true;
      case 0x95: // FRAME: a hint about buffering
        this.skip(8);
        return true;
      case 0x4e: // NONE
        return this.push(null);
      case 0x88: // NEWTRUE
        return this.push(true);
      case 0x89: // NEWFALSE
        return this.push(false);
      case 0x4a: // BININT
        return this.push(this.view.getInt32(this.skip(4), true));
      case 0x4b: // BININT1
        return this.push(this.byte());
      case 0x4d: // BININT2
        return this.push(this.view.getUint16(this.skip(2), true));
      case 0x8a: // LONG1
        return this.push(this.long(this.byte()));
      case 0x47: // BINFLOAT
        return this.push(this.view.getFloat64(this.skip(8)));
      case 0x58: // BINUNICODE
        return this.push(this.text(this.view.getUint32(this.skip(4), true)));
      case 0x8c: // SHORT_BINUNICODE
        return this.push(this.text(this.byte()));
      case 0x54: // BINSTRING, of Python 2
        return this.push(this.text(this.view.getUint32(this.skip(4), true)));
      case 0x55: // SHORT_BINSTRING, of Python 2
        return this.push(this.text(this.byte()));
      case 0x71: // BINPUT
        this.memo.set(this.byte(), this.top());
        return true;
      case 0x72: // LONG_BINPUT
        this.memo.set(this.view.getUint32(this.skip(4), true), this.top());
        return true;
      case 0x94: // MEMOIZE
        this.memo.set(this.memo.size, this.top());
        return true;
      case 0x68: // BINGET
        return this.push(this.remembered(this.byte()));
      case 0x6a: // LONG_BINGET
        return this.push(this.remembered(this.view.getUint32(this.skip(4), true)));
      default:
        return false;
    }
  }

  /** Lists, tuples and dicts. */
  private stepContainer(code: number): boolean {
    switch (code) {
      case 0x28: // MARK
        this.marked.push(this.stack);
        this.stack = [];
        this.count();
        return true;
      case 0x5d: // EMPTY_LIST
        return this.pushNew([]);
      case 0x29: // EMPTY_TUPLE
        return this.pushNew(new Tuple([]));
      case 0x7d: // EMPTY_DICT
        return this.pushNew(new Map());
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        return this.pushNew(new Tuple(this.popMany(code - 0x84)));
      case 0x74: // TUPLE
        return this.pushNew(new Tuple(this.popMark()));
      case 0x6c: // LIST
        return this.pushNew(this.popMark());
      case 0x61: // APPEND
        this.append([this.pop()]);
        return true;
      case 0x65: // APPENDS
        this.append(this.popMark());
        return true;
      case 0x73: // SETITEM
        this.setItems(this.popMany(2));
        return true;
      case 0x75: // SETITEMS
        this.setItems(this.popMark());
        return true;
      default:
        return false;
    }
  }

  /** Names, calls and storages. */
  private stepObject(code: number): boolean {
    switch (code) {
      case 0x63: // GLOBAL
        return this.push(resolveGlobal(this.line(), this.line(), this.begin));
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.popMany(2);
        if (typeof module !== 'string' || typeof name !== 'string')
          throw malformed('a name that is not text', this.begin);
        return this.push(resolveGlobal(module, name, this.begin));
      }
      case 0x52: {
        // REDUCE
        const [callable, args] = this.popMany(2);
        return this.pushNew(callGlobal(callable, args, this.begin));
      }
      case 0x51: // BINPERSID
        return this.pushNew(this.storage());
      case 0x62: {
        // BUILD: state_dict() hangs version numbers on its OrderedDict; nothing else may have state.
        const state = this.pop();
        if (!(this.top() instanceof Map) || !(state instanceof Map))
          throw malformed('an object with a state', this.begin);
        return true;
      }
      default:
        return false;
    }
  }

  /** The storage of a persistent id; two of one key must be the same. */
  private storage(): StorageRef {
    const storage = resolveStorage(this.pop(), this.begin);
    const known = this.storages.get(storage.key);
    if (known && (known.type !== storage.type || known.length !== storage.length)) {
      throw malformed('two storages under one key', this.begin);
    }
    this.storages.set(storage.key, storage);
    return storage;
  }

  private protocol(version: number): void {
    if (version < 2 || version > 5) {
      throw new FormatError(FORMAT, `the pickle has protocol ${version}`, {
        offset: this.begin,
        expected: '2 to 5',
      });
    }
  }

  private append(items: readonly PickleValue[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw malformed('items for something that is not a list', this.begin);
    for (const item of items) list.push(item);
  }

  private setItems(items: readonly PickleValue[]): void {
    const dict = this.top();
    if (!(dict instanceof Map) || items.length % 2 !== 0)
      throw malformed('items for something that is not a dict', this.begin);
    for (let i = 0; i < items.length; i += 2) {
      if (typeof items[i] === 'object' && items[i] !== null) {
        throw new FormatError(FORMAT, 'a dict has a key that is not text, a number or None', {
          offset: this.begin,
        });
      }
      dict.set(items[i], items[i + 1]);
    }
  }

  private push(value: PickleValue): true {
    this.stack.push(value);
    return true;
  }

  private pushNew(value: PickleValue): true {
    this.count();
    return this.push(value);
  }

  private count(): void {
    if (++this.objects > MAX_OBJECTS) throw this.tooMuch();
  }

  private tooMuch(): FormatError {
    return new FormatError(FORMAT, `the pickle has more than ${MAX_OBJECTS} objects`, {
      offset: this.begin,
    });
  }

  private top(): PickleValue {
    if (this.stack.length === 0) throw malformed('an instruction without its operand', this.begin);
    return this.stack[this.stack.length - 1];
  }

  private pop(): PickleValue {
    const value = this.top();
    this.stack.pop();
    return value;
  }

  private popMany(count: number): PickleValue[] {
    if (this.stack.length < count)
      throw malformed('an instruction without its operands', this.begin);
    return this.stack.splice(this.stack.length - count);
  }

  private popMark(): PickleValue[] {
    const below = this.marked.pop();
    if (!below) throw malformed('an instruction without its mark', this.begin);
    const items = this.stack;
    this.stack = below;
    return items;
  }

  private remembered(index: number): PickleValue {
    const value = this.memo.get(index);
    if (value === undefined)
      throw malformed(`a reference to the value ${index}, which it never stored`, this.begin);
    return value;
  }

  private byte(): number {
    return this.bytes[this.skip(1)];
  }

  /** Moves past `length` bytes that must be there; returns where they begin. */
  private skip(length: number): number {
    const start = this.at;
    if (length > this.bytes.length - start) {
      throw new FormatError(FORMAT, 'the pickle ends in the middle of an instruction', {
        offset: this.begin,
      });
    }
    this.at += length;
    return start;
  }

  private text(length: number): string {
    const start = this.skip(length);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
        this.bytes.subarray(start, this.at),
      );
    } catch {
      throw malformed('text that is not UTF-8', this.begin);
    }
  }

  /** A line of a GLOBAL instruction. */
  private line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) throw malformed('a name without an end', this.begin);
    const line = this.text(end - this.at);
    this.skip(1);
    return line;
  }

  /** A little-endian two's-complement integer; a bigint only where a number cannot hold it. */
  private long(length: number): number | bigint {
    if (length > 16) throw malformed('an integer of more than 128 bits', this.begin);
    const start = this.skip(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[start + i]);
    value = BigInt.asIntN(8 * length, value);
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
      ? Number(value)
      : value;
  }
}

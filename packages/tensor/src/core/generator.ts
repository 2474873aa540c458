/** Random numbers by counting: Philox4x32-10. A number depends only on seed and position, never on threads or device. */

import type { RandomStream } from '../ops/table';
import { takes } from '../signatures';
import { ValueError } from './errors';

const ROUNDS = 10;
const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const TWO_32 = 2 ** 32;

/** The high 32 bits of the product of two 32-bit integers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle % 0x10000);
  return aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000);
}

/**
 * The block cipher behind every random number: Philox4x32 with 10 rounds.
 *
 * @param counter - four 32-bit words, the lowest first. @param key - two words.
 * @param out - takes the four words of the block.
 * @returns `out`.
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 */
export function philox4x32(
  counter: ArrayLike<number>,
  key: ArrayLike<number>,
  out: Uint32Array = new Uint32Array(4),
): Uint32Array {
  return encrypt(counter[0], counter[1], counter[2], counter[3], key[0], key[1], out);
}

function encrypt(
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
  out: Uint32Array,
): Uint32Array {
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
  return out;
}

/**
 * Block `counter` of the random stream of `seed`: the key is (seed mod 2³², ⌊seed / 2³²⌋), the counter's words are
 * (counter mod 2³², ⌊counter / 2³²⌋, 0, 0).
 *
 * @param out - takes the four words of the block.
 * @returns `out`.
 */
export function philox(
  seed: number,
  counter: number,
  out: Uint32Array = new Uint32Array(4),
): Uint32Array {
  takes('philox', arguments);
  const counterHigh = Math.floor(counter / TWO_32);
  return encrypt(counter | 0, counterHigh, 0, 0, seed | 0, Math.floor(seed / TWO_32), out);
}

/**
 * A source of random numbers. Each sampler reserves its stretch of the stream, so results do not depend on who draws
 * in parallel, and a stretch can be replayed.
 *
 * @example
 * const generator = new Generator(42);
 * randn([2, 3], { generator }); // the same numbers in every run
 */
export class Generator {
  /** Chooses the stream. */
  seed: number;
  /** The next block of four words that nobody has used. */
  offset = 0;

  /**
   * @param seed - a non-negative safe integer.
   * @throws ValueError for other seeds.
   */
  constructor(seed: number) {
    takes('Generator', arguments);
    this.seed = checkWhole('Generator', 'seed', seed);
  }

  /** Takes the blocks that hold `count` 32-bit words out of the stream and tells where they are. */
  reserve(count: number): RandomStream {
    takes('Generator.reserve', arguments);
    const stream = { seed: this.seed, offset: this.offset };
    this.offset += Math.ceil(count / 4);
    return stream;
  }

  /** A uniform number in [0, 1) with 53 random bits; takes one block. */
  random(): number {
    const { seed, offset } = this.reserve(4);
    return unitFromWords(philox(seed, offset, block), 0);
  }

  /** Seed and position, for saving. */
  getState(): RandomStream {
    return { seed: this.seed, offset: this.offset };
  }

  /**
   * Goes to a saved position.
   *
   * @throws ValueError where seed or offset is not a non-negative safe integer.
   */
  setState(options: RandomStream): void {
    takes('Generator.setState', arguments);
    const { seed, offset } = options;
    const checked = checkWhole('setState', 'seed', seed);
    this.offset = checkWhole('setState', 'offset', offset);
    this.seed = checked;
  }
}

const block = /* @__PURE__ */ new Uint32Array(4);

/** 53 bits of two words as a number in [0, 1): (⌊w₀ / 2⁵⌋ · 2²⁶ + ⌊w₁ / 2⁶⌋) / 2⁵³. */
export function unitFromWords(words: Uint32Array, at: number): number {
  return ((words[at] >>> 5) * 2 ** 26 + (words[at + 1] >>> 6)) * 2 ** -53;
}

function checkWhole(op: string, name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new ValueError(op, `${name} must be a non-negative safe integer`, {
    args: { [name]: value },
  });
}

/** The generator of every sampler that is not given one. It starts from a fixed seed, so that runs repeat. */
export const defaultGenerator: Generator = /* @__PURE__ */ new Generator(0);

/** Starts the default generator anew. @param seed - a non-negative safe integer. @throws ValueError for other seeds. */
export function manualSeed(seed: number): void {
  takes('manualSeed', arguments);
  defaultGenerator.setState({ seed, offset: 0 });
}

/** Philox4x32-10 (Salmon et al. 2011), as in core/generator.ts. */

import { spare } from './workspace';

let w0: u32, w1: u32, w2: u32, w3: u32;

/** Leaves block `block` of the stream of key (low, high) in w0 to w3. */
// @ts-ignore: decorator
@inline
function encrypt(low: u32, high: u32, block: u64): void {
  let c0 = <u32>block, c1 = <u32>(block >> 32), c2: u32 = 0, c3: u32 = 0;
  let k0 = low, k1 = high;
  for (let round: i32 = 0; round < 10; round++) {
    const p = <u64>c0 * 0xd2511f53;
    const q = <u64>c2 * 0xcd9e8d57;
    c0 = <u32>(q >> 32) ^ c1 ^ k0;
    c1 = <u32>q;
    c2 = <u32>(p >> 32) ^ c3 ^ k1;
    c3 = <u32>p;
    k0 += 0x9e3779b9;
    k1 += 0xbb67ae85;
  }
  w0 = c0;
  w1 = c1;
  w2 = c2;
  w3 = c3;
}

/** Stores what is wanted of the words w0 to w3: all four but at the end. */
// @ts-ignore: decorator
@inline
function place(y: usize, left: i32, unit: bool): void {
  const words = i32x4(w0, w1, w2, w3);
  const values = unit ? f32x4.mul(f32x4.convert_i32x4_u(i32x4.shr_u(words, 8)), f32x4.splat(5.9604644775390625e-8)) : words;
  if (left >= 4) {
    v128.store(y, values);
    return;
  }
  i32.store(y, i32x4.extract_lane(values, 0));
  if (left > 1) i32.store(y, i32x4.extract_lane(values, 1), 4);
  if (left > 2) i32.store(y, i32x4.extract_lane(values, 2), 8);
}

/** n numbers from 0 to below 1, multiples of 2⁻²⁴, from block `offset` of the stream; `offset` is a whole number below 2⁵³. */
export function uniform(low: i32, high: i32, offset: f64, y: usize, n: i32): void {
  let block = <u64>offset;
  for (let i: i32 = 0; i < n; i += 4) {
    encrypt(low, high, block++);
    place(y, n - i, true);
    y += 16;
  }
}

/** y = x · scale where the uniform number of an element is at least p, otherwise 0. */
export function dropout(low: i32, high: i32, offset: f64, x: usize, y: usize, n: i32, p: f32, scale: f32): void {
  let block = <u64>offset;
  const scratch = spare();
  for (let i: i32 = 0; i < n; i += 4) {
    encrypt(low, high, block++);
    const words = i32x4.shr_u(i32x4(w0, w1, w2, w3), 8);
    const unit = f32x4.mul(f32x4.convert_i32x4_u(words), f32x4.splat(5.9604644775390625e-8));
    const factor = v128.and(f32x4.ge(unit, f32x4.splat(p)), f32x4.splat(scale));
    if (n - i >= 4) v128.store(y, f32x4.mul(v128.load(x), factor));
    else {
      v128.store(scratch, factor);
      for (let k: usize = 0; k < (<usize>(n - i)) << 2; k += 4) f32.store(y + k, f32.load(x + k) * f32.load(scratch + k));
    }
    x += 16;
    y += 16;
  }
}

/** n words from block `offset` of the stream. */
export function randomWords(low: i32, high: i32, offset: f64, y: usize, n: i32): void {
  let block = <u64>offset;
  for (let i: i32 = 0; i < n; i += 4) {
    encrypt(low, high, block++);
    place(y, n - i, false);
    y += 16;
  }
}

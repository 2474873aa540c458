/** The recurrence of a GRU in float32, for rows of the batch as in recurrent.ts. */

import { multiplyPacked } from './gemm';
import { madd, sigmoid4, splat, tanh4 } from './math';
import { throughSigmoid } from './recurrent';

/**
 * From input gates [T, N, 3H]: hidden states [T, N, H], and r, z, n and the inner product of n [T, N, 4H]. `both` and `last` are the
 * transposes of the first 2H and the last H rows of the recurrent weight as `packAll` leaves them; `after`: r multiplies the
 * product, otherwise what goes into it.
 */
export function gruForward(
  projection: usize, h0: usize, both: usize, last: usize, bias: usize, h: usize, gates: usize,
  time: i32, batch: i32, hidden: i32, after: i32, first: i32, end: i32,
): void {
  const rows = end - first;
  const width = (<usize>hidden) << 2;
  const state = <usize>batch * width;
  const begin = <usize>first * width;
  for (let t: i32 = 0; t < time; t++) {
    const here = <usize>t * state + begin;
    const before = t == 0 ? h0 + begin : h + here - state;
    const sums = gates + 4 * here;
    const given = projection + 3 * here;
    for (let r: i32 = 0; r < rows; r++) {
      const to = sums + <usize>r * 4 * width;
      memory.copy(to, given + <usize>r * 3 * width, 2 * width);
      if (!bias) {
        memory.fill(to + 3 * width, 0, width);
        continue;
      }
      for (let k: usize = 0; k < 2 * width; k += 16) v128.store(to + k, f32x4.add(v128.load(to + k), v128.load(bias + k)));
      memory.copy(to + 3 * width, bias + 2 * width, width);
    }
    multiplyPacked(before, hidden, 1, both, sums, 4 * hidden, rows, 2 * hidden, hidden, true);
    for (let r: i32 = 0; r < rows; r++) {
      const gate = sums + <usize>r * 4 * width;
      const old = before + <usize>r * width;
      for (let k: usize = 0; k < width; k += 16) {
        const reset = sigmoid4(v128.load(gate + k));
        v128.store(gate + k, reset);
        v128.store(gate + width + k, sigmoid4(v128.load(gate + width + k)));
        // A place for what goes into the product; n itself comes later.
        if (!after) v128.store(gate + 2 * width + k, f32x4.mul(reset, v128.load(old + k)));
      }
    }
    if (after) multiplyPacked(before, hidden, 1, last, sums + 3 * width, 4 * hidden, rows, hidden, hidden, true);
    else multiplyPacked(sums + 2 * width, 4 * hidden, 1, last, sums + 3 * width, 4 * hidden, rows, hidden, hidden, true);
    for (let r: i32 = 0; r < rows; r++) {
      const gate = sums + <usize>r * 4 * width;
      const input = given + <usize>r * 3 * width + 2 * width;
      const at = <usize>r * width;
      for (let k: usize = 0; k < width; k += 16) {
        const inner = v128.load(gate + 3 * width + k);
        const from = after ? f32x4.mul(v128.load(gate + k), inner) : inner;
        const n = tanh4(f32x4.add(v128.load(input + k), from));
        v128.store(gate + 2 * width + k, n);
        v128.store(h + here + at + k, madd(v128.load(gate + width + k), f32x4.sub(v128.load(before + at + k), n), n));
      }
    }
  }
}

/**
 * The gradients of `gruForward` in the input gates and in h0, which holds that of the step at work meanwhile. `both` and `last` are
 * the rows of the recurrent weight themselves as `packAll` leaves them. `extra` [T, N, H] takes what the gradient of the last
 * rows wants: the gradient of the inner product (`after`), or what went into it.
 */
export function gruBackward(
  gH: usize, h0: usize, h: usize, gates: usize, both: usize, last: usize, gProjection: usize, gH0: usize, extra: usize,
  time: i32, batch: i32, hidden: i32, after: i32, first: i32, end: i32,
): void {
  const rows = end - first;
  const width = (<usize>hidden) << 2;
  const state = <usize>batch * width;
  const begin = <usize>first * width;
  const carry = gH0 + begin;
  memory.fill(carry, 0, <usize>rows * width);
  const one = splat(1);
  for (let t: i32 = time - 1; t >= 0; t--) {
    const here = <usize>t * state + begin;
    const before = t == 0 ? h0 + begin : h + here - state;
    const slopes = gProjection + 3 * here;
    for (let r: i32 = 0; r < rows; r++) {
      const gate = gates + 4 * here + <usize>r * 4 * width;
      const slope = slopes + <usize>r * 3 * width;
      const at = <usize>r * width;
      for (let k: usize = 0; k < width; k += 16) {
        const reset = v128.load(gate + k);
        const z = v128.load(gate + width + k);
        const n = v128.load(gate + 2 * width + k);
        const dh = f32x4.add(v128.load(gH + here + at + k), v128.load(carry + at + k));
        const dn = f32x4.mul(f32x4.mul(dh, f32x4.sub(one, z)), f32x4.sub(one, f32x4.mul(n, n)));
        v128.store(slope + width + k, throughSigmoid(f32x4.mul(dh, f32x4.sub(v128.load(before + at + k), n)), z));
        v128.store(slope + 2 * width + k, dn);
        v128.store(carry + at + k, f32x4.mul(dh, z));
        if (!after) continue;
        v128.store(slope + k, throughSigmoid(f32x4.mul(dn, v128.load(gate + 3 * width + k)), reset));
        v128.store(extra + here + at + k, f32x4.mul(dn, reset));
      }
    }
    if (after) {
      multiplyPacked(extra + here, hidden, 1, last, carry, hidden, rows, hidden, hidden, true);
    } else {
      multiplyPacked(slopes + 2 * width, 3 * hidden, 1, last, extra + here, hidden, rows, hidden, hidden, false);
      for (let r: i32 = 0; r < rows; r++) {
        const gate = gates + 4 * here + <usize>r * 4 * width;
        const slope = slopes + <usize>r * 3 * width;
        const at = <usize>r * width;
        for (let k: usize = 0; k < width; k += 16) {
          const reset = v128.load(gate + k);
          const old = v128.load(before + at + k);
          const d = v128.load(extra + here + at + k);
          v128.store(slope + k, throughSigmoid(f32x4.mul(d, old), reset));
          v128.store(carry + at + k, madd(d, reset, v128.load(carry + at + k)));
          v128.store(extra + here + at + k, f32x4.mul(reset, old));
        }
      }
    }
    multiplyPacked(slopes, 3 * hidden, 1, both, carry, hidden, rows, hidden, 2 * hidden, true);
  }
}

/**
 * The recurrences of an LSTM and a plain network in float32, for rows `first` to before `end` of the batch: those of other rows
 * do not matter to them, so threads share the batch and never wait for each other. The hidden size is a multiple of 4.
 */

import { multiplyPacked } from './gemm';
import { madd, sigmoid4, splat, tanh4 } from './math';

/** to = x + bias for rows of n numbers; bias may be 0: none. */
export function addBias(x: usize, bias: usize, to: usize, rows: i32, n: i32): void {
  const bytes = (<usize>n) << 2;
  if (!bias) {
    memory.copy(to, x, <usize>rows * bytes);
    return;
  }
  for (let r: i32 = 0; r < rows; r++) {
    for (let i: usize = 0; i < bytes; i += 16) {
      v128.store(to + i, f32x4.add(v128.load(x + i), v128.load(bias + i)));
    }
    x += bytes;
    to += bytes;
  }
}

/**
 * From input gates [T, N, 4H]: hidden states and cells [T, N, H], and the gates after their functions. `packed` is the
 * transpose of the recurrent weight as `packAll` leaves it.
 */
export function lstmForward(
  projection: usize, h0: usize, c0: usize, packed: usize, bias: usize, h: usize, c: usize, gates: usize,
  time: i32, batch: i32, hidden: i32, first: i32, end: i32,
): void {
  const rows = end - first;
  const width = (<usize>hidden) << 2;
  const state = <usize>batch * width;
  const begin = <usize>first * width;
  for (let t: i32 = 0; t < time; t++) {
    const here = <usize>t * state + begin;
    const before = t == 0 ? h0 + begin : h + here - state;
    const cellBefore = t == 0 ? c0 + begin : c + here - state;
    const sums = gates + 4 * here;
    addBias(projection + 4 * here, bias, sums, rows, 4 * hidden);
    multiplyPacked(before, hidden, 1, packed, sums, 4 * hidden, rows, 4 * hidden, hidden, true);
    for (let r: i32 = 0; r < rows; r++) {
      let gate = sums + <usize>r * 4 * width;
      let at = <usize>r * width;
      for (let k: usize = 0; k < width; k += 16) {
        const i = sigmoid4(v128.load(gate));
        const f = sigmoid4(v128.load(gate + width));
        const g = tanh4(v128.load(gate + 2 * width));
        const o = sigmoid4(v128.load(gate + 3 * width));
        v128.store(gate, i);
        v128.store(gate + width, f);
        v128.store(gate + 2 * width, g);
        v128.store(gate + 3 * width, o);
        const cell = madd(f, v128.load(cellBefore + at), f32x4.mul(i, g));
        v128.store(c + here + at, cell);
        v128.store(h + here + at, f32x4.mul(o, tanh4(cell)));
        gate += 16;
        at += 16;
      }
    }
  }
}

/** s·(1 − s)·d. */
// @ts-ignore: decorator
@inline
export function throughSigmoid(d: v128, s: v128): v128 {
  return f32x4.mul(f32x4.mul(d, s), f32x4.sub(splat(1), s));
}

/**
 * The gradients of `lstmForward` in the input gates, and in h0 and c0, which hold those of the step at work meanwhile.
 * `packed` is the recurrent weight itself as `packAll` leaves it.
 */
export function lstmBackward(
  gH: usize, gC: usize, c0: usize, c: usize, gates: usize, packed: usize, gProjection: usize, gH0: usize, gC0: usize,
  time: i32, batch: i32, hidden: i32, first: i32, end: i32,
): void {
  const rows = end - first;
  const width = (<usize>hidden) << 2;
  const state = <usize>batch * width;
  const begin = <usize>first * width;
  memory.fill(gH0 + begin, 0, <usize>rows * width);
  memory.fill(gC0 + begin, 0, <usize>rows * width);
  const one = splat(1);
  for (let t: i32 = time - 1; t >= 0; t--) {
    const here = <usize>t * state + begin;
    const cellBefore = t == 0 ? c0 + begin : c + here - state;
    for (let r: i32 = 0; r < rows; r++) {
      let gate = gates + 4 * here + <usize>r * 4 * width;
      let slope = gProjection + 4 * here + <usize>r * 4 * width;
      let at = <usize>r * width;
      for (let k: usize = 0; k < width; k += 16) {
        const i = v128.load(gate);
        const f = v128.load(gate + width);
        const g = v128.load(gate + 2 * width);
        const o = v128.load(gate + 3 * width);
        const bent = tanh4(v128.load(c + here + at));
        const dh = f32x4.add(v128.load(gH + here + at), v128.load(gH0 + begin + at));
        const through = f32x4.mul(f32x4.mul(dh, o), f32x4.sub(one, f32x4.mul(bent, bent)));
        const dc = f32x4.add(f32x4.add(v128.load(gC + here + at), v128.load(gC0 + begin + at)), through);
        v128.store(slope, throughSigmoid(f32x4.mul(dc, g), i));
        v128.store(slope + width, throughSigmoid(f32x4.mul(dc, v128.load(cellBefore + at)), f));
        v128.store(slope + 2 * width, f32x4.mul(f32x4.mul(dc, i), f32x4.sub(one, f32x4.mul(g, g))));
        v128.store(slope + 3 * width, throughSigmoid(f32x4.mul(dh, bent), o));
        v128.store(gC0 + begin + at, f32x4.mul(dc, f));
        gate += 16;
        slope += 16;
        at += 16;
      }
    }
    multiplyPacked(gProjection + 4 * here, 4 * hidden, 1, packed, gH0 + begin, hidden, rows, hidden, 4 * hidden, false);
  }
}

/**
 * From inputs [T, N, H]: hidden states [T, N, H] of a plain recurrent network, with tanh or (`rectified`) max(0, ·). `packed` is the
 * transpose of the recurrent weight as `packAll` leaves it.
 */
export function rnnForward(
  projection: usize, h0: usize, packed: usize, bias: usize, h: usize,
  time: i32, batch: i32, hidden: i32, rectified: i32, first: i32, end: i32,
): void {
  const rows = end - first;
  const width = (<usize>hidden) << 2;
  const state = <usize>batch * width;
  const begin = <usize>first * width;
  const bytes = <usize>rows * width;
  for (let t: i32 = 0; t < time; t++) {
    const here = <usize>t * state + begin;
    const before = t == 0 ? h0 + begin : h + here - state;
    addBias(projection + here, bias, h + here, rows, hidden);
    multiplyPacked(before, hidden, 1, packed, h + here, hidden, rows, hidden, hidden, true);
    for (let at: usize = 0; at < bytes; at += 16) {
      const sum = v128.load(h + here + at);
      v128.store(h + here + at, rectified ? f32x4.pmax(sum, splat(0)) : tanh4(sum));
    }
  }
}

/** The gradients of `rnnForward` in the inputs and in h0; `packed` is the recurrent weight itself as `packAll` leaves it. */
export function rnnBackward(
  gH: usize, h: usize, packed: usize, gProjection: usize, gH0: usize,
  time: i32, batch: i32, hidden: i32, rectified: i32, first: i32, end: i32,
): void {
  const rows = end - first;
  const width = (<usize>hidden) << 2;
  const state = <usize>batch * width;
  const begin = <usize>first * width;
  const bytes = <usize>rows * width;
  memory.fill(gH0 + begin, 0, bytes);
  for (let t: i32 = time - 1; t >= 0; t--) {
    const here = <usize>t * state + begin;
    for (let at: usize = 0; at < bytes; at += 16) {
      const y = v128.load(h + here + at);
      const d = f32x4.add(v128.load(gH + here + at), v128.load(gH0 + begin + at));
      const slope = rectified
        ? v128.and(d, f32x4.gt(y, splat(0)))
        : f32x4.mul(d, f32x4.sub(splat(1), f32x4.mul(y, y)));
      v128.store(gProjection + here + at, slope);
    }
    multiplyPacked(gProjection + here, hidden, 1, packed, gH0 + begin, hidden, rows, hidden, hidden, false);
  }
}

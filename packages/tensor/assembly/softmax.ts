/** Softmax of rows, its logarithm, cross-entropy of logits, and their gradients. */

import { areNear, exp4, expNear, log4, madd, splat } from './math';
import { largest4, sumRow, total4 } from './reduce';
import { spare } from './workspace';

/** y = exp(x − shift); returns Σ y. */
function expRow(x: usize, y: usize, n: i32, shift: f32): f32 {
  const s = splat(shift);
  let sum = splat(0), other = sum;
  let i: i32 = 0;
  for (; i + 8 <= n; i += 8) {
    const a = f32x4.sub(v128.load(x), s), b = f32x4.sub(v128.load(x, 16), s);
    const near = areNear(a, b);
    const e = near ? expNear(a) : exp4(a);
    const f = near ? expNear(b) : exp4(b);
    v128.store(y, e);
    v128.store(y, f, 16);
    sum = f32x4.add(sum, e);
    other = f32x4.add(other, f);
    x += 32;
    y += 32;
  }
  sum = f32x4.add(sum, other);
  for (; i + 4 <= n; i += 4) {
    const e = exp4(f32x4.sub(v128.load(x), s));
    v128.store(y, e);
    sum = f32x4.add(sum, e);
    x += 16;
    y += 16;
  }
  const rest = (<usize>(n - i)) << 2;
  if (rest) {
    const scratch = spare();
    v128.store(scratch, splat(-Infinity));
    memory.copy(scratch, x, rest);
    const e = exp4(f32x4.sub(v128.load(scratch), s));
    v128.store(scratch, e);
    memory.copy(y, scratch, rest);
    for (let k: i32 = 0; k < n - i; k++) sum = f32x4.replace_lane(sum, 0, f32x4.extract_lane(sum, 0) + f32.load(y + ((<usize>k) << 2)));
  }
  return total4(sum);
}

// @ts-ignore: decorator
@inline
function scaleRow(y: usize, n: i32, factor: f32): void {
  const f = splat(factor);
  let i: i32 = 0;
  for (; i + 8 <= n; i += 8) {
    v128.store(y, f32x4.mul(v128.load(y), f));
    v128.store(y, f32x4.mul(v128.load(y, 16), f), 16);
    y += 32;
  }
  for (; i < n; i++) {
    f32.store(y, f32.load(y) * factor);
    y += 4;
  }
}

/** The largest of n numbers but NaN: what exponents are shifted by. NaN passes through them, and ∞ − ∞ makes one, as in PyTorch. */
function shiftOf(x: usize, n: i32): f32 {
  let a = splat(-Infinity), b = a, c = a, d = a;
  let i: i32 = 0;
  for (; i + 16 <= n; i += 16) {
    a = f32x4.pmax(a, v128.load(x));
    b = f32x4.pmax(b, v128.load(x, 16));
    c = f32x4.pmax(c, v128.load(x, 32));
    d = f32x4.pmax(d, v128.load(x, 48));
    x += 64;
  }
  let best = largest4(f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d)));
  for (; i < n; i++) {
    const value = f32.load(x);
    if (value > best) best = value;
    x += 4;
  }
  return best;
}

export function softmaxRows(x: usize, y: usize, rows: i32, columns: i32): void {
  for (let r: i32 = 0; r < rows; r++) {
    const sum = expRow(x, y, columns, shiftOf(x, columns));
    scaleRow(y, columns, 1 / sum);
    x += (<usize>columns) << 2;
    y += (<usize>columns) << 2;
  }
}

/** Σ g·y of n numbers. */
// @ts-ignore: decorator
@inline
function dotRow(g: usize, y: usize, n: i32): f32 {
  let sum = splat(0);
  let i: i32 = 0;
  for (; i + 4 <= n; i += 4) {
    sum = madd(v128.load(g), v128.load(y), sum);
    g += 16;
    y += 16;
  }
  let total = total4(sum);
  for (; i < n; i++) {
    total += f32.load(g) * f32.load(y);
    g += 4;
    y += 4;
  }
  return total;
}

/** x' = y ∘ (g − Σ g·y) for each row. */
export function softmaxRowsBackward(y: usize, g: usize, out: usize, rows: i32, columns: i32): void {
  for (let r: i32 = 0; r < rows; r++) {
    const dot = dotRow(g, y, columns);
    const d = splat(dot);
    let i: i32 = 0;
    for (; i + 4 <= columns; i += 4) {
      v128.store(out, f32x4.mul(v128.load(y), f32x4.sub(v128.load(g), d)));
      y += 16;
      g += 16;
      out += 16;
    }
    for (; i < columns; i++) {
      f32.store(out, f32.load(y) * (f32.load(g) - dot));
      y += 4;
      g += 4;
      out += 4;
    }
  }
}

/** y = x − ln Σ eˣ for each row. */
export function logSoftmaxRows(x: usize, y: usize, rows: i32, columns: i32): void {
  for (let r: i32 = 0; r < rows; r++) {
    const shift = shiftOf(x, columns);
    const normalizer = f32x4.extract_lane(log4(splat(expRow(x, y, columns, shift))), 0);
    let i: i32 = 0;
    const m = splat(shift), l = splat(normalizer);
    for (; i + 4 <= columns; i += 4) {
      v128.store(y, f32x4.sub(f32x4.sub(v128.load(x), m), l));
      x += 16;
      y += 16;
    }
    for (; i < columns; i++) {
      f32.store(y, f32.load(x) - shift - normalizer);
      x += 4;
      y += 4;
    }
  }
}

/** x' = g − eʸ·Σ g for each row. */
export function logSoftmaxRowsBackward(y: usize, g: usize, out: usize, rows: i32, columns: i32): void {
  const bytes = (<usize>columns) << 2;
  for (let r: i32 = 0; r < rows; r++) {
    const sum = <f32>sumRow(g, columns);
    expRow(y, out, columns, 0);
    const s = splat(sum);
    let at: usize = 0;
    for (; at + 16 <= bytes; at += 16) {
      v128.store(out + at, f32x4.sub(v128.load(g + at), f32x4.mul(v128.load(out + at), s)));
    }
    for (; at < bytes; at += 4) f32.store(out + at, f32.load(g + at) - f32.load(out + at) * sum);
    y += bytes;
    g += bytes;
    out += bytes;
  }
}

/**
 * Σ over the rows that count of ln Σ eˣ − Σ t·x, with targets t = (1 − smoothing) for the row's class plus smoothing / columns for all; rows
 * whose id is `ignored` do not count. `scratch` holds a row.
 */
export function crossEntropyRows(
  x: usize, ids: usize, rows: i32, columns: i32, ignored: i32, smoothing: f64, scratch: usize,
): f64 {
  let total: f64 = 0;
  for (let r: i32 = 0; r < rows; r++) {
    const id = i32.load(ids);
    if (id != ignored) {
      const shift = shiftOf(x, columns);
      const sum = expRow(x, scratch, columns, shift);
      const normalizer = <f64>shift + <f64>f32x4.extract_lane(log4(splat(sum)), 0);
      const loss = normalizer - <f64>f32.load(x + ((<usize>id) << 2));
      if (smoothing == 0) total += loss;
      else total += (1 - smoothing) * loss + smoothing * (normalizer - sumRow(x, columns) / columns);
    }
    x += (<usize>columns) << 2;
    ids += 4;
  }
  return total;
}

/** Its gradient times `scale`: scale·(softmax(x) − t), and 0 for rows that do not count. */
export function crossEntropyRowsBackward(
  x: usize, ids: usize, y: usize, rows: i32, columns: i32, ignored: i32, smoothing: f32, scale: f32,
): void {
  const bytes = (<usize>columns) << 2;
  for (let r: i32 = 0; r < rows; r++) {
    const id = i32.load(ids);
    if (id == ignored) memory.fill(y, 0, bytes);
    else {
      const sum = expRow(x, y, columns, shiftOf(x, columns));
      scaleRow(y, columns, scale / sum);
      const at = y + ((<usize>id) << 2);
      f32.store(at, f32.load(at) - scale * (1 - smoothing));
      if (smoothing != 0) {
        const share = scale * smoothing / <f32>columns;
        for (let k: usize = 0; k < bytes; k += 4) f32.store(y + k, f32.load(y + k) - share);
      }
    }
    x += bytes;
    y += bytes;
    ids += 4;
  }
}

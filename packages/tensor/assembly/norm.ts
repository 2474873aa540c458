/**
 * Normalisation of float32: batches [N, C, S], each channel on its own, so that it stays in the second-level cache; and rows.
 */

import { madd, splat } from './math';
import { sumRow, total4 } from './reduce';

/** Σ (x − mean)² of n numbers. */
function squares(x: usize, n: i32, mean: f32): f64 {
  const m = splat(mean);
  let sum: f64 = 0;
  let i: i32 = 0;
  while (i + 8 <= n) {
    const end = min(n - 7, i + 4096);
    let a = splat(0), b = splat(0);
    for (; i < end; i += 8) {
      const p = f32x4.sub(v128.load(x), m);
      const q = f32x4.sub(v128.load(x, 16), m);
      a = madd(p, p, a);
      b = madd(q, q, b);
      x += 32;
    }
    sum += <f64>total4(f32x4.add(a, b));
  }
  for (; i < n; i++) {
    const d = f32.load(x) - mean;
    sum += <f64>(d * d);
    x += 4;
  }
  return sum;
}

/** Σ g·(x − mean) of n numbers. */
function covariance(g: usize, x: usize, n: i32, mean: f32): f64 {
  const m = splat(mean);
  let sum: f64 = 0;
  let i: i32 = 0;
  while (i + 8 <= n) {
    const end = min(n - 7, i + 4096);
    let a = splat(0), b = splat(0);
    for (; i < end; i += 8) {
      a = madd(v128.load(g), f32x4.sub(v128.load(x), m), a);
      b = madd(v128.load(g, 16), f32x4.sub(v128.load(x, 16), m), b);
      x += 32;
      g += 32;
    }
    sum += <f64>total4(f32x4.add(a, b));
  }
  for (; i < n; i++) {
    sum += <f64>(f32.load(g) * (f32.load(x) - mean));
    x += 4;
    g += 4;
  }
  return sum;
}

/** y = (x − mean)·scale + shift. */
function affine(x: usize, y: usize, n: i32, mean: f32, scale: f32, shift: f32): void {
  const m = splat(mean), s = splat(scale), t = splat(shift);
  let i: i32 = 0;
  for (; i + 4 <= n; i += 4) {
    v128.store(y, madd(f32x4.sub(v128.load(x), m), s, t));
    x += 16;
    y += 16;
  }
  for (; i < n; i++) {
    f32.store(y, (f32.load(x) - mean) * scale + shift);
    x += 4;
    y += 4;
  }
}

/** y = a·g + b·(x − mean) + c. */
function combine(g: usize, x: usize, y: usize, n: i32, mean: f32, a: f32, b: f32, c: f32): void {
  const m = splat(mean), p = splat(a), q = splat(b), r = splat(c);
  let i: i32 = 0;
  for (; i + 4 <= n; i += 4) {
    v128.store(y, madd(v128.load(g), p, madd(f32x4.sub(v128.load(x), m), q, r)));
    g += 16;
    x += 16;
    y += 16;
  }
  for (; i < n; i++) {
    f32.store(y, f32.load(g) * a + (f32.load(x) - mean) * b + c);
    g += 4;
    x += 4;
    y += 4;
  }
}

/** (x − mean) / √(variance + eps) · weight + bias of channels `first` to before `end`; weight and bias may be 0: none. */
export function channelNorm(
  x: usize, weight: usize, bias: usize, y: usize, means: usize, variances: usize,
  batch: i32, channels: i32, size: i32, eps: f64, first: i32, end: i32,
): void {
  for (let n: i32 = 0; n < batch; n++) {
    for (let c: i32 = first; c < end; c++) {
      const at = (<usize>c) << 2;
      const root = 1 / sqrt(<f64>f32.load(variances + at) + eps);
      const scale = <f32>(weight ? root * <f64>f32.load(weight + at) : root);
      const offset = (<usize>((n * channels + c) * size)) << 2;
      affine(x + offset, y + offset, size, f32.load(means + at), scale, bias ? f32.load(bias + at) : 0);
    }
  }
}

/** y, and mean and biased variance of channels `first` to before `end`; weight and bias may be 0: none. */
export function batchNorm(
  x: usize, weight: usize, bias: usize, y: usize, means: usize, variances: usize,
  batch: i32, channels: i32, size: i32, eps: f64, first: i32, end: i32,
): void {
  const count = <f64>batch * size;
  const step = (<usize>(channels * size)) << 2;
  for (let c: i32 = first; c < end; c++) {
    const at = (<usize>c) << 2;
    const offset = (<usize>(c * size)) << 2;
    let sum: f64 = 0;
    for (let n: i32 = 0; n < batch; n++) sum += sumRow(x + offset + n * step, size);
    const mean = <f32>(sum / count);
    let square: f64 = 0;
    for (let n: i32 = 0; n < batch; n++) square += squares(x + offset + n * step, size, mean);
    const variance = square / count;
    f32.store(means + at, mean);
    f32.store(variances + at, <f32>variance);
    const root = 1 / sqrt(variance + eps);
    const scale = <f32>(weight ? root * <f64>f32.load(weight + at) : root);
    const shift: f32 = bias ? f32.load(bias + at) : 0;
    for (let n: i32 = 0; n < batch; n++) affine(x + offset + n * step, y + offset + n * step, size, mean, scale, shift);
  }
}

/** The gradients of `batchNorm`; gX, gW and gB may be 0: not wanted. The statistics have gradients, too. */
export function batchNormBackward(
  x: usize, weight: usize, g: usize, gMean: usize, gVariance: usize, means: usize, variances: usize,
  gX: usize, gW: usize, gB: usize, batch: i32, channels: i32, size: i32, eps: f64, first: i32, end: i32,
): void {
  const count = <f64>batch * size;
  const step = (<usize>(channels * size)) << 2;
  for (let c: i32 = first; c < end; c++) {
    const at = (<usize>c) << 2;
    const offset = (<usize>(c * size)) << 2;
    const mean = f32.load(means + at);
    const root = 1 / sqrt(<f64>f32.load(variances + at) + eps);
    let sum: f64 = 0;
    let product: f64 = 0;
    for (let n: i32 = 0; n < batch; n++) {
      sum += sumRow(g + offset + n * step, size);
      product += covariance(g + offset + n * step, x + offset + n * step, size, mean);
    }
    if (gW) f32.store(gW + at, <f32>(product * root));
    if (gB) f32.store(gB + at, <f32>sum);
    if (!gX) continue;
    const w: f64 = weight ? <f64>f32.load(weight + at) : 1;
    const a = w * root;
    const b = (-a * root * root * product + 2 * <f64>f32.load(gVariance + at)) / count;
    const r = (-a * sum + <f64>f32.load(gMean + at)) / count;
    for (let n: i32 = 0; n < batch; n++) {
      const here = offset + n * step;
      combine(g + here, x + here, gX + here, size, mean, <f32>a, <f32>b, <f32>r);
    }
  }
}

/** Σ g·w·(x − mean) of n numbers; w may be 0: ones. */
function weightedCovariance(g: usize, w: usize, x: usize, n: i32, mean: f32): f64 {
  if (!w) return covariance(g, x, n, mean);
  const m = splat(mean);
  let sum = splat(0);
  let i: i32 = 0;
  for (; i + 4 <= n; i += 4) {
    sum = madd(f32x4.mul(v128.load(g), v128.load(w)), f32x4.sub(v128.load(x), m), sum);
    x += 16;
    g += 16;
    w += 16;
  }
  let total = <f64>total4(sum);
  for (; i < n; i++) {
    total += <f64>(f32.load(g) * f32.load(w) * (f32.load(x) - mean));
    x += 4;
    g += 4;
    w += 4;
  }
  return total;
}

/** Σ g·w of n numbers; w may be 0: ones. */
function weightedSum(g: usize, w: usize, n: i32): f64 {
  if (!w) return sumRow(g, n);
  let sum = splat(0);
  let i: i32 = 0;
  for (; i + 4 <= n; i += 4) {
    sum = madd(v128.load(g), v128.load(w), sum);
    g += 16;
    w += 16;
  }
  let total = <f64>total4(sum);
  for (; i < n; i++) {
    total += <f64>(f32.load(g) * f32.load(w));
    g += 4;
    w += 4;
  }
  return total;
}

/** y = (x − mean) / √(variance + eps) · weight + bias for rows of n numbers; weight and bias may be 0: none. */
export function layerNorm(x: usize, weight: usize, bias: usize, y: usize, rows: i32, n: i32, eps: f64): void {
  const bytes = (<usize>n) << 2;
  for (let r: i32 = 0; r < rows; r++) {
    const mean = <f32>(sumRow(x, n) / n);
    const scale = <f32>(1 / sqrt(squares(x, n, mean) / n + eps));
    affine(x, y, n, mean, scale, 0);
    if (weight) timesRow(y, weight, n);
    if (bias) plusRow(y, bias, n);
    x += bytes;
    y += bytes;
  }
}

// @ts-ignore: decorator
@inline
function timesRow(y: usize, w: usize, n: i32): void {
  const bytes = (<usize>n) << 2;
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(y + i, f32x4.mul(v128.load(y + i), v128.load(w + i)));
  for (; i < bytes; i += 4) f32.store(y + i, f32.load(y + i) * f32.load(w + i));
}

// @ts-ignore: decorator
@inline
function plusRow(y: usize, b: usize, n: i32): void {
  const bytes = (<usize>n) << 2;
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(y + i, f32x4.add(v128.load(y + i), v128.load(b + i)));
  for (; i < bytes; i += 4) f32.store(y + i, f32.load(y + i) + f32.load(b + i));
}

/** The gradient of `layerNorm` in x; `statistics` takes mean and 1/√(variance + eps) of every row. */
export function layerNormBackward(
  x: usize, weight: usize, g: usize, gX: usize, statistics: usize, rows: i32, n: i32, eps: f64,
): void {
  const bytes = (<usize>n) << 2;
  for (let r: i32 = 0; r < rows; r++) {
    const mean = <f32>(sumRow(x, n) / n);
    const root = 1 / sqrt(squares(x, n, mean) / n + eps);
    f32.store(statistics, mean);
    f32.store(statistics, <f32>root, 4);
    const b = -root * root * root * weightedCovariance(g, weight, x, n, mean) / n;
    const c = -root * weightedSum(g, weight, n) / n;
    if (weight) {
      memory.copy(gX, g, bytes);
      timesRow(gX, weight, n);
      combine(gX, x, gX, n, mean, <f32>root, <f32>b, <f32>c);
    } else combine(g, x, gX, n, mean, <f32>root, <f32>b, <f32>c);
    statistics += 8;
    x += bytes;
    g += bytes;
    gX += bytes;
  }
}

/** The gradient of `layerNorm` in the weight, for columns `first` to before `end` of rows of n numbers. */
export function layerNormWeight(
  x: usize, g: usize, statistics: usize, gW: usize, rows: i32, n: i32, first: i32, end: i32,
): void {
  const bytes = (<usize>n) << 2;
  const from = (<usize>first) << 2, to = (<usize>end) << 2;
  memory.fill(gW + from, 0, to - from);
  for (let r: i32 = 0; r < rows; r++) {
    const mean = f32.load(statistics), root = f32.load(statistics, 4);
    const m = splat(mean), s = splat(root);
    let i = from;
    for (; i + 16 <= to; i += 16) {
      const standard = f32x4.mul(f32x4.sub(v128.load(x + i), m), s);
      v128.store(gW + i, madd(v128.load(g + i), standard, v128.load(gW + i)));
    }
    for (; i < to; i += 4) f32.store(gW + i, f32.load(gW + i) + f32.load(g + i) * ((f32.load(x + i) - mean) * root));
    statistics += 8;
    x += bytes;
    g += bytes;
  }
}

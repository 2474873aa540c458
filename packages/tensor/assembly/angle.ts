/** Tangent and the inverses of sine, cosine and tangent, of float32 in one piece. */

import { cos4, madd, sin4, splat } from './math';
import { spare } from './workspace';

/** Angles of slopes: those above tan 3π/8 by −1/x, those above tan π/8 by (x − 1)/(x + 1), a polynomial for the rest (Moshier, Cephes). */
// @ts-ignore: decorator
@inline
function atan4(x: v128): v128 {
  const one = splat(1);
  const size = f32x4.abs(x);
  const steep = f32x4.gt(size, splat(2.414213562373095));
  const middle = v128.andnot(f32x4.gt(size, splat(0.414213562373095)), steep);
  const turned = v128.bitselect(f32x4.div(splat(-1), size), size, steep);
  const s = v128.bitselect(f32x4.div(f32x4.sub(size, one), f32x4.add(size, one)), turned, middle);
  const start = v128.or(v128.and(steep, splat(1.5707963267948966)), v128.and(middle, splat(0.7853981633974483)));
  const z = f32x4.mul(s, s);
  let p = madd(splat(8.05374449538e-2), z, splat(-1.38776856032e-1));
  p = madd(p, z, splat(1.99777106478e-1));
  p = madd(p, z, splat(-3.33329491539e-1));
  const y = f32x4.add(start, madd(f32x4.mul(p, z), s, s));
  return v128.bitselect(x, y, i32x4.splat(0x80000000));
}

type Angle = i32;
const TAN: Angle = 0;
const ATAN: Angle = 1;
const ASIN: Angle = 2;
const ACOS: Angle = 3;

/** Angles of sines and cosines come from their tangents: x / √(1 − x²), and of half the angle √((1 − x) / (1 + x)). */
// @ts-ignore: decorator
@inline
function apply(f: Angle, x: v128): v128 {
  if (f == TAN) return f32x4.div(sin4(x), cos4(x));
  if (f == ATAN) return atan4(x);
  const less = f32x4.sub(splat(1), x), more = f32x4.add(splat(1), x);
  if (f == ASIN) return atan4(f32x4.div(x, f32x4.sqrt(f32x4.mul(less, more))));
  return f32x4.mul(splat(2), atan4(f32x4.sqrt(f32x4.div(less, more))));
}

// @ts-ignore: decorator
@inline
function loop(f: Angle, x: usize, y: usize, n: i32): void {
  const scratch = spare();
  for (let i: i32 = 0; i < n; i += 4) {
    const rest = n - i < 4;
    const bytes = (<usize>(n - i)) << 2;
    if (rest) {
      v128.store(scratch, splat(1));
      memory.copy(scratch, x, bytes);
    }
    const v = v128.load(rest ? scratch : x);
    const value = apply(f, v);
    v128.store(rest ? scratch : y, value);
    if (rest) memory.copy(y, scratch, bytes);
    x += 16;
    y += 16;
  }
}

/** y = tan x for |x| up to 8192. */
export function tan(x: usize, y: usize, n: i32): void { loop(TAN, x, y, n); }
export function atan(x: usize, y: usize, n: i32): void { loop(ATAN, x, y, n); }
export function asin(x: usize, y: usize, n: i32): void { loop(ASIN, x, y, n); }
export function acos(x: usize, y: usize, n: i32): void { loop(ACOS, x, y, n); }

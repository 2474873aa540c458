/** Optimiser steps of float32 parameters in one pass. */

import { splat } from './math';
import { spare } from './workspace';

/** p ← p − lr·d with d = g + decay·p, through a velocity v where there is one (v = 0: none). */
export function sgdStep(
  p: usize, g: usize, v: usize, n: i32,
  lr: f32, momentum: f32, dampening: f32, decay: f32, nesterov: bool, first: bool,
): void {
  const keep: f32 = first ? 0 : momentum;
  const take: f32 = first ? 1 : 1 - dampening;
  let i: i32 = 0;
  for (; i + 4 <= n; i += 4) {
    let d = v128.load(g);
    const x = v128.load(p);
    if (decay != 0) d = f32x4.add(d, f32x4.mul(x, splat(decay)));
    if (v) {
      const velocity = first ? d : f32x4.add(f32x4.mul(v128.load(v), splat(keep)), f32x4.mul(d, splat(take)));
      v128.store(v, velocity);
      d = nesterov ? f32x4.add(d, f32x4.mul(velocity, splat(momentum))) : velocity;
      v += 16;
    }
    v128.store(p, f32x4.sub(x, f32x4.mul(d, splat(lr))));
    p += 16;
    g += 16;
  }
  for (; i < n; i++) {
    let d = f32.load(g);
    const x = f32.load(p);
    if (decay != 0) d += x * decay;
    if (v) {
      const velocity = first ? d : f32.load(v) * keep + d * take;
      f32.store(v, velocity);
      d = nesterov ? d + velocity * momentum : velocity;
      v += 4;
    }
    f32.store(p, x - d * lr);
    p += 4;
    g += 4;
  }
}

/** One step of Adam; `size` = lr / (1 − β₁ᵗ), `root` = √(1 − β₂ᵗ), `shrink` = 1 − lr·λ for AdamW, `decay` = λ for Adam; `top` = 0 without AMSGrad. */
export function adamStep(
  p: usize, g: usize, m: usize, v: usize, top: usize, n: i32,
  size: f32, root: f32, beta1: f32, beta2: f32, eps: f32, decay: f32, shrink: f32,
): void {
  let i: i32 = 0;
  for (; i + 4 <= n; i += 4) {
    let x = v128.load(p);
    let d = v128.load(g);
    if (decay != 0) d = f32x4.add(d, f32x4.mul(x, splat(decay)));
    x = f32x4.mul(x, splat(shrink));
    const first = f32x4.add(f32x4.mul(v128.load(m), splat(beta1)), f32x4.mul(d, splat(1 - beta1)));
    const second = f32x4.add(f32x4.mul(v128.load(v), splat(beta2)), f32x4.mul(f32x4.mul(d, d), splat(1 - beta2)));
    v128.store(m, first);
    v128.store(v, second);
    let peak = second;
    if (top) {
      peak = f32x4.max(v128.load(top), second);
      v128.store(top, peak);
      top += 16;
    }
    const below = f32x4.add(f32x4.div(f32x4.sqrt(peak), splat(root)), splat(eps));
    v128.store(p, f32x4.sub(x, f32x4.mul(f32x4.div(first, below), splat(size))));
    p += 16;
    g += 16;
    m += 16;
    v += 16;
  }
  for (; i < n; i++) {
    let x = f32.load(p);
    let d = f32.load(g);
    if (decay != 0) d += x * decay;
    x *= shrink;
    const first = f32.load(m) * beta1 + d * (1 - beta1);
    const second = f32.load(v) * beta2 + d * d * (1 - beta2);
    f32.store(m, first);
    f32.store(v, second);
    let peak = second;
    if (top) {
      peak = max(f32.load(top), second);
      f32.store(top, peak);
      top += 4;
    }
    f32.store(p, x - (first / (<f32>Math.sqrt(<f64>peak) / root + eps)) * size);
    p += 4;
    g += 4;
    m += 4;
    v += 4;
  }
}

/** One step of RMSProp: squares v, and a mean m and a velocity u where they are not 0. `inside`: eps under the root. */
export function rmspropStep(
  p: usize, g: usize, v: usize, m: usize, u: usize, n: i32,
  lr: f32, alpha: f32, eps: f32, inside: bool, decay: f32, momentum: f32,
): void {
  for (let i: i32 = 0; i < n; i += 4) {
    const x = pick(p, n - i);
    let d = pick(g, n - i);
    if (decay != 0) d = f32x4.add(d, f32x4.mul(x, splat(decay)));
    const squares = f32x4.add(f32x4.mul(pick(v, n - i), splat(alpha)), f32x4.mul(f32x4.mul(d, d), splat(1 - alpha)));
    put(v, squares, n - i);
    let spread = squares;
    if (m) {
      const mean = f32x4.add(f32x4.mul(pick(m, n - i), splat(alpha)), f32x4.mul(d, splat(1 - alpha)));
      put(m, mean, n - i);
      spread = f32x4.sub(squares, f32x4.mul(mean, mean));
      m += 16;
    }
    let way = f32x4.div(d, rootOf(spread, eps, inside));
    if (u) {
      way = f32x4.add(f32x4.mul(pick(u, n - i), splat(momentum)), way);
      put(u, way, n - i);
      u += 16;
    }
    put(p, f32x4.sub(x, f32x4.mul(way, splat(lr))), n - i);
    p += 16;
    g += 16;
    v += 16;
  }
}

/** One step of AdaGrad: sums of squares v. `inside`: eps under the root. */
export function adagradStep(p: usize, g: usize, v: usize, n: i32, lr: f32, eps: f32, inside: bool, decay: f32): void {
  for (let i: i32 = 0; i < n; i += 4) {
    const x = pick(p, n - i);
    let d = pick(g, n - i);
    if (decay != 0) d = f32x4.add(d, f32x4.mul(x, splat(decay)));
    const squares = f32x4.add(pick(v, n - i), f32x4.mul(d, d));
    put(v, squares, n - i);
    put(p, f32x4.sub(x, f32x4.mul(f32x4.div(d, rootOf(squares, eps, inside)), splat(lr))), n - i);
    p += 16;
    g += 16;
    v += 16;
  }
}

// @ts-ignore: decorator
@inline
function rootOf(squares: v128, eps: f32, inside: bool): v128 {
  return inside ? f32x4.sqrt(f32x4.add(squares, splat(eps))) : f32x4.add(f32x4.sqrt(squares), splat(eps));
}

/** Four numbers, or the `left` that there are. */
// @ts-ignore: decorator
@inline
function pick(from: usize, left: i32): v128 {
  if (left >= 4) return v128.load(from);
  const scratch = spare();
  v128.store(scratch, splat(1));
  memory.copy(scratch, from, (<usize>left) << 2);
  return v128.load(scratch);
}

/** Stores what `pick` took. */
// @ts-ignore: decorator
@inline
function put(to: usize, value: v128, left: i32): void {
  if (left >= 4) {
    v128.store(to, value);
    return;
  }
  const scratch = spare();
  v128.store(scratch, value);
  memory.copy(to, scratch, (<usize>left) << 2);
}

/** Pooling of float32 planes. */

/** The first largest element of every window, NaN before all, and where it lies in its plane. */
export function maxPool(
  x: usize, y: usize, at: usize, planes: i32, height: i32, width: i32, outHeight: i32, outWidth: i32,
  kernelY: i32, kernelX: i32, strideY: i32, strideX: i32, top: i32, left: i32, dilationY: i32, dilationX: i32,
): void {
  const halves = kernelY == 2 && kernelX == 2 && strideY == 2 && strideX == 2 && dilationY == 1 && dilationX == 1
    && top == 0 && left == 0 && 2 * outHeight <= height && 2 * outWidth <= width;
  for (let n: i32 = 0; n < planes; n++) {
    if (halves) {
      halve(x, y, at, width, outHeight, outWidth);
      const count = (<usize>(outHeight * outWidth)) << 2;
      y += count;
      at += count;
      x += (<usize>(height * width)) << 2;
      continue;
    }
    for (let i: i32 = 0; i < outHeight; i++) {
      const r0 = i * strideY - top;
      for (let j: i32 = 0; j < outWidth; j++) {
        const c0 = j * strideX - left;
        let best: f32 = -Infinity;
        let where: i32 = -1;
        for (let u: i32 = 0; u < kernelY; u++) {
          const r = r0 + u * dilationY;
          if (r < 0 || r >= height) continue;
          for (let v: i32 = 0; v < kernelX; v++) {
            const c = c0 + v * dilationX;
            if (c < 0 || c >= width) continue;
            const value = f32.load(x + ((<usize>(r * width + c)) << 2));
            if (where < 0 || value > best || (value != value && best == best)) {
              best = value;
              where = r * width + c;
            }
          }
        }
        f32.store(y, best);
        i32.store(at, where);
        y += 4;
        at += 4;
      }
    }
    x += (<usize>(height * width)) << 2;
  }
}

// @ts-ignore: decorator
@inline
function wins(value: v128, best: v128): v128 {
  return v128.or(f32x4.gt(value, best), v128.and(f32x4.ne(value, value), f32x4.eq(best, best)));
}

/** Windows of 2×2 side by side, four at a time. */
function halve(x: usize, y: usize, at: usize, width: i32, outHeight: i32, outWidth: i32): void {
  const row = (<usize>width) << 2;
  for (let i: i32 = 0; i < outHeight; i++) {
    const base = 2 * i * width;
    let from = x + ((<usize>base) << 2);
    let j: i32 = 0;
    let places = i32x4.add(i32x4.splat(base), i32x4(0, 2, 4, 6));
    for (; j + 4 <= outWidth; j += 4) {
      const a = v128.load(from), b = v128.load(from, 16);
      const c = v128.load(from + row), d = v128.load(from + row, 16);
      let best = v128.shuffle<f32>(a, b, 0, 2, 4, 6);
      let where = places;
      let value = v128.shuffle<f32>(a, b, 1, 3, 5, 7);
      let better = wins(value, best);
      best = v128.bitselect(value, best, better);
      where = v128.bitselect(i32x4.add(places, i32x4.splat(1)), where, better);
      value = v128.shuffle<f32>(c, d, 0, 2, 4, 6);
      better = wins(value, best);
      best = v128.bitselect(value, best, better);
      where = v128.bitselect(i32x4.add(places, i32x4.splat(width)), where, better);
      value = v128.shuffle<f32>(c, d, 1, 3, 5, 7);
      better = wins(value, best);
      best = v128.bitselect(value, best, better);
      where = v128.bitselect(i32x4.add(places, i32x4.splat(width + 1)), where, better);
      v128.store(y, best);
      v128.store(at, where);
      places = i32x4.add(places, i32x4.splat(8));
      from += 32;
      y += 16;
      at += 16;
    }
    for (; j < outWidth; j++) {
      let best = f32.load(from);
      let where = base + 2 * j;
      for (let k: i32 = 1; k < 4; k++) {
        const shift = (k & 1) + (k >> 1) * width;
        const value = f32.load(from + ((<usize>shift) << 2));
        if (value > best || (value != value && best == best)) {
          best = value;
          where = base + 2 * j + shift;
        }
      }
      f32.store(y, best);
      i32.store(at, where);
      from += 8;
      y += 4;
      at += 4;
    }
  }
}

/** y[plane, index] += x: every source element goes to its place in a target plane; targets begin as 0. */
export function scatterPlanes(x: usize, at: usize, y: usize, planes: i32, count: i32, size: i32): void {
  for (let n: i32 = 0; n < planes; n++) {
    for (let i: i32 = 0; i < count; i++) {
      const target = y + ((<usize>i32.load(at)) << 2);
      f32.store(target, f32.load(target) + f32.load(x));
      x += 4;
      at += 4;
    }
    y += (<usize>size) << 2;
  }
}

/** Whether all n indices lie from 0 to size − 1. */
export function indicesFit(at: usize, n: i32, size: i32): bool {
  for (let i: i32 = 0; i < n; i++) {
    if (<u32>i32.load(at) >= <u32>size) return false;
    at += 4;
  }
  return true;
}

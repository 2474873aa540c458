/** Pooling of float32 planes. */

/** The first largest element of every window, NaN before all, and where it lies in its plane. */
export function maxPool(
  x: usize, y: usize, at: usize, planes: i32, height: i32, width: i32, outHeight: i32, outWidth: i32,
  kernelY: i32, kernelX: i32, strideY: i32, strideX: i32, top: i32, left: i32, dilationY: i32, dilationX: i32,
): void {
  for (let n: i32 = 0; n < planes; n++) {
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

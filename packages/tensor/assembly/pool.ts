/** Pooling of float32 planes. */

/** The first j for which j·stride + shift ≥ 0. */
// @ts-ignore: decorator
@inline
function firstInside(shift: i32, stride: i32): i32 {
  return shift >= 0 ? 0 : (stride - 1 - shift) / stride;
}

// @ts-ignore: decorator
@inline
function wins(value: v128, best: v128): v128 {
  return v128.or(f32x4.gt(value, best), v128.and(f32x4.ne(value, value), f32x4.eq(best, best)));
}

/** Numbers of every first or second place, from `at` on: what four windows side by side have at one kernel element. */
// @ts-ignore: decorator
@inline
function spread(at: usize, stride: i32): v128 {
  const a = v128.load(at);
  // The second vector ends with the last number that is wanted: nothing behind the plane is read.
  return stride == 1 ? a : v128.shuffle<f32>(a, v128.load(at, 12), 0, 2, 5, 7);
}

/**
 * The first largest element, NaN before all, of four windows side by side, and where it lies in its plane. `from` is the place of the
 * first window's first element; all elements are inside the plane.
 */
// @ts-ignore: decorator
@inline
function four(
  x: usize, y: usize, at: usize, width: i32, from: i32, rows: i32, columns: i32, stride: i32, dilationY: i32, dilationX: i32,
): void {
  let places = i32x4.add(i32x4.splat(from), i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(stride)));
  let best = spread(x + ((<usize>from) << 2), stride);
  let where = places;
  for (let u: i32 = 0; u < rows; u++) {
    let shift = u * dilationY * width;
    for (let v: i32 = 0; v < columns; v++) {
      const value = spread(x + ((<usize>(from + shift)) << 2), stride);
      const better = wins(value, best);
      best = v128.bitselect(value, best, better);
      where = v128.bitselect(i32x4.add(places, i32x4.splat(shift)), where, better);
      shift += dilationX;
    }
  }
  v128.store(y, best);
  v128.store(at, where);
}

/** As `four`, for windows of 2×2 in steps of 2: the most common ones, in some five times less time. */
// @ts-ignore: decorator
@inline
function fourHalves(x: usize, y: usize, at: usize, width: i32, from: i32): void {
  const place = x + ((<usize>from) << 2);
  const below = place + ((<usize>width) << 2);
  const a = v128.load(place), b = v128.load(place, 16);
  const c = v128.load(below), d = v128.load(below, 16);
  const places = i32x4.add(i32x4.splat(from), i32x4(0, 2, 4, 6));
  let best = v128.shuffle<f32>(a, b, 0, 2, 4, 6);
  let value = v128.shuffle<f32>(a, b, 1, 3, 5, 7);
  let better = wins(value, best);
  best = v128.bitselect(value, best, better);
  let where = v128.bitselect(i32x4.add(places, i32x4.splat(1)), places, better);
  value = v128.shuffle<f32>(c, d, 0, 2, 4, 6);
  better = wins(value, best);
  best = v128.bitselect(value, best, better);
  where = v128.bitselect(i32x4.add(places, i32x4.splat(width)), where, better);
  value = v128.shuffle<f32>(c, d, 1, 3, 5, 7);
  better = wins(value, best);
  v128.store(y, v128.bitselect(value, best, better));
  v128.store(at, v128.bitselect(i32x4.add(places, i32x4.splat(width + 1)), where, better));
}

/** The first largest element of every window, NaN before all, and where it lies in its plane. */
export function maxPool(
  x: usize, y: usize, at: usize, planes: i32, height: i32, width: i32, outHeight: i32, outWidth: i32,
  kernelY: i32, kernelX: i32, strideY: i32, strideX: i32, top: i32, left: i32, dilationY: i32, dilationX: i32,
): void {
  // Windows from `begin` to before `end` lie between the sides.
  const begin = firstInside(-left, strideX);
  const span = (kernelX - 1) * dilationX + 1;
  const end = strideX > 2 ? 0 : min(outWidth, (width + left - span) / strideX + 1);
  const halves = kernelY == 2 && kernelX == 2 && strideX == 2 && dilationY == 1 && dilationX == 1;
  for (let n: i32 = 0; n < planes; n++) {
    for (let i: i32 = 0; i < outHeight; i++) {
      const r0 = i * strideY - top;
      const whole = r0 >= 0 && r0 + (kernelY - 1) * dilationY < height;
      for (let j: i32 = 0; j < outWidth; ) {
        const c0 = j * strideX - left;
        if (whole && j >= begin && j + 4 <= end) {
          const from = r0 * width + c0;
          if (halves) fourHalves(x, y, at, width, from);
          else if (strideX == 1) four(x, y, at, width, from, kernelY, kernelX, 1, dilationY, dilationX);
          else four(x, y, at, width, from, kernelY, kernelX, 2, dilationY, dilationX);
          y += 16;
          at += 16;
          j += 4;
          continue;
        }
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
        j++;
      }
    }
    x += (<usize>(height * width)) << 2;
  }
}

/** The sums of windows; or, with `back`, every number of y added to all of x that its window covers, where x begins as 0. */
// @ts-ignore: decorator
@inline
function windows(
  back: bool, x: usize, y: usize, planes: i32, height: i32, width: i32, outHeight: i32, outWidth: i32,
  kernelY: i32, kernelX: i32, strideY: i32, strideX: i32, top: i32, left: i32, dilationY: i32, dilationX: i32,
): void {
  const step = (<usize>strideX) << 2;
  for (let n: i32 = 0; n < planes; n++) {
    for (let i: i32 = 0; i < outHeight; i++) {
      if (!back) memory.fill(y, 0, (<usize>outWidth) << 2);
      for (let u: i32 = 0; u < kernelY; u++) {
        const r = i * strideY - top + u * dilationY;
        if (r < 0 || r >= height) continue;
        // One kernel element at a time, over a whole row of windows.
        for (let v: i32 = 0; v < kernelX; v++) {
          const shift = v * dilationX - left;
          let j = firstInside(shift, strideX);
          const end = min(outWidth, (width - shift + strideX - 1) / strideX);
          let from = x + ((<usize>(r * width + j * strideX + shift)) << 2);
          let to = y + ((<usize>j) << 2);
          if (strideX == 1) {
            for (; j + 4 <= end; j += 4) {
              const sum = f32x4.add(v128.load(to), v128.load(from));
              if (back) v128.store(from, sum);
              else v128.store(to, sum);
              from += 16;
              to += 16;
            }
          }
          for (; j < end; j++) {
            const sum = f32.load(to) + f32.load(from);
            if (back) f32.store(from, sum);
            else f32.store(to, sum);
            from += step;
            to += 4;
          }
        }
      }
      y += (<usize>outWidth) << 2;
    }
    x += (<usize>(height * width)) << 2;
  }
}

/** y = the sums of the windows of x. */
export function sumPool(
  x: usize, y: usize, planes: i32, height: i32, width: i32, outHeight: i32, outWidth: i32,
  kernelY: i32, kernelX: i32, strideY: i32, strideX: i32, top: i32, left: i32, dilationY: i32, dilationX: i32,
): void {
  windows(
    false, x, y, planes, height, width, outHeight, outWidth,
    kernelY, kernelX, strideY, strideX, top, left, dilationY, dilationX,
  );
}

/** The transpose of `sumPool`: x from y. */
export function sumPoolInput(
  x: usize, y: usize, planes: i32, height: i32, width: i32, outHeight: i32, outWidth: i32,
  kernelY: i32, kernelX: i32, strideY: i32, strideX: i32, top: i32, left: i32, dilationY: i32, dilationX: i32,
): void {
  memory.fill(x, 0, (<usize>(planes * height * width)) << 2);
  windows(
    true, x, y, planes, height, width, outHeight, outWidth,
    kernelY, kernelX, strideY, strideX, top, left, dilationY, dilationX,
  );
}

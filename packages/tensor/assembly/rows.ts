/** Rows of float32 picked and added by indices, which have been checked. */

/** y[o, k] = x[o, index k] for blocks [outer, size, inner] of x; `inner` numbers lie together. */
export function pickRows(x: usize, at: usize, y: usize, outer: i32, size: i32, count: i32, inner: i32): void {
  const bytes = (<usize>inner) << 2;
  for (let o: i32 = 0; o < outer; o++) {
    for (let k: i32 = 0; k < count; k++) {
      const index = <usize>i32.load(at + ((<usize>k) << 2));
      if (inner == 1) f32.store(y, f32.load(x + (index << 2)));
      else memory.copy(y, x + index * bytes, bytes);
      y += bytes;
    }
    x += <usize>size * bytes;
  }
}

/** y[o, index k] += x[o, k] for blocks [outer, size, inner] of y, in the order of k. */
export function addRows(x: usize, at: usize, y: usize, outer: i32, size: i32, count: i32, inner: i32): void {
  const bytes = (<usize>inner) << 2;
  for (let o: i32 = 0; o < outer; o++) {
    for (let k: i32 = 0; k < count; k++) {
      const to = y + <usize>i32.load(at + ((<usize>k) << 2)) * bytes;
      let i: usize = 0;
      for (; i + 16 <= bytes; i += 16) v128.store(to + i, f32x4.add(v128.load(to + i), v128.load(x + i)));
      for (; i < bytes; i += 4) f32.store(to + i, f32.load(to + i) + f32.load(x + i));
      x += bytes;
    }
    y += <usize>size * bytes;
  }
}

/** y[p] = x[p, index] along the last axis: `count` indices of their own for each of the planes of `size` numbers. */
export function gatherPlanes(x: usize, at: usize, y: usize, planes: i32, count: i32, size: i32): void {
  for (let p: i32 = 0; p < planes; p++) {
    for (let k: i32 = 0; k < count; k++) {
      f32.store(y, f32.load(x + ((<usize>i32.load(at)) << 2)));
      at += 4;
      y += 4;
    }
    x += (<usize>size) << 2;
  }
}

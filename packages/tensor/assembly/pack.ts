/** Where the columns of the right factor come from: a matrix, or an image read as if its windows were unrolled. */

import { NR, transpose4 } from './shape';
import { lanes } from './workspace';

/** Kinds of right factors. */
export const MATRIX: i32 = 0;
/** Row (c, u, v), column (i, j): the pixel that kernel element (u, v) of channel c meets at output (i, j). */
export const WINDOWS: i32 = 1;
/** The transpose of WINDOWS. */
export const WINDOWS_TRANSPOSED: i32 = 2;

/** A right factor; sizes of images and windows matter for all but MATRIX. The host writes the sizes. */
@unmanaged
export class Source {
  kind: i32;
  data: usize;
  rowStep: i32;
  columnStep: i32;
  /** The image that is read: its rows and columns. */
  height: i32;
  width: i32;
  kernelHeight: i32;
  kernelWidth: i32;
  /** The grid of positions: output pixels. */
  gridHeight: i32;
  gridWidth: i32;
  strideY: i32;
  strideX: i32;
  top: i32;
  left: i32;
  dilationY: i32;
  dilationX: i32;
}

/** Packs `depth` rows from `row` and `width` columns from `column` as panels of NR columns, `panel` bytes apart; what is missing is 0. */
export function packColumns(s: Source, row: i32, depth: i32, column: i32, width: i32, to: usize, panel: usize): void {
  if (s.kind == MATRIX) packMatrix(s, row, depth, column, width, to, panel);
  else if (s.kind == WINDOWS_TRANSPOSED) packTransposed(s, row, depth, column, width, to, panel);
  else packWindows(s, row, depth, column, width, to, panel);
}

function packMatrix(s: Source, row: i32, depth: i32, column: i32, width: i32, to: usize, panel: usize): void {
  const base = s.data + ((<isize>row * s.rowStep + <isize>column * s.columnStep) << 2);
  const rowBytes = (<isize>s.rowStep) << 2;
  const columnBytes = (<isize>s.columnStep) << 2;
  for (let j: i32 = 0; j < width; j += NR) {
    const count = min(NR, width - j);
    let from = base + <isize>j * columnBytes;
    if (s.columnStep == 1 && width - j >= 4 * NR) {
      packWide(from, rowBytes, depth, to, panel);
      to += 4 * panel;
      j += 3 * NR;
    } else {
      if (count == NR && s.columnStep == 1) packNarrow(from, rowBytes, depth, to);
      else if (count == NR) packTurned(from, rowBytes, columnBytes, depth, to);
      else packRest(from, rowBytes, columnBytes, depth, count, to);
      to += panel;
    }
  }
}

/** One panel of neighbours. */
function packNarrow(from: usize, rowBytes: isize, depth: i32, to: usize): void {
  for (let k: i32 = 0; k < depth; k++) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    from += rowBytes;
    to += NR << 2;
  }
}

/** One panel of `count` columns, and zeros. */
function packRest(from: usize, rowBytes: isize, columnBytes: isize, depth: i32, count: i32, to: usize): void {
  for (let k: i32 = 0; k < depth; k++) {
    for (let n: i32 = 0; n < NR; n++) {
      f32.store(to + ((<usize>n) << 2), n < count ? f32.load(from + <isize>n * columnBytes) : 0);
    }
    from += rowBytes;
    to += NR << 2;
  }
}

/** Four panels at once: long rows are read two cache lines at a time. */
function packWide(from: usize, rowBytes: isize, depth: i32, to: usize, panel: usize): void {
  const b = to + panel;
  const c = b + panel;
  const d = c + panel;
  for (let k: usize = 0; k < (<usize>(NR * depth)) << 2; k += NR << 2) {
    v128.store(to + k, v128.load(from));
    v128.store(to + k, v128.load(from, 16), 16);
    v128.store(b + k, v128.load(from, 32));
    v128.store(b + k, v128.load(from, 48), 16);
    v128.store(c + k, v128.load(from, 64));
    v128.store(c + k, v128.load(from, 80), 16);
    v128.store(d + k, v128.load(from, 96));
    v128.store(d + k, v128.load(from, 112), 16);
    from += rowBytes;
  }
}

/** NR whole columns, four at a time; those of a transposed matrix are turned in blocks of 4×4. */
function packTurned(from: usize, rowBytes: isize, columnBytes: isize, depth: i32, to: usize): void {
  for (let n: i32 = 0; n < NR; n += 4) {
    const b = from + columnBytes;
    const c = b + columnBytes;
    const d = c + columnBytes;
    let target = to + ((<usize>n) << 2);
    let k: i32 = 0;
    let at: isize = 0;
    if (rowBytes == 4) {
      for (; k + 4 <= depth; k += 4) {
        transpose4(v128.load(from + at), v128.load(b + at), v128.load(c + at), v128.load(d + at), target, NR << 2);
        at += 16;
        target += NR << 4;
      }
    }
    for (; k < depth; k++) {
      f32.store(target, f32.load(from + at));
      f32.store(target, f32.load(b + at), 4);
      f32.store(target, f32.load(c + at), 8);
      f32.store(target, f32.load(d + at), 12);
      at += rowBytes;
      target += NR << 2;
    }
    from = d + columnBytes;
  }
}

/** WINDOWS: panels of NR neighbouring grid positions, row after row of the depth. Every window lies within the image. */
function packWindows(s: Source, row: i32, depth: i32, column: i32, width: i32, to: usize, panel: usize): void {
  for (let j: i32 = 0; j < width; j += NR) {
    packPanel(s, row, depth, placeLanes(s, column + j, min(NR, width - j)), to);
    to += panel;
  }
}

/** Notes where windows at `count` positions begin, in bytes; missing ones repeat the last. True where they are neighbours. */
function placeLanes(s: Source, position: i32, count: i32): bool {
  let y = position / s.gridWidth;
  let x = position % s.gridWidth;
  const together = count == NR && x + NR <= s.gridWidth && s.strideX == 1;
  let at: i32 = 0;
  for (let n: i32 = 0; n < NR; n++) {
    if (n < count) {
      at = (y * s.strideY * s.width + x * s.strideX) << 2;
      if (++x == s.gridWidth) {
        x = 0;
        y++;
      }
    }
    i32.store(lanes() + ((<usize>n) << 2), at);
  }
  return together;
}

/** One panel of windows. */
function packPanel(s: Source, row: i32, depth: i32, together: bool, to: usize): void {
  const window = s.kernelHeight * s.kernelWidth;
  const plane = (<usize>(s.height * s.width)) << 2;
  const stepY = (<usize>(s.dilationY * s.width)) << 2;
  const stepX = (<usize>s.dilationX) << 2;
  let image = s.data + <usize>(row / window) * plane;
  let u = (row % window) / s.kernelWidth;
  let v = row % s.kernelWidth;
  const at = lanes();
  const p0 = <usize>i32.load(at), p1 = <usize>i32.load(at, 4), p2 = <usize>i32.load(at, 8), p3 = <usize>i32.load(at, 12);
  const p4 = <usize>i32.load(at, 16), p5 = <usize>i32.load(at, 20), p6 = <usize>i32.load(at, 24), p7 = <usize>i32.load(at, 28);
  for (let k: i32 = 0; k < depth; k++) {
    const from = image + <usize>u * stepY + <usize>v * stepX;
    if (together) {
      v128.store(to, v128.load(from + p0));
      v128.store(to, v128.load(from + p0, 16), 16);
    } else {
      f32.store(to, f32.load(from + p0));
      f32.store(to, f32.load(from + p1), 4);
      f32.store(to, f32.load(from + p2), 8);
      f32.store(to, f32.load(from + p3), 12);
      f32.store(to, f32.load(from + p4), 16);
      f32.store(to, f32.load(from + p5), 20);
      f32.store(to, f32.load(from + p6), 24);
      f32.store(to, f32.load(from + p7), 28);
    }
    to += NR << 2;
    if (++v == s.kernelWidth) {
      v = 0;
      if (++u == s.kernelHeight) {
        u = 0;
        image += plane;
      }
    }
  }
}

/** WINDOWS_TRANSPOSED: rows are grid positions, columns kernel elements. */
function packTransposed(s: Source, row: i32, depth: i32, column: i32, width: i32, to: usize, panel: usize): void {
  const window = s.kernelHeight * s.kernelWidth;
  const plane = s.height * s.width;
  for (let j: i32 = 0; j < width; j += NR) {
    const count = min(NR, width - j);
    for (let n: i32 = 0; n < NR; n++) {
      const target = to + ((<usize>n) << 2);
      if (n >= count) {
        fillColumn(target, depth);
        continue;
      }
      const element = column + j + n;
      const image = s.data + ((<usize>((element / window) * plane)) << 2);
      packColumn(s, image, (element % window) / s.kernelWidth, element % s.kernelWidth, row, depth, target);
    }
    to += panel;
  }
}

/** `count` zeros, a panel's row apart. */
// @ts-ignore: decorator
@inline
function fillColumn(to: usize, count: i32): void {
  for (let k: i32 = 0; k < count; k++) {
    f32.store(to, 0);
    to += NR << 2;
  }
}

/** What kernel element (u, v) meets at grid positions `row` to `row + depth`: one grid row after the other, zeros outside the image. */
function packColumn(s: Source, image: usize, u: i32, v: i32, row: i32, depth: i32, to: usize): void {
  const shift = v * s.dilationX - s.left;
  const step = s.strideX;
  // Grid columns from `first` to before `end` meet the image.
  const first = min(s.gridWidth, shift < 0 ? (-shift + step - 1) / step : 0);
  const end = max(first, shift >= s.width ? 0 : min(s.gridWidth, (s.width - 1 - shift) / step + 1));
  let y = row / s.gridWidth;
  let x = row % s.gridWidth;
  while (depth > 0) {
    const stop = min(s.gridWidth, x + depth);
    const r = y * s.strideY - s.top + u * s.dilationY;
    const inside = <u32>r < <u32>s.height;
    const low = inside ? min(max(first, x), stop) : stop;
    const high = inside ? min(max(end, low), stop) : stop;
    fillColumn(to, low - x);
    to += (<usize>(low - x) * NR) << 2;
    let from = image + ((<isize>(r * s.width + low * step + shift)) << 2);
    for (let c = low; c < high; c++) {
      f32.store(to, f32.load(from));
      from += (<usize>step) << 2;
      to += NR << 2;
    }
    fillColumn(to, stop - high);
    to += (<usize>(stop - high) * NR) << 2;
    depth -= stop - x;
    x = 0;
    y++;
  }
}

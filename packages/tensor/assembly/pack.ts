/** Where the columns of the right factor come from: a matrix, or an image read as if its windows were unrolled. */

import { NR } from './gemm';

/** Kinds of right factors. */
export const MATRIX: i32 = 0;
/** Row (c, u, v), column (i, j): the pixel that kernel element (u, v) of channel c meets at output (i, j). */
export const WINDOWS: i32 = 1;
/** The transpose of WINDOWS. */
export const WINDOWS_TRANSPOSED: i32 = 2;
/** Row (o, u, v), column (y, x): the output gradient that reaches pixel (y, x) through kernel element (u, v). */
export const GRADIENT: i32 = 3;

/** A right factor; sizes of images and windows matter for all but MATRIX. */
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
  /** The grid of positions: output pixels, or for GRADIENT the pixels of the input. */
  gridHeight: i32;
  gridWidth: i32;
  strideY: i32;
  strideX: i32;
  top: i32;
  left: i32;
  dilationY: i32;
  dilationX: i32;
}

/** Packs `depth` rows from `row` and `width` columns from `column` as panels of NR columns; what is missing is 0. */
export function packColumns(s: Source, row: i32, depth: i32, column: i32, width: i32, to: usize): void {
  if (s.kind == MATRIX) packMatrix(s, row, depth, column, width, to);
  else if (s.kind == WINDOWS_TRANSPOSED) packTransposed(s, row, depth, column, width, to);
  else packWindows(s, row, depth, column, width, to);
}

function packMatrix(s: Source, row: i32, depth: i32, column: i32, width: i32, to: usize): void {
  const base = s.data + ((<isize>row * s.rowStep + <isize>column * s.columnStep) << 2);
  const rowBytes = (<isize>s.rowStep) << 2;
  const columnBytes = (<isize>s.columnStep) << 2;
  for (let j: i32 = 0; j < width; j += NR) {
    const count = min(NR, width - j);
    let from = base + <isize>j * columnBytes;
    if (count == NR && s.columnStep == 1) {
      for (let k: i32 = 0; k < depth; k++) {
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, 16), 16);
        from += rowBytes;
        to += NR << 2;
      }
    } else if (count == NR) {
      // Column by column: a transposed matrix is read along its rows.
      for (let n: i32 = 0; n < NR; n++) {
        let source = from + <isize>n * columnBytes;
        let target = to + ((<usize>n) << 2);
        for (let k: i32 = 0; k < depth; k++) {
          f32.store(target, f32.load(source));
          source += rowBytes;
          target += NR << 2;
        }
      }
      to += (NR * depth) << 2;
    } else {
      for (let k: i32 = 0; k < depth; k++) {
        for (let n: i32 = 0; n < NR; n++) {
          f32.store(to + ((<usize>n) << 2), n < count ? f32.load(from + <isize>n * columnBytes) : 0);
        }
        from += rowBytes;
        to += NR << 2;
      }
    }
  }
}

/** WINDOWS and GRADIENT: panels of NR neighbouring grid positions, row after row of the depth. */
function packWindows(s: Source, row: i32, depth: i32, column: i32, width: i32, to: usize): void {
  const window = s.kernelHeight * s.kernelWidth;
  const plane = s.height * s.width;
  for (let j: i32 = 0; j < width; j += NR) {
    const count = min(NR, width - j);
    const y = (column + j) / s.gridWidth;
    const x = (column + j) % s.gridWidth;
    const inRow = count == NR && x + NR <= s.gridWidth;
    let channel = row / window;
    let u = (row % window) / s.kernelWidth;
    let v = row % s.kernelWidth;
    for (let k: i32 = 0; k < depth; k++) {
      const image = s.data + ((<usize>(channel * plane)) << 2);
      if (!inRow || !packRun(s, image, y, x, u, v, to)) packSingly(s, image, column + j, count, u, v, to);
      to += NR << 2;
      if (++v == s.kernelWidth) {
        v = 0;
        if (++u == s.kernelHeight) {
          u = 0;
          channel++;
        }
      }
    }
  }
}

/** Copies NR neighbours of one image row at once; false where the border or a stride is in the way. */
// @ts-ignore: decorator
@inline
function packRun(s: Source, image: usize, y: i32, x: i32, u: i32, v: i32, to: usize): bool {
  const forward = s.kind == WINDOWS;
  if (s.strideX != 1 || s.strideY != 1) return false;
  const r = forward ? y - s.top + u * s.dilationY : y + s.top - u * s.dilationY;
  const c = forward ? x - s.left + v * s.dilationX : x + s.left - v * s.dilationX;
  if (r < 0 || r >= s.height) {
    v128.store(to, f32x4.splat(0));
    v128.store(to, f32x4.splat(0), 16);
    return true;
  }
  if (c < 0 || c + NR > s.width) return false;
  const from = image + ((<usize>(r * s.width + c)) << 2);
  v128.store(to, v128.load(from));
  v128.store(to, v128.load(from, 16), 16);
  return true;
}

function packSingly(s: Source, image: usize, position: i32, count: i32, u: i32, v: i32, to: usize): void {
  let y = position / s.gridWidth;
  let x = position % s.gridWidth;
  for (let n: i32 = 0; n < NR; n++) {
    const value: f32 = n < count ? (s.kind == GRADIENT ? gradientAt(s, image, y, x, u, v) : windowAt(s, image, y, x, u, v)) : 0;
    f32.store(to + ((<usize>n) << 2), value);
    if (++x == s.gridWidth) {
      x = 0;
      y++;
    }
  }
}

// @ts-ignore: decorator
@inline
function windowAt(s: Source, image: usize, y: i32, x: i32, u: i32, v: i32): f32 {
  const r = y * s.strideY - s.top + u * s.dilationY;
  const c = x * s.strideX - s.left + v * s.dilationX;
  if (r < 0 || r >= s.height || c < 0 || c >= s.width) return 0;
  return f32.load(image + ((<usize>(r * s.width + c)) << 2));
}

// @ts-ignore: decorator
@inline
function gradientAt(s: Source, image: usize, y: i32, x: i32, u: i32, v: i32): f32 {
  const r = y + s.top - u * s.dilationY;
  const c = x + s.left - v * s.dilationX;
  if (r < 0 || c < 0 || r % s.strideY != 0 || c % s.strideX != 0) return 0;
  const i = r / s.strideY;
  const j = c / s.strideX;
  if (i >= s.height || j >= s.width) return 0;
  return f32.load(image + ((<usize>(i * s.width + j)) << 2));
}

/** WINDOWS_TRANSPOSED: rows are grid positions, columns kernel elements. */
function packTransposed(s: Source, row: i32, depth: i32, column: i32, width: i32, to: usize): void {
  const window = s.kernelHeight * s.kernelWidth;
  const plane = s.height * s.width;
  for (let j: i32 = 0; j < width; j += NR) {
    const count = min(NR, width - j);
    for (let n: i32 = 0; n < NR; n++) {
      let target = to + ((<usize>n) << 2);
      if (n >= count) {
        for (let k: i32 = 0; k < depth; k++, target += NR << 2) f32.store(target, 0);
        continue;
      }
      const element = column + j + n;
      const image = s.data + ((<usize>((element / window) * plane)) << 2);
      const u = (element % window) / s.kernelWidth;
      const v = element % s.kernelWidth;
      let y = row / s.gridWidth;
      let x = row % s.gridWidth;
      for (let k: i32 = 0; k < depth; k++) {
        f32.store(target, windowAt(s, image, y, x, u, v));
        target += NR << 2;
        if (++x == s.gridWidth) {
          x = 0;
          y++;
        }
      }
    }
    to += (NR * depth) << 2;
  }
}

/** Where the columns of the right factor come from: a matrix, or an image read as if its windows were unrolled. */

import { NR, transpose4 } from './shape';
import { lanes } from './workspace';

/** Kinds of right factors. */
export const MATRIX: i32 = 0;
/** Row (c, u, v), column (i, j): the pixel that kernel element (u, v) of channel c meets at output (i, j). */
export const WINDOWS: i32 = 1;
/** The transpose of WINDOWS. */
export const WINDOWS_TRANSPOSED: i32 = 2;
/** Row (o, u, v), column (y, x): the output gradient that reaches pixel (y, x) through kernel element (u, v). */
export const GRADIENT: i32 = 3;

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
    if (s.columnStep == 1 && width - j >= 4 * NR) {
      packWide(from, rowBytes, depth, to);
      to += (4 * NR * depth) << 2;
      j += 3 * NR;
    } else if (count == NR && s.columnStep == 1) {
      for (let k: i32 = 0; k < depth; k++) {
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, 16), 16);
        from += rowBytes;
        to += NR << 2;
      }
    } else if (count == NR) {
      packTurned(from, rowBytes, columnBytes, depth, to);
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

/** Four panels at once: long rows are read two cache lines at a time. */
function packWide(from: usize, rowBytes: isize, depth: i32, to: usize): void {
  const panel = (<usize>(NR * depth)) << 2;
  const b = to + panel;
  const c = b + panel;
  const d = c + panel;
  for (let k: usize = 0; k < panel; k += NR << 2) {
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

/** WINDOWS and GRADIENT: panels of NR neighbouring grid positions, row after row of the depth. */
function packWindows(s: Source, row: i32, depth: i32, column: i32, width: i32, to: usize): void {
  const window = s.kernelHeight * s.kernelWidth;
  const plane = s.height * s.width;
  const gradient = s.kind == GRADIENT;
  const spread = gradient && (s.strideY != 1 || s.strideX != 1);
  // A gradient walks the kernel the other way.
  const stepY = gradient ? -s.dilationY : s.dilationY;
  const stepX = gradient ? -s.dilationX : s.dilationX;
  for (let j: i32 = 0; j < width; j += NR) {
    const count = min(NR, width - j);
    const together = placeLanes(s, column + j, count) && !spread;
    if (!gradient && count == NR && placeInside(s)) {
      packInside(s, row, depth, together, to);
      to += (NR * depth) << 2;
      continue;
    }
    let channel = row / window;
    let u = (row % window) / s.kernelWidth;
    let v = row % s.kernelWidth;
    for (let k: i32 = 0; k < depth; k++) {
      const image = s.data + ((<usize>(channel * plane)) << 2);
      const y = u * stepY;
      const x = v * stepX;
      if (spread) packSpread(s, image, y, x, to);
      else if (!together || !packRun(s, image, y, x, to)) packLanes(s, image, y, x, to);
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

/** Writes down where `count` positions from `position` begin; true where they are neighbours in one image row. */
function placeLanes(s: Source, position: i32, count: i32): bool {
  const gradient = s.kind == GRADIENT;
  let y = position / s.gridWidth;
  let x = position % s.gridWidth;
  const together = count == NR && x + NR <= s.gridWidth && (gradient || s.strideX == 1);
  for (let n: i32 = 0; n < NR; n++) {
    const at = lanes() + ((<usize>n) << 2);
    // A row far outside makes a missing position read as 0.
    const missing = n >= count;
    i32.store(at, missing ? -0x40000000 : gradient ? y + s.top : y * s.strideY - s.top);
    i32.store(at, gradient ? x + s.left : x * s.strideX - s.left, NR * 4);
    if (++x == s.gridWidth) {
      x = 0;
      y++;
    }
  }
  return together;
}

/** Whether no window of the panel leaves the image; then the lanes' places in the image, in bytes, replace their rows. */
function placeInside(s: Source): bool {
  const low = s.height - (s.kernelHeight - 1) * s.dilationY;
  const right = s.width - (s.kernelWidth - 1) * s.dilationX;
  for (let n: usize = 0; n < <usize>NR << 2; n += 4) {
    const r = i32.load(lanes() + n);
    const c = i32.load(lanes() + n, NR * 4);
    if (r < 0 || c < 0 || r >= low || c >= right) return false;
  }
  for (let n: usize = 0; n < <usize>NR << 2; n += 4) {
    i32.store(lanes() + n, (i32.load(lanes() + n) * s.width + i32.load(lanes() + n, NR * 4)) << 2);
  }
  return true;
}

/** A panel of windows that lie within the image. */
function packInside(s: Source, row: i32, depth: i32, together: bool, to: usize): void {
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

/** NR neighbours of one image row at once; false where the border is in the way. */
// @ts-ignore: decorator
@inline
function packRun(s: Source, image: usize, y: i32, x: i32, to: usize): bool {
  const r = i32.load(lanes()) + y;
  if (<u32>r >= <u32>s.height) {
    v128.store(to, f32x4.splat(0));
    v128.store(to, f32x4.splat(0), 16);
    return true;
  }
  const c = i32.load(lanes(), NR * 4) + x;
  if (c < 0 || c + NR > s.width) return false;
  const from = image + ((<usize>(r * s.width + c)) << 2);
  v128.store(to, v128.load(from));
  v128.store(to, v128.load(from, 16), 16);
  return true;
}

/** NR positions one by one. */
function packLanes(s: Source, image: usize, y: i32, x: i32, to: usize): void {
  const height = <u32>s.height;
  const width = <u32>s.width;
  for (let n: usize = 0; n < <usize>NR << 2; n += 4) {
    const r = <u32>(i32.load(lanes() + n) + y);
    const c = <u32>(i32.load(lanes() + n, NR * 4) + x);
    const value: f32 = r < height && c < width ? f32.load(image + ((<usize>(r * width + c)) << 2)) : 0;
    f32.store(to + n, value);
  }
}

/** As `packLanes`, for the gradient of a convolution with a stride: only every so many pixels met a window. */
function packSpread(s: Source, image: usize, y: i32, x: i32, to: usize): void {
  for (let n: usize = 0; n < <usize>NR << 2; n += 4) {
    const r = i32.load(lanes() + n) + y;
    const c = i32.load(lanes() + n, NR * 4) + x;
    let value: f32 = 0;
    if (r >= 0 && c >= 0 && r % s.strideY == 0 && c % s.strideX == 0) {
      const i = r / s.strideY;
      const j = c / s.strideX;
      if (i < s.height && j < s.width) value = f32.load(image + ((<usize>(i * s.width + j)) << 2));
    }
    f32.store(to + n, value);
  }
}

/** WINDOWS_TRANSPOSED: rows are grid positions, columns kernel elements. */
function packTransposed(s: Source, row: i32, depth: i32, column: i32, width: i32, to: usize): void {
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
    to += (NR * depth) << 2;
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

/** Where the columns of the right factor come from: a matrix, or an image read as if its windows were unrolled. */

import { NR, transpose4 } from './tile';
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

/** How the positions of a panel lie: anyhow, */
const SCATTERED: i32 = 0;
/** beside each other, */
const TOGETHER: i32 = 1;
/** beside each other but for the step to the next row of the grid, */
const TWO_RUNS: i32 = 2;
/** every second pixel of a row. */
const EVERY_SECOND: i32 = 3;

/** WINDOWS: panels of NR neighbouring grid positions, row after row of the depth. Every window lies within the image. */
function packWindows(s: Source, row: i32, depth: i32, column: i32, width: i32, to: usize, panel: usize): void {
  for (let j: i32 = 0; j < width; j += NR) {
    const kind = placeLanes(s, column + j, min(NR, width - j));
    if (kind == TOGETHER) packPanel(s, row, depth, TOGETHER, to);
    else if (kind == TWO_RUNS) packPanel(s, row, depth, TWO_RUNS, to);
    else if (kind == EVERY_SECOND) packPanel(s, row, depth, EVERY_SECOND, to);
    else packPanel(s, row, depth, SCATTERED, to);
    to += panel;
  }
}

/** Lanes before the step to the next row. */
let firstRun: i32 = 0;

/** Notes where windows at `count` positions begin, in bytes; missing ones repeat the last. Returns how they lie. */
function placeLanes(s: Source, position: i32, count: i32): i32 {
  let y = position / s.gridWidth;
  let x = position % s.gridWidth;
  const inRow = s.gridWidth - x;
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
  firstRun = inRow;
  if (count < NR) return SCATTERED;
  if (s.strideX == 1) return inRow >= NR ? TOGETHER : inRow + s.gridWidth >= NR ? TWO_RUNS : SCATTERED;
  return s.strideX == 2 && inRow >= NR ? EVERY_SECOND : SCATTERED;
}

/** One panel of windows; `kind` is a constant where this is inlined. */
// @ts-ignore: decorator
@inline
function packPanel(s: Source, row: i32, depth: i32, kind: i32, to: usize): void {
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
  // The second run as if it began with the panel; its lanes are chosen by masks.
  const other = kind == TWO_RUNS ? <usize>i32.load(at + ((<usize>firstRun) << 2)) - ((<usize>firstRun) << 2) : 0;
  const low = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(firstRun));
  const high = i32x4.lt_s(i32x4(4, 5, 6, 7), i32x4.splat(firstRun));
  for (let k: i32 = 0; k < depth; k++) {
    const from = image + <usize>u * stepY + <usize>v * stepX;
    if (kind == TOGETHER) {
      v128.store(to, v128.load(from + p0));
      v128.store(to, v128.load(from + p0, 16), 16);
    } else if (kind == TWO_RUNS) {
      v128.store(to, v128.bitselect(v128.load(from + p0), v128.load(from + other), low));
      v128.store(to, v128.bitselect(v128.load(from + p0, 16), v128.load(from + other, 16), high), 16);
    } else if (kind == EVERY_SECOND) {
      v128.store(to, v128.shuffle<f32>(v128.load(from + p0), v128.load(from + p0, 16), 0, 2, 4, 6));
      // Nothing behind the last pixel is read.
      v128.store(to, v128.shuffle<f32>(v128.load(from + p0, 32), v128.load(from + p0, 44), 0, 2, 5, 7), 16);
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

/** Where the pixels of kernel element `element` begin. */
// @ts-ignore: decorator
@inline
function elementStart(s: Source, element: i32): usize {
  const window = s.kernelHeight * s.kernelWidth;
  const y = (element % window) / s.kernelWidth * s.dilationY;
  const x = element % s.kernelWidth * s.dilationX;
  return s.data + ((<usize>(element / window * s.height * s.width + y * s.width + x)) << 2);
}

/** WINDOWS_TRANSPOSED: rows are grid positions, columns kernel elements; missing ones repeat the last. Every window lies within the image. */
function packTransposed(s: Source, row: i32, depth: i32, column: i32, width: i32, to: usize, panel: usize): void {
  for (let j: i32 = 0; j < width; j += NR) {
    const last = column + width - 1;
    const first = column + j;
    packElements(
      s, row, depth, to,
      elementStart(s, first), elementStart(s, min(last, first + 1)), elementStart(s, min(last, first + 2)), elementStart(s, min(last, first + 3)),
      elementStart(s, min(last, first + 4)), elementStart(s, min(last, first + 5)), elementStart(s, min(last, first + 6)),
      elementStart(s, min(last, first + 7)),
    );
    to += panel;
  }
}

/** One panel: what eight kernel elements meet at grid positions `row` to `row + depth`; in blocks of 4×4 where positions are neighbours. */
function packElements(
  s: Source, row: i32, depth: i32, to: usize, p0: usize, p1: usize, p2: usize, p3: usize, p4: usize, p5: usize, p6: usize, p7: usize,
): void {
  const step = (<usize>s.strideX) << 2;
  let y = row / s.gridWidth;
  let x = row % s.gridWidth;
  while (depth > 0) {
    let count = min(depth, s.gridWidth - x);
    depth -= count;
    let at = (<usize>(y * s.strideY * s.width + x * s.strideX)) << 2;
    if (step == 4) {
      for (; count >= 4; count -= 4) {
        transpose4(v128.load(p0 + at), v128.load(p1 + at), v128.load(p2 + at), v128.load(p3 + at), to, NR << 2);
        transpose4(v128.load(p4 + at), v128.load(p5 + at), v128.load(p6 + at), v128.load(p7 + at), to + 16, NR << 2);
        at += 16;
        to += NR << 4;
      }
    }
    for (; count > 0; count--) {
      f32.store(to, f32.load(p0 + at));
      f32.store(to, f32.load(p1 + at), 4);
      f32.store(to, f32.load(p2 + at), 8);
      f32.store(to, f32.load(p3 + at), 12);
      f32.store(to, f32.load(p4 + at), 16);
      f32.store(to, f32.load(p5 + at), 20);
      f32.store(to, f32.load(p6 + at), 24);
      f32.store(to, f32.load(p7 + at), 28);
      at += step;
      to += NR << 2;
    }
    x = 0;
    y++;
  }
}

/** Products of large matrices: every fragment computes a tile of some rows and four columns. */

import type { Block } from '../device/block';
import type { Gpu } from '../device/gpu';
import type { Texture } from '../device/textures';
import { isWide } from '../glsl/division';
import { fragment } from '../glsl/program';
import type { TileLayout } from '../glsl/tiles';
import { mergedTiles, packedRows, tiledProduct } from '../glsl/tiles';
import type { Merged } from './layout';
import { mergeAxes, stepsUnder } from './layout';
import type { Epilogue, Matrices } from './matrices';
import { biasOf, endingOf, isFar } from './matrices';

/** Multiplications from which tiles pay for the passes around them. */
export const TILED_FROM = 2 ** 15;

/** Results with fewer multiplications are computed a texel per fragment, as tiles are put together in a pass of their own. */
const SEVERAL_ROWS_FROM = 2 ** 17;

const product = (list: readonly number[]): number => list.reduce((n, k) => n * k, 1);

/** A factor whose rows or columns are whole texels. */
interface Factor {
  readonly texture: Texture;
  readonly along: 'row' | 'column';
  /** In texels. */
  readonly first: number;
  readonly line: number;
  readonly depth: number;
  /** Elements from one matrix to the next along each axis of the stack. */
  readonly stack: readonly number[];
  /** Whether the texture was packed for this product. */
  readonly own: boolean;
}

/** A factor, and the axes of its stack under that of the product. */
interface Candidate {
  readonly matrices: Matrices;
  readonly depth: number;
  readonly stack: readonly number[];
  readonly stackShape: readonly number[];
}

/** A factor as it lies, where its neighbours along `along` are whole texels; null where they are not. */
function direct({ matrices, depth, stack }: Candidate, along: 'row' | 'column'): Factor | null {
  const { texture, strides, offset } = matrices;
  const [row, column] = strides.slice(-2);
  const [line, step] = along === 'row' ? [row, column] : [column, row];
  const aligned = [line, offset, ...stack].every((n) => n % 4 === 0);
  if (step !== 1 || !aligned) return null;
  return { texture, along, first: offset / 4, line: line / 4, depth, stack, own: false };
}

/** A factor with its rows (or columns) copied one after the other, each filled up to whole texels with zeros. */
function packed(
  gpu: Gpu,
  { matrices: x, depth, stack, stackShape }: Candidate,
  along: 'row' | 'column',
): Factor {
  const [rows, columns] = x.shape.slice(-2);
  const [row, column] = x.strides.slice(-2);
  const [lines, inner, line, step] =
    along === 'row' ? [rows, columns, row, column] : [columns, rows, column, row];
  const quads = Math.ceil(inner / 4);
  const lengths = stack.map((n, axis) => (n === 0 ? 1 : stackShape[axis]));
  const { sizes, steps } = mergeAxes([...lengths, lines, 4 * quads], [[...stack, line, step]]);
  const count = product(lengths) * lines * quads;
  const texture = gpu.textures.take('float', 4 * count);
  const rank = sizes.length;
  const wide = isWide(4 * count);
  gpu.draw({
    key: `pack rows ${rank} ${wide}`,
    fragment: () => fragment(packedRows(rank, wide)),
    inputs: { A: x.texture },
    outputs: [texture],
    uniforms: {
      sizes,
      inverses: sizes.map((n) => 1 / n),
      AOffset: x.offset,
      ASteps: steps[0],
      inner,
      quads,
    },
    texels: count,
  });
  let size = 4 * lines * quads;
  const own = lengths.map(() => 0);
  for (let axis = lengths.length - 1; axis >= 0; axis--) {
    own[axis] = stack[axis] === 0 ? 0 : size;
    size *= lengths[axis];
  }
  return { texture, along, first: 0, line: quads, depth, stack: own, own: true };
}

/** Both factors, copied only where no program reads them as they lie. */
function factorsOf(
  gpu: Gpu,
  a: Matrices,
  b: Matrices,
  { sizes, steps }: Merged,
  height: number,
): [Factor, Factor] {
  const depth = a.shape[a.shape.length - 1];
  const even = depth % 4 === 0;
  const left: Candidate = { matrices: a, depth, stack: steps[0], stackShape: sizes };
  const right: Candidate = { matrices: b, depth, stack: steps[1], stackShape: sizes };
  const turned = height > 1 ? direct(left, 'column') : null;
  const inRows = direct(right, 'row');
  if (turned && inRows) return [turned, inRows];
  return [
    (even && (direct(left, 'row') ?? turned)) || packed(gpu, left, 'row'),
    (even && (direct(right, 'column') ?? inRows)) || packed(gpu, right, 'column'),
  ];
}

/** The strides of a stack of matrices under that of the product. */
const stackOf = ({ shape, strides }: Matrices, stack: readonly number[]): number[] =>
  stepsUnder({ shape: shape.slice(0, -2), strides: strides.slice(0, -2) }, stack);

/** y = a·b (+ bias, max(0, ·)) in tiles; false, and nothing is done, for stacks of too many axes. */
export function tiled(
  gpu: Gpu,
  a: Matrices,
  b: Matrices,
  target: Block,
  shape: readonly number[],
  epilogue: Epilogue,
): boolean {
  const stack = shape.slice(0, -2);
  const [rows, columns] = shape.slice(-2);
  const work = product(shape) * a.shape[a.shape.length - 1];
  const stacks = mergeAxes(stack, [stackOf(a, stack), stackOf(b, stack)]);
  if (stacks.sizes.length > 2) return false;
  const alone = columns % 4 === 0 && (rows === 1 || work < SEVERAL_ROWS_FROM);
  const height = alone ? 1 : rows > 4 && gpu.context.limits.drawBuffers >= 8 ? 8 : 4;
  const [left, right] = factorsOf(gpu, a, b, stacks, height);
  const grid = {
    stacks: stacks.sizes,
    height,
    tiles: Math.ceil(rows / height),
    quads: Math.ceil(columns / 4),
  };
  if (alone) drawTiles(gpu, left, right, grid, target.texture, epilogue);
  else {
    const texels = product(grid.stacks) * grid.tiles * grid.quads;
    const scratch = gpu.textures.take('float', 4 * texels, height);
    drawTiles(gpu, left, right, grid, scratch, {});
    drawMerged(gpu, scratch, grid, target, shape, epilogue);
    gpu.textures.release(scratch);
  }
  if (left.own) gpu.textures.release(left.texture);
  if (right.own) gpu.textures.release(right.texture);
  return true;
}

/** How many tiles there are: of a matrix `tiles` × `quads`. */
interface Grid {
  readonly stacks: readonly number[];
  readonly height: number;
  readonly tiles: number;
  readonly quads: number;
}

function drawTiles(
  gpu: Gpu,
  left: Factor,
  right: Factor,
  { stacks, height, tiles, quads }: Grid,
  output: Texture,
  epilogue: Epilogue,
): void {
  const layout: TileLayout = { a: left.along, b: right.along, rows: height };
  const ending = endingOf(epilogue);
  const { inputs, uniforms } = biasOf(epilogue.bias);
  const texels = product(stacks) * tiles * quads;
  const [wide, far] = [isWide(texels), isFar(left.texture) || isFar(right.texture)];
  const [aOuter, aInner] = [0, 0, ...left.stack].slice(-2);
  const [bOuter, bInner] = [0, 0, ...right.stack].slice(-2);
  const single = left.along === 'column' && right.along === 'row';
  gpu.draw({
    key: `tiles ${layout.a} ${layout.b} ${height} ${ending.bias} ${ending.relu} ${wide} ${far}`,
    fragment: () => fragment(tiledProduct(layout, ending, wide, far)),
    inputs: { A: left.texture, B: right.texture, ...inputs },
    outputs: [output],
    uniforms: {
      ...uniforms,
      depth: single ? left.depth : Math.ceil(left.depth / 4),
      columns: quads,
      tiles,
      inner: stacks.at(-1) ?? 1,
      firsts: [left.first, right.first],
      steps: [aOuter / 4, aInner / 4, bOuter / 4, bInner / 4],
      lines: [left.line, right.line],
    },
    texels,
  });
}

function drawMerged(
  gpu: Gpu,
  scratch: Texture,
  { height, tiles, quads }: Grid,
  target: Block,
  shape: readonly number[],
  epilogue: Epilogue,
): void {
  const [rows, columns] = shape.slice(-2);
  const whole = columns % 4 === 0;
  const ending = endingOf(epilogue);
  const { inputs, uniforms } = biasOf(epilogue.bias);
  const texels = Math.ceil(product(shape) / 4);
  const wide = isWide(whole ? texels : 4 * texels);
  gpu.draw({
    key: `merge tiles ${height} ${whole} ${ending.bias} ${ending.relu} ${wide}`,
    fragment: () => fragment(mergedTiles(height, whole, ending, wide)),
    inputs: { T: scratch, ...inputs },
    outputs: [target.texture],
    uniforms: { ...uniforms, columns, rows, tiles, quads },
    texels,
  });
}

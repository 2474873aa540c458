/** Matrix products and convolutions of the WebAssembly backend. */

import type { Tensor } from '../../core/tensor';
import type { ConvAttributes, Kernel, Kernels } from '../../ops/table';
import type { Machine } from './kernels';
import { address, attempting, plain } from './kernels';

/** Row and column steps of the matrices in the last two axes. */
function steps(x: Tensor): readonly [number, number] {
  return [x.strides[x.ndim - 2], x.strides[x.ndim - 1]];
}

/** The distance of the matrices of a stack, 0 for a single one; null where they do not lie evenly or broadcast otherwise. */
function batchStep(x: Tensor, batch: readonly number[]): number | null {
  const own = x.shape.slice(0, -2);
  if (own.every((n) => n === 1)) return 0;
  if (own.length !== batch.length || own.some((n, i) => n !== batch[i])) return null;
  let expected: number | null = null;
  for (let axis = own.length - 1; axis >= 0; axis--) {
    if (own[axis] === 1) continue;
    if (expected !== null && x.strides[axis] !== expected) return null;
    expected = x.strides[axis] * own[axis];
  }
  const inner = own.reduce((last, n, axis) => (n === 1 ? last : axis), 0);
  return x.strides[inner];
}

function matmul(machine: Machine): Kernel<'matmul'> {
  return attempting('matmul', ([a, b], _, [y]) => {
    if (a.dtype !== 'float32') return false;
    const batch = y.shape.slice(0, -2);
    const aBatch = batchStep(a, batch);
    const bBatch = batchStep(b, batch);
    const depth = a.shape[a.ndim - 1];
    if (aBatch === null || bBatch === null || depth === 0) return false;
    const [rows, columns] = y.shape.slice(-2);
    const count = batch.reduce((n, size) => n * size, 1);
    const sizes = { rows, columns, depth, count, aBatch, bBatch, bias: 0 };
    multiply(machine, [address(a), ...steps(a)], [address(b), ...steps(b)], address(y), sizes);
    return true;
  });
}

/** Sizes of a stack of products. */
export interface Product {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly count: number;
  /** From one matrix of the left factor to the next, 0 to repeat it. */
  readonly aBatch: number;
  /** As `aBatch`, of the right factor. */
  readonly bBatch: number;
  /** The address of numbers to add to each row, or 0. */
  readonly bias: number;
}

/** A matrix in memory: its address, and the steps between rows and columns in elements. */
export type Matrix = readonly [address: number, row: number, column: number];

/** Multiplications that one thread does in some ten microseconds. */
const GRAIN = 200_000;

/** y = a·b (+ bias) for matrices in memory, y without gaps; in threads where it is worth it. */
export function multiply(
  { kernels, pool }: Machine,
  [a, aRow, aColumn]: Matrix,
  [b, bRow, bColumn]: Matrix,
  y: number,
  { rows, columns, depth, count, aBatch, bBatch, bias }: Product,
): void {
  const plane = rows * columns;
  const steps = (n: number, m: number): readonly number[] => [columns, plane, n, m, depth];
  if (count * plane * depth < 2 * GRAIN || pool.threads === 1) {
    kernels.matmul(
      ...[a, aRow, aColumn, aBatch, b, bRow, bColumn, bBatch],
      ...[y, columns, plane, rows, columns, depth, count, bias],
    );
    return;
  }
  if (count > 1) {
    const grain = Math.ceil(GRAIN / (plane * depth));
    pool.share('matmul', count, grain, 1, (first, end) => [
      ...[a + 4 * first * aBatch, aRow, aColumn, aBatch],
      ...[b + 4 * first * bBatch, bRow, bColumn, bBatch],
      y + 4 * first * plane,
      ...[...steps(rows, columns), end - first, bias],
    ]);
  } else if (rows > columns) {
    const grain = Math.max(24, Math.ceil(GRAIN / (columns * depth)));
    pool.share('matmul', rows, grain, 24, (first, end) => [
      ...[a + 4 * first * aRow, aRow, aColumn, 0, b, bRow, bColumn, 0],
      y + 4 * first * columns,
      ...[...steps(end - first, columns), 1, bias],
    ]);
  } else {
    const grain = Math.max(32, Math.ceil(GRAIN / (rows * depth)));
    pool.share('matmul', columns, grain, 32, (first, end) => [
      ...[a, aRow, aColumn, 0, b + 4 * first * bColumn, bRow, bColumn, 0],
      y + 4 * first,
      ...[...steps(rows, end - first), 1, bias === 0 ? 0 : bias + 4 * first],
    ]);
  }
}

/** Where windows lie: rows and columns of image, kernel and grid, and how the windows step. */
interface Geometry {
  readonly image: readonly number[];
  readonly kernel: readonly number[];
  readonly grid: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
}

/** The geometry of a convolution of tensors. */
function geometryOf(x: Tensor, w: Tensor, y: Tensor, attributes: ConvAttributes): Geometry {
  const { stride, padding, dilation } = attributes;
  const [image, kernel, grid] = [x, w, y].map(({ shape }) => shape.slice(2));
  return { image, kernel, grid, stride, padding: [padding[0], padding[2]], dilation };
}

/** Writes the sizes where the kernels read them; see `Source` in assembly/pack.ts. */
function describe(machine: Machine, at: Geometry): void {
  const { image, kernel, grid, stride, padding, dilation } = at;
  machine.sizeFields.set([...image, ...kernel, ...grid, ...stride, ...padding, ...dilation], 4);
}

/** Bytes of an image that all windows lie in, or 0 where they lie in the image that there is. */
function frameBytes(channels: number, at: Geometry): number {
  const sizes = [0, 1].map(
    (axis) => (at.grid[axis] - 1) * at.stride[axis] + (at.kernel[axis] - 1) * at.dilation[axis] + 1,
  );
  const inside = sizes.every((size, axis) => at.padding[axis] === 0 && size <= at.image[axis]);
  return inside ? 0 : channels * sizes[0] * sizes[1] * 4;
}

/** Tiles of 4×4 outputs of one image. */
const tilesOf = (at: Geometry) => Math.ceil(at.grid[0] / 4) * Math.ceil(at.grid[1] / 4);

/**
 * Whether Winograd's algorithm is faster, from measured costs in nanoseconds: of a multiplication in products, of transforming a
 * number of a tile, and of transforming one of a kernel. It must not depend on threads: results would.
 */
function prefersWinograd(batch: number, inputs: number, outputs: number, at: Geometry): boolean {
  const small = at.kernel[0] === 3 && at.kernel[1] === 3;
  if (!small || [...at.stride, ...at.dilation].some((n) => n !== 1)) return false;
  if (inputs < 16 || outputs < 16) return false;
  const tiles = batch * tilesOf(at);
  const pairs = inputs * outputs;
  const direct = (batch * at.grid[0] * at.grid[1] * pairs * 9) / 27;
  const transforms = 36 * (tiles * (inputs + outputs) * 0.6 + pairs * 0.5);
  return (36 * tiles * pairs) / 29 + transforms < 0.9 * direct;
}

/** Numbers that a chunk of tiles and its products may take: they stay in the second-level cache where they can. */
const CHUNK = 700_000;
/** Outputs whose kernels are transformed at a time where there are few tiles; whole panels of any kernel. */
const SOME_OUTPUTS = 48;

/** Kernels as Winograd's algorithm reads them: their address, steps from output to output and from input to input, and whether they are turned. */
interface WinogradKernels {
  readonly w: number;
  readonly outputStep: number;
  readonly inputStep: number;
  readonly turned: boolean;
}

/** Tiles of a chunk whose tiles have `numbers` each. */
function chunkOf(tiles: number, numbers: number): number {
  const fits = Math.floor(CHUNK / (36 * numbers) / 8) * 8;
  return Math.min(Math.max(32, fits), 256, Math.ceil(tiles / 8) * 8);
}

/** y = x ⋆ w for 3×3 kernels, see assembly/winograd.ts. The smaller one of tiles and kernels is transformed at once, the other in chunks. */
function winograd(
  machine: Machine,
  [x, y]: readonly number[],
  { w, outputStep, inputStep, turned }: WinogradKernels,
  [batch, inputs, outputs]: readonly number[],
  at: Geometry,
): void {
  const { kernels, pool, sizes } = machine;
  const tiles = batch * tilesOf(at);
  const layout = [outputStep, inputStep, Number(turned)];
  const finish = [0, 0, 0];
  if (tiles <= Math.min(outputs, 256)) {
    const bytes = kernels.winogradTileBytes(inputs, tiles);
    const room =
      kernels.winogradKernelBytes(SOME_OUTPUTS, inputs) +
      kernels.winogradProductBytes(SOME_OUTPUTS, tiles);
    borrow(machine, [bytes], ([patches]) => {
      pool.share('winogradTiles', tiles, 8, 8, (from, to) => [
        ...[sizes, x, inputs, tiles, from, to, patches],
      ]);
      shareRooms(machine, 'winogradOutputs', outputs, SOME_OUTPUTS, room, (from, to, place) => [
        ...[sizes, patches, w, ...layout, y, inputs, outputs, tiles],
        ...[from, to, SOME_OUTPUTS, place, ...finish],
      ]);
    });
    return;
  }
  const chunk = chunkOf(tiles, inputs + outputs);
  const room =
    kernels.winogradTileBytes(inputs, chunk) + kernels.winogradProductBytes(outputs, chunk);
  borrow(machine, [kernels.winogradKernelBytes(outputs, inputs)], ([transformed]) => {
    pool.share('winogradKernels', outputs, Math.ceil(4096 / inputs), 12, (from, to) => [
      ...[w, ...layout, transformed, outputs, inputs, from, to],
    ]);
    shareRooms(machine, 'winograd', tiles, chunk, room, (from, to, place) => [
      ...[sizes, x, transformed, y, inputs, outputs, from, to, chunk, place, ...finish],
    ]);
  });
}

/** Lends `use` blocks of memory of so many bytes each. */
function borrow(
  { heap }: Machine,
  sizes: readonly number[],
  use: (places: readonly number[]) => void,
): void {
  const places: number[] = [];
  try {
    for (const bytes of sizes) places.push(heap.allocate(bytes));
    use(places);
  } finally {
    places.forEach((place, i) => {
      heap.release(place, sizes[i]);
    });
  }
}

/** Shares `size` items in multiples of `chunk` between threads, each part with `bytes` of memory of its own. */
function shareRooms(
  machine: Machine,
  name: string,
  size: number,
  chunk: number,
  bytes: number,
  argumentsOf: (from: number, to: number, room: number) => readonly number[],
): void {
  const chunks = Math.ceil(size / chunk);
  const parts = Math.min(chunks, machine.pool.partsOf(chunks, 1));
  const cut = (part: number) => Math.min(size, Math.floor((part * chunks) / parts) * chunk);
  borrow(machine, Array<number>(parts).fill(bytes), (rooms) => {
    machine.pool.run(name, parts, (part) => argumentsOf(cut(part), cut(part + 1), rooms[part]));
  });
}

/** The gradient of a 3×3 convolution in its kernels by the transpose of Winograd's algorithm. */
function winogradWeight(
  machine: Machine,
  [x, g, w]: readonly number[],
  [batch, inputs, outputs]: readonly number[],
  at: Geometry,
): void {
  const { kernels, pool, sizes } = machine;
  const tiles = batch * tilesOf(at);
  const chunk = chunkOf(tiles, inputs + SOME_OUTPUTS);
  const wide = Math.ceil(inputs / 8) * 8;
  const room = kernels.winogradProductBytes(SOME_OUTPUTS, chunk);
  const block = kernels.winogradProductBytes(SOME_OUTPUTS, wide);
  const single = tiles <= chunk;
  const sumsBytes = single ? 0 : block * Math.ceil(outputs / SOME_OUTPUTS);
  borrow(machine, [kernels.winogradTileBytes(inputs, chunk), sumsBytes], ([columns, sums]) => {
    for (let first = 0; first < tiles; first += chunk) {
      const count = Math.min(chunk, tiles - first);
      pool.share('winogradColumns', inputs, Math.ceil(2048 / count), 8, (from, to) => [
        ...[sizes, x, inputs, first, count, from, to, columns],
      ]);
      const flags = [Number(first === 0), Number(first + chunk >= tiles)];
      const bytes = room + (single ? block : 0);
      shareRooms(machine, 'winogradWeight', outputs, SOME_OUTPUTS, bytes, (from, to, place) => [
        ...[sizes, g, columns, w, inputs, outputs, first, count, from, to, SOME_OUTPUTS],
        ...[place, single ? place + room : sums, ...flags],
      ]);
    }
  });
}

/** y = x ⋆ w for addresses; cut by planes of batch · groups, or by pixels where there are few planes. */
function convolve(
  machine: Machine,
  [x, w, y]: readonly number[],
  [batch, groups, inputs, outputs]: readonly number[],
  at: Geometry,
): void {
  const { heap, pool, sizes } = machine;
  describe(machine, at);
  if (groups === 1 && prefersWinograd(batch, inputs, outputs, at)) {
    const layout = { w, outputStep: inputs * 9, inputStep: 9, turned: false };
    winograd(machine, [x, y], layout, [batch, inputs, outputs], at);
    return;
  }
  const planes = batch * groups;
  const pixels = at.grid[0] * at.grid[1];
  const work = outputs * inputs * at.kernel[0] * at.kernel[1];
  const byPlanes = planes >= 2 * pool.threads;
  const items = byPlanes ? planes : Math.ceil(pixels / 32);
  const grain = Math.ceil(GRAIN / (work * (byPlanes ? pixels : 32 * planes)));
  const parts = pool.partsOf(items, grain);
  const bytes = frameBytes(inputs, at);
  const rooms = Array.from({ length: parts }, () => (bytes > 0 ? heap.allocate(bytes) : 0));
  const fixed = [sizes, x, w, y, groups, inputs, outputs];
  const cut = (part: number) => Math.floor((part * items) / parts);
  pool.run('conv2d', parts, (part) => {
    const [first, end] = [cut(part), cut(part + 1)];
    return byPlanes
      ? [...fixed, first, end, 0, pixels, rooms[part]]
      : [...fixed, 0, planes, first * 32, Math.min(end * 32, pixels), rooms[part]];
  });
  if (bytes > 0) for (const room of rooms) heap.release(room, bytes);
}

function conv2d(machine: Machine): Kernel<'conv2d'> {
  return attempting('conv2d', ([x, w], attributes, [y]) => {
    if (!plain(x, w)) return false;
    if (y.size === 0) return true;
    const { groups } = attributes;
    const counts = [x.shape[0], groups, w.shape[1], w.shape[0] / groups];
    convolve(machine, [x, w, y].map(address), counts, geometryOf(x, w, y, attributes));
    return true;
  });
}

/** Up to so many channels an image gradient is cheaper by columns: packing windows costs more than they give. */
const FEW_CHANNELS = 16;

function conv2dInput(machine: Machine): Kernel<'conv2dInput'> {
  return attempting('conv2dInput', ([g, w], attributes, [x]) => {
    if (!plain(g, w)) return false;
    if (x.size === 0) return true;
    const { stride, padding, dilation } = attributes;
    const [, inputs, height, width] = w.shape;
    const steps = stride[0] > 1 || stride[1] > 1;
    if (steps || (inputs <= FEW_CHANNELS && height * width > 1))
      inputByColumns(machine, g, w, x, attributes);
    else
      inputByWindows(machine, g, w, x, attributes, {
        image: g.shape.slice(2),
        kernel: [height, width],
        grid: x.shape.slice(2),
        stride: [1, 1],
        padding: [(height - 1) * dilation[0] - padding[0], (width - 1) * dilation[1] - padding[2]],
        dilation,
      });
    return true;
  });
}

/** Without strides the gradient in the image is a convolution of the output's gradient with the turned kernels. */
function inputByWindows(
  machine: Machine,
  g: Tensor,
  w: Tensor,
  x: Tensor,
  { groups }: ConvAttributes,
  at: Geometry,
): void {
  const { kernels, heap } = machine;
  const [outputs, inputs, height, width] = w.shape;
  if (groups === 1 && prefersWinograd(g.shape[0], outputs, inputs, at)) {
    describe(machine, at);
    const layout = { w: address(w), outputStep: 9, inputStep: inputs * 9, turned: true };
    winograd(machine, [address(g), address(x)], layout, [g.shape[0], outputs, inputs], at);
    return;
  }
  const bytes = w.size * 4;
  const turned = heap.allocate(bytes);
  kernels.turnKernels(address(w), turned, groups, outputs / groups, inputs, height * width);
  const counts = [g.shape[0], groups, outputs / groups, inputs];
  convolve(machine, [address(g), turned, address(x)], counts, at);
  heap.release(turned, bytes);
}

/** The product of turned kernels and gradient, added to the pixels that it reaches. */
function inputByColumns(
  machine: Machine,
  g: Tensor,
  w: Tensor,
  x: Tensor,
  attributes: ConvAttributes,
): void {
  const { heap, pool, sizes } = machine;
  const { groups } = attributes;
  const [outputs, inputs, height, width] = w.shape;
  describe(machine, geometryOf(g, w, x, attributes));
  const planes = g.shape[0] * groups;
  const pixels = g.shape[2] * g.shape[3];
  const work = (w.size / groups) * pixels;
  const parts = Math.min(planes, pool.partsOf(planes, Math.ceil(GRAIN / Math.max(1, work))));
  const bytes = inputs * height * width * pixels * 4;
  const rooms = Array.from({ length: parts }, () => heap.allocate(bytes));
  const fixed = [sizes, address(g), address(w), address(x), groups, inputs, outputs / groups];
  pool.run('conv2dInputByColumns', parts, (part) => [
    ...fixed,
    Math.floor((part * planes) / parts),
    Math.floor(((part + 1) * planes) / parts),
    rooms[part],
  ]);
  for (const room of rooms) heap.release(room, bytes);
}

function conv2dWeight(machine: Machine): Kernel<'conv2dWeight'> {
  return attempting('conv2dWeight', ([x, g], attributes, [w]) => {
    if (!plain(x, g) || x.size === 0 || g.size === 0) return false;
    const { pool, sizes } = machine;
    const { groups } = attributes;
    const at = geometryOf(x, w, g, attributes);
    describe(machine, at);
    const outputs = w.shape[0] / groups;
    if (groups === 1 && prefersWinograd(x.shape[0], w.shape[1], outputs, at)) {
      winogradWeight(machine, [x, g, w].map(address), [x.shape[0], w.shape[1], outputs], at);
      return true;
    }
    const columns = w.size / w.shape[0];
    const fixed = [
      sizes,
      address(x),
      address(g),
      address(w),
      x.shape[0],
      groups,
      w.shape[1],
      outputs,
    ];
    const grain = Math.max(24, Math.ceil(GRAIN / (g.size || 1)));
    pool.share('conv2dWeight', columns, grain, 8, (from, to) => [...fixed, from, to]);
    return true;
  });
}

/** The kernels of products. */
export function productKernels(machine: Machine): Partial<Kernels> {
  return {
    matmul: matmul(machine),
    conv2d: conv2d(machine),
    conv2dInput: conv2dInput(machine),
    conv2dWeight: conv2dWeight(machine),
  };
}

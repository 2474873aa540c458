/** Convolutions with 3×3 kernels by Winograd's algorithm. */

import type { Finish, Geometry } from './geometry';
import type { Machine } from './machine';
import { borrow, shareScratch } from './memory/scratch';
import type { Address } from './module/exports';

/** Tiles of 4×4 outputs of one image. */
const tilesOf = (at: Geometry) => Math.ceil(at.grid[0] / 4) * Math.ceil(at.grid[1] / 4);

/**
 * Whether Winograd's algorithm is faster, from measured costs in nanoseconds: of a multiplication in products, of transforming a
 * number of a tile, and of transforming one of a kernel. It must not depend on threads: results would.
 */
export function prefersWinograd(
  batch: number,
  inputs: number,
  outputs: number,
  at: Geometry,
): boolean {
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
const CHUNK = 180_000;
/** Outputs whose kernels are transformed at a time where there are few tiles; whole panels of any kernel. */
const SOME_OUTPUTS = 48;

/** Kernels as Winograd's algorithm reads them: their address, steps from output to output and from input to input, and whether they are turned. */
export interface WinogradKernels {
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

/** Bytes of kernels that are transformed at once; larger ones are transformed again for every chunk of tiles. */
const MOST_KERNELS = 3_000_000;

/** y = x ⋆ w for 3×3 kernels, see assembly/winograd.ts. Few kernels are transformed at once and tiles in chunks, or the other way round. */
export function winograd(
  machine: Machine,
  [x, y]: readonly [Address, Address],
  { w, outputStep, inputStep, turned }: WinogradKernels,
  [batch, inputs, outputs]: readonly [number, number, number],
  at: Geometry,
  finish: Finish,
): void {
  const { kernels, pool, sizes } = machine;
  const tiles = batch * tilesOf(at);
  const layout = [outputStep, inputStep, Number(turned)] as const;
  const kernelBytes = kernels.winogradKernelBytes(outputs, inputs);
  if (tiles <= Math.min(outputs, 256) || kernelBytes > MOST_KERNELS) {
    const most = Math.min(256, Math.max(32, Math.floor(MOST_KERNELS / (36 * inputs) / 8) * 8));
    const size = Math.min(most, tiles);
    const scratch =
      kernels.winogradKernelBytes(SOME_OUTPUTS, inputs) +
      kernels.winogradProductBytes(SOME_OUTPUTS, size);
    borrow(machine, [kernels.winogradTileBytes(inputs, size)], ([patches]) => {
      for (let first = 0; first < tiles; first += size) {
        const count = Math.min(size, tiles - first);
        pool.share('winogradTiles', count, 8, 8, (from, to) => [
          sizes,
          x,
          inputs,
          first,
          count,
          from,
          to,
          patches,
        ]);
        shareScratch(
          machine,
          'winogradOutputs',
          outputs,
          SOME_OUTPUTS,
          scratch,
          (from, to, place) => [
            sizes,
            patches,
            w,
            ...layout,
            y,
            inputs,
            outputs,
            first,
            count,
            from,
            to,
            SOME_OUTPUTS,
            place,
            ...finish,
          ],
        );
      }
    });
    return;
  }
  const chunk = chunkOf(tiles, inputs + outputs);
  const scratch =
    kernels.winogradTileBytes(inputs, chunk) + kernels.winogradProductBytes(outputs, chunk);
  borrow(machine, [kernelBytes], ([transformed]) => {
    pool.share('winogradKernels', outputs, Math.ceil(4096 / inputs), 12, (from, to) => [
      w,
      ...layout,
      transformed,
      outputs,
      inputs,
      from,
      to,
    ]);
    shareScratch(machine, 'winograd', tiles, chunk, scratch, (from, to, place) => [
      sizes,
      x,
      transformed,
      y,
      inputs,
      outputs,
      from,
      to,
      chunk,
      place,
      ...finish,
    ]);
  });
}

/** The gradient of a 3×3 convolution in its kernels by the transpose of Winograd's algorithm. */
export function winogradWeight(
  machine: Machine,
  [x, g, w]: readonly [Address, Address, Address],
  [batch, inputs, outputs]: readonly [number, number, number],
  at: Geometry,
): void {
  const { kernels, pool, sizes } = machine;
  const tiles = batch * tilesOf(at);
  const chunk = chunkOf(tiles, inputs + SOME_OUTPUTS);
  const wide = Math.ceil(inputs / 8) * 8;
  const scratch = kernels.winogradProductBytes(SOME_OUTPUTS, chunk);
  const block = kernels.winogradProductBytes(SOME_OUTPUTS, wide);
  const single = tiles <= chunk;
  const sumsBytes = single ? 0 : block * Math.ceil(outputs / SOME_OUTPUTS);
  borrow(machine, [kernels.winogradTileBytes(inputs, chunk), sumsBytes], ([columns, sums]) => {
    for (let first = 0; first < tiles; first += chunk) {
      const count = Math.min(chunk, tiles - first);
      pool.share('winogradColumns', inputs, Math.ceil(2048 / count), 8, (from, to) => [
        sizes,
        x,
        inputs,
        first,
        count,
        from,
        to,
        columns,
      ]);
      const flags = [Number(first === 0), Number(first + chunk >= tiles)] as const;
      const bytes = scratch + (single ? block : 0);
      shareScratch(machine, 'winogradWeight', outputs, SOME_OUTPUTS, bytes, (from, to, place) => [
        sizes,
        g,
        columns,
        w,
        inputs,
        outputs,
        first,
        count,
        from,
        to,
        SOME_OUTPUTS,
        place,
        single ? place + scratch : sums,
        ...flags,
      ]);
    }
  });
}

/** Elements on their way to the GPU and back. */

import type { DType, TypedArray } from '@dl/tensor';
import { allocateArray } from '@dl/tensor';
import type { Block } from './block';
import type { Gpu } from './gpu';
import type { Kind } from './textures';
import { FORMATS } from './textures';

const ARRAYS = { float: Float32Array, int: Int32Array, byte: Uint8Array } as const;

/** `data`, in an array of whole rows of a texture. */
function inRows(kind: Kind, data: ArrayLike<number>, row: number, rows: number): TypedArray {
  const Elements = ARRAYS[kind];
  if (data instanceof Elements && data.length === row * rows) return data;
  const padded = new Elements(row * rows);
  padded.set(data);
  return padded;
}

/** Copies `data` to the start of a block. */
export function upload(gpu: Gpu, block: Block, data: ArrayLike<number>): void {
  if (data.length === 0) return;
  const all = data.length < block.length ? merged(gpu, block, data) : data;
  block.change((texture) => {
    const { gl } = gpu;
    const width = 2 ** texture.shift;
    const rows = Math.ceil(all.length / (4 * width));
    const { format, type } = FORMATS[block.kind];
    const pixels = inRows(block.kind, all, 4 * width, rows);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, texture.handle);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, width, rows, gl[format], gl[type], pixels);
  });
}

/** The elements of a block with `data` at its start. */
function merged(gpu: Gpu, block: Block, data: ArrayLike<number>): TypedArray {
  const all = download(gpu, block, 0, block.length);
  all.set(data);
  return all;
}

/** The rows of a texture in which elements `start` to `start + count` lie: the first, how many, and elements in a row. */
function rowsOf({ texture }: Block, start: number, count: number) {
  const row = 4 * 2 ** texture.shift;
  const first = Math.floor(start / row);
  return { first, rows: Math.ceil((start + count) / row) - first, row };
}

/** The wanted elements as an array of their dtype. */
function cut(all: TypedArray, dtype: DType, begin: number, count: number): TypedArray {
  const part = all.subarray(begin, begin + count);
  const exact = allocateArray(dtype, count);
  exact.set(part);
  return exact;
}

/** Copies `count` elements from position `start`, and waits until the GPU has computed them. */
export function download(gpu: Gpu, block: Block, start: number, count: number): TypedArray {
  const { gl } = gpu;
  if (count === 0) return allocateArray(block.dtype, 0);
  const { first, rows, row } = rowsOf(block, start, count);
  const { format, type } = FORMATS[block.kind];
  const all = new ARRAYS[block.kind](rows * row);
  gl.bindFramebuffer(gl.FRAMEBUFFER, block.texture.framebuffer);
  gl.readPixels(0, first, row / 4, rows, gl[format], gl[type], all);
  return cut(all, block.dtype, start - first * row, count);
}

/** As `download`; the page goes on while the GPU computes. */
export async function downloadLater(
  gpu: Gpu,
  block: Block,
  start: number,
  count: number,
): Promise<TypedArray> {
  const { gl } = gpu;
  if (count === 0) return allocateArray(block.dtype, 0);
  const { first, rows, row } = rowsOf(block, start, count);
  const { format, type } = FORMATS[block.kind];
  const all = new ARRAYS[block.kind](rows * row);
  const { dtype } = block;
  // The pixels go to a buffer of the GPU first, in the order of the draws; it is read when a fence behind them was passed.
  const pixels = gl.createBuffer();
  gl.bindBuffer(gl.PIXEL_PACK_BUFFER, pixels);
  gl.bufferData(gl.PIXEL_PACK_BUFFER, all.byteLength, gl.STREAM_READ);
  gl.bindFramebuffer(gl.FRAMEBUFFER, block.texture.framebuffer);
  gl.readPixels(0, first, row / 4, rows, gl[format], gl[type], 0);
  gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
  try {
    await passed(gl);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, pixels);
    gl.getBufferSubData(gl.PIXEL_PACK_BUFFER, 0, all);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
  } finally {
    gl.deleteBuffer(pixels);
  }
  return cut(all, dtype, start - first * row, count);
}

/** Milliseconds between two looks at a fence. */
const PATIENCE = 1;

/** Resolves when everything that was asked of the GPU so far is done, or the context is lost. */
function passed(gl: WebGL2RenderingContext): Promise<void> {
  const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
  gl.flush();
  return new Promise((resolve) => {
    const look = () => {
      const status = fence ? gl.clientWaitSync(fence, 0, 0) : gl.WAIT_FAILED;
      if (status === gl.TIMEOUT_EXPIRED && !gl.isContextLost()) {
        setTimeout(look, PATIENCE);
        return;
      }
      gl.deleteSync(fence);
      resolve();
    };
    look();
  });
}

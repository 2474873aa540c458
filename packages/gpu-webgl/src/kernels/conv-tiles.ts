/** Large convolutions and their gradients: images are packed four channels to a texel, convolved in tiles of pixels, and unpacked. */

import type { ConvAttributes, Shape, Tensor } from '@dl/tensor';
import { textureOf } from '../device/block';
import type { Gpu } from '../device/gpu';
import type { Texture } from '../device/textures';
import {
  mergedConvolution,
  mergedKernelGradient,
  packedImages,
  packedKernels,
  tiledConvolution,
  tiledKernelGradient,
} from '../glsl/convolution';
import { isWide } from '../glsl/division';
import { fragment } from '../glsl/program';
import { biasOf, isFar } from './matrices';

/** Multiplications from which tiles pay for the passes around them. */
export const TILED_FROM = 2 ** 16;

/** Kernels with more columns are not written out in a program. */
const MOST_COLUMNS = 11;

/** Kernel gradients are cut into pieces of images as long as there are fewer fragments. */
const FRAGMENTS = 2 ** 15;

type Pair = readonly [number, number];

/** Rows and columns. */
const pair = (list: readonly number[]): Pair => [list[0], list[1]];

/** Images that are packed. */
interface Packed {
  readonly texture: Texture;
  readonly room: Pair;
  readonly quads: number;
}

/** Packs images: `room` pixels each, with the image from `low` on and its pixels `spread` apart. */
function packImages(
  gpu: Gpu,
  x: Tensor,
  groups: number,
  room: Pair,
  low: Pair,
  spread: Pair,
): Packed {
  const [batch, channels, height, width] = x.shape;
  const grouped = channels / groups;
  const quads = Math.ceil(grouped / 4);
  const texels = batch * groups * quads * room[0] * room[1];
  const texture = gpu.textures.take('float', 4 * texels);
  const wide = isWide(texels);
  gpu.draw({
    key: `pack images ${wide}`,
    fragment: () => fragment(packedImages(wide)),
    inputs: { A: textureOf(x) },
    outputs: [texture],
    uniforms: {
      AOffset: x.offset,
      steps: x.strides,
      room,
      size: [height, width],
      low,
      spread,
      groups,
      quads,
      grouped,
    },
    texels,
  });
  return { texture, room, quads };
}

/** How weights lie for a convolution: strides in elements, and how many of everything. */
interface Weights {
  readonly texture: Texture;
  readonly offset: number;
  /** From one group, output channel, input channel to the next. */
  readonly steps: readonly [number, number, number];
  /** From one row, column to the next. */
  readonly taps: Pair;
  readonly kernel: Pair;
  /** Input and output channels of a group. */
  readonly grouped: Pair;
}

function packKernels(gpu: Gpu, weights: Weights, groups: number, parts: number): Texture {
  const { texture: source, offset, steps, taps, kernel, grouped } = weights;
  const quads = grouped.map((n) => Math.ceil(n / 4));
  const texels = groups * quads[0] * quads[1] * kernel[0] * kernel[1] * parts;
  const texture = gpu.textures.take('float', 4 * texels);
  const wide = isWide(texels);
  gpu.draw({
    key: `pack kernels ${parts} ${wide}`,
    fragment: () => fragment(packedKernels(parts, wide)),
    inputs: { A: source },
    outputs: [texture],
    uniforms: { AOffset: offset, steps: [...steps, 0], taps, kernel, quads, grouped },
    texels,
  });
  return texture;
}

/** What follows a convolution. */
export interface ConvEpilogue {
  readonly bias?: Tensor;
  readonly relu?: boolean;
  /** Contiguous; added before ReLU. */
  readonly add?: Tensor;
}

/** The window of a convolution over packed images. */
interface Window {
  readonly stride: Pair;
  readonly dilation: Pair;
  readonly groups: number;
}

/** Convolves packed images, and writes the result, of shape `shape`, into `target`. */
function convolvePacked(
  gpu: Gpu,
  images: Packed,
  weights: Weights,
  { stride, dilation, groups }: Window,
  shape: Shape,
  target: Texture,
  { bias, relu = false, add }: ConvEpilogue,
): void {
  const [batch, channels, height, width] = shape;
  const { kernel, grouped } = weights;
  const parts = Math.min(4, grouped[0]);
  const pixels = width > 4 && gpu.context.limits.drawBuffers >= 8 ? 8 : 4;
  const tiles = Math.ceil(width / pixels);
  const quads: Pair = [images.quads, Math.ceil(grouped[1] / 4)];
  const kernels = packKernels(gpu, weights, groups, parts);
  const texels = batch * groups * quads[1] * height * tiles;
  const scratch = gpu.textures.take('float', 4 * texels, pixels);
  const tile = { pixels, columns: kernel[1], stride: stride[1], dilation: dilation[1], parts };
  const wide = isWide(texels);
  const far = isFar(images.texture) || isFar(kernels);
  gpu.draw({
    key: `convolve ${Object.values(tile)} ${wide} ${far}`,
    fragment: () => fragment(tiledConvolution(tile, wide, far)),
    inputs: { A: images.texture, B: kernels },
    outputs: [scratch],
    uniforms: {
      room: images.room,
      grid: [height, tiles],
      quads,
      groups,
      rows: kernel[0],
      stride: stride[0],
      dilation: dilation[0],
    },
    texels,
  });
  gpu.textures.release(kernels);
  const whole = width % 4 === 0;
  const count = Math.ceil((batch * channels * height * width) / 4);
  const wideCount = isWide(whole ? count : 4 * count);
  const ending = { bias: bias !== undefined, relu, add: add !== undefined };
  const { inputs, uniforms } = biasOf(bias);
  gpu.draw({
    key: `merge convolution ${pixels} ${whole} ${Object.values(ending)} ${wideCount}`,
    fragment: () => fragment(mergedConvolution(pixels, whole, ending, wideCount)),
    inputs: { T: scratch, ...inputs, ...(add ? { D: textureOf(add) } : {}) },
    outputs: [target],
    uniforms: {
      ...uniforms,
      ...(add ? { DOffset: add.offset } : {}),
      size: [height, width],
      groups,
      grouped: grouped[1],
      quads: quads[1],
      tiles,
    },
    texels: count,
  });
  gpu.textures.release(scratch);
}

/** Pixels that windows of a kernel touch. */
const touched = (count: number, stride: number, kernel: number, dilation: number): number =>
  (count - 1) * stride + (kernel - 1) * dilation + 1;

/** Whether tiles are a way for a convolution of so many multiplications. */
export function suitsTiles(work: number, kernel: Shape): boolean {
  return work >= TILED_FROM && kernel[3] <= MOST_COLUMNS;
}

/** x ⋆ w (+ bias, + add, max(0, ·)). */
export function tiledForward(
  gpu: Gpu,
  x: Tensor,
  weight: Tensor,
  { stride, dilation, padding, groups }: ConvAttributes,
  shape: Shape,
  target: Texture,
  epilogue: ConvEpilogue,
): void {
  const [outputs, inputs, ...taps] = weight.shape;
  const kernel = pair(taps);
  const room = pair([0, 1].map((k) => touched(shape[2 + k], stride[k], kernel[k], dilation[k])));
  const images = packImages(gpu, x, groups, room, [padding[0], padding[2]], [1, 1]);
  const [oStep, cStep, uStep, vStep] = weight.strides;
  const weights: Weights = {
    texture: textureOf(weight),
    offset: weight.offset,
    steps: [(outputs / groups) * oStep, oStep, cStep],
    taps: [uStep, vStep],
    kernel,
    grouped: [inputs, outputs / groups],
  };
  convolvePacked(gpu, images, weights, { stride, dilation, groups }, shape, target, epilogue);
  gpu.textures.release(images.texture);
}

/** The gradient in the images: their gradients, spread by the strides, convolved with the kernels turned by 180°. */
export function tiledInputGradient(
  gpu: Gpu,
  g: Tensor,
  weight: Tensor,
  { stride, dilation, padding, groups }: ConvAttributes,
  y: Tensor,
): void {
  const [outputs, inputs, ...taps] = weight.shape;
  const kernel = pair(taps);
  const room = pair([0, 1].map((k) => touched(y.shape[2 + k], 1, kernel[k], dilation[k])));
  const low = pair([0, 1].map((k) => (kernel[k] - 1) * dilation[k] - padding[2 * k]));
  const images = packImages(gpu, g, groups, room, low, stride);
  const [oStep, cStep, uStep, vStep] = weight.strides;
  const weights: Weights = {
    texture: textureOf(weight),
    offset: weight.offset + (kernel[0] - 1) * uStep + (kernel[1] - 1) * vStep,
    steps: [(outputs / groups) * oStep, cStep, oStep],
    taps: [-uStep, -vStep],
    kernel,
    grouped: [outputs / groups, inputs],
  };
  const window: Window = { stride: [1, 1], dilation, groups };
  convolvePacked(gpu, images, weights, window, y.shape, textureOf(y), {});
  gpu.textures.release(images.texture);
}

/** The gradient in the kernels: pieces of some images each, then their sum. */
export function tiledKernelGradients(
  gpu: Gpu,
  x: Tensor,
  g: Tensor,
  { stride, dilation, padding, groups }: ConvAttributes,
  y: Tensor,
): void {
  const [outputs, inputs, ...taps] = y.shape;
  const [kernel, grid] = [pair(taps), pair(g.shape.slice(2))];
  const room = pair([0, 1].map((k) => touched(grid[k], stride[k], kernel[k], dilation[k])));
  const images = packImages(gpu, x, groups, room, [padding[0], padding[2]], [1, 1]);
  const gradients = packImages(gpu, g, groups, grid, [0, 0], [1, 1]);
  const quads = [images.quads, gradients.quads];
  const height = quads[1] > 1 && gpu.context.limits.drawBuffers >= 8 ? 8 : 4;
  const tiles = Math.ceil((4 * quads[1]) / height);
  const texels = groups * tiles * quads[0] * kernel[0] * kernel[1];
  const batch = x.shape[0];
  const wanted = Math.min(batch, Math.max(1, Math.floor(FRAGMENTS / texels)));
  const share = Math.ceil(batch / wanted);
  const pieces = Math.ceil(batch / share);
  const scratch = gpu.textures.take('float', 4 * texels * pieces, height);
  const wide = isWide(Math.max(texels * pieces, y.size));
  const far = isFar(images.texture) || isFar(gradients.texture);
  gpu.draw({
    key: `kernel gradient ${height} ${wide} ${far}`,
    fragment: () => fragment(tiledKernelGradient(height, wide, far)),
    inputs: { A: images.texture, B: gradients.texture },
    outputs: [scratch],
    uniforms: { room, grid, quads, kernel, stride, dilation, tiles, groups, batch, share },
    texels: texels * pieces,
  });
  gpu.textures.release(images.texture);
  gpu.textures.release(gradients.texture);
  gpu.draw({
    key: `merge kernel gradient ${height} ${wide}`,
    fragment: () => fragment(mergedKernelGradient(height, wide)),
    inputs: { T: scratch },
    outputs: [textureOf(y)],
    uniforms: { quads, kernel, grouped: [inputs, outputs / groups], tiles, pieces, texels },
    texels: Math.ceil(y.size / 4),
  });
  gpu.textures.release(scratch);
}

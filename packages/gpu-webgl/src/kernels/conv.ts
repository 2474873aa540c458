/** Convolution and its gradients. */

import type { ConvAttributes, FusedKernels, Kernel, Kernels, Shape, Tensor } from '@dl/tensor';
import { blockOf, textureOf } from '../device/block';
import type { Gpu } from '../device/gpu';
import type { UniformValue } from '../device/programs';
import { fragment } from '../glsl/program';
import {
  gatheredConvolution,
  gatheredInputGradient,
  gatheredKernelGradient,
} from '../glsl/windows';

import { suitsTiles, tiledForward, tiledInputGradient, tiledKernelGradients } from './conv-tiles';

/** The shapes of a convolution: images, kernels, results. */
interface Shapes {
  readonly image: Shape;
  readonly kernel: Shape;
  readonly grid: Shape;
}

function uniformsOf(
  { image, kernel, grid }: Shapes,
  { stride, padding, dilation, groups }: ConvAttributes,
): Record<string, UniformValue> {
  return {
    batch: image[0],
    channels: [image[1], grid[1]],
    grouped: [image[1] / groups, grid[1] / groups],
    size: image.slice(2),
    grid: grid.slice(2),
    kernel: kernel.slice(2),
    stride,
    padding: [padding[0], padding[2]],
    dilation,
  };
}

/** Whether a convolution with results like `grid` goes by tiles: of floats, with enough to do, and not depthwise. */
function tiles(grid: Tensor, { shape }: Tensor, { groups }: ConvAttributes): boolean {
  const depthwise = groups > 1 && shape[1] === 1;
  const work = grid.size * shape[1] * shape[2] * shape[3];
  return grid.dtype === 'float32' && !depthwise && suitsTiles(work, shape);
}

function convolve(
  gpu: Gpu,
  [x, weight, bias]: readonly [Tensor, Tensor, Tensor | undefined],
  attributes: ConvAttributes,
  relu: boolean,
  y: Tensor,
): void {
  const { kind } = blockOf(x);
  if (tiles(y, weight, attributes)) {
    tiledForward(gpu, x, weight, attributes, y.shape, textureOf(y), { bias, relu });
    return;
  }
  const shapes = { image: x.shape, kernel: weight.shape, grid: y.shape };
  gpu.draw({
    key: `conv2d ${kind} ${bias !== undefined} ${relu}`,
    fragment: () => fragment(gatheredConvolution(kind, bias !== undefined, relu)),
    inputs: { A: textureOf(x), B: textureOf(weight), ...(bias ? { C: textureOf(bias) } : {}) },
    outputs: [textureOf(y)],
    uniforms: {
      AOffset: x.offset,
      BOffset: weight.offset,
      ...(bias ? { COffset: bias.offset } : {}),
      ...uniformsOf(shapes, attributes),
    },
    texels: Math.ceil(y.size / 4),
  });
}

function inputGradient(gpu: Gpu): Kernel<'conv2dInput'> {
  return ([g, weight], attributes, [y]) => {
    const { kind } = blockOf(g);
    if (tiles(g, weight, attributes)) {
      tiledInputGradient(gpu, g, weight, attributes, y);
      return;
    }
    gpu.draw({
      key: `conv2dInput ${kind}`,
      fragment: () => fragment(gatheredInputGradient(kind)),
      inputs: { A: textureOf(g), B: textureOf(weight) },
      outputs: [textureOf(y)],
      uniforms: {
        AOffset: g.offset,
        BOffset: weight.offset,
        ...uniformsOf({ image: y.shape, kernel: weight.shape, grid: g.shape }, attributes),
      },
      texels: Math.ceil(y.size / 4),
    });
  };
}

function kernelGradient(gpu: Gpu): Kernel<'conv2dWeight'> {
  return ([x, g], attributes, [y]) => {
    const { kind } = blockOf(x);
    if (tiles(g, y, attributes)) {
      tiledKernelGradients(gpu, x, g, attributes, y);
      return;
    }
    gpu.draw({
      key: `conv2dWeight ${kind}`,
      fragment: () => fragment(gatheredKernelGradient(kind)),
      inputs: { A: textureOf(x), B: textureOf(g) },
      outputs: [textureOf(y)],
      uniforms: {
        AOffset: x.offset,
        BOffset: g.offset,
        ...uniformsOf({ image: x.shape, kernel: y.shape, grid: g.shape }, attributes),
      },
      texels: Math.ceil(y.size / 4),
    });
  };
}

/** The kernels of convolution. */
export function convKernels(gpu: Gpu): Partial<Kernels> {
  const conv2d: Kernel<'conv2d'> = ([x, weight], attributes, [y]) =>
    convolve(gpu, [x, weight, undefined], attributes, false, y);
  return { conv2d, conv2dInput: inputGradient(gpu), conv2dWeight: kernelGradient(gpu) };
}

/** Convolution with what follows. */
export function fusedConvKernels(gpu: Gpu): Partial<FusedKernels> {
  const convolution: Kernel<'convolution'> = (inputs, { activation, ...attributes }, [y]) =>
    convolve(gpu, inputs, attributes, activation === 'relu', y);
  convolution.supports = ([x]) => x.dtype === 'float32';
  return { convolution };
}

/** Convolution and its gradients. */

import type { ConvAttributes, FusedKernels, Kernel, Kernels, Shape, Tensor } from '@dl/tensor';
import { blockOf, textureOf } from '../device/block';
import type { Gpu } from '../device/gpu';
import type { UniformValue } from '../device/programs';
import { depthwiseConvolution } from '../glsl/depthwise';
import { isWide } from '../glsl/division';
import type { Source } from '../glsl/program';
import { fragment } from '../glsl/program';
import {
  gatheredConvolution,
  gatheredInputGradient,
  gatheredKernelGradient,
} from '../glsl/windows';

import { suitsTiles, tiledForward, tiledInputGradient, tiledKernelGradients } from './conv-tiles';
import { multiply } from './matmul';
import type { Matrices } from './matrices';
import { biasOf } from './matrices';

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

/** Whether a convolution is a matrix product of its kernels with every image. */
function pointwise({ shape }: Tensor, { stride, padding, groups }: ConvAttributes): boolean {
  const single = shape[2] === 1 && shape[3] === 1 && groups === 1;
  return single && stride[0] === 1 && stride[1] === 1 && padding.every((n) => n === 0);
}

/** Whether every output channel has an input channel of its own. */
const depthwise = ({ shape }: Tensor, { groups }: ConvAttributes): boolean =>
  groups > 1 && shape[1] === 1;

const planeOf = ({ shape }: Tensor): number => shape[2] * shape[3];

/** Images as matrices of channels and pixels. */
function planes(x: Tensor): Matrices {
  const [batch, channels] = x.shape;
  const plane = planeOf(x);
  const shape = [batch, channels, plane];
  return { texture: textureOf(x), shape, strides: [channels * plane, plane, 1], offset: x.offset };
}

/** Kernels of one pixel as a matrix. */
const kernelMatrix = (
  weight: Tensor,
  shape: readonly number[],
  strides: readonly number[],
): Matrices => ({ texture: textureOf(weight), shape, strides, offset: weight.offset });

/** Whether a convolution with results like `grid` goes by tiles: of floats, with enough to do, and not depthwise. */
function tiles(grid: Tensor, { shape }: Tensor, { groups }: ConvAttributes): boolean {
  const work = grid.size * shape[1] * shape[2] * shape[3];
  const mixes = groups === 1 || shape[1] > 1;
  return grid.dtype === 'float32' && mixes && suitsTiles(work, shape);
}

function convolve(
  gpu: Gpu,
  [x, weight, bias]: readonly [Tensor, Tensor, Tensor | undefined],
  attributes: ConvAttributes,
  relu: boolean,
  y: Tensor,
): void {
  const { kind } = blockOf(x);
  if (pointwise(weight, attributes) && kind === 'float') {
    const [outputs, inputs] = weight.shape;
    const target = [x.shape[0], outputs, planeOf(y)];
    multiply(
      gpu,
      kernelMatrix(weight, [outputs, inputs], [inputs, 1]),
      planes(x),
      blockOf(y),
      target,
      {
        bias,
        byRow: true,
        relu,
      },
    );
    return;
  }
  if (depthwise(weight, attributes) && kind === 'float') {
    drawDepthwise(gpu, [x, weight, bias], attributes, relu, y);
    return;
  }
  if (tiles(y, weight, attributes)) {
    tiledForward(gpu, x, weight, attributes, y.shape, textureOf(y), { bias, relu });
    return;
  }
  const shapes = { image: x.shape, kernel: weight.shape, grid: y.shape };
  drawWindows(gpu, {
    key: `conv2d ${kind} ${bias !== undefined} ${relu}`,
    source: () => gatheredConvolution(kind, bias !== undefined, relu),
    operands: [x, weight, bias],
    uniforms: uniformsOf(shapes, attributes),
    y,
  });
}

/** One element or four of a result a fragment, each from its window of the operands A and B, and a bias. */
function drawWindows(
  gpu: Gpu,
  {
    key,
    source,
    operands: [a, b, bias],
    uniforms,
    y,
  }: {
    readonly key: string;
    readonly source: () => Source;
    readonly operands: readonly [Tensor, Tensor, (Tensor | undefined)?];
    readonly uniforms: Record<string, UniformValue>;
    readonly y: Tensor;
  },
): void {
  const third = biasOf(bias);
  gpu.draw({
    key,
    fragment: () => fragment(source()),
    inputs: { A: textureOf(a), B: textureOf(b), ...third.inputs },
    outputs: [textureOf(y)],
    uniforms: { AOffset: a.offset, BOffset: b.offset, ...third.uniforms, ...uniforms },
    texels: Math.ceil(y.size / 4),
  });
}

/** Channel by channel, four pixels of a row at once. */
function drawDepthwise(
  gpu: Gpu,
  [x, weight, bias]: readonly [Tensor, Tensor, Tensor | undefined],
  attributes: ConvAttributes,
  relu: boolean,
  y: Tensor,
): void {
  const whole = y.shape[3] % 4 === 0;
  const texels = Math.ceil(y.size / 4);
  const wide = isWide(whole ? texels : 4 * texels);
  const ending = { bias: bias !== undefined, relu };
  const shapes = { image: x.shape, kernel: weight.shape, grid: y.shape };
  drawWindows(gpu, {
    key: `depthwise ${whole} ${ending.bias} ${relu} ${wide}`,
    source: () => depthwiseConvolution(whole, ending, wide),
    operands: [x, weight, bias],
    uniforms: uniformsOf(shapes, attributes),
    y,
  });
}

function inputGradient(gpu: Gpu): Kernel<'conv2dInput'> {
  return ([g, weight], attributes, [y]) => {
    const { kind } = blockOf(g);
    if (pointwise(weight, attributes) && kind === 'float') {
      const [outputs, inputs] = weight.shape;
      const turned = kernelMatrix(weight, [inputs, outputs], [1, inputs]);
      multiply(gpu, turned, planes(g), blockOf(y), [y.shape[0], inputs, planeOf(y)]);
      return;
    }
    if (tiles(g, weight, attributes)) {
      tiledInputGradient(gpu, g, weight, attributes, y);
      return;
    }
    const shapes = { image: y.shape, kernel: weight.shape, grid: g.shape };
    drawWindows(gpu, {
      key: `conv2dInput ${kind}`,
      source: () => gatheredInputGradient(kind),
      operands: [g, weight],
      uniforms: uniformsOf(shapes, attributes),
      y,
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
    const shapes = { image: x.shape, kernel: y.shape, grid: g.shape };
    drawWindows(gpu, {
      key: `conv2dWeight ${kind}`,
      source: () => gatheredKernelGradient(kind),
      operands: [x, g],
      uniforms: uniformsOf(shapes, attributes),
      y,
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

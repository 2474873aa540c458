/** Pooling over windows. */

import type { Kernel, Kernels, PoolAttributes, Shape, Tensor } from '@dl/tensor';
import { blockOf } from '../device/block';
import type { Gpu } from '../device/gpu';
import type { Kind } from '../device/textures';
import type { Source } from '../glsl/program';
import { fragment } from '../glsl/program';
import { maxWindows, sumWindows, sumWindowsGradient } from '../glsl/windows';

/** Draws a program of windows over images of a size. */
function draw(
  gpu: Gpu,
  name: string,
  source: (kind: Kind) => Source,
  x: Tensor,
  outputs: readonly Tensor[],
  image: Shape,
  { kernel, stride, padding, dilation, output }: PoolAttributes,
): void {
  const { kind, texture } = blockOf(x);
  gpu.draw({
    key: `${name} ${kind}`,
    fragment: () => fragment(source(kind)),
    inputs: { A: texture },
    outputs: outputs.map((y) => blockOf(y).texture),
    uniforms: {
      AOffset: x.offset,
      size: image.slice(-2),
      grid: output,
      kernel,
      stride,
      padding: [padding[0], padding[2]],
      dilation,
    },
    texels: Math.ceil(outputs[0].size / 4),
  });
}

/** The kernels of pooling. */
export function poolKernels(gpu: Gpu): Partial<Kernels> {
  const maxPool2d: Kernel<'maxPool2d'> = ([x], attributes, outputs) =>
    draw(gpu, 'maxPool2d', maxWindows, x, outputs, x.shape, attributes);
  const sumPool2d: Kernel<'sumPool2d'> = ([x], attributes, outputs) =>
    draw(gpu, 'sumPool2d', sumWindows, x, outputs, x.shape, attributes);
  const sumPool2dInput: Kernel<'sumPool2dInput'> = ([g], attributes, outputs) =>
    draw(gpu, 'sumPool2dInput', sumWindowsGradient, g, outputs, attributes.inputSize, attributes);
  return { maxPool2d, sumPool2d, sumPool2dInput };
}

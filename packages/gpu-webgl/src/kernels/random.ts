/** Random numbers, the same as on every device. */

import type { Kernel, Kernels, RandomStream } from '@dl/tensor';
import { blockOf } from '../device/block';
import type { Gpu } from '../device/gpu';
import type { UniformValue } from '../device/programs';
import { functionsFor } from '../glsl/functions';
import { fragment } from '../glsl/program';
import { BELL, PHILOX, UNIT } from '../glsl/random';

/** The uniforms of a stretch of the random stream. */
export function streamUniforms({ seed, offset }: RandomStream): Record<string, UniformValue> {
  return {
    keyLow: seed >>> 0,
    keyHigh: Math.floor(seed / 2 ** 32),
    counterLow: offset >>> 0,
    counterHigh: Math.floor(offset / 2 ** 32),
  };
}

function drawn<K extends 'uniform' | 'normal'>(
  gpu: Gpu,
  name: K,
  functions: () => readonly string[],
  result: string,
): Kernel<K> {
  const kernel: Kernel<'uniform'> = (_, stream, [output]) => {
    gpu.draw({
      key: name,
      fragment: () =>
        fragment({
          inputs: {},
          outputs: ['float'],
          functions: functions(),
          body: `  y0 = ${result};`,
        }),
      inputs: {},
      outputs: [blockOf(output).texture],
      uniforms: streamUniforms(stream),
      texels: Math.ceil(output.size / 4),
    });
  };
  return kernel as Kernel<K>;
}

/** The kernels of random numbers. */
export function randomKernels(gpu: Gpu): Partial<Kernels> {
  const helpers = () => [...functionsFor(['log4', 'log1p4', 'sin4', 'cos4']), PHILOX, BELL];
  return {
    uniform: drawn(gpu, 'uniform', () => [PHILOX, UNIT], 'unit(block(t))'),
    normal: drawn(gpu, 'normal', helpers, 'bell(block(t))'),
  };
}

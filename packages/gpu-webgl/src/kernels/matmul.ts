/** Matrix products: tiles for large ones, one element after the other for small ones and for integers. */

import type { Kernel, Kernels } from '@dl/tensor';
import type { Block } from '../device/block';
import { blockOf } from '../device/block';
import type { Gpu } from '../device/gpu';
import { EXACT } from '../glsl/places';
import { gatheredProduct } from '../glsl/products';
import { fragment } from '../glsl/program';
import { mergeAxes, stepsUnder } from './layout';
import type { Epilogue, Matrices } from './matrices';
import { biasOf, endingOf, matricesOf } from './matrices';
import { strided } from './strided';
import { TILED_FROM, tiled } from './tiles';

/** y = a·b (+ bias, max(0, ·)), of stacks that broadcast to the shape of y; y fills `target`. */
export function multiply(
  gpu: Gpu,
  a: Matrices,
  b: Matrices,
  target: Block,
  shape: readonly number[],
  epilogue: Epilogue = {},
): void {
  const work = shape.reduce((n, k) => n * k, 1) * a.shape[a.shape.length - 1];
  const large = target.kind === 'float' && work >= TILED_FROM;
  if (large && tiled(gpu, a, b, target, shape, epilogue)) return;
  gathered(gpu, a, b, target, shape, epilogue);
}

/** Steps of rows (`axis` −2) or columns (−1) of a stack under the shape of the product. */
function stepsOf({ shape, strides }: Matrices, product: readonly number[], axis: -1 | -2) {
  const stack = { shape: shape.slice(0, -2), strides: strides.slice(0, -2) };
  const step = strides[strides.length + axis];
  const own = axis === -2 ? [step, 0] : [0, step];
  return [...stepsUnder(stack, product.slice(0, -2)), ...own];
}

/** Element by element. */
function gathered(
  gpu: Gpu,
  a: Matrices,
  b: Matrices,
  target: Block,
  shape: readonly number[],
  epilogue: Epilogue,
): void {
  const { bias, byRow = false } = epilogue;
  const steps = [stepsOf(a, shape, -2), stepsOf(b, shape, -1)];
  if (bias) {
    const own = shape.length - (byRow ? 2 : 1);
    steps.push(shape.map((_, axis) => (axis === own ? 1 : 0)));
  }
  const merged = mergeAxes(shape, steps);
  const { sizes } = merged;
  const rank = sizes.length;
  const size = shape.reduce((n, k) => n * k, 1);
  const wide = size >= EXACT;
  const kinds = { A: a.texture.kind, B: b.texture.kind };
  const ending = endingOf(epilogue);
  const { inputs, uniforms } = biasOf(bias);
  gpu.draw({
    key: `product ${kinds.A}>${target.kind} ${rank} ${ending.bias} ${ending.relu} ${wide}`,
    fragment: () => fragment(gatheredProduct(kinds, target.kind, ending, rank, wide)),
    inputs: { A: a.texture, B: b.texture, ...inputs },
    outputs: [target.texture],
    uniforms: {
      ...uniforms,
      sizes,
      inverses: sizes.map((n) => 1 / n),
      AOffset: a.offset,
      ASteps: merged.steps[0],
      BOffset: b.offset,
      BSteps: merged.steps[1],
      ...(bias ? { CSteps: merged.steps[2] } : {}),
      depth: a.shape[a.shape.length - 1],
      aStep: a.strides[a.strides.length - 1],
      bStep: b.strides[b.strides.length - 2],
    },
    texels: Math.ceil(size / 4),
  });
}

/** The kernel of the matrix product. */
export function matmulKernels(gpu: Gpu): Partial<Kernels> {
  const matmul: Kernel<'matmul'> = strided(([a, b], _, [y]) => {
    multiply(gpu, matricesOf(a), matricesOf(b), blockOf(y), y.shape);
  });
  return { matmul };
}

/** Kernels that make or copy elements without computing. */

import type { Kernel, Kernels, Tensor } from '@dl/tensor';
import { blockOf, textureOf } from '../device/block';
import type { Gpu } from '../device/gpu';
import type { Texture } from '../device/textures';
import { fragment, SCALAR, VECTOR } from '../glsl/program';
import { elementwise } from './elementwise';
import { mergeAxes } from './layout';
import type { Operand } from './operand';
import { strided } from './strided';

/** Fills the output with one number. */
function full(gpu: Gpu): Kernel<'full'> {
  return (_, { value }, [output]) => {
    const { kind, texture, dtype } = blockOf(output);
    const number = dtype === 'bool' ? Number(value !== 0) : dtype === 'uint8' ? value & 255 : value;
    gpu.draw({
      key: `full ${kind}`,
      fragment: () =>
        fragment({
          inputs: {},
          outputs: [kind],
          uniforms: [`${SCALAR[kind]} value`],
          body: `  y0 = ${VECTOR[kind]}(value);`,
        }),
      inputs: {},
      outputs: [texture],
      uniforms: { value: number },
    });
  };
}

const CONTIGUOUS = { of: () => 'a' };

/** Copies the elements of x, row by row. */
export function copyInto(gpu: Gpu, x: Operand, output: Operand): void {
  elementwise(gpu, 'contiguous', CONTIGUOUS, [x], output);
}

function contiguous(gpu: Gpu): Kernel<'contiguous'> {
  return strided(([x], _, [output]) => copyInto(gpu, x, output));
}

/** Functions from one dtype to another: floats are cut towards zero, int32 wraps around to uint8. */
const CAST = {
  of: (dtype: string) =>
    dtype === 'float32' ? 'vec4(a)' : dtype === 'bool' ? 'ivec4(notEqual(a, zero(a)))' : 'ivec4(a)',
  functions: ['vec4 zero(vec4 a) { return vec4(0); }', 'ivec4 zero(ivec4 a) { return ivec4(0); }'],
};

function cast(gpu: Gpu): Kernel<'cast'> {
  return strided(([x], _, [output]) => {
    elementwise(gpu, 'cast', CAST, [x], output);
  });
}

/**
 * Writes the elements of a tensor into another one of the same shape, wherever its elements lie: every texel of its storage is drawn
 * anew, and asks whether it is part of the tensor.
 */
function assign(gpu: Gpu): Kernel<'assign'> {
  return strided(([target, source]) => {
    if (target.size === 0) return;
    blockOf(target).change((texture) => drawAssigned(gpu, target, source, texture));
  });
}

/** Axes of the target from the longest stride to the shortest, all of them positive, with the strides of the source. */
function descending(target: Tensor, source: Tensor) {
  const { shape, strides, offset } = target;
  let [from, to] = [source.offset, offset];
  const axes: { size: number; step: number; own: number }[] = [];
  shape.forEach((size, axis) => {
    if (size === 1) return;
    let [step, own] = [strides[axis], source.strides[axis]];
    if (step < 0) {
      to += (size - 1) * step;
      from += (size - 1) * own;
      [step, own] = [-step, -own];
    }
    axes.push({ size, step, own });
  });
  axes.sort((a, b) => b.step * b.size - a.step * a.size || b.step - a.step);
  const merged = mergeAxes(
    axes.map((axis) => axis.size),
    [axes.map((axis) => axis.step), axes.map((axis) => axis.own)],
  );
  return { ...merged, from, to };
}

function drawAssigned(gpu: Gpu, target: Tensor, source: Tensor, output: Texture): void {
  const { kind, length } = blockOf(target);
  const { sizes, steps, from, to } = descending(target, source);
  const rank = sizes.length;
  const walk = sizes.map((_, axis) =>
    [
      `  q = rest / targetSteps[${axis}];`,
      `  inside = inside && q < sizes[${axis}];`,
      `  rest -= q * targetSteps[${axis}];`,
      `  p += q * sourceSteps[${axis}];`,
    ].join('\n'),
  );
  gpu.draw({
    key: `assign ${kind} ${rank}`,
    fragment: () =>
      fragment({
        inputs: { A: kind, B: kind },
        outputs: [kind],
        uniforms: [
          'int from',
          'int to',
          ...(rank > 0
            ? [`int sizes[${rank}]`, `int targetSteps[${rank}]`, `int sourceSteps[${rank}]`]
            : []),
        ],
        functions: [
          [
            `${SCALAR[kind]} pick(int e, ${SCALAR[kind]} old) {`,
            '  int q, rest = e - to, p = from;',
            '  bool inside = rest >= 0;',
            ...walk,
            '  return inside && rest == 0 ? B1(p) : old;',
            '}',
          ].join('\n'),
        ],
        body: [
          `  ${VECTOR[kind]} old = A4(t);`,
          ...[0, 1, 2, 3].map((i) => `  y0[${i}] = pick(4 * t + ${i}, old[${i}]);`),
        ].join('\n'),
      }),
    inputs: { A: textureOf(target), B: textureOf(source) },
    outputs: [output],
    uniforms: { from, to, sizes, targetSteps: steps[0], sourceSteps: steps[1] },
    texels: Math.ceil(length / 4),
  });
}

/** The kernels of creation and movement. */
export function movementKernels(gpu: Gpu): Partial<Kernels> {
  return {
    full: full(gpu),
    contiguous: contiguous(gpu),
    cast: cast(gpu),
    assign: assign(gpu),
  };
}

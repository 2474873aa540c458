/** Kernels that compute each element from the elements at its place. */

import type { FusedKernels, Kernel, Kernels, Tensor } from '@dl/tensor';
import type { Gpu } from '../device/gpu';
import { blockOf, textureOf } from '../device/gpu';
import type { Kind } from '../device/textures';
import type { Choice, Formula } from '../glsl/formulas';
import { binaryFormulas, unaryFormulas, whereFormula } from '../glsl/formulas';
import { fragment, VECTOR } from '../glsl/program';
import { readingOf, sourceOf, valuesOf } from './layout';
import { strided } from './strided';

const NAMES = ['A', 'B', 'C', 'D'] as const;

/** Draws `formula` of the operands, which broadcast to the shape of the output. */
export function elementwise(
  gpu: Gpu,
  name: string,
  formula: Formula,
  operands: readonly Tensor[],
  output: Tensor,
): void {
  const names = NAMES.slice(0, operands.length);
  const reading = readingOf(output.shape, operands);
  const source = sourceOf(reading, names);
  const kinds = operands.map((x) => blockOf(x).kind);
  const target = blockOf(output);
  const dtypes = operands.map((x) => x.dtype);
  gpu.draw({
    key: `${name} ${dtypes.join(',')}>${output.dtype} ${source.key}`,
    fragment: () =>
      fragment({
        inputs: Object.fromEntries(names.map((one, i) => [one, kinds[i]])),
        outputs: [target.kind],
        uniforms: source.uniforms,
        functions: [...source.functions, ...(formula.functions ?? [])],
        body: bodyOf(formula, source.reads, kinds, output),
      }),
    inputs: Object.fromEntries(names.map((one, i) => [one, textureOf(operands[i])])),
    outputs: [target.texture],
    uniforms: valuesOf(reading, operands, names),
    texels: Math.ceil(output.size / 4),
  });
}

/** Reads the operands into a, b and c, and computes y0 from them. */
function bodyOf(
  formula: Formula,
  reads: readonly string[],
  kinds: readonly Kind[],
  { dtype }: Tensor,
): string {
  const given = reads.map((read, i) => `  ${VECTOR[kinds[i]]} ${'abcd'[i]} = ${read};`);
  const computed = formula.of(dtype);
  const wrapped = dtype === 'uint8' ? `(${computed}) & 255` : computed;
  return [...given, `  y0 = ${wrapped};`].join('\n');
}

const FUSED = ['reluGradient', 'tanhGradient', 'sigmoidGradient'];

function kernelsBy(gpu: Gpu, choices: readonly (readonly [string, Choice])[]): object {
  return Object.fromEntries(
    choices.map(([name, choose]) => {
      const kernel = (inputs: readonly Tensor[], _: object, [output]: readonly Tensor[]) =>
        elementwise(gpu, name, choose(inputs[0].dtype), inputs, output);
      return [name, Object.assign(kernel, { strided: true })];
    }),
  );
}

/** The elementwise kernels of primitives. */
export function elementwiseKernels(gpu: Gpu): Partial<Kernels> {
  const choices = Object.entries({ ...unaryFormulas, ...binaryFormulas });
  const where: Kernel<'where'> = (inputs, _, [output]) =>
    elementwise(gpu, 'where', whereFormula(inputs[0].dtype, output.dtype), inputs, output);
  return {
    ...kernelsBy(
      gpu,
      choices.filter(([name]) => !FUSED.includes(name)),
    ),
    where: strided(where),
  };
}

/** The elementwise kernels of fused operations. */
export function elementwiseFused(gpu: Gpu): FusedKernels {
  return kernelsBy(
    gpu,
    Object.entries(binaryFormulas).filter(([name]) => FUSED.includes(name)),
  );
}

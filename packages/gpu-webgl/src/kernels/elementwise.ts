/** Kernels that compute each element from the elements at its place. */

import type { FusedKernels, Kernel, Kernels, Tensor } from '@dl/tensor';
import { blockOf, textureOf } from '../device/block';
import type { Gpu } from '../device/gpu';
import type { Kind } from '../device/textures';
import { kindOf } from '../device/textures';
import type { Choice, Formula } from '../glsl/formulas';
import { binaryFormulas, unaryFormulas, whereFormula } from '../glsl/formulas';
import { polygammaFormula } from '../glsl/polygamma';
import { fragment, VECTOR } from '../glsl/program';
import type { Ingredient } from './expression';
import { Expression, shorten } from './expression';
import type { Reading, Way } from './layout';
import { readingOf, sourceOf, valuesOf } from './layout';
import type { Operand } from './operand';
import { strided } from './strided';

const NAMES = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I'] as const;

/** Computes `formula` of the operands, which broadcast to the shape of the output: later where that may spare a draw. */
export function elementwise(
  gpu: Gpu,
  name: string,
  formula: Formula,
  operands: readonly Operand[],
  output: Operand,
): void {
  const reading = readingOf(output.shape, operands);
  const dtypes = operands.map((x) => x.dtype);
  const ingredients = ingredientsOf(reading.ways, operands);
  if (!ingredients) {
    drawNow(gpu, name, formula, operands, output, reading);
    return;
  }
  shorten(ingredients);
  const { value } = blockOf(output);
  value.follow(new Expression(gpu, name, formula, dtypes, output.dtype, ingredients));
}

/** The operands, where all of them can be part of a chain. */
function ingredientsOf(ways: readonly Way[], operands: readonly Operand[]): Ingredient[] | null {
  const ingredients: Ingredient[] = [];
  for (const [i, x] of operands.entries()) {
    const number = x.storage.constant;
    const way = ways[i];
    if (number !== undefined) ingredients.push({ way: 'constant', kind: kindOf(x.dtype), number });
    else if (way === 'texel' || way === 'single') {
      ingredients.push({ way, value: blockOf(x).value, offset: x.offset });
    } else return null;
  }
  return ingredients;
}

/** Draws `formula` of operands that lie in any way. */
function drawNow(
  gpu: Gpu,
  name: string,
  formula: Formula,
  operands: readonly Operand[],
  output: Operand,
  reading: Reading,
): void {
  const names = NAMES.slice(0, operands.length);
  const kinds = operands.map((x) => kindOf(x.dtype));
  const source = sourceOf(reading, names, kinds);
  const target = blockOf(output);
  const dtypes = operands.map((x) => x.dtype);
  const read = names.flatMap((one, i) =>
    reading.ways[i] === 'constant' ? [] : [[one, operands[i]] as const],
  );
  gpu.draw({
    key: `${name} ${dtypes.join(',')}>${output.dtype} ${source.key}`,
    fragment: () =>
      fragment({
        inputs: Object.fromEntries(read.map(([one, x]) => [one, kindOf(x.dtype)])),
        outputs: [target.kind],
        uniforms: source.uniforms,
        functions: [...source.functions, ...(formula.functions ?? [])],
        body: bodyOf(formula, source.reads, kinds, output),
      }),
    inputs: Object.fromEntries(read.map(([one, x]) => [one, textureOf(x)])),
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
  { dtype }: Operand,
): string {
  const given = reads.map((read, i) => `  ${VECTOR[kinds[i]]} ${'abcdefghi'[i]} = ${read};`);
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
  const polygamma: Kernel<'polygamma'> = (inputs, { order }, [output]) =>
    elementwise(gpu, `polygamma ${order}`, polygammaFormula(order), inputs, output);
  return {
    ...kernelsBy(
      gpu,
      choices.filter(([name]) => !FUSED.includes(name)),
    ),
    where: strided(where),
    polygamma: strided(polygamma),
  };
}

/** The elementwise kernels of fused operations. */
export function elementwiseFused(gpu: Gpu): FusedKernels {
  return kernelsBy(
    gpu,
    Object.entries(binaryFormulas).filter(([name]) => FUSED.includes(name)),
  );
}

/** Kernels that put tensors beside each other, and numbers around them. */

import type { Kernel, Kernels, Tensor } from '@dl/tensor';
import { sizeOf } from '@dl/tensor';
import { blockOf } from '../device/block';
import type { Gpu } from '../device/gpu';
import { SELECT } from '../glsl/folds';
import { EXACT } from '../glsl/places';
import { fragment, SCALAR, VECTOR } from '../glsl/program';
import type { Operand } from './operand';
import { borrow, viewOf } from './operand';
import { strided } from './strided';

/** Tensors that one draw puts beside each other. */
const MOST = 8;

/** Puts contiguous matrices beside each other. */
function besides(gpu: Gpu, parts: readonly Operand[], output: Operand): void {
  const { kind, texture } = blockOf(output);
  const rows = output.shape[0];
  const lengths = parts.map((x) => x.shape[1]);
  const offsets = parts.map((x) => x.offset);
  const texels = [...lengths, ...offsets].every((n) => n % 4 === 0);
  const names = parts.map((_, i) => `X${i}_`);
  const ends = lengths.map((_, i) => lengths.slice(0, i + 1).reduce((a, b) => a + b, 0));
  const [type, read] = texels ? [VECTOR[kind], '4'] : [SCALAR[kind], '1'];
  const cases = names.map((name, i) => {
    const place = `offsets[${i}] + row * lengths[${i}] + column - ends[${i}] + lengths[${i}]`;
    const guard = i < names.length - 1 ? `if (column < ends[${i}]) ` : '';
    return `  ${guard}return ${name}${read}(${texels ? `(${place}) >> 2` : place});`;
  });
  gpu.draw({
    key: `concat ${kind} ${parts.length} ${read}`,
    fragment: () =>
      fragment({
        inputs: Object.fromEntries(names.map((name) => [name, kind])),
        outputs: [kind],
        uniforms: [
          'int width',
          ...['offsets', 'lengths', 'ends'].map((name) => `int ${name}[${parts.length}]`),
        ],
        functions: [
          `${type} pick(int e) {\n  int row = e / width, column = e - row * width;\n${cases.join('\n')}\n}`,
        ],
        body: texels
          ? '  y0 = pick(4 * t);'
          : `  y0 = ${VECTOR[kind]}(pick(4 * t), pick(4 * t + 1), pick(4 * t + 2), pick(4 * t + 3));`,
      }),
    inputs: Object.fromEntries(names.map((name, i) => [name, blockOf(parts[i]).texture])),
    outputs: [texture],
    uniforms: { width: ends[ends.length - 1], offsets, lengths, ends },
    texels: Math.ceil((rows * ends[ends.length - 1]) / 4),
  });
}

/** As `besides`, for any number of matrices: groups of them first. */
function joinInto(gpu: Gpu, parts: readonly Operand[], output: Operand): void {
  if (parts.length <= MOST) {
    besides(gpu, parts, output);
    return;
  }
  const size = MOST ** Math.ceil(Math.log(parts.length) / Math.log(MOST) - 1 - 1e-9);
  const groups: Operand[][] = [];
  for (let i = 0; i < parts.length; i += size) groups.push(parts.slice(i, i + size));
  const joined: Operand[] = [];
  const next = (i: number): void => {
    if (i === groups.length) {
      besides(gpu, joined, output);
      return;
    }
    const columns = groups[i].reduce((sum, x) => sum + x.shape[1], 0);
    borrow(gpu, output.dtype, [output.shape[0], columns], (group) => {
      joinInto(gpu, groups[i], group);
      joined.push(group);
      next(i + 1);
    });
  };
  next(0);
}

/** A contiguous tensor as a matrix: the axes before `axis`, and those from it on. */
function matrixOf(x: Tensor, axis: number): Operand {
  const columns = sizeOf(x.shape.slice(axis));
  return viewOf(x, [sizeOf(x.shape.slice(0, axis)), columns], [columns, 1], x.offset);
}

function concat(gpu: Gpu): Kernel<'concat'> {
  return (inputs, { axis }, [output]) => {
    const parts = inputs.filter((x) => x.size > 0).map((x) => matrixOf(x, axis));
    joinInto(gpu, parts, matrixOf(output, axis));
  };
}

/** One axis of a padded tensor. */
interface Side {
  /** The size of the result, and of the tensor. */
  readonly size: number;
  readonly own: number;
  readonly step: number;
  readonly low: number;
  /** The distance between elements. */
  readonly gap: number;
}

/** The axes of a padded tensor; those without padding are merged where they lie one after the other. */
function sidesOf(
  x: Tensor,
  out: Tensor,
  { low, interior }: { low: readonly number[]; interior: readonly number[] },
): Side[] {
  const sides: Side[] = [];
  const bare = (side: Side) => side.size === side.own && side.low === 0 && side.gap === 1;
  for (let i = 0; i < x.ndim; i++) {
    const side = {
      ...{ size: out.shape[i], own: x.shape[i], step: x.strides[i] },
      ...{ low: low[i], gap: interior[i] + 1 },
    };
    const last = sides[sides.length - 1];
    if (last && bare(last) && bare(side) && last.step === side.step * side.size) {
      const size = last.size * side.size;
      sides[sides.length - 1] = { ...last, size, own: size, step: side.step };
    } else sides.push(side);
  }
  return sides;
}

/** Statements that take the coordinate of an axis from `e`, and ask whether it is inside. */
function sideText(axis: number, wide: boolean, gaps: boolean): string {
  const coordinate =
    axis === 0
      ? '  c = e - low[0];'
      : `  q = ${wide ? `e / sizes[${axis}]` : `ivec4((vec4(e) + .5) * inverses[${axis}])`};
  c = e - q * sizes[${axis}] - low[${axis}];
  e = q;`;
  return `${coordinate}
${gaps ? `  q = c / gaps[${axis}];\n  inside &= ivec4(equal(q * gaps[${axis}], c));\n  inside &= ivec4(greaterThanEqual(c, ivec4(0)));\n  c = q;` : ''}
  inside &= ivec4(greaterThanEqual(c, ivec4(0))) & ivec4(lessThan(c, ivec4(own[${axis}])));
  p += c * steps[${axis}];`;
}

function pad(gpu: Gpu): Kernel<'pad'> {
  return strided(([x], attributes, [output]) => {
    const { kind } = blockOf(output);
    const sides = sidesOf(x, output, attributes);
    const rank = sides.length;
    const gaps = sides.some(({ gap }) => gap > 1);
    const wide = output.size >= EXACT;
    const four = VECTOR[kind];
    const { value } = attributes;
    gpu.draw({
      key: `pad ${kind} ${rank} ${gaps} ${wide}`,
      fragment: () =>
        fragment({
          inputs: { A: kind },
          outputs: [kind],
          uniforms: [
            `${SCALAR[kind]} value`,
            'int offset',
            ...(rank > 0
              ? [
                  `float inverses[${rank}]`,
                  ...['sizes', 'own', 'steps', 'low', 'gaps'].map((one) => `int ${one}[${rank}]`),
                ]
              : []),
          ],
          functions: [SELECT],
          body: [
            '  ivec4 q, c, inside = ivec4(1), p = ivec4(offset), e = 4 * t + ivec4(0, 1, 2, 3);',
            ...sides.map((_, i) => sideText(rank - 1 - i, wide, gaps)),
            '  bvec4 chosen = bvec4(inside);',
            `  y0 = select(${four}(value), AG(select(ivec4(offset), p, chosen)), chosen);`,
          ].join('\n'),
        }),
      inputs: { A: blockOf(x).texture },
      outputs: [blockOf(output).texture],
      uniforms: {
        value:
          output.dtype === 'bool' ? Number(value !== 0) : kind === 'byte' ? value & 255 : value,
        offset: x.offset,
        inverses: sides.map(({ size }) => 1 / size),
        sizes: sides.map(({ size }) => size),
        own: sides.map(({ own }) => own),
        steps: sides.map(({ step }) => step),
        low: sides.map(({ low }) => low),
        gaps: sides.map(({ gap }) => gap),
      },
      texels: Math.ceil(output.size / 4),
    });
  });
}

/** The kernels of joining and padding. */
export function joinKernels(gpu: Gpu): Partial<Kernels> {
  return { concat: concat(gpu), pad: pad(gpu) };
}

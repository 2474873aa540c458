/** How operands lie under the shape of a result: the fewest axes that tell it, and the quickest way to read four elements. */

import type { Shape } from '@dl/tensor';
import type { UniformValue } from '../device/programs';
import type { Kind } from '../device/textures';
import { EXACT, placesOf, placeUniforms, sizeUniforms } from '../glsl/places';
import { SCALAR, VECTOR } from '../glsl/program';
import type { Operand } from './operand';

/** Sizes, and strides of several operands, of axes that were merged where all operands allow it. */
export interface Merged {
  readonly sizes: readonly number[];
  readonly steps: readonly (readonly number[])[];
}

/** The strides of x under a shape to which it broadcasts. */
export function stepsUnder(
  { shape: own, strides }: Pick<Operand, 'shape' | 'strides'>,
  shape: Shape,
): number[] {
  const missing = shape.length - own.length;
  return shape.map((_, axis) => {
    const i = axis - missing;
    return i < 0 || own[i] === 1 ? 0 : strides[i];
  });
}

/** Merges axes that lie one after the other in every operand; axes of size 1 go. */
export function mergeAxes(shape: Shape, steps: readonly (readonly number[])[]): Merged {
  const sizes: number[] = [];
  const merged: number[][] = steps.map(() => []);
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const last = sizes.length - 1;
    const joins = last >= 0 && steps.every((list, k) => merged[k][last] === list[axis] * size);
    if (joins) {
      sizes[last] *= size;
      steps.forEach((list, k) => {
        merged[k][last] = list[axis];
      });
      return;
    }
    sizes.push(size);
    steps.forEach((list, k) => {
      merged[k].push(list[axis]);
    });
  });
  return { sizes, steps: merged };
}

/**
 * How an operand is read: `texel`, the texel of the result's number; `rows`, a texel somewhere else; `columns`, one element for all
 * four; `single`, the same element everywhere; `constant`, a number that the host knows; `gather`, four elements.
 */
export type Way = 'texel' | 'rows' | 'columns' | 'single' | 'constant' | 'gather';

/** How several operands are read under one shape. */
export interface Reading {
  readonly merged: Merged;
  readonly ways: readonly Way[];
  readonly wide: boolean;
}

/** The quickest ways to read operands under a shape. */
export function readingOf(shape: Shape, operands: readonly Operand[]): Reading {
  const merged = mergeAxes(
    shape,
    operands.map((x) => stepsUnder(x, shape)),
  );
  const { sizes, steps } = merged;
  const ways = operands.map((x, k) =>
    x.storage.constant === undefined ? wayOf(sizes, steps[k], x.offset) : 'constant',
  );
  return { merged, ways, wide: sizes.reduce((a, b) => a * b, 1) >= EXACT };
}

/** Whether elements lie in the order of the result, without gaps. */
function isRowMajor(sizes: readonly number[], steps: readonly number[]): boolean {
  let next = 1;
  for (let i = sizes.length - 1; i >= 0; i--) {
    if (steps[i] !== next) return false;
    next *= sizes[i];
  }
  return true;
}

function wayOf(sizes: readonly number[], steps: readonly number[], offset: number): Way {
  if (steps.every((step) => step === 0)) return 'single';
  const last = steps.length - 1;
  const inner = steps[last];
  const aligned = offset % 4 === 0;
  if (aligned && isRowMajor(sizes, steps)) return 'texel';
  if (sizes[last] % 4 !== 0) return 'gather';
  if (inner === 0) return 'columns';
  const others = steps.slice(0, last).every((step) => step % 4 === 0);
  return inner === 1 && aligned && others ? 'rows' : 'gather';
}

/** What a program needs to read an operand in a way. */
export interface ReadingSource {
  readonly key: string;
  readonly uniforms: readonly string[];
  readonly functions: readonly string[];
  /** The four elements of operand `i`, as an expression; `t` is the number of the texel. */
  readonly reads: readonly string[];
}

/** Text that reads operands by their names. */
export function sourceOf(
  { merged, ways, wide }: Reading,
  names: readonly string[],
  kinds: readonly Kind[],
): ReadingSource {
  const rank = merged.sizes.length;
  const walks = ways.some((way) => way === 'rows' || way === 'columns' || way === 'gather');
  const uniforms = walks ? sizeUniforms(rank) : [];
  const functions: string[] = [];
  const reads = ways.map((way, i) => {
    const name = names[i];
    if (way === 'constant') {
      uniforms.push(`${SCALAR[kinds[i]]} ${name}Value`);
      return `${VECTOR[kinds[i]]}(${name}Value)`;
    }
    if (way === 'texel' || way === 'single') uniforms.push(`int ${name}Offset`);
    else {
      uniforms.push(...placeUniforms(name, rank));
      functions.push(placesOf(name, rank, wide));
    }
    return READS[way](name);
  });
  return {
    key: `${ways.join(',')} ${walks ? rank : 0}${wide ? 'w' : ''}`,
    uniforms,
    functions,
    reads,
  };
}

const READS: Readonly<Record<Exclude<Way, 'constant'>, (name: string) => string>> = {
  texel: (x) => `${x}4(t + (${x}Offset >> 2))`,
  single: (x) => `${x}S(${x}Offset)`,
  rows: (x) => `${x}4(${x}At(ivec4(4 * t)).x >> 2)`,
  columns: (x) => `${x}S(${x}At(ivec4(4 * t)).x)`,
  gather: (x) => `${x}G(${x}At(ivec4(4 * t) + ivec4(0, 1, 2, 3)))`,
};

/** The uniforms of the operands. */
export function valuesOf(
  { merged, ways }: Reading,
  operands: readonly Operand[],
  names: readonly string[],
): Record<string, UniformValue> {
  const values: Record<string, UniformValue> = {
    sizes: merged.sizes,
    inverses: merged.sizes.map((n) => 1 / n),
  };
  ways.forEach((way, i) => {
    if (way === 'constant') values[`${names[i]}Value`] = operands[i].storage.constant ?? 0;
    values[`${names[i]}Offset`] = operands[i].offset;
    values[`${names[i]}Steps`] = merged.steps[i];
  });
  return values;
}

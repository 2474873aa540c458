/** Numbers that describe lines of elements, such as their mean: a fragment walks over one line and writes a texel of up to four numbers. */

import { blockOf } from '../device/block';
import type { Gpu } from '../device/gpu';
import { SELECT } from '../glsl/folds';
import { functionsFor } from '../glsl/functions';
import { fragment } from '../glsl/program';
import type { Operand } from './operand';
import { rowMajor, viewOf } from './operand';

/**
 * Lines of contiguous operands: `size` elements, `inner` apart; `count` of them, each of which may be cut into pieces of `piece` elements
 * that are described by themselves.
 */
export interface Lines {
  readonly count: number;
  readonly size: number;
  readonly inner: number;
  readonly piece: number;
  readonly pieces: number;
}

/** The lines of a shape along an axis. */
export function linesAlong(shape: readonly number[], axis: number): Lines {
  const size = shape[axis] ?? 1;
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const count = shape.reduce((a, b) => a * b, 1) / size;
  return { count, size, inner, piece: size, pieces: 1 };
}

/** `count` lines of `size` elements, one behind the other, cut where they are few and long. */
export function rowsOf(count: number, size: number): Lines {
  const cuts = count < 256 ? Math.ceil(1024 / count) : 1;
  const piece = Math.max(64, 4 * Math.ceil(size / cuts / 4));
  if (cuts === 1 || piece >= size) return { count, size, inner: 1, piece: size, pieces: 1 };
  return { count, size, inner: 1, piece, pieces: Math.ceil(size / piece) };
}

/** What is computed of each line. */
export interface Description {
  readonly key: string;
  /** Operands by name: `XL(i)` reads elements i to i + 3 of the line. */
  readonly along: Readonly<Record<string, Operand>>;
  /** Other operands by name, from which `XOffset` on may be read. */
  readonly others?: Readonly<Record<string, Operand>>;
  readonly uniforms?: Readonly<Record<string, number>>;
  /** Names of functions of the library, and texts of others. */
  readonly needs?: readonly string[];
  readonly functions?: readonly string[];
  /** Sets y0; `line` is the number of the line, `n` its length, and `only(none, x, i)` takes those of elements i to i + 3 that it has from x. */
  readonly body: string;
}

function readerOf(name: string, texels: boolean): string {
  const place = `${name}Offset + start`;
  return texels
    ? `vec4 ${name}L(int i) { return ${name}T((${place} + i) >> 2); }`
    : `vec4 ${name}L(int i) { return ${name}G(${place} + (i + ivec4(0, 1, 2, 3)) * inner); }`;
}

/** Describes lines (or their pieces) by a texel each. */
export function describeLines(
  gpu: Gpu,
  { count, size, inner, piece, pieces }: Lines,
  { key, along, others = {}, uniforms = {}, needs = [], functions = [], body }: Description,
  output: Operand,
): void {
  const all = { ...along, ...others };
  const names = Object.keys(all);
  const fours = size % 4 === 0 && (pieces === 1 || piece % 4 === 0);
  const dense = inner === 1 && fours;
  const texels = Object.values(along).map(({ offset }) => dense && offset % 4 === 0);
  gpu.draw({
    key: `lines ${key} ${texels.join()} ${fours}`,
    fragment: () =>
      fragment({
        inputs: Object.fromEntries(names.map((name) => [name, blockOf(all[name]).kind])),
        outputs: ['float'],
        uniforms: [
          'int count, size, inner, piece, pieces',
          ...names.map((name) => `int ${name}Offset`),
          ...Object.keys(uniforms).map((name) => `float ${name}`),
        ],
        functions: [
          SELECT,
          'int line, start, n;',
          `vec4 only(vec4 none, vec4 x, int i) { return ${fours ? 'x' : 'select(none, x, lessThan(i + ivec4(0, 1, 2, 3), ivec4(n)))'}; }`,
          'float sumOf(vec4 x) { return (x.x + x.y) + (x.z + x.w); }',
          ...Object.keys(along).map((name, i) => readerOf(name, texels[i])),
          ...functionsFor(needs),
          ...functions,
        ],
        body: `  line = t / pieces;
  int part = t - line * pieces, outer = line / inner;
  start = outer * size * inner + line - outer * inner + part * piece * inner;
  n = t < count * pieces ? min(piece, size - part * piece) : 0;
${body}`,
      }),
    inputs: Object.fromEntries(names.map((name) => [name, blockOf(all[name]).texture])),
    outputs: [blockOf(output).texture],
    uniforms: {
      ...{ count, size, inner, piece, pieces, ...uniforms },
      ...Object.fromEntries(names.map((name) => [`${name}Offset`, all[name].offset])),
    },
    texels: count * pieces,
  });
}

/** Number `component` of each description, under a shape. */
export function componentOf(texels: Operand, shape: readonly number[], component: number): Operand {
  const strides = rowMajor(shape).map((step) => 4 * step);
  return viewOf(texels, shape, strides, texels.offset + component);
}

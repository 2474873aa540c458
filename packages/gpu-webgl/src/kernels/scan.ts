/** Along one axis: where extremes lie, and running totals. */

import type { Kernel, Kernels } from '@dl/tensor';
import { sizeOf } from '@dl/tensor';
import { blockOf } from '../device/block';
import type { Gpu } from '../device/gpu';
import type { Kind, Texture } from '../device/textures';
import { SELECT } from '../glsl/folds';
import { functionsFor } from '../glsl/functions';
import { EXACT, placesOf, placeUniforms, sizeUniforms } from '../glsl/places';
import { fragment, VECTOR } from '../glsl/program';
import { mergeAxes } from './layout';
import type { Operand } from './operand';
import { borrow } from './operand';
import { strided } from './strided';

/** Whether b takes the place of a: it is larger (or smaller), or NaN where a is not. */
function betterThan(sign: '>' | '<', kind: Kind): string[] {
  const test = sign === '>' ? 'greaterThan' : 'lessThan';
  if (kind !== 'float') return [`bvec4 better(ivec4 a, ivec4 b) { return ${test}(b, a); }`];
  return [
    ...functionsFor(['nan4', 'or4', 'and4']),
    `bvec4 better(vec4 a, vec4 b) {
  bvec4 na = nan4(a), nb = nan4(b);
  return and4(not(na), or4(nb, and4(not(nb), ${test}(b, a))));
}`,
  ];
}

/** A search along one axis, of all its elements or of candidates: positions that were found in pieces of the axis. */
interface Search {
  readonly sign: '>' | '<';
  readonly x: Operand;
  readonly axis: number;
  /** How many positions are tried, and how many lie between the first ones of two pieces. */
  readonly count: number;
  /** The elements of one piece; 0: the axis is one piece. */
  readonly piece: number;
  readonly candidates?: Operand;
}

/** Elements that one output looks at, where there are few outputs. */
const LONGEST = 512;

function drawSearch(gpu: Gpu, search: Search, output: Operand): void {
  const { sign, x, axis, count, piece, candidates } = search;
  const { texture, kind } = blockOf(x);
  const others = x.shape.map((_, i) => i).filter((i) => i !== axis);
  const { sizes, steps } = mergeAxes(
    others.map((i) => x.shape[i]),
    [others.map((i) => x.strides[i])],
  );
  const rank = sizes.length;
  const lines = sizeOf(sizes);
  const wide = output.size >= EXACT;
  const four = VECTOR[kind];
  const position = candidates ? 'CG(j * lines + line)' : piece ? 'ivec4(j) + first' : 'ivec4(j)';
  gpu.draw({
    key: `arg ${sign} ${x.dtype} ${rank} ${wide} ${candidates ? 'c' : piece ? 'p' : ''}`,
    fragment: () =>
      fragment({
        inputs: candidates ? { A: kind, C: 'int' } : { A: kind },
        outputs: ['int'],
        uniforms: [
          ...sizeUniforms(rank),
          ...placeUniforms('A', rank),
          'int count',
          'int lines',
          'int piece',
          'int step',
          'int size',
        ],
        functions: [placesOf('A', rank, wide), SELECT, ...betterThan(sign, kind)],
        body: `  ivec4 e = 4 * t + ivec4(0, 1, 2, 3);
  ivec4 first = e / lines * piece;
  ivec4 line = ${piece ? 'e - e / lines * lines' : 'e'};
  ivec4 start = AAt(line);
  ivec4 at;
  ${four} best;
  for (int j = 0; j < count; j++) {
    ivec4 i = min(${position}, size - 1);
    ${four} x = AG(start + i * step);
    bvec4 take = better(best, x);
    if (j == 0) { take = bvec4(true); }
    best = select(best, x, take);
    at = select(at, i, take);
  }
  y0 = at;`,
      }),
    inputs: candidates ? { A: texture, C: blockOf(candidates).texture } : { A: texture },
    outputs: [blockOf(output).texture],
    uniforms: {
      AOffset: x.offset,
      ASteps: steps[0],
      sizes,
      inverses: sizes.map((n) => 1 / n),
      ...{ count, lines, piece, step: x.strides[axis] ?? 0, size: x.shape[axis] ?? 1 },
    },
    texels: Math.ceil(output.size / 4),
  });
}

function search<K extends 'argmax' | 'argmin'>(gpu: Gpu, sign: '>' | '<'): Kernel<K> {
  const kernel: Kernel<'argmax'> = ([x], { axis }, [output]) => {
    const count = x.shape[axis] ?? 1;
    const all = { sign, x, axis, count, piece: 0 };
    if (count <= LONGEST || output.size >= LONGEST) {
      drawSearch(gpu, all, output);
      return;
    }
    const piece = Math.ceil(Math.sqrt(count));
    const pieces = Math.ceil(count / piece);
    borrow(gpu, 'int32', [pieces, output.size], (candidates) => {
      drawSearch(gpu, { ...all, count: piece, piece }, candidates);
      drawSearch(gpu, { ...all, count: pieces, candidates }, output);
    });
  };
  return strided(kernel as Kernel<K>);
}

/** Elements that one draw of a scan combines. */
const RADIX = 8;

/**
 * One round of a scan: each element takes in those 1, 2, … 7 distances before it, so that it then stands for eight times as many. `what` of
 * elements (x) or of positions of the best ones.
 */
interface Round {
  readonly name: string;
  /** The operand whose elements are compared or combined. */
  readonly x: Operand;
  readonly kind: Kind;
  readonly functions: readonly string[];
  readonly type: string;
  /** Statement that takes in what lies at place `p` (row `i` of the axis) where `inside`. */
  readonly first: string;
  readonly take: string;
}

function drawRound(
  gpu: Gpu,
  { name, x, kind, functions, type, first, take }: Round,
  before: Operand | null,
  { inner, size, distance }: { inner: number; size: number; distance: number },
  output: Operand,
): void {
  const inputs: Record<string, Texture> = before
    ? { A: blockOf(x).texture, B: blockOf(before).texture }
    : { A: blockOf(x).texture };
  const kinds: Record<string, Kind> = before ? { A: kind, B: blockOf(before).kind } : { A: kind };
  gpu.draw({
    key: `${name} ${x.dtype} ${before ? 1 : 0}`,
    fragment: () =>
      fragment({
        inputs: kinds,
        outputs: [blockOf(output).kind],
        uniforms: ['int AOffset', 'int inner', 'int size', 'int distance'],
        functions: [SELECT, ...functions],
        body: `  ivec4 e = 4 * t + ivec4(0, 1, 2, 3);
  ivec4 line = e / inner;
  ivec4 i = line - line / size * size;
  ${type} total;
  ${first}
  for (int j = 1; j < ${RADIX}; j++) {
    ivec4 row = i - j * distance;
    bvec4 inside = greaterThanEqual(row, ivec4(0));
    if (!any(inside)) break;
    ivec4 p = select(e, e - j * distance * inner, inside);
    ${take}
  }
  y0 = total;`,
      }),
    inputs,
    outputs: [blockOf(output).texture],
    uniforms: { AOffset: x.offset, inner, size, distance },
    texels: Math.ceil(output.size / 4),
  });
}

/** Rounds of growing distance until every element stands for all before it. */
function scanInto(
  gpu: Gpu,
  x: Operand,
  axis: number,
  output: Operand,
  roundOf: (before: Operand | null) => Round,
): void {
  const size = x.shape[axis] ?? 1;
  const inner = sizeOf(x.shape.slice(axis + 1));
  const go = (before: Operand | null, distance: number): void => {
    const sizes = { inner, size, distance };
    const next = distance * RADIX;
    if (next >= size) {
      drawRound(gpu, roundOf(before), before, sizes, output);
      return;
    }
    borrow(gpu, output.dtype, output.shape, (partial) => {
      drawRound(gpu, roundOf(before), before, sizes, partial);
      go(partial, next);
    });
  };
  go(null, 1);
}

function total<K extends 'cumsum' | 'cumprod'>(gpu: Gpu, name: K): Kernel<K> {
  const kernel: Kernel<'cumsum'> = ([x], { axis }, [output]) => {
    scanInto(gpu, x, axis, output, (before) => {
      const { kind } = blockOf(before ?? x);
      const type = VECTOR[kind];
      const read = before ? 'BG' : 'AG';
      const shift = before ? '' : ' + AOffset';
      const sign = name === 'cumsum' ? '+' : '*';
      return {
        name,
        x,
        kind: blockOf(x).kind,
        functions: [],
        type,
        first: `total = ${read}(e${shift});`,
        take: `total = select(total, total ${sign} ${read}(p${shift}), inside);`,
      };
    });
  };
  return kernel as Kernel<K>;
}

function running<K extends 'cumargmax' | 'cumargmin'>(
  gpu: Gpu,
  name: K,
  sign: '>' | '<',
): Kernel<K> {
  const kernel: Kernel<'cumargmax'> = ([x], { axis }, [output]) => {
    const { kind } = blockOf(x);
    scanInto(gpu, x, axis, output, (before) => {
      const found = (p: string, row: string) => (before ? `BG(${p})` : row);
      return {
        name,
        x,
        kind,
        functions: betterThan(sign, kind),
        type: 'ivec4',
        // Elements come from the last to the first: of equals the last stays.
        first: `total = ${found('e', 'i')};
  ivec4 start = e - i * inner + AOffset;
  ${VECTOR[kind]} best = AG(start + total * inner);`,
        take: `ivec4 at = ${found('p', 'row')};
    ${VECTOR[kind]} x = AG(start + select(ivec4(0), at, inside) * inner);
    inside = bvec4(uvec4(inside) & uvec4(better(best, x)));
    best = select(best, x, inside);
    total = select(total, at, inside);`,
      };
    });
  };
  return kernel as Kernel<K>;
}

/** The kernels along one axis. */
export function scanKernels(gpu: Gpu): Partial<Kernels> {
  return {
    argmax: search(gpu, '>'),
    argmin: search(gpu, '<'),
    cumsum: total(gpu, 'cumsum'),
    cumprod: total(gpu, 'cumprod'),
    cumargmax: running(gpu, 'cumargmax', '>'),
    cumargmin: running(gpu, 'cumargmin', '<'),
  };
}

/** Reductions over any axes: each fragment walks over what its four outputs stand for; long walks are cut, and what the pieces give is reduced again. */

import type { Kernel, Kernels } from '@dl/tensor';
import { blockOf } from '../device/block';
import type { Gpu } from '../device/gpu';
import type { Kind } from '../device/textures';
import type { Fold, FoldName } from '../glsl/folds';
import { foldOf, SELECT, storedAs } from '../glsl/folds';
import { EXACT, placesOf, placeUniforms, sizeUniforms } from '../glsl/places';
import { fragment, VECTOR } from '../glsl/program';
import { mergeAxes } from './layout';
import type { Operand } from './operand';
import { borrow } from './operand';
import { strided } from './strided';

/** Axes with their sizes and strides, from the outermost. */
interface Axes {
  readonly sizes: readonly number[];
  readonly steps: readonly number[];
}

/** A reduced axis of which each output takes a piece: `length` of its `size` elements. */
interface Cut {
  readonly axis: number;
  readonly length: number;
  readonly size: number;
}

/** How elements are read: a texel for four outputs, texels along the rows that are reduced, or one by one. */
type Way = 'columns' | 'rows' | 'gather';

/** The walk of a reduction over a texture: axes that stay, and axes that go. */
interface Walk {
  readonly offset: number;
  readonly kept: Axes;
  readonly reduced: Axes;
  readonly cut?: Cut;
}

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** The walk over `x`; reduced axes go from the longest stride to the shortest, all of them forwards. */
function walkOf(x: Operand, axes: readonly number[]): Walk {
  const { shape, strides } = x;
  let { offset } = x;
  const stay = shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const go = axes.map((axis) => {
    const [size, step] = [shape[axis], strides[axis]];
    if (step >= 0) return { size, step };
    offset += (size - 1) * step;
    return { size, step: -step };
  });
  go.sort((a, b) => b.step - a.step || b.size - a.size);
  return {
    offset,
    kept: merged(
      stay.map((i) => shape[i]),
      stay.map((i) => strides[i]),
    ),
    reduced: merged(
      go.map(({ size }) => size),
      go.map(({ step }) => step),
    ),
  };
}

function merged(shape: readonly number[], strides: readonly number[]): Axes {
  const { sizes, steps } = mergeAxes(shape, [strides]);
  return { sizes, steps: steps[0] };
}

/** Elements that one output may stand for without being cut, and where there are few outputs. */
const LONGEST = 1024;
const LONGEST_ALONE = 128;
/** Outputs from which the GPU has enough to do. */
const MANY = 256;

/** The walk in pieces, whose first kept axis counts them; null where the walk is short. */
function cutWalk(walk: Walk): Walk | null {
  const { offset, kept, reduced } = walk;
  const count = product(reduced.sizes);
  if (count <= (product(kept.sizes) >= MANY ? LONGEST : LONGEST_ALONE)) return null;
  const axis = reduced.sizes.indexOf(Math.max(...reduced.sizes));
  const size = reduced.sizes[axis];
  const wanted = Math.min(512, Math.max(64, Math.sqrt(count)));
  const length = pieceOf(size, Math.ceil((wanted * size) / count));
  if (length >= size) return null;
  const step = reduced.steps[axis];
  return {
    offset,
    kept: {
      sizes: [Math.ceil(size / length), ...kept.sizes],
      steps: [length * step, ...kept.steps],
    },
    reduced: {
      sizes: reduced.sizes.map((n, i) => (i === axis ? length : n)),
      steps: reduced.steps,
    },
    cut: { axis, length, size },
  };
}

/** A length of at least `wanted` (four elements, where that is more than one) that divides `size`, if there is one below twice that. */
function pieceOf(size: number, wanted: number): number {
  const grain = wanted > 1 ? 4 : 1;
  const first = Math.ceil(wanted / grain) * grain;
  for (let length = first; length < 2 * first; length += grain) {
    if (size % length === 0) return length;
  }
  return first;
}

function wayOf({ offset, kept, reduced }: Walk): Way {
  const last = kept.sizes.length - 1;
  const fours = (list: readonly number[]) => list.every((n) => n % 4 === 0);
  const columns =
    last >= 0 &&
    kept.steps[last] === 1 &&
    kept.sizes[last] % 4 === 0 &&
    fours([offset, ...kept.steps.slice(0, last), ...reduced.steps]);
  if (columns) return 'columns';
  const inner = reduced.sizes.length - 1;
  return inner >= 0 && reduced.steps[inner] === 1 && reduced.sizes[inner] >= 8 ? 'rows' : 'gather';
}

/** What the shader of a walk depends on. */
interface Form {
  readonly kind: Kind;
  readonly way: Way;
  /** Axes that stay, and axes that go. */
  readonly rank: number;
  readonly depth: number;
  /** The reduced axis whose last piece is shorter; −1: none. */
  readonly ragged: number;
  readonly wide: boolean;
}

/** Loops over the reduced axes, but the last `spared`, around `inner`, which sees the place of its elements as `p`. */
function loopsOf({ depth, way, ragged }: Form, inner: (guard: string) => string): string {
  const loops = way === 'rows' ? depth - 1 : depth;
  const indices = Array.from({ length: loops }, (_, i) => i);
  const place = indices.map((i) => ` + i${i} * strides[${i}]`).join('');
  const guard = ragged >= 0 && ragged < loops ? `i${ragged} + seg * piece, ivec4(limit)` : '';
  const opened = indices.map((i) => `for (int i${i} = 0; i${i} < counts[${i}]; i${i}++) {`);
  // Totals of the innermost loop by themselves: sums of sums lose less.
  const last = loops - 1;
  if (loops === 0) return `  { ivec4 p = start;\n${inner(guard)} total = fold(total, part); }`;
  return [
    ...opened.slice(0, last),
    '  part = NONE;',
    opened[last],
    `  ivec4 p = start${place};`,
    inner(guard),
    '  }',
    '  total = fold(total, part);',
    ...opened.slice(0, last).map(() => '}'),
  ].join('\n');
}

/** One step of a walk that reads a texel or four elements. */
function stepOf({ way }: Form): (guard: string) => string {
  const read = way === 'columns' ? 'A4(p.x >> 2)' : 'AG(p)';
  return (guard) => {
    const next = `fold(part, valueOf(${read}))`;
    return `  part = ${guard ? `select(part, ${next}, lessThan(${guard}))` : next};`;
  };
}

/** One step of a walk over rows: each output takes its row from texels, and what lies before and behind the row is left out. */
function rowStep({ ragged, depth }: Form): (guard: string) => string {
  const inner = depth - 1;
  const length =
    ragged === inner
      ? `min(ivec4(counts[${inner}]), limit - seg * piece)`
      : `ivec4(counts[${inner}])`;
  return (guard) =>
    [
      `  ivec4 n = ${length};`,
      ...(guard ? [`  n = select(ivec4(0), n, lessThan(${guard}));`] : []),
      '  for (int k = 0; k < 4; k++) if (4 * t + k < outCount) one[k] = row(p[k], n[k]);',
      depth === 1 ? '  part = one;' : '  part = fold(part, one);',
    ].join('\n');
}

function rowFunction({ type, identity }: Fold, kind: Kind): string {
  const scalar = type === 'vec4' ? 'float' : 'int';
  return `${scalar} row(int p, int n) {
  ${type} part = ${type}(${identity});
  int last = (p + n - 1) >> 2;
  for (int q = p >> 2; q <= last; q++) {
    ${VECTOR[kind]} x = A4(q);
    ivec4 e = 4 * q - p + ivec4(0, 1, 2, 3);
    part = select(part, fold(part, valueOf(x)), bvec4(uvec4(greaterThanEqual(e, ivec4(0))) & uvec4(lessThan(e, ivec4(n)))));
  }
  part = fold(part, part.zwxy);
  return fold(part, part.yxwz).x;
}`;
}

function sourceOf(fold: Fold, form: Form, output: Operand): string {
  const { kind, rank, depth, way, ragged } = form;
  const { type, identity } = fold;
  const loops = loopsOf(form, way === 'rows' ? rowStep(form) : stepOf(form));
  return fragment({
    inputs: { A: kind },
    outputs: [blockOf(output).kind],
    uniforms: [
      ...sizeUniforms(rank),
      ...placeUniforms('A', rank),
      ...(depth > 0 ? [`int counts[${depth}]`, `int strides[${depth}]`] : []),
      'int outCount',
      ...(ragged >= 0 ? ['int pieces', 'int piece', 'int limit'] : []),
    ],
    functions: [
      placesOf('A', rank, form.wide),
      SELECT,
      ...fold.functions,
      ...(way === 'rows' ? [rowFunction(fold, kind)] : []),
    ],
    body: [
      `  const ${type} NONE = ${type}(${identity});`,
      '  ivec4 e = 4 * t + ivec4(0, 1, 2, 3);',
      '  ivec4 start = AAt(e);',
      ...(ragged >= 0 ? ['  ivec4 seg = e / pieces;'] : []),
      `  ${type} total = NONE, part = NONE, one = NONE;`,
      loops,
      `  y0 = ${storedAs(output.dtype, fold.result ?? 'total')};`,
    ].join('\n'),
  });
}

/** Draws a walk into `output`, whose elements are those of the kept axes. */
function drawWalk(gpu: Gpu, name: FoldName, x: Operand, walk: Walk, output: Operand): void {
  const { texture, kind } = blockOf(x);
  const { offset, kept, reduced, cut } = walk;
  const fold = foldOf(name, kind);
  const way = fold.whole && wayOf(walk) === 'rows' ? 'gather' : wayOf(walk);
  const ragged = cut && cut.size % cut.length !== 0 ? cut.axis : -1;
  const [rank, depth] = [kept.sizes.length, reduced.sizes.length];
  const count = product(kept.sizes);
  const wide = count >= EXACT;
  const form: Form = { kind, way, rank, depth, ragged, wide };
  gpu.draw({
    key: `${name} ${x.dtype}>${output.dtype} ${way} ${rank} ${depth} ${ragged} ${wide}`,
    fragment: () => sourceOf(fold, form, output),
    inputs: { A: texture },
    outputs: [blockOf(output).texture],
    uniforms: {
      AOffset: offset,
      ASteps: kept.steps,
      sizes: kept.sizes,
      inverses: kept.sizes.map((n) => 1 / n),
      counts: reduced.sizes,
      strides: reduced.steps,
      outCount: count,
      pieces: cut ? count / kept.sizes[0] : 1,
      piece: cut?.length ?? 1,
      limit: cut?.size ?? 1,
    },
    texels: Math.ceil(count / 4),
  });
}

/** Reduces `axes` of x into `output`, a contiguous operand. */
export function reduceInto(
  gpu: Gpu,
  name: FoldName,
  x: Operand,
  axes: readonly number[],
  output: Operand,
): void {
  const walk = walkOf(x, axes);
  const pieces = foldOf(name, blockOf(x).kind).whole ? null : cutWalk(walk);
  if (!pieces) {
    drawWalk(gpu, name, x, walk, output);
    return;
  }
  const count = product(walk.kept.sizes);
  const [first] = pieces.kept.sizes;
  borrow(gpu, output.dtype, [first, count], (partial) => {
    drawWalk(gpu, name, x, pieces, partial);
    reduceInto(gpu, name, partial, [0], output);
  });
}

function reduction<K extends FoldName>(gpu: Gpu, name: K): Kernel<K> {
  const kernel: Kernel<'sum'> = ([x], { axes }, [output]) => reduceInto(gpu, name, x, axes, output);
  return strided(kernel as Kernel<K>);
}

/** The kernels of reductions. */
export function reduceKernels(gpu: Gpu): Partial<Kernels> {
  return {
    sum: reduction(gpu, 'sum'),
    prod: reduction(gpu, 'prod'),
    amax: reduction(gpu, 'amax'),
    amin: reduction(gpu, 'amin'),
    any: reduction(gpu, 'any'),
    all: reduction(gpu, 'all'),
  };
}

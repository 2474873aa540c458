/**
 * Sorting along one axis. What is sorted are positions, four to a texel, by the elements that they name and, where those are equal, by
 * themselves: so equal elements keep their order. Short lines by counting, long ones by Batcher's bitonic network ("Sorting networks and
 * their applications", 1968).
 */

import type { Kernel, Kernels } from '@dl/tensor';
import { sizeOf } from '@dl/tensor';
import { blockOf } from '../device/block';
import type { Gpu } from '../device/gpu';
import type { Kind } from '../device/textures';
import { SELECT } from '../glsl/folds';
import { functionsFor } from '../glsl/functions';
import { fragment, VECTOR } from '../glsl/program';
import type { Operand } from './operand';
import { borrow } from './operand';

/** Lines of x along an axis: element `i` of line `l` is at offset + (l / inner · size + i) · inner + l mod inner. */
interface Lines {
  readonly x: Operand;
  readonly descending: boolean;
  readonly size: number;
  readonly inner: number;
  readonly count: number;
}

/** `bvec4 before(a, i, b, j)`: whether element i, which is a, comes before element j, which is b; NaN counts as the largest. */
function order(kind: Kind, descending: boolean): string[] {
  const test = descending ? 'greaterThan' : 'lessThan';
  const ties = 'and4(equal(a, b), lessThan(i, j))';
  const helpers = [SELECT, ...functionsFor(['nan4', 'and4', 'or4'])];
  if (kind !== 'float') {
    return [
      ...helpers,
      `bvec4 before(ivec4 a, ivec4 i, ivec4 b, ivec4 j) { return or4(${test}(a, b), ${ties}); }`,
    ];
  }
  const [first, second] = descending ? ['na', 'nb'] : ['nb', 'na'];
  return [
    ...helpers,
    `bvec4 before(vec4 a, ivec4 i, vec4 b, ivec4 j) {
  bvec4 na = nan4(a), nb = nan4(b);
  bvec4 numbers = and4(not(or4(na, nb)), or4(${test}(a, b), ${ties}));
  bvec4 same = and4(and4(na, nb), lessThan(i, j));
  return or4(or4(numbers, same), and4(${first}, not(${second})));
}`,
  ];
}

const LINE_UNIFORMS = ['int offset', 'int size', 'int inner'];
/** Where the elements of line l begin. */
const START = `ivec4 startOf(ivec4 l) {
  ivec4 outer = l / inner;
  return offset + outer * size * inner + l - outer * inner;
}`;

function draw(
  gpu: Gpu,
  name: string,
  lines: Lines,
  more: {
    positions?: Operand;
    output: Operand;
    uniforms?: Record<string, number>;
    body: string;
  },
): void {
  const { x, descending, size, inner } = lines;
  const { kind } = blockOf(x);
  const { positions, output, uniforms = {}, body } = more;
  const target = blockOf(output);
  const kinds: Record<string, Kind> = positions ? { A: kind, P: 'int' } : { A: kind };
  const textures = { A: blockOf(x).texture };
  gpu.draw({
    key: `sort ${name} ${kind}>${target.kind} ${descending} ${positions ? 1 : 0}`,
    fragment: () =>
      fragment({
        inputs: kinds,
        outputs: [target.kind],
        uniforms: [...LINE_UNIFORMS, ...Object.keys(uniforms).map((one) => `int ${one}`)],
        functions: [...order(kind, descending), START],
        body: `  ivec4 e = 4 * t + ivec4(0, 1, 2, 3);\n${body}`,
      }),
    inputs: positions ? { ...textures, P: blockOf(positions).texture } : textures,
    outputs: [target.texture],
    uniforms: { offset: x.offset, size, inner, ...uniforms },
    texels: Math.ceil(output.size / 4),
  });
}

/** How many elements of its line come before each one. */
function drawRanks(gpu: Gpu, lines: Lines, ranks: Operand): void {
  const four = VECTOR[blockOf(lines.x).kind];
  draw(gpu, 'ranks', lines, {
    output: ranks,
    body: `  ivec4 line = e / size, i = e - line * size, start = startOf(line);
  ${four} x = AG(start + i * inner);
  for (int j = 0; j < size; j++) y0 += ivec4(before(AG(start + j * inner), ivec4(j), x, i));`,
  });
}

/** The positions of the elements by their ranks. */
function drawByRank(gpu: Gpu, lines: Lines, ranks: Operand, positions: Operand): void {
  draw(gpu, 'by rank', lines, {
    positions: ranks,
    output: positions,
    body: `  ivec4 line = e / size, i = e - line * size;
  for (int j = 0; j < size; j++) {
    y0 = select(y0, ivec4(j), equal(PG(line * size + j), i));
  }`,
  });
}

/** One step of the network: each position is compared with the one `distance` away, and stays or goes as its block of `run` is sorted up or down. */
function drawStep(
  gpu: Gpu,
  lines: Lines,
  before: Operand | undefined,
  sizes: { width: number; run: number; distance: number },
  after: Operand,
): void {
  const own = before ? 'P4(t)' : 'i';
  const other = before ? 'PG(e ^ distance)' : 'i ^ distance';
  draw(gpu, 'step', lines, {
    ...(before && { positions: before }),
    output: after,
    uniforms: sizes,
    body: `  ivec4 line = e / width, i = e - line * width, start = startOf(line);
  ivec4 p = ${own}, q = ${other};
  // Positions beyond the line come last.
  ivec4 from = min(p, size - 1), to = min(q, size - 1);
  bvec4 first = before(AG(start + from * inner), p, AG(start + to * inner), q);
  bvec4 beyond = greaterThanEqual(max(p, q), ivec4(size));
  first = bvec4(select(ivec4(first), ivec4(lessThan(p, q)), beyond));
  bvec4 up = equal(i & run, ivec4(0)), low = equal(i & distance, ivec4(0));
  y0 = select(q, p, equal(first, equal(up, low)));`,
  });
}

/** Sorted positions of all lines, `width` to a line; `use` reads them. */
function withNetwork(
  gpu: Gpu,
  lines: Lines,
  use: (positions: Operand, width: number) => void,
): void {
  const width = 2 ** Math.ceil(Math.log2(lines.size));
  const shape = [lines.count, width];
  borrow(gpu, 'int32', shape, (a) =>
    borrow(gpu, 'int32', shape, (b) => {
      let [from, to]: (Operand | undefined)[] = [undefined, a];
      for (let run = 2; run <= width; run *= 2) {
        for (let distance = run / 2; distance >= 1; distance /= 2) {
          drawStep(gpu, lines, from, { width, run, distance }, to as Operand);
          [from, to] = [to, to === a ? b : a];
        }
      }
      use(from as Operand, width);
    }),
  );
}

/** The first `count` positions of each line, and the elements that they name. */
function drawResults(
  gpu: Gpu,
  lines: Lines,
  positions: Operand,
  width: number,
  [values, indices]: readonly [Operand, Operand],
): void {
  const count = values.size / lines.count;
  const found = `  ivec4 row = e / inner, outer = row / count;
  ivec4 line = outer * inner + e - row * inner;
  ivec4 p = PG(line * width + row - outer * count);`;
  const uniforms = { width, count };
  draw(gpu, 'indices', lines, {
    ...{ positions, output: indices, uniforms },
    body: `${found}\n  y0 = p;`,
  });
  draw(gpu, 'values', lines, {
    ...{ positions, output: values, uniforms },
    body: `${found}\n  y0 = AG(startOf(line) + p * inner);`,
  });
}

/** Elements of a line up to which counting is quicker. */
const SHORT = 64;

/** The kernel of sorting. */
export function sortKernels(gpu: Gpu): Partial<Kernels> {
  const sort: Kernel<'sort'> = ([x], { axis, descending }, outputs) => {
    const size = x.shape[axis] ?? 1;
    const inner = sizeOf(x.shape.slice(axis + 1));
    const lines: Lines = { x, descending, size, inner, count: x.size / size };
    if (size > SHORT) {
      withNetwork(gpu, lines, (positions, width) =>
        drawResults(gpu, lines, positions, width, outputs),
      );
      return;
    }
    const shape = [lines.count, size];
    borrow(gpu, 'int32', shape, (ranks) => {
      drawRanks(gpu, lines, ranks);
      borrow(gpu, 'int32', shape, (positions) => {
        drawByRank(gpu, lines, ranks, positions);
        drawResults(gpu, lines, positions, size, outputs);
      });
    });
  };
  return { sort };
}

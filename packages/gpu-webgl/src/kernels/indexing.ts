/** Kernels that read and write where an index tensor says. */

import type { Kernel, Kernels, Tensor } from '@dl/tensor';
import { sizeOf } from '@dl/tensor';
import { blockOf } from '../device/block';
import type { Gpu } from '../device/gpu';
import { SELECT, storedAs } from '../glsl/folds';
import { EXACT, placesOf, placeUniforms, sizeUniforms } from '../glsl/places';
import { fragment, points, SCALAR, VECTOR } from '../glsl/program';
import { checkIndices } from './indices';
import { mergeAxes } from './layout';
import { copyInto } from './movement';
import type { Operand } from './operand';
import { rowMajor, viewOf } from './operand';
import { strided } from './strided';

const without = (list: readonly number[], axis: number) => list.map((n, i) => (i === axis ? 0 : n));

/** x[…, index[…], …] for an index under the shape of the output; positions outside the axis count as its first or last. */
function pickInto(gpu: Gpu, x: Operand, index: Operand, axis: number, output: Operand): void {
  const { kind, texture } = blockOf(x);
  const { sizes, steps } = mergeAxes(output.shape, [without(x.strides, axis), index.strides]);
  const rank = sizes.length;
  const [size, step] = [x.shape[axis] ?? 1, x.strides[axis] ?? 0];
  const last = rank - 1;
  const fours = [x.offset, step, sizes[last], ...steps[0].slice(0, last)].every((n) => n % 4 === 0);
  const rows = rank > 0 && steps[0][last] === 1 && steps[1][last] === 0 && fours;
  const wide = output.size >= EXACT;
  gpu.draw({
    key: `gather ${kind} ${rank} ${rows} ${wide}`,
    fragment: () =>
      fragment({
        inputs: { A: kind, I: 'int' },
        outputs: [kind],
        uniforms: [
          ...sizeUniforms(rank),
          ...placeUniforms('A', rank),
          ...placeUniforms('I', rank),
          'int size',
          'int step',
        ],
        functions: [placesOf('A', rank, wide), placesOf('I', rank, wide)],
        body: rows
          ? `  int at = clamp(I1(IAt(ivec4(4 * t)).x), 0, size - 1);
  y0 = A4((AAt(ivec4(4 * t)).x + at * step) >> 2);`
          : `  ivec4 e = 4 * t + ivec4(0, 1, 2, 3);
  y0 = AG(AAt(e) + clamp(IG(IAt(e)), 0, size - 1) * step);`,
      }),
    inputs: { A: texture, I: blockOf(index).texture },
    outputs: [blockOf(output).texture],
    uniforms: {
      ...{ sizes, inverses: sizes.map((n) => 1 / n), size, step },
      ...{ AOffset: x.offset, ASteps: steps[0], IOffset: index.offset, ISteps: steps[1] },
    },
    texels: Math.ceil(output.size / 4),
  });
}

/** A vector of positions under a shape, where it goes along `axis`. */
function alongAxis(index: Tensor, shape: readonly number[], axis: number): Operand {
  const strides = shape.map((_, i) => (i === axis ? index.strides[0] : 0));
  return viewOf(index, shape, strides, index.offset);
}

/** Where the elements of a source go. */
interface Writing {
  readonly index: Operand;
  readonly source: Operand;
  readonly axis: number;
  /** The result, which has the elements of x already. */
  readonly output: Operand;
}

/**
 * Draws a point for each element of the source that the index names: in its order, so that the last of several on one place stays, or
 * added to what is there. Four lie in one texel: a point adds 0 to the others, or writes in one of four passes.
 */
function drawPoints(gpu: Gpu, { index, source, axis, output }: Writing, adds: boolean): void {
  const { kind, texture } = blockOf(output);
  const strides = rowMajor(output.shape);
  const step = strides[axis] ?? 0;
  const { sizes, steps } = mergeAxes(index.shape, [
    index.strides,
    source.strides,
    without(strides, axis),
  ]);
  const rank = sizes.length;
  const last = rank - 1;
  const others = steps.slice(1).flatMap((list) => list.slice(0, last));
  const texels =
    rank > 0 &&
    [sizes[last], source.offset, step, ...others].every((n) => n % 4 === 0) &&
    steps[0][last] === 0 &&
    steps[1][last] === 1 &&
    steps[2][last] === 1;
  const count = sizeOf(index.shape) / (texels ? 4 : 1);
  const wide = sizeOf(index.shape) >= EXACT;
  const four = VECTOR[kind];
  gpu.drawPoints({
    key: `points ${kind} ${rank} ${texels} ${wide}`,
    source: () =>
      points({
        inputs: { I: 'int', S: kind },
        uniforms: [
          ...sizeUniforms(rank),
          ...['I', 'S', 'O'].flatMap((name) => placeUniforms(name, rank)),
          'int size',
          'int step',
          'int lane',
        ],
        functions: [...['I', 'S', 'O'].map((name) => placesOf(name, rank, wide)), SELECT],
        output: kind,
        body: texels
          ? `  ivec4 e = ivec4(4 * v);
  int at = I1(IAt(e).x);
  place = at < 0 || at >= size ? -1 : (OAt(e).x + at * step) >> 2;
  value = S4(SAt(e).x >> 2);`
          : `  ivec4 e = ivec4(v);
  int at = I1(IAt(e).x), to = OAt(e).x + at * step;
  bool drawn = at >= 0 && at < size && (lane < 0 || (to & 3) == lane);
  place = drawn ? to >> 2 : -1;
  value = select(${four}(0), SS(SAt(e).x), equal(ivec4(0, 1, 2, 3), ivec4(to & 3)));`,
      }),
    inputs: { I: blockOf(index).texture, S: blockOf(source).texture },
    output: texture,
    uniforms: {
      ...{ sizes, inverses: sizes.map((n) => 1 / n), size: output.shape[axis] ?? 1, step },
      ...{ IOffset: index.offset, ISteps: steps[0], SOffset: source.offset, SSteps: steps[1] },
      ...{ OOffset: 0, OSteps: steps[2] },
    },
    count,
    lanes: adds || texels ? 'all' : 'each',
    adds,
  });
}

/** Sums in another way: each element looks through the index for what is added to it. */
function addByLooking(gpu: Gpu, x: Operand, writing: Writing): void {
  const { index, source, axis, output } = writing;
  const { kind, texture } = blockOf(output);
  const rank = output.shape.length;
  const strides = rowMajor(output.shape);
  const walk = output.shape.map((_, i) => {
    const taken = i === axis ? '  a = c;' : `  inside = inside && c < bounds[${i}];`;
    return `  c = e / strides[${i}];
  e -= c * strides[${i}];
${taken}
  p += c * ASteps[${i}];
  q += c * ISteps[${i}];
  r += c * SSteps[${i}];`;
  });
  const one = SCALAR[kind];
  gpu.draw({
    key: `add ${output.dtype} ${rank} ${axis}`,
    fragment: () =>
      fragment({
        inputs: { A: kind, I: 'int', S: kind },
        outputs: [kind],
        uniforms: [
          'int count',
          'int indexStep',
          'int sourceStep',
          ...['A', 'I', 'S'].flatMap((name) => placeUniforms(name, rank)),
          ...(rank > 0 ? [`int strides[${rank}]`, `int bounds[${rank}]`] : []),
        ],
        functions: [
          `${one} sumAt(int e) {
  int c, a = 0, p = AOffset, q = IOffset, r = SOffset;
  bool inside = true;
${walk.join('\n')}
  ${one} sum = A1(p);
  if (!inside) return sum;
  for (int j = 0; j < count; j++) {
    if (I1(q + j * indexStep) == a) sum += S1(r + j * sourceStep);
  }
  return ${output.dtype === 'bool' ? 'int(sum != 0)' : 'sum'};
}`,
        ],
        body: `  ${VECTOR[kind]} sums = ${VECTOR[kind]}(sumAt(4 * t), sumAt(4 * t + 1), sumAt(4 * t + 2), sumAt(4 * t + 3));
  y0 = ${storedAs(output.dtype, 'sums')};`,
      }),
    inputs: { A: blockOf(x).texture, I: blockOf(index).texture, S: blockOf(source).texture },
    outputs: [texture],
    uniforms: {
      count: index.shape[axis] ?? 1,
      indexStep: index.strides[axis] ?? 0,
      sourceStep: source.strides[axis] ?? 0,
      ...{ AOffset: x.offset, ASteps: x.strides, strides, bounds: index.shape },
      ...{ IOffset: index.offset, ISteps: without(index.strides, axis) },
      ...{ SOffset: source.offset, SSteps: without(source.strides, axis) },
    },
    texels: Math.ceil(output.size / 4),
  });
}

function addInto(gpu: Gpu, x: Operand, writing: Writing): void {
  if (blockOf(x).kind !== 'float' || !gpu.context.limits.floatBlend) {
    addByLooking(gpu, x, writing);
    return;
  }
  copyInto(gpu, x, writing.output);
  drawPoints(gpu, writing, true);
}

/** The kernels of indexing. */
export function indexingKernels(gpu: Gpu): Partial<Kernels> {
  const check = (op: string, x: Operand, index: Operand, axis: number) =>
    checkIndices(gpu, op, index, x.shape[axis] ?? 1);
  const gather: Kernel<'gather'> = ([x, index], { axis }, [output]) => {
    check('gather', x, index, axis);
    pickInto(gpu, x, index, axis, output);
  };
  const indexSelect: Kernel<'indexSelect'> = ([x, index], { axis }, [output]) => {
    check('indexSelect', x, index, axis);
    pickInto(gpu, x, alongAxis(index, output.shape, axis), axis, output);
  };
  const scatter: Kernel<'scatter'> = ([x, index, source], { axis }, [output]) => {
    check('scatter', x, index, axis);
    copyInto(gpu, x, output);
    drawPoints(gpu, { index, source, axis, output }, false);
  };
  const scatterAdd: Kernel<'scatterAdd'> = ([x, index, source], { axis }, [output]) => {
    check('scatterAdd', x, index, axis);
    addInto(gpu, x, { index, source, axis, output });
  };
  const indexAdd: Kernel<'indexAdd'> = ([x, vector, source], { axis }, [output]) => {
    check('indexAdd', x, vector, axis);
    const index = alongAxis(vector, source.shape, axis);
    addInto(gpu, x, { index, source, axis, output });
  };
  return {
    gather: strided(gather),
    indexSelect: strided(indexSelect),
    scatter: strided(scatter),
    scatterAdd: strided(scatterAdd),
    indexAdd: strided(indexAdd),
  };
}

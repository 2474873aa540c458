/** Normalisation to mean 0 and variance 1, and its gradients: a pass for the statistics, one to normalise. */

import type { BackwardKernel, FusedKernels, Kernel, Tensor } from '@dl/tensor';
import { sizeOf } from '@dl/tensor';
import { blockOf } from '../device/block';
import type { Gpu } from '../device/gpu';
import { fragment } from '../glsl/program';
import { elementwise } from './elementwise';
import { componentOf, describeLines, rowsOf } from './lines';
import { copyInto } from './movement';
import type { Operand } from './operand';
import { borrow, constantOf, viewOf } from './operand';
import { reduceInto } from './reduce';

/** Groups whose elements are normalised together: rows g, groups + g, 2 · groups + g, … of `length` elements, `outer` of them. */
interface Groups {
  readonly outer: number;
  readonly groups: number;
  readonly length: number;
}

/** Mean, sum of squared distances, count and variance of what a row's texel stands for. */
const MOMENTS = `  vec4 total = vec4(0), squares = vec4(0);
  for (int i = 0; i < n; i += 4) total += only(vec4(0), AL(i), i);
  float mean = sumOf(total) / float(n);
  for (int i = 0; i < n; i += 4) {
    vec4 d = only(vec4(0), AL(i) - mean, i);
    squares += d * d;
  }
  float m2 = sumOf(squares);
  y0 = vec4(mean, m2, float(n), m2 / float(n));`;

/** The moments of several sets together (Chan et al. 1979). */
const MERGED = `  float total = 0., mean = 0., m2 = 0.;
  for (int i = 0; i < outer; i++) for (int j = 0; j < pieces; j++) {
    vec4 x = A4((i * groups + t) * pieces + j);
    total += x.z;
    mean += x.x * x.z;
  }
  mean /= total;
  for (int i = 0; i < outer; i++) for (int j = 0; j < pieces; j++) {
    vec4 x = A4((i * groups + t) * pieces + j);
    float d = x.x - mean;
    m2 += x.y + x.z * d * d;
  }
  y0 = vec4(mean, m2, total, m2 / total);`;

/** Lends the moments of groups, a texel each: mean, sum of squared distances, count, variance. */
function withMoments(
  gpu: Gpu,
  x: Operand,
  { outer, groups, length }: Groups,
  use: (moments: Operand) => void,
): void {
  const lines = rowsOf(outer * groups, length);
  const { pieces } = lines;
  borrow(gpu, 'float32', [outer * groups * pieces, 4], (parts) => {
    describeLines(gpu, lines, { key: 'moments', along: { A: x }, body: MOMENTS }, parts);
    if (outer * pieces === 1) {
      use(parts);
      return;
    }
    borrow(gpu, 'float32', [groups, 4], (moments) => {
      gpu.draw({
        key: 'moments merged',
        fragment: () =>
          fragment({
            inputs: { A: 'float' },
            outputs: ['float'],
            uniforms: ['int outer, groups, pieces'],
            body: MERGED,
          }),
        inputs: { A: blockOf(parts).texture },
        outputs: [blockOf(moments).texture],
        uniforms: { outer, groups, pieces },
        texels: groups,
      });
      use(moments);
    });
  });
}

/** (a − b) / √(c + d), times a weight and plus a bias where they are there. */
function normalise(
  gpu: Gpu,
  eps: number,
  [x, mean, variance]: readonly [Operand, Operand, Operand],
  [weight, bias]: readonly [Operand | undefined, Operand | undefined],
  y: Operand,
): void {
  const standard = '(a - b) * (1. / sqrt(c + d))';
  const scaled = weight ? `${standard} * e` : standard;
  const text = bias ? `${scaled} + ${weight ? 'f' : 'e'}` : scaled;
  const given = [weight, bias].filter((one) => one !== undefined);
  const operands = [x, mean, variance, constantOf(eps), ...given];
  elementwise(gpu, `normalise ${text}`, { of: () => text }, operands, y);
}

/** Channels of x, as an operand that broadcasts to it. */
function perChannel(x: Tensor, part: Operand): Operand {
  const rest = x.ndim - 2;
  const ones = Array.from({ length: rest }, () => 1);
  const strides = [part.strides[0], ...ones.map(() => 0)];
  return viewOf(part, [x.shape[1], ...ones], strides, part.offset);
}

const maybePerChannel = (x: Tensor, part: Tensor | undefined) => part && perChannel(x, part);

const groupsOf = (x: Tensor): Groups => ({
  outer: x.shape[0],
  groups: x.shape[1],
  length: sizeOf(x.shape.slice(2)),
});

function batchNorm(gpu: Gpu): Kernel<'batchNorm'> {
  const kernel: Kernel<'batchNorm'> = ([x, weight, bias], { eps }, [y, mean, variance]) => {
    withMoments(gpu, x, groupsOf(x), (moments) => {
      copyInto(gpu, componentOf(moments, mean.shape, 0), mean);
      copyInto(gpu, componentOf(moments, mean.shape, 3), variance);
    });
    const parts = [x, perChannel(x, mean), perChannel(x, variance)] as const;
    normalise(gpu, eps, parts, [maybePerChannel(x, weight), maybePerChannel(x, bias)], y);
  };
  kernel.supports = ([x]) => x.size > 0;
  return kernel;
}

function channelNorm(gpu: Gpu): Kernel<'channelNorm'> {
  const kernel: Kernel<'channelNorm'> = ([x, mean, variance, weight, bias], { eps }, [y]) => {
    const parts = [x, perChannel(x, mean), perChannel(x, variance)] as const;
    normalise(gpu, eps, parts, [maybePerChannel(x, weight), maybePerChannel(x, bias)], y);
  };
  kernel.supports = ([x]) => x.size > 0;
  kernel.strided = true;
  return kernel;
}

/** Lends for each channel the sums of g and of g · (x − mean), a texel each. */
function withChannelSums(
  gpu: Gpu,
  [g, x, mean]: readonly [Tensor, Tensor, Tensor],
  use: (sums: Operand) => void,
): void {
  const { outer, groups, length } = groupsOf(x);
  const lines = rowsOf(outer * groups, length);
  const shape = [outer, groups, lines.pieces, 4];
  borrow(gpu, 'float32', shape, (parts) => {
    describeLines(
      gpu,
      lines,
      {
        key: 'channel sums',
        along: { A: g, B: x },
        others: { M: mean },
        uniforms: { groups },
        body: `  float centre = M1(MOffset + line - line / int(groups) * int(groups));
  vec4 total = vec4(0), moment = vec4(0);
  for (int i = 0; i < n; i += 4) {
    vec4 g = only(vec4(0), AL(i), i);
    total += g;
    moment += only(vec4(0), g * (BL(i) - centre), i);
  }
  y0 = vec4(sumOf(total), sumOf(moment), 0, 0);`,
      },
      parts,
    );
    borrow(gpu, 'float32', [groups, 4], (sums) => {
      reduceInto(gpu, 'sum', parts, [0, 2], sums);
      use(sums);
    });
  });
}

/** For each channel: what g and x − mean are multiplied by, what is added, and the mean. */
function drawSlopes(
  gpu: Gpu,
  operands: Readonly<Record<string, Operand | undefined>>,
  { eps, count }: { eps: number; count: number },
  slopes: Operand,
): void {
  const given = Object.entries(operands).flatMap(([name, x]) => (x ? [[name, x] as const] : []));
  const scaled = operands.W ? 'W1(WOffset + t)' : '1.';
  gpu.draw({
    key: `batchNorm slopes ${given.map(([name]) => name).join('')}`,
    fragment: () =>
      fragment({
        inputs: Object.fromEntries(given.map(([name]) => [name, 'float'])),
        outputs: ['float'],
        uniforms: ['float eps, count', ...given.map(([name]) => `int ${name}Offset`)],
        body: `  vec4 sums = S4(t);
  float inverse = 1. / sqrt(V1(VOffset + t) + eps), scale = inverse * ${scaled};
  float slope = 2. * H1(HOffset + t) - scale * inverse * inverse * sums.y;
  y0 = vec4(scale, slope / count, (G1(GOffset + t) - scale * sums.x) / count, M1(MOffset + t));`,
      }),
    inputs: Object.fromEntries(given.map(([name, x]) => [name, blockOf(x).texture])),
    outputs: [blockOf(slopes).texture],
    uniforms: {
      ...{ eps, count },
      ...Object.fromEntries(given.map(([name, x]) => [`${name}Offset`, x.offset])),
    },
    texels: slopes.size / 4,
  });
}

/** g · s₀ + (x − s₃) · s₁ + s₂ with the slopes s of each channel. */
function drawThroughChannels(
  gpu: Gpu,
  [g, x]: readonly [Tensor, Tensor],
  slopes: Operand,
  result: Tensor,
): void {
  const { groups, length } = groupsOf(x);
  const texels = [length, g.offset, x.offset].every((n) => n % 4 === 0);
  const one = (e: string, g4: string, x4: string) => `  s = S4(${e} / length % groups);
  y0${g4 === 'gs' ? '' : `.${g4.slice(-1)}`} = ${g4} * s.x + (${x4} - s.w) * s.y + s.z;`;
  const lanes = ['x', 'y', 'z', 'w'];
  gpu.draw({
    key: `batchNormBackward ${texels}`,
    fragment: () =>
      fragment({
        inputs: { G: 'float', A: 'float', S: 'float' },
        outputs: ['float'],
        uniforms: ['int length, groups, GOffset, AOffset'],
        body: texels
          ? `  vec4 s, gs = G4(t + (GOffset >> 2)), xs = A4(t + (AOffset >> 2));\n${one('4 * t', 'gs', 'xs')}`
          : `  ivec4 e = 4 * t + ivec4(0, 1, 2, 3);
  vec4 s, gs = GG(GOffset + e), xs = AG(AOffset + e);
${lanes.map((lane) => one(`e.${lane}`, `gs.${lane}`, `xs.${lane}`)).join('\n')}`,
      }),
    inputs: {
      G: blockOf(g).texture,
      A: blockOf(x).texture,
      S: blockOf(slopes).texture,
    },
    outputs: [blockOf(result).texture],
    uniforms: { length, groups, GOffset: g.offset, AOffset: x.offset },
    texels: Math.ceil(result.size / 4),
  });
}

function batchNormBackward(gpu: Gpu): BackwardKernel<'batchNorm'> {
  return (gradients, [x, weight], [, mean, variance], { eps }, [gX, gWeight, gBias]) => {
    const [g, gMean, gVariance] = gradients;
    withChannelSums(gpu, [g, x, mean], (sums) => {
      const channels = mean.shape;
      if (gBias) copyInto(gpu, componentOf(sums, channels, 0), gBias);
      if (gWeight) {
        const text = 'a * (1. / sqrt(b + c))';
        const moment = componentOf(sums, channels, 1);
        const operands = [moment, variance, constantOf(eps)];
        elementwise(gpu, `normalise ${text}`, { of: () => text }, operands, gWeight);
      }
      if (!gX) return;
      borrow(gpu, 'float32', [channels[0], 4], (slopes) => {
        const count = x.size / channels[0];
        const operands = { S: sums, V: variance, M: mean, G: gMean, H: gVariance, W: weight };
        drawSlopes(gpu, operands, { eps, count }, slopes);
        drawThroughChannels(gpu, [g, x], slopes, gX);
      });
    });
  };
}

/** Rows over the last axes, and the shape of one number for each. */
function rowsAndOnes(x: Tensor, axes: number) {
  const rows = sizeOf(x.shape.slice(0, x.ndim - axes));
  const ones = x.shape.map((n, i) => (i < x.ndim - axes ? n : 1));
  return { rows, length: x.size / rows, ones };
}

function layerNorm(gpu: Gpu): Kernel<'layerNorm'> {
  const kernel: Kernel<'layerNorm'> = ([x, weight, bias], { axes, eps }, [y]) => {
    const { rows, length, ones } = rowsAndOnes(x, axes);
    withMoments(gpu, x, { outer: 1, groups: rows, length }, (moments) => {
      const [mean, variance] = [0, 3].map((i) => componentOf(moments, ones, i));
      normalise(gpu, eps, [x, mean, variance], [weight, bias], y);
    });
  };
  kernel.supports = ([x]) => x.size > 0;
  return kernel;
}

/** Lends for each row the sums of gw and of gw · (x − mean), a texel each; w is the weight. */
function withRowSums(
  gpu: Gpu,
  [g, x, weight]: readonly [Tensor, Tensor, Tensor | undefined],
  [rows, length]: readonly [number, number],
  moments: Operand,
  use: (sums: Operand) => void,
): void {
  const lines = rowsOf(rows, length);
  const scaled = weight
    ? 'AL(i) * WG(WOffset + min(start - line * size + i + ivec4(0, 1, 2, 3), size - 1))'
    : 'AL(i)';
  borrow(gpu, 'float32', [rows, lines.pieces, 4], (parts) => {
    describeLines(
      gpu,
      lines,
      {
        key: `row sums ${weight ? 'w' : ''}`,
        along: { A: g, B: x },
        others: { M: moments, ...(weight && { W: weight }) },
        body: `  float centre = M4(line).x;
  vec4 total = vec4(0), moment = vec4(0);
  for (int i = 0; i < n; i += 4) {
    vec4 g = only(vec4(0), ${scaled}, i);
    total += g;
    moment += only(vec4(0), g * (BL(i) - centre), i);
  }
  y0 = vec4(sumOf(total), sumOf(moment), 0, 0);`,
      },
      parts,
    );
    if (lines.pieces === 1) {
      use(parts);
      return;
    }
    borrow(gpu, 'float32', [rows, 4], (sums) => {
      reduceInto(gpu, 'sum', parts, [1], sums);
      use(sums);
    });
  });
}

function layerNormBackward(gpu: Gpu): BackwardKernel<'layerNorm'> {
  return ([g], [x, weight], _, { axes, eps }, [gX, gWeight, gBias]) => {
    const { rows, length, ones } = rowsAndOnes(x, axes);
    const table = (y: Tensor) => viewOf(y, [rows, length], [length, 1], y.offset);
    const flat = (y: Tensor) => viewOf(y, [length], [1], y.offset);
    if (gBias) reduceInto(gpu, 'sum', table(g), [0], flat(gBias));
    if (!gX && !gWeight) return;
    withMoments(gpu, x, { outer: 1, groups: rows, length }, (moments) => {
      const [mean, variance] = [0, 3].map((i) => componentOf(moments, ones, i));
      const small = constantOf(eps);
      if (gWeight) {
        const text = 'a * (b - c) * (1. / sqrt(d + e))';
        borrow(gpu, 'float32', x.shape, (products) => {
          const formula = { of: () => text };
          const operands = [g, x, mean, variance, small];
          elementwise(gpu, `layerNorm ${text}`, formula, operands, products);
          reduceInto(
            gpu,
            'sum',
            viewOf(products, [rows, length], [length, 1], 0),
            [0],
            flat(gWeight),
          );
        });
      }
      if (!gX) return;
      withRowSums(gpu, [g, x, weight], [rows, length], moments, (sums) => {
        const [total, moment] = [0, 1].map((i) => componentOf(sums, ones, i));
        const scaled = weight ? 'a * i' : 'a';
        const text = `(1. / sqrt(d + e)) * (${scaled} - (f + (b - c) * (g / (d + e))) * h)`;
        const rest = [constantOf(1 / length), ...(weight ? [weight] : [])];
        const operands = [g, x, mean, variance, small, total, moment, ...rest];
        elementwise(gpu, `layerNorm ${text}`, { of: () => text }, operands, gX);
      });
    });
  };
}

/** The kernels of normalisation. */
export function normKernels(gpu: Gpu): FusedKernels {
  return {
    batchNorm: batchNorm(gpu),
    batchNormBackward: batchNormBackward(gpu),
    channelNorm: channelNorm(gpu),
    layerNorm: layerNorm(gpu),
    layerNormBackward: layerNormBackward(gpu),
  };
}

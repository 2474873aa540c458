/** Softmax, its logarithm, and cross-entropy, with their gradients. */

import type { BackwardKernel, FusedKernels, Kernel, Tensor } from '@dl/tensor';
import { blockOf } from '../device/block';
import type { Gpu } from '../device/gpu';
import { SELECT } from '../glsl/folds';
import { functionsFor } from '../glsl/functions';
import { fragment } from '../glsl/program';
import { elementwise } from './elementwise';
import { checkIndices } from './indices';
import { componentOf, describeLines, linesAlong } from './lines';
import type { Operand } from './operand';
import { borrow } from './operand';
import { reduceInto } from './reduce';

/** The largest element of the line, `m`, and the sum of exp(x − m), `s`: NaN where an element is, or where m is infinite. */
const PEAK = `  vec4 peak = vec4(-INF), total = vec4(0);
  uvec4 bits = uvec4(0);
  for (int i = 0; i < n; i += 4) {
    vec4 x = only(vec4(-INF), AL(i), i);
    peak = max(peak, x);
    bits = max(bits, floatBitsToUint(x) & 0x7fffffffu);
  }
  float m = max(max(peak.x, peak.y), max(peak.z, peak.w));
  for (int i = 0; i < n; i += 4) total += only(vec4(0), exp(max(AL(i) - m, -104.)), i);
  float s = sumOf(total);
  if (any(greaterThan(bits, uvec4(0x7f800000u))) || abs(m) > 3.4028235e38) s = NAN;`;
const PEAK_NEEDS = ['constants', 'log4'];

type Name = 'softmax' | 'logSoftmax';

const FORWARD: Readonly<Record<Name, string>> = {
  softmax: 'exp4(a - b) / c',
  logSoftmax: 'a - b - log4(c)',
};
/** Of gradient, result and the sum over the line. */
const BACKWARD: Readonly<Record<Name, string>> = {
  softmax: 'b * (a - c)',
  logSoftmax: 'a - exp4(b) * c',
};

const formulaOf = (text: string) => ({
  functions: functionsFor(['exp4', 'log4']),
  of: () => text,
});

const withOne = (shape: readonly number[], axis: number) =>
  shape.map((n, i) => (i === axis ? 1 : n));

/** The result for rows of whole texels: one look at what is known of its row for each. */
function drawRows(gpu: Gpu, name: Name, x: Operand, peaks: Operand, y: Operand): void {
  gpu.draw({
    key: `${name} rows`,
    fragment: () =>
      fragment({
        inputs: { A: 'float', P: 'float' },
        outputs: ['float'],
        uniforms: ['int rowTexels, first'],
        body: `  vec4 peak = PT(t / rowTexels), x = AT(t + first) - peak.x;
  y0 = ${name === 'softmax' ? 'exp(max(x, -104.)) * peak.z' : 'x - peak.w'};`,
      }),
    inputs: { A: blockOf(x).texture, P: blockOf(peaks).texture },
    outputs: [blockOf(y).texture],
    uniforms: { rowTexels: x.shape[x.shape.length - 1] / 4, first: x.offset / 4 },
    texels: Math.ceil(y.size / 4),
  });
}

function forward<K extends Name>(gpu: Gpu, name: K): Kernel<K> {
  const kernel: Kernel<'softmax'> = ([x], { axis }, [y]) => {
    const lines = linesAlong(x.shape, axis);
    borrow(gpu, 'float32', [lines.count, 4], (peaks) => {
      const body = `${PEAK}\n  y0 = vec4(m, s, 1. / s, log4(vec4(s)).x);`;
      describeLines(gpu, lines, { key: 'peak', along: { A: x }, needs: PEAK_NEEDS, body }, peaks);
      if (lines.inner === 1 && lines.size % 4 === 0 && x.offset % 4 === 0) {
        drawRows(gpu, name, x, peaks, y);
        return;
      }
      const [m, s] = [0, 1].map((i) => componentOf(peaks, withOne(x.shape, axis), i));
      elementwise(gpu, name, formulaOf(FORWARD[name]), [x, m, s], y);
    });
  };
  kernel.supports = ([x]) => x.size > 0;
  return kernel as Kernel<K>;
}

function backward<K extends Name>(gpu: Gpu, name: K): BackwardKernel<K> {
  const kernel: BackwardKernel<'softmax'> = ([g], [x], [y], { axis }, [result]) => {
    if (!result) return;
    const lines = linesAlong(x.shape, axis);
    borrow(gpu, 'float32', [lines.count, 4], (sums) => {
      const term = name === 'softmax' ? 'AL(i) * BL(i)' : 'AL(i)';
      describeLines(
        gpu,
        lines,
        {
          key: `${name} gradient`,
          along: name === 'softmax' ? { A: g, B: y } : { A: g },
          body: `  vec4 total = vec4(0);
  for (int i = 0; i < n; i += 4) total += only(vec4(0), ${term}, i);
  y0.x = sumOf(total);`,
        },
        sums,
      );
      const total = componentOf(sums, withOne(x.shape, axis), 0);
      elementwise(gpu, `${name}Backward`, formulaOf(BACKWARD[name]), [g, y, total], result);
    });
  };
  return kernel as BackwardKernel<K>;
}

/** For each row: log Σ exp, its loss, and 1 if it counts; a class id out of range makes the loss NaN. */
function describeRows(
  gpu: Gpu,
  [logits, targets]: readonly [Tensor, Tensor],
  { ignoreIndex, labelSmoothing }: { ignoreIndex: number; labelSmoothing: number },
  rows: Operand,
): void {
  describeLines(
    gpu,
    linesAlong(logits.shape, 1),
    {
      key: 'crossEntropy',
      along: { A: logits },
      others: { T: targets },
      uniforms: { ignored: ignoreIndex, smoothing: labelSmoothing },
      needs: PEAK_NEEDS,
      body: `${PEAK}
  float normalizer = m + log4(vec4(s)).x;
  int id = T1(TOffset + line);
  bool counted = id != int(ignored) && n > 0;
  float loss = id >= 0 && id < size ? normalizer - A1(AOffset + start + id) : NAN;
  if (smoothing > 0.) {
    vec4 rest = vec4(0);
    for (int i = 0; i < n; i += 4) rest += only(vec4(0), normalizer - AL(i), i);
    loss = (1. - smoothing) * loss + smoothing * sumOf(rest) / float(size);
  }
  y0 = vec4(normalizer, counted ? loss : 0., float(counted), 0);`,
    },
    rows,
  );
}

function crossEntropy(gpu: Gpu): Kernel<'crossEntropy'> {
  const kernel: Kernel<'crossEntropy'> = (inputs, attributes, [output]) => {
    const [count, classes] = inputs[0].shape;
    checkIndices(gpu, 'crossEntropy', inputs[1], classes, attributes.ignoreIndex);
    borrow(gpu, 'float32', [count, 4], (rows) =>
      borrow(gpu, 'float32', [4], (sums) => {
        describeRows(gpu, inputs, attributes, rows);
        reduceInto(gpu, 'sum', rows, [0], sums);
        const [losses, counts] = [1, 2].map((i) => componentOf(sums, [], i));
        elementwise(gpu, 'div', { of: () => 'a / b' }, [losses, counts], output);
      }),
    );
  };
  kernel.supports = ([logits]) => logits.size > 0;
  return kernel;
}

function crossEntropyBackward(gpu: Gpu): BackwardKernel<'crossEntropy'> {
  return ([g], inputs, _, attributes, [result]) => {
    if (!result) return;
    const [logits, targets] = inputs;
    const [count, size] = logits.shape;
    const { ignoreIndex, labelSmoothing } = attributes;
    borrow(gpu, 'float32', [count, 4], (rows) =>
      borrow(gpu, 'float32', [4], (sums) => {
        describeRows(gpu, inputs, attributes, rows);
        reduceInto(gpu, 'sum', rows, [0], sums);
        const textures = { A: logits, T: targets, G: g, R: rows, S: sums };
        gpu.draw({
          key: 'crossEntropyBackward',
          fragment: () =>
            fragment({
              inputs: { A: 'float', T: 'int', G: 'float', R: 'float', S: 'float' },
              outputs: ['float'],
              uniforms: ['int size, AOffset, TOffset, GOffset, ignored', 'float smoothing'],
              functions: [SELECT, ...functionsFor(['exp4'])],
              body: `  ivec4 e = 4 * t + ivec4(0, 1, 2, 3), row = e / size, column = e - row * size;
  vec4 normalizer = vec4(R4(row.x).x, R4(row.y).x, R4(row.z).x, R4(row.w).x);
  ivec4 id = TG(TOffset + row);
  float share = smoothing / float(size), slope = G1(GOffset) / S4(0).z;
  vec4 wanted = select(vec4(share), vec4(1. - smoothing + share), equal(id, column));
  vec4 y = slope * (exp4(AG(AOffset + e) - normalizer) - wanted);
  y0 = select(y, vec4(0), equal(id, ivec4(ignored)));`,
            }),
          inputs: Object.fromEntries(
            Object.entries(textures).map(([name, x]) => [name, blockOf(x).texture]),
          ),
          outputs: [blockOf(result).texture],
          uniforms: {
            ...{ size, ignored: ignoreIndex, smoothing: labelSmoothing },
            ...{ AOffset: logits.offset, TOffset: targets.offset, GOffset: g.offset },
          },
          texels: Math.ceil(result.size / 4),
        });
      }),
    );
  };
}

/** The kernels of softmax and cross-entropy. */
export function softmaxKernels(gpu: Gpu): FusedKernels {
  return {
    softmax: forward(gpu, 'softmax'),
    softmaxBackward: backward(gpu, 'softmax'),
    logSoftmax: forward(gpu, 'logSoftmax'),
    logSoftmaxBackward: backward(gpu, 'logSoftmax'),
    crossEntropy: crossEntropy(gpu),
    crossEntropyBackward: crossEntropyBackward(gpu),
  };
}

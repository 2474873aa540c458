/** Programs of convolution and pooling that compute one element after the other, for any sizes. */

import type { Kind } from '../device/textures';
import type { Source } from './program';
import { SCALAR, VECTOR } from './program';

/** Uniforms of a window that moves over an image: [rows, columns] of everything, of the padding only its beginning. */
export const WINDOW_UNIFORMS: readonly string[] = [
  'ivec2 size',
  'ivec2 grid',
  'ivec2 kernel',
  'ivec2 stride',
  'ivec2 padding',
  'ivec2 dilation',
];

/** Channels of images and of results, and those of one group. */
const CHANNEL_UNIFORMS: readonly string[] = ['ivec2 channels', 'ivec2 grouped', 'int batch'];

const zero = (kind: Kind) => `${SCALAR[kind]}(0)`;

/** A program that calls `FUNCTION at(e)` for each of four elements. */
function elementwise(
  inputs: Readonly<Record<string, Kind>>,
  output: Kind,
  uniforms: readonly string[],
  statements: string,
): Source {
  const offsets = Object.keys(inputs).map((name) => `int ${name}Offset`);
  return {
    inputs,
    outputs: [output],
    uniforms: [...WINDOW_UNIFORMS, ...uniforms, ...offsets],
    functions: [`${SCALAR[output]} at(int e) {\n${statements}\n}`],
    body: `  y0 = ${VECTOR[output]}(at(4 * t), at(4 * t + 1), at(4 * t + 2), at(4 * t + 3));${
      output === 'byte' ? '\n  y0 &= 255;' : ''
    }`,
  };
}

/** The sum of a loop over `u` and `v`, in rows. */
const overTaps = (kind: Kind, row: string, term: string): string => `
  for (int u = 0; u < kernel.x; u++) {
    ${row}
    ${SCALAR[kind]} sum = ${zero(kind)};
    for (int v = 0; v < kernel.y; v++) {
      ${term}
    }
    total += sum;
  }`;

const INSIDE_ROW =
  'int y = i * stride.x + u * dilation.x - padding.x;\n    if (y < 0 || y >= size.x) continue;';
const INSIDE_COLUMN =
  'int x = j * stride.y + v * dilation.y - padding.y;\n      if (x < 0 || x >= size.y) continue;';
/** The window whose element (u, v) lies at row y and column x, where there is one. */
const WINDOW_ROW = `int i = y + padding.x - u * dilation.x;
    if (i < 0 || i % stride.x != 0) continue;
    i /= stride.x;
    if (i >= grid.x) continue;`;
const WINDOW_COLUMN = `int j = x + padding.y - v * dilation.y;
      if (j < 0 || j % stride.y != 0) continue;
      j /= stride.y;
      if (j >= grid.y) continue;`;

/** Splits e into plane, row and column of an image of this size. */
const split = (size: string, row: string, column: string): string =>
  `  int ${column} = e % ${size}.y, plane = e / ${size}.y, ${row} = plane % ${size}.x;
  plane /= ${size}.x;`;

/** Σ x[n, c, i·s + u·d − p, j·s + v·d − p] · w[o, c, u, v]. */
export function gatheredConvolution(kind: Kind, bias: boolean, relu: boolean): Source {
  const result = elementwise(
    { A: kind, B: kind, ...(bias ? { C: kind } : {}) },
    kind,
    CHANNEL_UNIFORMS,
    `${split('grid', 'i', 'j')}
  int o = plane % channels.y, n = plane / channels.y;
  int first = n * channels.x + o / grouped.y * grouped.x;
  ${SCALAR[kind]} total = ${bias ? 'C1(COffset + o)' : zero(kind)};
  for (int c = 0; c < grouped.x; c++) {
    int image = AOffset + (first + c) * size.x * size.y;
    int tap = BOffset + (o * grouped.x + c) * kernel.x * kernel.y;${overTaps(
      kind,
      INSIDE_ROW,
      `${INSIDE_COLUMN}
      sum += A1(image + y * size.y + x) * B1(tap + u * kernel.y + v);`,
    )}
  }
  return ${relu ? `total < ${zero(kind)} ? ${zero(kind)} : total` : 'total'};`,
  );
  return result;
}

/** The gradient of a convolution in its images, from gradients A and kernels B. */
export function gatheredInputGradient(kind: Kind): Source {
  return elementwise(
    { A: kind, B: kind },
    kind,
    CHANNEL_UNIFORMS,
    `${split('size', 'y', 'x')}
  int channel = plane % channels.x, n = plane / channels.x;
  int group = channel / grouped.x, c = channel % grouped.x;
  ${SCALAR[kind]} total = ${zero(kind)};
  for (int o = group * grouped.y; o < (group + 1) * grouped.y; o++) {
    int from = AOffset + (n * channels.y + o) * grid.x * grid.y;
    int tap = BOffset + (o * grouped.x + c) * kernel.x * kernel.y;${overTaps(
      kind,
      WINDOW_ROW,
      `${WINDOW_COLUMN}
      sum += A1(from + i * grid.y + j) * B1(tap + u * kernel.y + v);`,
    )}
  }
  return total;`,
  );
}

/** The gradient of a convolution in its kernels, from images A and gradients B. */
export function gatheredKernelGradient(kind: Kind): Source {
  return elementwise(
    { A: kind, B: kind },
    kind,
    CHANNEL_UNIFORMS,
    `${split('kernel', 'u', 'v')}
  int c = plane % grouped.x, o = plane / grouped.x;
  int shift = u * dilation.x - padding.x, across = v * dilation.y - padding.y;
  ${SCALAR[kind]} total = ${zero(kind)};
  for (int n = 0; n < batch; n++) {
    int image = AOffset + (n * channels.x + o / grouped.y * grouped.x + c) * size.x * size.y;
    int from = BOffset + (n * channels.y + o) * grid.x * grid.y;
    ${SCALAR[kind]} whole = ${zero(kind)};
    for (int i = 0; i < grid.x; i++) {
      int y = i * stride.x + shift;
      if (y < 0 || y >= size.x) continue;
      ${SCALAR[kind]} sum = ${zero(kind)};
      for (int j = 0; j < grid.y; j++) {
        int x = j * stride.y + across;
        if (x >= 0 && x < size.y) sum += A1(image + y * size.y + x) * B1(from + i * grid.y + j);
      }
      whole += sum;
    }
    total += whole;
  }
  return total;`,
  );
}

/** The largest element of each window, and where it is. */
export function maxWindows(kind: Kind): Source {
  const newer =
    kind === 'float' ? 'value > best || (isNaN(value) && !isNaN(best))' : 'value > best';
  return {
    inputs: { A: kind },
    outputs: [kind, 'int'],
    uniforms: [...WINDOW_UNIFORMS, 'int AOffset'],
    functions: [
      'bool isNaN(float x) { return (floatBitsToUint(x) & 0x7fffffffu) > 0x7f800000u; }',
      `void find(int e, out ${SCALAR[kind]} best, out int place) {
${split('grid', 'i', 'j')}
  int image = AOffset + plane * size.x * size.y;
  best = ${kind === 'float' ? 'uintBitsToFloat(0xff800000u)' : '0'};
  place = -1;
  for (int u = 0; u < kernel.x; u++) {
    ${INSIDE_ROW}
    for (int v = 0; v < kernel.y; v++) {
      ${INSIDE_COLUMN}
      int p = y * size.y + x;
      ${SCALAR[kind]} value = A1(image + p);
      if (place < 0 || ${newer}) {
        best = value;
        place = p;
      }
    }
  }
}`,
    ],
    body: ['x', 'y', 'z', 'w'].map((c, i) => `  find(4 * t + ${i}, y0.${c}, y1.${c});`).join('\n'),
  };
}

/** The sum of each window. */
export function sumWindows(kind: Kind): Source {
  return elementwise(
    { A: kind },
    kind,
    [],
    `${split('grid', 'i', 'j')}
  int image = AOffset + plane * size.x * size.y;
  ${SCALAR[kind]} total = ${zero(kind)};${overTaps(
    kind,
    INSIDE_ROW,
    `${INSIDE_COLUMN}
      sum += A1(image + y * size.y + x);`,
  )}
  return total;`,
  );
}

/** For each element the sum of A over the windows that it is part of. */
export function sumWindowsGradient(kind: Kind): Source {
  return elementwise(
    { A: kind },
    kind,
    [],
    `${split('size', 'y', 'x')}
  int from = AOffset + plane * grid.x * grid.y;
  ${SCALAR[kind]} total = ${zero(kind)};${overTaps(
    kind,
    WINDOW_ROW,
    `${WINDOW_COLUMN}
      sum += A1(from + i * grid.y + j);`,
  )}
  return total;`,
  );
}

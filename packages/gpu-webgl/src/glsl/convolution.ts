/**
 * Programs of large convolutions. Images are packed first: a texel has four channels of one pixel, with zeros around the image, so that no
 * loop asks where it is. A fragment computes some neighbouring pixels of four output channels, each pixel in a render target of its own.
 */

import { division } from './division';
import { RELU } from './products';
import type { Source } from './program';

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const COMPONENTS = ['x', 'y', 'z', 'w'];

/**
 * Images with four channels in a texel: [N, groups · quads, rows, columns] texels, from elements at `steps` (of images, channels, rows,
 * columns). `low` zeros come before the image, and its elements stand `spread` apart.
 */
export function packedImages(wide: boolean): Source {
  return {
    inputs: { A: 'float' },
    outputs: ['float'],
    uniforms: [
      'int AOffset',
      'ivec4 steps',
      'ivec2 room',
      'ivec2 size',
      'ivec2 low',
      'ivec2 spread',
      'int groups',
      'int quads',
      'int grouped',
    ],
    functions: [division(wide)],
    body: `  int n = t, x = part(n, room.y), y = part(n, room.x), quad = part(n, quads), group = part(n, groups);
  y -= low.x;
  x -= low.y;
  int i = over(max(y, 0), spread.x), j = over(max(x, 0), spread.y);
  if (y >= 0 && x >= 0 && i < size.x && j < size.y && i * spread.x == y && j * spread.y == x) {
    int c = 4 * quad;
    int p = AOffset + n * steps.x + (group * grouped + c) * steps.y + i * steps.z + j * steps.w;
    y0.x = A1(p);
    if (c + 1 < grouped) y0.y = A1(p + steps.y);
    if (c + 2 < grouped) y0.z = A1(p + 2 * steps.y);
    if (c + 3 < grouped) y0.w = A1(p + 3 * steps.y);
  }`,
  };
}

/**
 * Kernels for `tiledConvolution`: [groups · output quads, input quads, rows, columns, parts] texels, the weights of four output channels
 * for one input channel. `steps` go from one group, output, input to the next, `taps` from one row and column.
 */
export function packedKernels(parts: number, wide: boolean): Source {
  return {
    inputs: { A: 'float' },
    outputs: ['float'],
    uniforms: [
      'int AOffset',
      'ivec4 steps',
      'ivec2 taps',
      'ivec2 kernel',
      'ivec2 quads',
      'ivec2 grouped',
    ],
    functions: [division(wide)],
    body: `  int group = t, c = part(group, ${parts}), v = part(group, kernel.y), u = part(group, kernel.x);
  c += 4 * part(group, quads.x);
  int o = 4 * part(group, quads.y);
  if (c < grouped.x) {
    int p = AOffset + group * steps.x + o * steps.y + c * steps.z + u * taps.x + v * taps.y;
    y0.x = A1(p);
    if (o + 1 < grouped.y) y0.y = A1(p + steps.y);
    if (o + 2 < grouped.y) y0.z = A1(p + 2 * steps.y);
    if (o + 3 < grouped.y) y0.w = A1(p + 3 * steps.y);
  }`,
  };
}

/** What a program of `tiledConvolution` is for. */
export interface ConvolutionTile {
  /** Neighbouring pixels of a fragment. */
  readonly pixels: number;
  /** Columns of the kernel. */
  readonly columns: number;
  readonly stride: number;
  readonly dilation: number;
  /** Channels of a texel that are not filled with zeros. */
  readonly parts: number;
}

/**
 * Convolves packed images A with packed kernels B: [N, output quads, rows, tiles of pixels] texels in `pixels` layers. Input pixels that
 * several of the fragment's pixels need are read once for a row of the kernel.
 */
export function tiledConvolution(tile: ConvolutionTile, wide: boolean, far: boolean): Source {
  const { pixels, columns, stride, dilation, parts } = tile;
  const sums = range(pixels).map((p) => `s${p}`);
  return {
    inputs: { A: 'float', B: 'float' },
    outputs: range(pixels).map(() => 'float'),
    uniforms: [
      'ivec2 room',
      'ivec2 grid',
      'ivec2 quads',
      'int groups',
      'int rows',
      'int stride',
      'int dilation',
    ],
    functions: [division(wide)],
    far,
    body: [
      '  int n = t, across = part(n, grid.y), i = part(n, grid.x), o = part(n, groups * quads.y);',
      '  int area = room.x * room.y;',
      `  int first = (n * groups + over(o, quads.y)) * quads.x * area + i * stride * room.y + across * ${pixels * stride};`,
      `  int b = o * quads.x * rows * ${columns * parts};`,
      '  for (int c = 0; c < quads.x; c++, first += area) {',
      `    vec4 ${sums.map((s) => `${s} = vec4(0)`).join(', ')};`,
      '    int a = first;',
      `    for (int u = 0; u < rows; u++, a += dilation * room.y, b += ${columns * parts}) {`,
      ...rowOfKernel(pixels, columns, stride, dilation, parts),
      '    }',
      ...sums.map((s, p) => `    y${p} += ${s};`),
      '  }',
    ].join('\n'),
  };
}

/** The statements for one row of a kernel: pixels are read when they are first needed. */
function rowOfKernel(
  pixels: number,
  columns: number,
  stride: number,
  dilation: number,
  parts: number,
): string[] {
  const read = new Set<number>();
  return range(columns).flatMap((v) => {
    const lines = range(parts).map((k) => `      vec4 w${v}_${k} = BT(b + ${v * parts + k});`);
    for (let p = 0; p < pixels; p++) {
      const x = p * stride + v * dilation;
      if (!read.has(x)) lines.push(`      vec4 x${x} = AT(a + ${x});`);
      read.add(x);
      const terms = range(parts).map((k) => `x${x}.${COMPONENTS[k]} * w${v}_${k}`);
      lines.push(`      s${p} += ${terms.join(' + ')};`);
    }
    return lines;
  });
}

/** Takes the tiles of `tiledConvolution` apart, into images channel by channel. `whole`: rows of an image are whole texels. */
export function mergedConvolution(
  pixels: number,
  whole: boolean,
  { bias, relu, add }: { readonly bias: boolean; readonly relu: boolean; readonly add: boolean },
  wide: boolean,
): Source {
  const place = `int i = part(n, size.x), q = part(n, grouped), group = part(n, groups);
  int texel = (((n * groups + group) * quads + (q >> 2)) * size.x + i) * tiles + j / ${pixels};`;
  const plus = bias ? ' + C1(COffset + group * grouped + q)' : '';
  const layers = range(4).map((k) => `T4(texel, layer + ${k})[c]`);
  return {
    inputs: {
      T: 'layers',
      ...(bias ? { C: 'float' as const } : {}),
      ...(add ? { D: 'float' as const } : {}),
    },
    outputs: ['float'],
    uniforms: [
      'ivec2 size',
      'int groups',
      'int grouped',
      'int quads',
      'int tiles',
      ...(bias ? ['int COffset'] : []),
      ...(add ? ['int DOffset'] : []),
    ],
    functions: [
      division(wide),
      ...(whole
        ? []
        : [
            `float at(int e) {
  int n = e, j = part(n, size.y);
  ${place}
  return T4(texel, j % ${pixels})[q & 3]${plus};
}`,
          ]),
    ],
    body: [
      ...(whole
        ? [
            '  int n = t, j = 4 * part(n, size.y / 4);',
            `  ${place}`,
            `  int layer = j % ${pixels}, c = q & 3;`,
            `  y0 = vec4(${layers.join(', ')})${plus};`,
          ]
        : ['  y0 = vec4(at(4 * t), at(4 * t + 1), at(4 * t + 2), at(4 * t + 3));']),
      ...(add ? ['  y0 += DG(DOffset + 4 * t + ivec4(0, 1, 2, 3));'] : []),
      ...(relu ? [RELU] : []),
    ].join('\n'),
  };
}

/**
 * The gradient in the kernels, of packed images A and packed gradients B: [pieces, groups, output eights, input quads, rows, columns]
 * texels in eight (or four) layers, one for each output channel. A piece is `share` images.
 */
export function tiledKernelGradient(outputs: number, wide: boolean, far: boolean): Source {
  const sums = range(outputs).map((o) => `s${o}`);
  const halves = range(outputs / 4);
  return {
    inputs: { A: 'float', B: 'float' },
    outputs: sums.map(() => 'float'),
    uniforms: [
      'ivec2 room',
      'ivec2 grid',
      'ivec2 quads',
      'ivec2 kernel',
      'ivec2 stride',
      'ivec2 dilation',
      'int tiles',
      'int groups',
      'int batch',
      'int share',
    ],
    functions: [division(wide)],
    far,
    body: [
      '  int piece = t, v = part(piece, kernel.y), u = part(piece, kernel.x), c = part(piece, quads.x);',
      '  int o = part(piece, tiles), group = part(piece, groups);',
      '  int area = room.x * room.y, plane = grid.x * grid.y;',
      `  int next = ${outputs === 4 ? '0' : `${outputs / 4} * o + 1 < quads.y ? plane : 0`};`,
      '  for (int n = piece * share; n < min(batch, (piece + 1) * share); n++) {',
      '    int a = ((n * groups + group) * quads.x + c) * area + u * dilation.x * room.y + v * dilation.y;',
      `    int b = ((n * groups + group) * quads.y + ${outputs / 4} * o) * plane;`,
      '    for (int i = 0; i < grid.x; i++, a += stride.x * room.y) {',
      `      vec4 ${sums.map((s) => `${s} = vec4(0)`).join(', ')};`,
      '      for (int j = 0, x = a; j < grid.y; j++, x += stride.y, b++) {',
      '        vec4 p = AT(x);',
      ...halves.flatMap((h) => [
        `        vec4 g${h} = BT(b${h > 0 ? ' + next' : ''});`,
        ...range(4).map((k) => `        s${4 * h + k} += g${h}.${COMPONENTS[k]} * p;`),
      ]),
      '      }',
      ...sums.map((s, k) => `      y${k} += ${s};`),
      '    }',
      '  }',
    ].join('\n'),
  };
}

/** Adds up the pieces of `tiledKernelGradient`, into kernels channel by channel. */
export function mergedKernelGradient(outputs: number, wide: boolean): Source {
  return {
    inputs: { T: 'layers' },
    outputs: ['float'],
    uniforms: [
      'ivec2 quads',
      'ivec2 kernel',
      'ivec2 grouped',
      'int tiles',
      'int pieces',
      'int texels',
    ],
    functions: [
      division(wide),
      `float at(int e) {
  int group = e, v = part(group, kernel.y), u = part(group, kernel.x);
  int c = part(group, grouped.x), q = part(group, grouped.y);
  int texel = (((group * tiles + q / ${outputs}) * quads.x + (c >> 2)) * kernel.x + u) * kernel.y + v;
  float total = 0.;
  for (int s = 0; s < pieces; s++, texel += texels) total += T4(texel, q % ${outputs})[c & 3];
  return total;
}`,
    ],
    body: '  y0 = vec4(at(4 * t), at(4 * t + 1), at(4 * t + 2), at(4 * t + 3));',
  };
}

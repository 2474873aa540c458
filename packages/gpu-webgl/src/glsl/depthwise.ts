/** Convolution channel by channel. */

import { division } from './division';
import { RELU } from './products';
import type { Source } from './program';
import { WINDOW_UNIFORMS } from './windows';

/** Σ x[n, c, i·s + u·d − p, j·s + v·d − p] · w[o, 0, u, v] of four pixels; `whole`: rows of the result are whole texels. */
export function depthwiseConvolution(
  whole: boolean,
  { bias, relu }: { readonly bias: boolean; readonly relu: boolean },
  wide: boolean,
): Source {
  // Where pixel k of the four lies: in one row, or each somewhere.
  const shared = `  int n = t, j = 4 * part(n, grid.y / 4), i = part(n, grid.x), o = part(n, channels.y);
  int image = AOffset + (n * channels.x + over(o, grouped.y)) * size.x * size.y;
  int tap = BOffset + o * kernel.x * kernel.y;
  ivec4 left = (j + ivec4(0, 1, 2, 3)) * stride.y - padding.y;
  for (int u = 0; u < kernel.x; u++) {
    int y = i * stride.x + u * dilation.x - padding.x;
    bool inRow = y >= 0 && y < size.x;
    int row = image + clamp(y, 0, size.x - 1) * size.y;
    for (int v = 0; v < kernel.y; v++) {
      ivec4 x = left + v * dilation.y;
      float w = B1(tap + u * kernel.y + v);
      bvec4 inside = lessThan(uvec4(x), uvec4(size.y));
      if (inRow) y0 += mix(vec4(0), w * READ, inside);
    }
  }${bias ? '\n  y0 += C1(COffset + o);' : ''}`;
  const each = `float at(int e) {
  int n = e, j = part(n, grid.y), i = part(n, grid.x), o = part(n, channels.y);
  int image = AOffset + (n * channels.x + over(o, grouped.y)) * size.x * size.y;
  int tap = BOffset + o * kernel.x * kernel.y;
  float sum = ${bias ? 'C1(COffset + o)' : '0.'};
  for (int u = 0; u < kernel.x; u++) {
    int y = i * stride.x + u * dilation.x - padding.x;
    if (y < 0 || y >= size.x) continue;
    for (int v = 0; v < kernel.y; v++) {
      int x = j * stride.y + v * dilation.y - padding.y;
      if (x >= 0 && x < size.y) sum += B1(tap + u * kernel.y + v) * A1(image + y * size.y + x);
    }
  }
  return sum;
}`;
  // Neighbours lie in two texels at most.
  const neighbours = `vec4 four(int e) {
  vec4 a = A4(e >> 2), b = A4((e >> 2) + 1);
  switch (e & 3) {
    case 1: return vec4(a.yzw, b.x);
    case 2: return vec4(a.zw, b.xy);
    case 3: return vec4(a.w, b.xyz);
  }
  return a;
}`;
  return {
    inputs: { A: 'float', B: 'float', ...(bias ? { C: 'float' as const } : {}) },
    outputs: ['float'],
    uniforms: [
      ...WINDOW_UNIFORMS,
      'ivec2 channels',
      'ivec2 grouped',
      'int AOffset',
      'int BOffset',
      ...(bias ? ['int COffset'] : []),
    ],
    functions: [division(wide), ...(whole ? [neighbours] : [each])],
    body: [
      whole
        ? shared.replace('READ', '(stride.y == 1 ? four(row + x.x) : AG(row + x))')
        : '  y0 = vec4(at(4 * t), at(4 * t + 1), at(4 * t + 2), at(4 * t + 3));',
      ...(relu ? [RELU] : []),
    ].join('\n'),
  };
}

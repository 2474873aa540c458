/** Programs of matrix products. */

import { placesOf, placeUniforms, sizeUniforms } from './places';
import type { Source } from './program';

/** What follows a product: a bias of each column, or of each row, and ReLU. */
export interface Ending {
  readonly bias: 'none' | 'columns' | 'rows';
  readonly relu: boolean;
}

/** max(0, x) that keeps NaN. */
export const RELU = '  y0 = mix(y0, vec4(0), lessThan(y0, vec4(0)));';

/**
 * Four elements of a product, each from its own row and column: for few elements, or elements that lie in any way. Places of an output of
 * `rank` axes: A holds rows, B columns, C the bias.
 */
export function gatheredProduct(
  kinds: Readonly<Record<'A' | 'B', Source['outputs'][number]>>,
  output: Source['outputs'][number],
  { bias, relu }: Ending,
  rank: number,
  wide: boolean,
): Source {
  const biased = bias !== 'none';
  const names = biased ? ['A', 'B', 'C'] : ['A', 'B'];
  return {
    inputs: biased ? { ...kinds, C: output } : kinds,
    outputs: [output],
    uniforms: [
      ...sizeUniforms(rank),
      ...names.flatMap((name) => placeUniforms(name, rank)),
      'int depth',
      'int aStep',
      'int bStep',
    ],
    functions: names.map((name) => placesOf(name, rank, wide)),
    body: [
      '  ivec4 e = ivec4(4 * t) + ivec4(0, 1, 2, 3);',
      '  ivec4 p = AAt(e), q = BAt(e);',
      // Blocks of 32, so that rounding errors of long sums do not pile up.
      '  for (int k = 0; k < depth;) {',
      '    int end = min(depth, k + 32);',
      output === 'float' ? '    vec4 sum = vec4(0);' : '    ivec4 sum = ivec4(0);',
      '    for (; k < end; k++, p += aStep, q += bStep) sum += AG(p) * BG(q);',
      '    y0 += sum;',
      '  }',
      ...(biased ? ['  y0 += CG(CAt(e));'] : []),
      ...(relu ? [RELU] : []),
    ].join('\n'),
  };
}

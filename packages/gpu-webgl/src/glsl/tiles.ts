/** Programs of matrix products that compute a tile of the result per fragment, each row of it in a render target of its own. */

import { division } from './division';
import { placesOf, placeUniforms, sizeUniforms } from './places';
import type { Ending } from './products';
import { RELU } from './products';
import type { Source } from './program';

/** How the matrices of a tiled product lie. */
export interface TileLayout {
  /** Which elements of A are neighbours: those of a row, or of a column. */
  readonly a: 'row' | 'column';
  readonly b: 'row' | 'column';
  /** Rows of a tile, 8 or 4; 1: a texel of the result, without a tile. */
  readonly rows: number;
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const COMPONENTS = ['x', 'y', 'z', 'w'];

/** Long sums are cut into blocks of so many steps, so that rounding errors do not pile up. */
const BLOCK = 256;

/**
 * rows × 4 elements of a product of stacks. All numbers are in texels: `firsts` of A and B, `steps` from one matrix of A and B to the
 * next along two axes of the stack, `lines` from one row (or column) of A and B to the next.
 */
export function tiledProduct(
  layout: TileLayout,
  ending: Ending,
  wide: boolean,
  far: boolean,
): Source {
  const { rows } = layout;
  const targets = range(rows);
  const single = layout.a === 'column' && layout.b === 'row';
  const sum = (r: number): string => `s${r}`;
  return {
    inputs:
      ending.bias === 'none' ? { A: 'float', B: 'float' } : { A: 'float', B: 'float', C: 'float' },
    outputs: targets.map(() => 'float'),
    uniforms: [
      'int depth',
      'int columns',
      'int tiles',
      'int inner',
      'ivec2 firsts',
      'ivec4 steps',
      'ivec2 lines',
      ...(ending.bias === 'none' ? [] : ['int COffset']),
    ],
    functions: [division(wide)],
    far,
    body: [
      '  int outer = t, j = part(outer, columns), i = part(outer, tiles), rest = part(outer, inner);',
      '  int a = firsts.x + outer * steps.x + rest * steps.y;',
      '  int b = firsts.y + outer * steps.z + rest * steps.w;',
      layout.a === 'row' ? `  a += ${rows} * i * lines.x;` : `  a += ${rows / 4} * i;`,
      layout.b === 'row' ? '  b += j;' : '  b += 4 * j * lines.y;',
      `  for (int k = 0; k < depth;) {`,
      `    int end = min(depth, k + ${BLOCK});`,
      `    vec4 ${targets.map((r) => `${sum(r)} = vec4(0)`).join(', ')};`,
      '    for (; k < end; k++) {',
      single ? singleStep(rows) : quadStep(layout),
      '    }',
      ...targets.map((r) => `    y${r} += ${sum(r)};`),
      '  }',
      ...(ending.bias === 'columns' ? ['  y0 += CG(COffset + 4 * j + ivec4(0, 1, 2, 3));'] : []),
      ...(ending.bias === 'rows' ? ['  y0 += C1(COffset + i);'] : []),
      ...(ending.relu ? [RELU] : []),
    ].join('\n'),
  };
}

/** One step along the depth: a column of A's tile and a texel of B. */
function singleStep(rows: number): string {
  return [
    '      vec4 q = BT(b);',
    ...range(rows / 4).map((n) => `      vec4 p${n} = AT(a + ${n});`),
    ...range(rows).map((r) => `      s${r} += p${r >> 2}.${COMPONENTS[r & 3]} * q;`),
    '      a += lines.x;',
    '      b += lines.y;',
  ].join('\n');
}

/** Four steps along the depth. */
function quadStep({ a, b, rows }: TileLayout): string {
  const four = range(4);
  const right = four.map((n) => `vec4 q${n} = BT(b${n > 0 ? ` + ${n} * lines.y` : ''});`);
  const turn =
    b === 'column'
      ? [
          '      mat4 turned = transpose(mat4(q0, q1, q2, q3));',
          ...four.map((n) => `      q${n} = turned[${n}];`),
        ]
      : [];
  const left =
    a === 'row'
      ? range(rows).map(
          (r) =>
            `      { vec4 p = AT(a + ${r} * lines.x); s${r} += p.x * q0 + p.y * q1 + p.z * q2 + p.w * q3; }`,
        )
      : four.flatMap((n) =>
          range(rows / 4).flatMap((half) => [
            `      { vec4 p = AT(a + ${n} * lines.x + ${half});`,
            ...four.map((c) => `        s${4 * half + c} += p.${COMPONENTS[c]} * q${n};`),
            '      }',
          ]),
        );
  return [
    ...right.map((line) => `      ${line}`),
    ...turn,
    ...left,
    a === 'row' ? '      a++;' : '      a += 4 * lines.x;',
    b === 'row' ? '      b += 4 * lines.y;' : '      b++;',
  ].join('\n');
}

/** Puts the rows of tiles where they belong; `whole`: rows of the result are whole texels. */
export function mergedTiles(
  rows: number,
  whole: boolean,
  { bias, relu }: Ending,
  wide: boolean,
): Source {
  const texel = `(stack * tiles + i / ${rows}) * quads`;
  const term = { none: '', columns: ' + C1(COffset + j)', rows: ' + C1(COffset + i)' };
  return {
    inputs: bias === 'none' ? { T: 'layers' } : { T: 'layers', C: 'float' },
    outputs: ['float'],
    uniforms: [
      'int columns',
      'int rows',
      'int tiles',
      'int quads',
      ...(bias === 'none' ? [] : ['int COffset']),
    ],
    functions: [
      division(wide),
      ...(whole
        ? []
        : [
            `float at(int e) {
  int stack = e, j = part(stack, columns), i = part(stack, rows);
  return T4(${texel} + (j >> 2), i % ${rows})[j & 3]${term[bias]};
}`,
          ]),
    ],
    body: [
      ...(whole
        ? [
            '  int stack = t, quad = part(stack, quads), i = part(stack, rows);',
            `  y0 = T4(${texel} + quad, i % ${rows})${
              bias === 'columns' ? ' + CG(COffset + 4 * quad + ivec4(0, 1, 2, 3))' : term[bias]
            };`,
          ]
        : ['  y0 = vec4(at(4 * t), at(4 * t + 1), at(4 * t + 2), at(4 * t + 3));']),
      ...(relu ? [RELU] : []),
    ].join('\n'),
  };
}

/** Elements that lie in any way, in rows of whole texels with zeros at the end: `inner` of them count in rows of `padded`. */
export function packedRows(rank: number, wide: boolean): Source {
  return {
    inputs: { A: 'float' },
    outputs: ['float'],
    uniforms: [...sizeUniforms(rank), ...placeUniforms('A', rank), 'int inner', 'int quads'],
    functions: [placesOf('A', rank, wide), division(wide)],
    body: `  int rest = t;
  ivec4 column = 4 * part(rest, quads) + ivec4(0, 1, 2, 3);
  y0 = mix(vec4(0), AG(AAt(4 * t + ivec4(0, 1, 2, 3))), lessThan(column, ivec4(inner)));`,
  };
}

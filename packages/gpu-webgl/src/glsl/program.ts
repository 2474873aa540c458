/**
 * Writes fragment shaders. Everything that is particular to GLSL is in this folder; kernels give it formulas and layouts. A fragment
 * computes one texel: elements 4t to 4t + 3 of the output.
 */

import type { Kind } from '../device/textures';

const SAMPLERS: Readonly<Record<Kind, string>> = {
  float: 'sampler2D',
  int: 'isampler2D',
  byte: 'usampler2D',
};

/** The type that an element of each kind is computed in, and that of four of them. */
export const SCALAR: Readonly<Record<Kind, string>> = { float: 'float', int: 'int', byte: 'int' };
/** The type of four elements. */
export const VECTOR: Readonly<Record<Kind, string>> = {
  float: 'vec4',
  int: 'ivec4',
  byte: 'ivec4',
};
const STORED: Readonly<Record<Kind, string>> = { float: 'vec4', int: 'ivec4', byte: 'uvec4' };

/** A program: what it reads, what it writes, and how. */
export interface Source {
  /** The kinds of the textures by the names of their samplers. */
  readonly inputs: Readonly<Record<string, Kind | 'layers'>>;
  /** The kinds of the outputs. */
  readonly outputs: readonly Kind[];
  /** Declarations of uniforms, `int n` for instance. */
  readonly uniforms?: readonly string[];
  /** Functions. */
  readonly functions?: readonly string[];
  /** Whether a texture may have more texels than floats count: then `XT` is `X4`. Default false. */
  readonly far?: boolean;
  /** Statements that set `y0`, `y1` and so on; `t` is the number of the texel. */
  readonly body: string;
}

/** Reads of layers `X` of floats: `X4(t, layer)` gives texel t of a layer. */
function layerReader(name: string): string {
  return `uniform sampler2DArray ${name};
uniform int ${name}Shift;
vec4 ${name}4(int t, int layer) {
  return texelFetch(${name}, ivec3(t & ((1 << ${name}Shift) - 1), t >> ${name}Shift, layer), 0);
}`;
}

/** The texel t by its coordinates in floats, exact below 2²³. */
const quickRead = (
  name: string,
  four: string,
): string => `float u = (float(t) + .5) * ${name}Scale.x, row = floor(u);
  return ${four}(texture(${name}, vec2(u - row, (row + .5) * ${name}Scale.y)));`;

/** Reads of a texture `X`: `X4(t)` gives texel t, `X1(e)` element e, `XS(e)` four times element e, `XG(e)` four elements;
 * `XT(t)` is a quicker `X4(t)` for long loops. */
function reader(name: string, kind: Kind | 'layers', far: boolean): string {
  if (kind === 'layers') return layerReader(name);
  const four = VECTOR[kind];
  const one = SCALAR[kind];
  return `uniform ${SAMPLERS[kind]} ${name};
uniform int ${name}Shift;
${four} ${name}4(int t) {
  return ${four}(texelFetch(${name}, ivec2(t & ((1 << ${name}Shift) - 1), t >> ${name}Shift), 0));
}
uniform vec2 ${name}Scale;
${four} ${name}T(int t) {
  ${far ? `return ${name}4(t);` : quickRead(name, four)}
}
${one} ${name}1(int e) { return ${name}4(e >> 2)[e & 3]; }
${four} ${name}S(int e) { return ${four}(${name}1(e)); }
${four} ${name}G(ivec4 e) { return ${four}(${name}1(e.x), ${name}1(e.y), ${name}1(e.z), ${name}1(e.w)); }`;
}

const PRECISIONS = [
  '#version 300 es',
  'precision highp float;',
  'precision highp int;',
  'precision highp sampler2D;',
  'precision highp sampler2DArray;',
  'precision highp isampler2D;',
  'precision highp usampler2D;',
];

/** Points: a vertex shader that says for point `v` where it goes, texel `place` (below 0: nowhere), and its `value`. */
export interface PointSource extends Pick<Source, 'inputs' | 'uniforms' | 'functions' | 'body'> {
  /** What is drawn into. */
  readonly output: Kind;
}

/** The texts of the vertex and the fragment shader that draw points. */
export function points({ inputs, uniforms = [], functions = [], body, output }: PointSource): {
  vertex: string;
  fragment: string;
} {
  const four = VECTOR[output];
  const vertex = [
    ...PRECISIONS,
    'uniform int outShift, outHeight;',
    `flat out ${four} passed;`,
    ...uniforms.map((one) => `uniform ${one};`),
    ...Object.entries(inputs).map(([name, kind]) => reader(name, kind, true)),
    ...functions,
    'void main() {',
    '  int v = gl_VertexID, place;',
    `  ${four} value;`,
    body,
    '  vec2 spot = vec2(place & ((1 << outShift) - 1), place >> outShift) + .5;',
    '  vec2 corner = 2. * spot / vec2(1 << outShift, outHeight) - 1.;',
    '  gl_Position = place < 0 ? vec4(2, 2, 2, 1) : vec4(corner, 0, 1);',
    '  gl_PointSize = 1.;',
    '  passed = value;',
    '}',
  ].join('\n');
  const stored = STORED[output];
  const painter = [
    ...PRECISIONS,
    `flat in ${four} passed;`,
    `out ${stored} out0;`,
    `void main() { out0 = ${stored}(passed); }`,
  ].join('\n');
  return { vertex, fragment: painter };
}

/** The whole text of a fragment shader. */
export function fragment({
  inputs,
  outputs,
  uniforms = [],
  functions = [],
  body,
  far = false,
}: Source): string {
  const targets = outputs.map((kind, i) => `layout(location = ${i}) out ${STORED[kind]} out${i};`);
  const results = outputs.map((kind, i) => `  ${VECTOR[kind]} y${i} = ${VECTOR[kind]}(0);`);
  const stores = outputs.map((kind, i) => `  out${i} = ${STORED[kind]}(y${i});`);
  return [
    ...PRECISIONS,
    'uniform int outShift;',
    ...targets,
    ...uniforms.map((one) => `uniform ${one};`),
    ...Object.entries(inputs).map(([name, kind]) => reader(name, kind, far)),
    ...functions,
    'void main() {',
    '  int t = (int(gl_FragCoord.y) << outShift) + int(gl_FragCoord.x);',
    ...results,
    body,
    ...stores,
    '}',
  ].join('\n');
}

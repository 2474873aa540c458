/** Where the elements of a strided operand lie, as text of GLSL. */

/** Numbers below which a product with the reciprocal divides exactly; larger ones take the slower integer division. */
export const EXACT = 2 ** 21;

/**
 * A function `ivec4 NAMEAt(ivec4 e)`: the places in the storage of elements e of an output of `rank` axes. It needs the uniforms of
 * `placeUniforms` and `divideBy` of the same rank.
 */
export function placesOf(name: string, rank: number, wide: boolean): string {
  const lines: string[] = [];
  for (let axis = rank - 1; axis > 0; axis--) {
    lines.push(
      wide ? `  q = e / sizes[${axis}];` : `  q = ivec4((vec4(e) + .5) * inverses[${axis}]);`,
      `  p += (e - q * sizes[${axis}]) * ${name}Steps[${axis}];`,
      '  e = q;',
    );
  }
  if (rank > 0) lines.push(`  p += e * ${name}Steps[0];`);
  return [
    `ivec4 ${name}At(ivec4 e) {`,
    `  ivec4 q, p = ivec4(${name}Offset);`,
    ...lines,
    '  return p;',
    '}',
  ].join('\n');
}

/** Declarations of the sizes that all operands of a program share. */
export function sizeUniforms(rank: number): string[] {
  return rank > 0 ? [`int sizes[${rank}]`, `float inverses[${rank}]`] : [];
}

/** Declarations of the strides and the offset of an operand. */
export function placeUniforms(name: string, rank: number): string[] {
  return [`int ${name}Offset`, ...(rank > 0 ? [`int ${name}Steps[${rank}]`] : [])];
}

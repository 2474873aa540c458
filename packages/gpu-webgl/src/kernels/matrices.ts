/** What products take: stacks of matrices, and what follows. */

import type { Tensor } from '@dl/tensor';
import { blockOf } from '../device/block';
import type { UniformValue } from '../device/programs';
import type { Texture } from '../device/textures';
import type { Ending } from '../glsl/products';

/** A stack of matrices somewhere in a texture. */
export interface Matrices {
  readonly texture: Texture;
  /** Axes of the stack, rows, columns. */
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

/** What follows a product. */
export interface Epilogue {
  /** Contiguous, one number for each column. */
  readonly bias?: Tensor;
  /** Whether the bias has a number for each row instead. Default false. */
  readonly byRow?: boolean;
  readonly relu?: boolean;
}

/** A tensor as a stack of matrices. */
export function matricesOf(x: Tensor): Matrices {
  const { shape, strides, offset } = x;
  return { texture: blockOf(x).texture, shape, strides, offset };
}

/** The texture and the offset of a bias, by the names of programs. */
export function biasOf(bias: Tensor | undefined): {
  inputs: Record<string, Texture>;
  uniforms: Record<string, UniformValue>;
} {
  if (!bias) return { inputs: {}, uniforms: {} };
  return { inputs: { C: blockOf(bias).texture }, uniforms: { COffset: bias.offset } };
}

/** What follows, for programs and their keys. */
export function endingOf({ bias, byRow = false, relu = false }: Epilogue): Ending {
  return { bias: bias === undefined ? 'none' : byRow ? 'rows' : 'columns', relu };
}

/** Whether a texture has more texels than floats count exactly. */
export function isFar({ height, shift }: Texture): boolean {
  return height * 2 ** shift >= 2 ** 23;
}

/** What becomes of many elements in GLSL: how a total takes one more, four totals at a time. */

import type { DType } from '@dl/tensor';
import type { Kind } from '../device/textures';
import { functionsFor } from './functions';
import { VECTOR } from './program';

/** A reduction for elements of one kind. */
export interface Fold {
  /** The type of four totals. */
  readonly type: 'vec4' | 'ivec4';
  /** The total of nothing. */
  readonly identity: string;
  /** `TYPE valueOf(VECTOR x)` and `TYPE fold(TYPE a, TYPE b)`, and what they call. */
  readonly functions: readonly string[];
  /** Whether totals remember what does not fit a float in variables of the shader: then they cannot be stored in between. */
  readonly whole?: boolean;
  /** The result, from `total`; default that itself. */
  readonly result?: string;
}

/** The four of `yes` where the test is true, otherwise those of `no`. */
export const SELECT = `vec4 select(vec4 no, vec4 yes, bvec4 test) { return mix(no, yes, test); }
ivec4 select(ivec4 no, ivec4 yes, bvec4 test) {
  ivec4 mask = -ivec4(test);
  return (no & ~mask) | (yes & mask);
}`;

interface Choice {
  readonly float: string;
  readonly whole: string;
  readonly floatIdentity: string;
  readonly wholeIdentity: string;
  readonly needs?: readonly string[];
}

const CHOICES: Readonly<Record<string, Choice>> = {
  sum: { float: 'a + b', whole: 'a + b', floatIdentity: '0.', wholeIdentity: '0' },
  prod: { float: 'a * b', whole: 'a * b', floatIdentity: '1.', wholeIdentity: '1' },
  amax: {
    float: 'max4(a, b)',
    whole: 'max(a, b)',
    floatIdentity: '-INF',
    wholeIdentity: '-2147483647 - 1',
    needs: ['max4'],
  },
  amin: {
    float: 'min4(a, b)',
    whole: 'min(a, b)',
    floatIdentity: 'INF',
    wholeIdentity: '2147483647',
    needs: ['min4'],
  },
};

/** Products whose power of two is kept apart, so that no part of one becomes infinite or 0 by itself. */
const FLOAT_PRODUCT: Fold = {
  type: 'vec4',
  identity: '1.',
  functions: [
    'ivec4 powers = ivec4(0);',
    'vec4 valueOf(vec4 x) { return x; }',
    `vec4 fold(vec4 a, vec4 b) {
  vec4 y = a * b;
  ivec4 power = (floatBitsToInt(y) >> 23 & 255) - 127;
  power *= ivec4(not(equal(power, ivec4(-127)))) * ivec4(not(equal(power, ivec4(128))));
  power = min(power, 126);
  powers += power;
  return y * intBitsToFloat(127 - power << 23);
}`,
    `vec4 raised(vec4 x) {
  ivec4 first = clamp(powers, -126, 127), second = clamp(powers - first, -126, 127);
  return x * intBitsToFloat(first + 127 << 23) * intBitsToFloat(second + 127 << 23);
}`,
  ],
  whole: true,
  result: 'raised(total)',
};

/** The names of reductions. */
export type FoldName = 'sum' | 'prod' | 'amax' | 'amin' | 'any' | 'all';

/** The reduction `name` for elements of a kind. */
export function foldOf(name: FoldName, kind: Kind): Fold {
  const four = VECTOR[kind];
  if (name === 'any' || name === 'all') {
    return {
      type: 'ivec4',
      identity: name === 'any' ? '0' : '1',
      functions: [
        `ivec4 valueOf(${four} x) { return ivec4(not(equal(x, ${four}(0)))); }`,
        `ivec4 fold(ivec4 a, ivec4 b) { return a ${name === 'any' ? '|' : '&'} b; }`,
      ],
    };
  }
  if (name === 'prod' && kind === 'float') return FLOAT_PRODUCT;
  const { float, whole, floatIdentity, wholeIdentity, needs = [] } = CHOICES[name];
  const isFloat = kind === 'float';
  return {
    type: isFloat ? 'vec4' : 'ivec4',
    identity: isFloat ? floatIdentity : wholeIdentity,
    functions: [
      ...(isFloat ? functionsFor(needs) : []),
      `${four} valueOf(${four} x) { return x; }`,
      `${four} fold(${four} a, ${four} b) { return ${isFloat ? float : whole}; }`,
    ],
  };
}

/** What a total is for an output of `dtype`. */
export function storedAs(dtype: DType, value: string): string {
  return dtype === 'uint8' ? `(${value}) & 255` : value;
}

/** Where the unary operations are defined. */

import type { InputOptions } from './cases';
import { ranges } from './cases';

/** Numbers for which an operation is tested. */
export interface UnaryDomain {
  /** Where results are compared. Default the numbers of `given`, from −2 to 2. */
  readonly values?: InputOptions;
  /** Where random calls are drawn, whose derivatives are compared with differences: away from jumps and kinks. Default `values`. */
  readonly samples?: InputOptions;
}

const { positive, inner } = ranges;
const wide = { low: -20, high: 20 };
const digits = { low: -5, high: 5 };
/** Away from whole numbers and from 0, where a function jumps or has a kink. */
export const fraction = { low: 0.15, high: 0.45 };
/** Whole numbers of both signs. */
export const integers = { dtype: 'int32', low: -20, high: 20 } as const;

/** The domains of the operations of one tensor that have no attributes. */
export const unaryDomains = {
  neg: {},
  abs: { samples: fraction },
  sign: { samples: fraction },
  exp: {},
  expm1: {},
  log: { values: positive },
  log1p: { values: positive },
  log2: { values: positive },
  log10: { values: positive },
  sqrt: { values: positive },
  reciprocal: { values: positive },
  sin: { values: wide },
  cos: { values: wide },
  tan: { values: inner },
  asin: { values: inner },
  acos: { values: inner },
  atan: {},
  sinh: {},
  cosh: {},
  asinh: {},
  acosh: { values: { low: 1.2, high: 3 } },
  atanh: { values: inner },
  tanh: {},
  sigmoid: {},
  softplus: {},
  relu: { samples: { low: -0.45, high: -0.15 } },
  erf: {},
  erfc: {},
  erfinv: { values: inner },
  lgamma: { values: positive },
  floor: { values: digits, samples: fraction },
  ceil: { values: digits, samples: fraction },
  round: { values: digits, samples: fraction },
  trunc: { values: digits, samples: fraction },
  bitwiseNot: { samples: integers },
  logicalNot: { samples: integers },
  isnan: {},
  isfinite: {},
} satisfies Record<string, UnaryDomain>;

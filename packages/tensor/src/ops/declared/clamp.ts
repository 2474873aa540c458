/** Numbers cut to an interval, as one operation. */

import { expectFloat } from '../operand';
import type { FusedDeclaration } from '../table';
import { gt, lt } from './comparison';
import { where } from './pointwise';

export const clampOp: FusedDeclaration<'clamp'> = {
  kind: 'fused',
  name: 'clamp',
  infer([x]) {
    expectFloat('clamp', x);
    return [{ shape: x.shape, dtype: x.dtype }];
  },
  define([x], { low, high }) {
    const above = where(lt(x, low), low, x);
    return [where(gt(above, high), high, above)];
  },
};

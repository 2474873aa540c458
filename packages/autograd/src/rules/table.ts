/** The rule of every view and primitive: what is missing does not compile. */

import { elementwiseRules } from './elementwise';
import { indexingRules } from './indexing';
import { movementRules } from './movement';
import { productRules } from './products';
import { reduceRules } from './reduce';
import type { Rules } from './rule';

/** Gradient rules by operation. */
export const rules: Rules = {
  ...elementwiseRules,
  ...movementRules,
  ...reduceRules,
  ...indexingRules,
  ...productRules,
};

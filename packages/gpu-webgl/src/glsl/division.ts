/** Integer division by way of floats: that of integers takes many times longer on most GPUs. */

import { EXACT } from './places';

/**
 * Functions `over(a, n)`, the quotient ⌊a / n⌋ of numbers that are not negative, and `part(rest, n)`, which gives the remainder and
 * leaves the quotient in `rest`. `wide`: numbers may be `EXACT` or more.
 */
export const division = (wide: boolean): string => `int over(int a, int n) {
  return ${wide ? 'a / n' : 'int((float(a) + .5) / float(n))'};
}
int part(inout int rest, int n) {
  int a = rest;
  rest = over(a, n);
  return a - rest * n;
}`;

/** Whether a program that divides numbers below `count` needs the slower functions. */
export const isWide = (count: number): boolean => count >= EXACT;

/** Names of the functions that assembly/float64.ts has for float64, in its order. */

/** Functions of two numbers. */
export const BINARY64: readonly string[] = ['add', 'sub', 'mul', 'div', 'maximum', 'minimum'];
/** Functions of one number. */
export const UNARY64: readonly string[] = ['neg', 'abs', 'sqrt', 'reciprocal', 'relu'];

/**
 * Random cases and comparers for the tests of the other packages. Private.
 *
 * @packageDocumentation
 */

export type { Arrangement, InputOptions, OpCase, TensorCase } from './cases';
export { arrange, build, snippet, valuesOf } from './cases';
export type { Tolerance } from './compare';
export { expectClose, innerProduct } from './compare';
export { samples } from './samples';

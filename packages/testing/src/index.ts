/**
 * Random cases, comparers and the conformance suite of devices, for the tests of the other packages. Private.
 *
 * @packageDocumentation
 */

export type { Arrangement, InputOptions, OpCase, TensorCase } from './cases';
export { arrange, build, snippet, valuesOf } from './cases';
export type { Tolerance } from './compare';
export { expectClose, innerProduct } from './compare';
export type {
  ConformanceCase,
  ConformanceOptions,
  ConformanceReport,
} from './conformance/index';
export { conformance, conformanceGroups, runConformance } from './conformance/index';
export type { FakeDevice, FakeDeviceOptions } from './fake-device';
export { registerFake } from './fake-device';
export { samples } from './samples';
export { watch } from './watch';

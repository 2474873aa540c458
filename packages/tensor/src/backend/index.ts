/**
 * What a backend is made of: the interface, the types of its kernels, and helpers for them. Users of tensors need none of it.
 *
 * @packageDocumentation
 */

// The devices `cpu` and `reference` come first.
import '../index';

export type { DType, TypedArray, TypedArrayOf } from '../core/dtype';
export { allocateArray, bytesPerElement } from '../core/dtype';
export { philox } from '../core/generator';
export type { Layout, Shape } from '../core/layout';
export { broadcastShapes, isContiguous, sizeOf } from '../core/layout';
export type { Loss } from '../core/ledger';
export type { DeviceBuffer } from '../core/storage';
export { forEachPosition } from '../core/tensor';
export type {
  AttributesOf,
  BackwardKernel,
  ConvAttributes,
  FusedKernels,
  InputsOf,
  Kernel,
  Kernels,
  OpName,
  OutputsOf,
  PoolAttributes,
  RandomStream,
  ResultsOf,
} from '../ops/table';
export type { Backend, Device, DeviceMemory, Threads } from './backend';
export { backendFor, loseDevice, registerBackend } from './registry';
export { throughReference } from './through-reference';

/**
 * The op set: types only, one line an operation. Inference, docstring and definition of each are in its family file. A
 * backend's table must have a kernel for every primitive, and autograd's a rule for every view and primitive, or they do
 * not compile.
 */

import type { Device } from '../backend/backend';
import type { DType } from '../core/dtype';
import type { Layout, Shape } from '../core/layout';
import type { Tensor } from '../core/tensor';

/** The type of one operation: its tensor inputs, its attributes and its outputs. */
export interface Op<
  Inputs extends readonly (Tensor | undefined)[],
  Attributes = NoAttributes,
  Outputs extends readonly Tensor[] = [Tensor],
> {
  inputs: Inputs;
  attributes: Attributes;
  outputs: Outputs;
}

/** The attributes of an operation that has none. */
export type NoAttributes = Record<never, never>;

type Unary = Op<[Tensor]>;
type Binary = Op<[Tensor, Tensor]>;
type Axes = { axes: readonly number[]; keepdim: boolean };
type Axis = { axis: number };
type Activated = { activation: 'none' | 'relu' };
type Creation = { shape: Shape; dtype: DType; device: Device };
/** A stretch of the random stream: Philox key and first counter. */
export type RandomStream = { seed: number; offset: number };

/** Sizes of a convolution: [rows, columns], padding as [top, bottom, left, right]. */
export interface ConvAttributes {
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number, number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
}

/** Sizes of a pooling window: [rows, columns], padding as [top, bottom, left, right], output [rows, columns]. */
export interface PoolAttributes {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number, number, number];
  readonly dilation: readonly [number, number];
  readonly output: readonly [number, number];
}

/** Operations that only look at storage in another way; no kernel, no copy. */
export interface Views {
  alias: Op<[Tensor]>;
  /** As `alias`, but derivatives do not pass. */
  detach: Op<[Tensor]>;
  permute: Op<[Tensor], { axes: readonly number[] }>;
  expand: Op<[Tensor], { shape: Shape }>;
  /** Where the strides allow it; `reshape` of other tensors is `contiguous` first. */
  reshape: Op<[Tensor], { shape: Shape }>;
  /** `count` elements from `start` in steps of `step`, for every axis; steps may be negative. */
  slice: Op<
    [Tensor],
    { start: readonly number[]; step: readonly number[]; count: readonly number[] }
  >;
  /** The main diagonal of the last two axes. */
  diagonal: Op<[Tensor]>;
}

/** Operations that every backend implements. */
export interface Primitives {
  // creation and movement
  full: Op<[], Creation & { value: number }>;
  uniform: Op<[], Creation & RandomStream>;
  normal: Op<[], Creation & RandomStream>;
  contiguous: Unary;
  cast: Op<[Tensor], { dtype: DType }>;
  concat: Op<Tensor[], Axis>;
  /** Surrounds every axis with `low` and `high` copies of `value` (negative: crops), with `interior` between elements. */
  pad: Op<
    [Tensor],
    {
      low: readonly number[];
      high: readonly number[];
      interior: readonly number[];
      value: number;
    }
  >;

  // elementwise, one input
  neg: Unary;
  abs: Unary;
  sign: Unary;
  exp: Unary;
  expm1: Unary;
  log: Unary;
  log1p: Unary;
  log2: Unary;
  log10: Unary;
  sqrt: Unary;
  reciprocal: Unary;
  sin: Unary;
  cos: Unary;
  tan: Unary;
  asin: Unary;
  acos: Unary;
  atan: Unary;
  sinh: Unary;
  cosh: Unary;
  asinh: Unary;
  acosh: Unary;
  atanh: Unary;
  tanh: Unary;
  sigmoid: Unary;
  softplus: Unary;
  relu: Unary;
  erf: Unary;
  erfc: Unary;
  erfinv: Unary;
  lgamma: Unary;
  /** The derivative of lgamma of order `order` + 1. */
  polygamma: Op<[Tensor], { order: number }>;
  floor: Unary;
  ceil: Unary;
  round: Unary;
  trunc: Unary;
  bitwiseNot: Unary;
  logicalNot: Unary;
  isnan: Unary;
  isfinite: Unary;

  // elementwise, two or three inputs, broadcasting
  add: Binary;
  sub: Binary;
  mul: Binary;
  div: Binary;
  floorDivide: Binary;
  remainder: Binary;
  fmod: Binary;
  pow: Binary;
  maximum: Binary;
  minimum: Binary;
  atan2: Binary;
  eq: Binary;
  ne: Binary;
  lt: Binary;
  le: Binary;
  gt: Binary;
  ge: Binary;
  logicalAnd: Binary;
  logicalOr: Binary;
  logicalXor: Binary;
  bitwiseAnd: Binary;
  bitwiseOr: Binary;
  bitwiseXor: Binary;
  leftShift: Binary;
  rightShift: Binary;
  where: Op<[Tensor, Tensor, Tensor]>;

  // reductions and scans
  sum: Op<[Tensor], Axes>;
  prod: Op<[Tensor], Axes>;
  amax: Op<[Tensor], Axes>;
  amin: Op<[Tensor], Axes>;
  argmax: Op<[Tensor], Axis & { keepdim: boolean }>;
  argmin: Op<[Tensor], Axis & { keepdim: boolean }>;
  any: Op<[Tensor], Axes>;
  all: Op<[Tensor], Axes>;
  cumsum: Op<[Tensor], Axis>;
  cumprod: Op<[Tensor], Axis>;
  /** Where the largest (smallest) element up to each position is; the last one of equals, or the last NaN. */
  cumargmax: Op<[Tensor], Axis>;
  cumargmin: Op<[Tensor], Axis>;

  // indexing and sorting; indices are int32
  gather: Op<[Tensor, Tensor], Axis>;
  scatter: Op<[Tensor, Tensor, Tensor], Axis>;
  scatterAdd: Op<[Tensor, Tensor, Tensor], Axis>;
  indexSelect: Op<[Tensor, Tensor], Axis>;
  indexAdd: Op<[Tensor, Tensor, Tensor], Axis>;
  /** The first `count` of the sorted elements and where they were; default all. */
  sort: Op<[Tensor], Axis & { descending: boolean; count?: number }, [Tensor, Tensor]>;

  // products; matmul broadcasts the batch axes of [..., m, k] and [..., k, n]
  matmul: Binary;
  conv2d: Op<[Tensor, Tensor], ConvAttributes>;
  conv2dInput: Op<[Tensor, Tensor], ConvAttributes & { inputSize: readonly [number, number] }>;
  conv2dWeight: Op<[Tensor, Tensor], ConvAttributes & { kernelSize: readonly [number, number] }>;

  // pooling
  maxPool2d: Op<[Tensor], PoolAttributes, [Tensor, Tensor]>;
  sumPool2d: Op<[Tensor], PoolAttributes>;
  sumPool2dInput: Op<[Tensor], PoolAttributes & { inputSize: readonly [number, number] }>;
}

/** Operations with a definition over the others; a backend may have a kernel for each, and for its gradient. */
export interface Fused {
  linear: Op<[Tensor, Tensor, Tensor | undefined], Activated>;
  /** `conv2d` with a bias and what follows. */
  convolution: Op<[Tensor, Tensor, Tensor | undefined], ConvAttributes & Activated>;
  /** x cut to [low, high]; either may be infinite, neither is NaN. */
  clamp: Op<[Tensor], { low: number; high: number }>;
  /** Of a gradient and a result: what passes through the activation. */
  reluGradient: Binary;
  tanhGradient: Binary;
  sigmoidGradient: Binary;
  /** x · scale where the uniform number of an element is at least p, otherwise 0. */
  dropout: Op<[Tensor], RandomStream & { p: number; scale: number }>;
  softmax: Op<[Tensor], Axis>;
  logSoftmax: Op<[Tensor], Axis>;
  crossEntropy: Op<[Tensor, Tensor], { ignoreIndex: number; labelSmoothing: number }>;
  /** x, weight, bias; y, and mean and biased variance of the channels. */
  batchNorm: Op<
    [Tensor, Tensor | undefined, Tensor | undefined],
    { eps: number },
    [Tensor, Tensor, Tensor]
  >;
  /** x, mean, variance, weight, bias: what batch normalisation does with statistics that are given. */
  channelNorm: Op<
    [Tensor, Tensor, Tensor, Tensor | undefined, Tensor | undefined],
    { eps: number }
  >;
  /** x, weight, bias; over the last `axes` axes. */
  layerNorm: Op<[Tensor, Tensor | undefined, Tensor | undefined], { axes: number; eps: number }>;
  /** Input gates [T, N, H], h0, recurrent weight, its bias; hidden states [T, N, H]. */
  rnn: Op<[Tensor, Tensor, Tensor, Tensor | undefined], { nonlinearity: 'tanh' | 'relu' }>;
  /** Input gates [T, N, 4H], h0, c0, recurrent weight, its bias; hidden states, cells, and gates after their functions. */
  lstm: Op<
    [Tensor, Tensor, Tensor, Tensor, Tensor | undefined],
    NoAttributes,
    [Tensor, Tensor, Tensor]
  >;
  /** Input gates [T, N, 3H], h0, recurrent weight, its bias; hidden states, and r, z, n and the inner product of n. */
  gru: Op<[Tensor, Tensor, Tensor, Tensor | undefined], { resetAfter: boolean }, [Tensor, Tensor]>;
}

/** Operations that change their first inputs in place; `assign` is the primitive, the others have a definition. */
export interface Updates {
  assign: Op<[Tensor, Tensor], NoAttributes, []>;
}

/** Updates with a definition: it returns the new values of the first inputs, in order. */
export interface FusedUpdates {
  /** Adds a convolution to the first input, with a bias and what follows. */
  convolveInto: Op<[Tensor, Tensor, Tensor, Tensor | undefined], ConvAttributes & Activated, []>;
  sgdStep: Op<
    [Tensor, Tensor, Tensor | undefined],
    {
      lr: number;
      momentum: number;
      dampening: number;
      weightDecay: number;
      nesterov: boolean;
      first: boolean;
    },
    []
  >;
  /** Parameter, gradient, squares, mean where it is centred, velocity where there is momentum. */
  rmspropStep: Op<
    [Tensor, Tensor, Tensor, Tensor | undefined, Tensor | undefined],
    {
      lr: number;
      alpha: number;
      eps: number;
      epsPlace: 'outside' | 'inside';
      weightDecay: number;
      momentum: number;
    },
    []
  >;
  /** Parameter, gradient, sums of squares. */
  adagradStep: Op<
    [Tensor, Tensor, Tensor],
    { lr: number; eps: number; epsPlace: 'outside' | 'inside'; weightDecay: number },
    []
  >;
  adamStep: Op<
    [Tensor, Tensor, Tensor, Tensor, Tensor | undefined],
    {
      lr: number;
      beta1: number;
      beta2: number;
      eps: number;
      weightDecay: number;
      decoupled: boolean;
      step: number;
    },
    []
  >;
}

/** All operations by name. */
export interface Ops extends Views, Primitives, Fused, Updates, FusedUpdates {}
/** The name of an operation. */
export type OpName = keyof Ops;
/** The inputs of operation `K`. */
export type InputsOf<K extends OpName> = Ops[K]['inputs'];
/** The attributes of operation `K`. */
export type AttributesOf<K extends OpName> = Ops[K]['attributes'];
/** The outputs of operation `K`. */
export type OutputsOf<K extends OpName> = Ops[K]['outputs'];

/** Shape and dtype of an output. */
export interface Spec {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** One `Spec` for each output. */
export type SpecsOf<K extends OpName> = Specs<OutputsOf<K>>;
type Specs<Outputs extends readonly Tensor[]> = { readonly [I in keyof Outputs]: Spec };

/** Computes operation `K` on checked inputs into allocated outputs, all on the kernel's device. */
export interface Kernel<K extends OpName> {
  (inputs: InputsOf<K>, attributes: AttributesOf<K>, outputs: OutputsOf<K>): void;
  /** Set where the kernel takes inputs of any strides; otherwise the runner makes them contiguous. */
  strided?: boolean;
  /** For fused operations: whether the kernel takes these inputs; where it does not, the definition runs. Default: always. */
  supports?(inputs: InputsOf<K>, attributes: AttributesOf<K>): boolean;
}

/** One tensor for the gradient of each input, undefined where it is not wanted. */
export type ResultsOf<K extends keyof Fused> = Results<InputsOf<K>>;
type Results<Inputs extends readonly (Tensor | undefined)[]> = {
  readonly [I in keyof Inputs]: Tensor | undefined;
};

/**
 * Computes the gradients of fused operation `K` into `results`, one for each input that wants one, with its shape and dtype. The
 * runner allocates them, fills in zeros where an output has no gradient (`savedOutputs` have none at all), and takes the gradients back through the activation function
 * of operations that have one (see `FusedDeclaration.activated`).
 */
export interface BackwardKernel<K extends keyof Fused> {
  (
    gradients: OutputsOf<K>,
    inputs: InputsOf<K>,
    outputs: OutputsOf<K>,
    attributes: AttributesOf<K>,
    results: ResultsOf<K>,
  ): void;
  /** Set where the kernel takes gradients, inputs and outputs of any strides; otherwise the runner makes them contiguous. */
  strided?: boolean;
  /** Whether the kernel takes these inputs; where it does not, the definition is differentiated. Default: always. */
  supports?(inputs: InputsOf<K>, attributes: AttributesOf<K>): boolean;
}

/** A kernel for every primitive: complete, or it does not compile. */
export type Kernels = { readonly [K in keyof Primitives | keyof Updates]: Kernel<K> };

/** Kernels for fused operations, each optional: without one the definition runs. */
export type FusedKernels = {
  readonly [K in keyof Fused | keyof FusedUpdates]?: Kernel<K>;
} & { readonly [K in keyof Fused as `${K}Backward`]?: BackwardKernel<K> };

interface Declared<K extends OpName> {
  readonly name: K;
}

/** An operation that shows storage under another layout. */
export interface ViewDeclaration<K extends keyof Views = keyof Views> extends Declared<K> {
  readonly kind: 'view';
  /** Where the elements of the view lie; refuses what cannot be one. */
  layout(input: Tensor, attributes: AttributesOf<K>): Layout;
}

/** An operation that every backend has a kernel for. */
export interface PrimitiveDeclaration<K extends keyof Primitives = keyof Primitives>
  extends Declared<K> {
  readonly kind: 'primitive';
  /** Checks the inputs and tells shape and dtype of the outputs; the only place that refuses bad input. */
  infer(inputs: InputsOf<K>, attributes: AttributesOf<K>): SpecsOf<K>;
}

/** An operation with a definition over others. */
export interface FusedDeclaration<K extends keyof Fused = keyof Fused> extends Declared<K> {
  readonly kind: 'fused';
  /** Checks the inputs and tells shape and dtype of the outputs. */
  infer(inputs: InputsOf<K>, attributes: AttributesOf<K>): SpecsOf<K>;
  /** Computes the outputs by other operations; must be finite, with finite derivatives, for any finite input. */
  define(inputs: InputsOf<K>, attributes: AttributesOf<K>): OutputsOf<K>;
  /** How many of the last outputs are there only for the backward kernel: nothing is differentiated through them. Default 0. */
  readonly savedOutputs?: number;
  /**
   * For operations that end in an activation function: takes the gradients of the outputs back through it, so that backward kernels
   * need not know of it. Returns `gradients` itself where there is nothing to do.
   */
  activated?(
    gradients: OutputsOf<K>,
    outputs: OutputsOf<K>,
    attributes: AttributesOf<K>,
  ): OutputsOf<K>;
}

/** An operation that changes its inputs at `targets` in place. */
export interface UpdateDeclaration<
  K extends keyof Updates | keyof FusedUpdates = keyof Updates | keyof FusedUpdates,
> extends Declared<K> {
  readonly kind: 'update';
  /** Checks the inputs. */
  check(inputs: InputsOf<K>, attributes: AttributesOf<K>): void;
  /** Which inputs change; those that are undefined are passed over. */
  readonly targets: readonly number[];
  /** New values for the inputs that change, at their places; absent for the primitive `assign`. */
  define?(inputs: InputsOf<K>, attributes: AttributesOf<K>): (Tensor | undefined)[];
}

/** The declaration of operation `K`. */
export type Declaration<K extends OpName = OpName> = K extends keyof Views
  ? ViewDeclaration<K>
  : K extends keyof Primitives
    ? PrimitiveDeclaration<K>
    : K extends keyof Fused
      ? FusedDeclaration<K>
      : K extends keyof Updates | keyof FusedUpdates
        ? UpdateDeclaration<K>
        : never;

/** The door of backward kernels: checks, densifies and allocates, so that a kernel has nothing to do but compute. */

import type { Backend } from '../backend/backend';
import { contiguousOp } from '../ops/declared/copy';
import { fullOp } from '../ops/declared/creation';
import type { BackwardKernel, Fused, FusedDeclaration } from '../ops/table';
import { takes } from '../signatures';
import { ShapeError } from './errors';
import { isContiguous, sameShape } from './layout';
import type { AnyInputs } from './run';
import { allocate, execute, settle, withInterpreter } from './run';
import { beginKernel, endKernel } from './storage';
import type { Tensor } from './tensor';

/** A fused operation that ran, and the gradients that reached its outputs. */
export interface BackwardCall {
  /** The gradient of each output, in its shape and dtype; undefined counts as zeros. */
  readonly gradients: AnyInputs;
  readonly inputs: AnyInputs;
  readonly outputs: readonly Tensor[];
  readonly attributes: object;
  /** Which inputs want a gradient. */
  readonly needed: readonly boolean[];
}

/** The device's kernel for the gradient of a fused operation, where it has one that takes these inputs. */
export function backwardKernel(
  name: keyof Fused,
  backend: Backend,
  inputs: AnyInputs,
  attributes: object,
): BackwardKernel<keyof Fused> | undefined {
  takes('backwardKernel', arguments);
  const kernel = backend.fused[`${name}Backward`] as BackwardKernel<keyof Fused> | undefined;
  if (!kernel?.supports || kernel.supports(inputs as never, attributes as never)) return kernel;
  return undefined;
}

/**
 * Runs a backward kernel. Gradients that are missing become zeros, and what is strided is made contiguous, unless the kernel takes
 * any strides; every result has the shape and dtype of its input. Where nothing but empty results is wanted, the kernel does not run;
 * one that throws leaves nothing behind.
 *
 * @param call - of an operation for which `backwardKernel` gives a kernel.
 * @returns the gradients of the inputs, new tensors without gaps; undefined where none is wanted.
 * @throws ShapeError where a gradient does not have the shape and dtype of its output.
 */
export function executeBackward(
  op: FusedDeclaration,
  kernel: BackwardKernel<keyof Fused>,
  call: BackwardCall,
): (Tensor | undefined)[] {
  takes('executeBackward', arguments);
  const borrowed: Tensor[] = [];
  const results: (Tensor | undefined)[] = [];
  try {
    compute(op, kernel, call, results, borrowed);
    return results;
  } catch (error) {
    for (const result of results) result?.dispose();
    throw error;
  } finally {
    for (const tensor of borrowed) tensor.dispose();
  }
}

/** Fills `results`; what is made for the time of the call is noted in `borrowed`. */
function compute(
  op: FusedDeclaration,
  kernel: BackwardKernel<keyof Fused>,
  { gradients, inputs, outputs, attributes, needed }: BackwardCall,
  results: (Tensor | undefined)[],
  borrowed: Tensor[],
): void {
  settle();
  const { backend } = outputs[0].storage;
  let elements = 0;
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i];
    const wanted = input !== undefined && needed[i];
    if (!wanted) {
      results.push(undefined);
      continue;
    }
    const result = allocate(backend, input, outputs, op.name);
    result.origin = `the gradient of ${op.name}`;
    results.push(result);
    elements += result.size;
  }
  if (elements === 0) return;
  const strided = kernel.strided === true;
  const complete: Tensor[] = [];
  const count = outputs.length - (op.savedOutputs ?? 0);
  for (let i = 0; i < count; i++) {
    const gradient = gradientOf(op.name, outputs[i], gradients[i], borrowed);
    complete.push(strided ? gradient : dense(gradient, borrowed));
  }
  const given = strided ? outputs : outputs.map((y) => dense(y, borrowed));
  const before = activated(op, complete, given, attributes, borrowed);
  const sources = strided ? inputs : inputs.map((x) => x && dense(x, borrowed));
  beginKernel();
  try {
    kernel(
      before as never,
      sources as never,
      given as never,
      attributes as never,
      results as never,
    );
  } finally {
    endKernel();
  }
}

function dense(x: Tensor, borrowed: Tensor[]): Tensor {
  if (isContiguous(x)) return x;
  const [copy] = execute(contiguousOp as never, [x], {});
  borrowed.push(copy);
  return copy;
}

/** The gradients before the activation function. */
function activated(
  op: FusedDeclaration,
  gradients: readonly Tensor[],
  outputs: readonly Tensor[],
  attributes: object,
  borrowed: Tensor[],
): readonly Tensor[] {
  if (!op.activated) return gradients;
  const before: readonly Tensor[] = withInterpreter(null, () =>
    op.activated?.(gradients as never, outputs as never, attributes as never),
  ) as never;
  for (const tensor of before) if (!gradients.includes(tensor)) borrowed.push(tensor);
  return before;
}

/** The gradient of an output: kernels rely on its shape. */
function gradientOf(
  op: string,
  y: Tensor,
  gradient: Tensor | undefined,
  borrowed: Tensor[],
): Tensor {
  if (!gradient) {
    const { shape, dtype, device } = y;
    const [zeros] = execute(fullOp as never, [], { shape, dtype, device, value: 0 });
    borrowed.push(zeros);
    return zeros;
  }
  gradient.check(op);
  const fits = sameShape(gradient.shape, y.shape) && gradient.dtype === y.dtype;
  if (fits && gradient.storage.backend === y.storage.backend) return gradient;
  throw new ShapeError(op, 'a gradient does not fit the output', {
    args: { output: y, gradient },
    expected: 'the shape, dtype and device of the output',
    hint: 'a hook must return a gradient like the one it was given',
  });
}

/** Changes in place: primitives whose result takes the place of the elements of a tensor. */

import { assignOp, castOp, contiguousOp } from '../ops/declared/copy';
import { elementwiseOps } from '../ops/declared/pointwise-table';
import type { Declaration, PrimitiveDeclaration, Spec } from '../ops/table';
import { takes } from '../signatures';
import { refuseConstant } from './constant';
import { isFloat } from './dtype';
import { DTypeError, ShapeError } from './errors';
import { isContiguous, sameShape } from './layout';
import { scope } from './lifetime';
import type { AnyInputs, Change } from './run';
import { checkInputs, currentInterpreter, execute, invoke, settle } from './run';
import type { Tensor } from './tensor';

/** Runs a primitive and puts its result where the elements of the target are. */
export function write(change: Change): void {
  const interpreter = currentInterpreter();
  if (interpreter) interpreter.write(change);
  else executeWrite(change);
}

/** Whether an interpreter may need what these tensors hold at the moment. */
export function isWatched(inputs: AnyInputs): boolean {
  return currentInterpreter()?.watches(inputs) ?? false;
}

/** As `write`, without any interpreter: by a kernel that writes there, where one can, otherwise by a copy. */
export function executeWrite(options: Change): void {
  takes('executeWrite', arguments);
  const { name, op, target, inputs, attributes } = options;
  const backend = checkInputs(name, [target, ...inputs], attributes);
  const [spec] = op.infer(inputs as never, attributes as never) as readonly Spec[];
  checkReplacement(name, target, spec);
  settle();
  if (spec.dtype === target.dtype && backend.overwrites && mayOverwrite(op.name, target, inputs)) {
    if (target.size > 0) invoke(backend.kernels[op.name] as never, inputs, attributes, [target]);
    target.storage.version++;
    return;
  }
  scope(() => {
    const source = sourceOf(op, inputs, attributes);
    const fits = source.dtype === target.dtype;
    const value = fits ? source : execute(castOp as never, [source], { dtype: target.dtype })[0];
    execute(assignOp as never, [target, value], {});
  });
}

function sourceOf(op: PrimitiveDeclaration, inputs: AnyInputs, attributes: object): Tensor {
  // What is only copied need not be copied twice.
  if (op.name === contiguousOp.name) return inputs[0] as Tensor;
  return execute(op as unknown as Declaration, inputs, attributes)[0];
}

/**
 * Whether a kernel that goes through its output in order may write to the target: what else it reads lies elsewhere, or element on
 * element. Kernels that write to chosen places begin with a copy of their first input, and must find the others as they were.
 */
function mayOverwrite(name: string, target: Tensor, inputs: AnyInputs): boolean {
  if (target.offset !== 0 || !isContiguous(target)) return false;
  for (const [i, x] of inputs.entries()) {
    if (x === undefined || x.storage !== target.storage) continue;
    if (i > 0 && !(name in elementwiseOps)) return false;
    if (x.offset !== 0 || !isContiguous(x) || !sameShape(x.shape, target.shape)) return false;
  }
  return true;
}

/** Refuses a result that cannot take the place of the elements of the target. */
export function checkReplacement(name: string, target: Tensor, { shape, dtype }: Spec): void {
  refuseConstant(name, target);
  if (!sameShape(shape, target.shape)) {
    throw new ShapeError(name, `the result [${shape.join(', ')}] does not fit into the tensor`, {
      args: { tensor: target },
      expected: `a result of shape [${target.shape.join(', ')}]`,
      hint: `${name.slice(0, -1)}, without the underscore, makes a new tensor`,
    });
  }
  const loses = (isFloat(dtype) && !isFloat(target.dtype)) || target.dtype === 'bool';
  if (dtype === target.dtype || !loses) return;
  throw new DTypeError(name, `the result is ${dtype}, which does not fit into ${target.dtype}`, {
    args: { tensor: target },
    hint: `${name.slice(0, -1)}, without the underscore, makes a new tensor`,
  });
}

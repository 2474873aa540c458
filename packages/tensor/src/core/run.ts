/**
 * The one door of every operation. Without an interpreter on the stack it runs the kernel; with one (autograd's recorder,
 * forward mode's dual numbers) the interpreter decides.
 */

import type { Backend } from '../backend/backend';
import { backendFor, expectHeld } from '../backend/registry';
import { assignOp, contiguousOp } from '../ops/declared/copy';
import type {
  AttributesOf,
  Declaration,
  Fused,
  FusedDeclaration,
  FusedUpdates,
  InputsOf,
  Kernel,
  OpName,
  OutputsOf,
  PrimitiveDeclaration,
  Spec,
  UpdateDeclaration,
  ViewDeclaration,
} from '../ops/table';
import { isTensor } from './brand';
import { refuseConstant } from './constant';
import type { DType } from './dtype';
import { DeviceError, UsageError, ValueError } from './errors';
import type { Shape } from './layout';
import { checkedSize, contiguousStrides, isContiguous } from './layout';
import { totals } from './ledger';
import { adopt, scope } from './lifetime';
import { limit, relieve } from './reclaim';
import type { DeviceBuffer } from './storage';
import { beginKernel, endKernel, Storage } from './storage';
import { Tensor } from './tensor';

/** Inputs of any operation: optional ones may be undefined. */
export type AnyInputs = readonly (Tensor | undefined)[];

/** Something that runs operations in its own way, as autograd does. */
export interface Interpreter {
  /** Runs one operation; what it leaves to the interpreter below it passes on. */
  run(op: Declaration, inputs: AnyInputs, attributes: object): Tensor[];
  /** Runs a change in place. */
  write(change: Change): void;
  /** Whether what is computed from these inputs may need them later as they are now. */
  watches(inputs: AnyInputs): boolean;
}

/** A primitive of one output, which takes the place of the elements of a tensor. */
export interface Change {
  /** The name of the method, for errors. */
  readonly name: string;
  readonly op: PrimitiveDeclaration;
  readonly target: Tensor;
  readonly inputs: AnyInputs;
  readonly attributes: object;
}

/** Something that puts operations off, see inference.ts. */
export interface Deferral {
  /** Takes a kernel over, where it may be put off, and gives the tensors that it will fill; null where it must run at once. */
  defer(call: KernelCall): Tensor[] | null;
  /** Runs what was put off. */
  settle(): void;
}

/** A kernel with all it needs. */
export interface KernelCall {
  readonly name: OpName;
  readonly kernel: Kernel<OpName>;
  readonly backend: Backend;
  readonly specs: readonly Spec[];
  readonly inputs: AnyInputs;
  readonly attributes: object;
}

let deferral: Deferral | null = null;

/** Runs `fn` with another deferral (null: every operation runs at once), and restores the one before. */
export function withDeferral<T>(other: Deferral | null, fn: () => T): T {
  const before = deferral;
  deferral = other;
  try {
    return fn();
  } finally {
    deferral = before;
  }
}

/** Whether operations may be put off at the moment. */
export function isDeferring(): boolean {
  return deferral !== null;
}

/** Runs what was put off: before elements change in place that it may still have to read. */
export function settle(): void {
  deferral?.settle();
}

let top: Interpreter | null = null;

/** The interpreter that runs operations at the moment, or null for plain execution. */
export function currentInterpreter(): Interpreter | null {
  return top;
}

/** Runs `fn` with `interpreter` on top (null: plain execution), and restores the one before, whatever happens. */
export function withInterpreter<T>(interpreter: Interpreter | null, fn: () => T): T {
  const before = top;
  top = interpreter;
  try {
    return fn();
  } finally {
    top = before;
  }
}

/** Puts an interpreter at the bottom of the stack for good. @internal autograd's recorder calls this once. */
export function installInterpreter(interpreter: Interpreter): void {
  if (top !== null) throw new UsageError('installInterpreter', 'another interpreter is at work');
  top = interpreter;
}

/**
 * Runs one operation: every public function ends here.
 *
 * @returns the outputs, in the order of the table.
 */
export function run<K extends OpName>(
  op: Declaration<K>,
  inputs: InputsOf<K>,
  attributes: AttributesOf<K>,
): OutputsOf<K> {
  const declaration = op as unknown as Declaration;
  const outputs =
    top === null
      ? execute(declaration, inputs, attributes)
      : top.run(declaration, inputs, attributes);
  return outputs as unknown as OutputsOf<K>;
}

/** Runs one operation without any interpreter: checks, inference, allocation, kernel. */
export function execute(op: Declaration, inputs: AnyInputs, attributes: object): Tensor[] {
  const backend = checkInputs(op.name, inputs, attributes);
  switch (op.kind) {
    case 'view':
      return [executeView(op as ViewDeclaration, inputs, attributes)];
    case 'primitive':
      return executePrimitive(op as PrimitiveDeclaration, backend, inputs, attributes);
    case 'fused':
      return executeFused(op as FusedDeclaration, backend, inputs, attributes);
    case 'update':
      return executeUpdate(op as UpdateDeclaration, backend, inputs, attributes);
  }
}

/** Refuses what is not a live tensor of one device, and returns that device's backend. */
export function checkInputs(op: string, inputs: AnyInputs, attributes: object): Backend {
  let backend: Backend | null = null;
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i];
    if (input === undefined) continue;
    if (!(input instanceof Tensor)) throw notATensor(op, i, input);
    input.check(op);
    if (backend === null) backend = input.storage.backend;
    else if (backend !== input.storage.backend) throw mixedDevices(op, inputs);
  }
  return backend ?? backendFor((attributes as { device?: Backend['name'] }).device);
}

function notATensor(op: string, position: number, value: unknown): Error {
  if (isTensor(value)) {
    return new UsageError(op, `input ${position} comes from another copy of @dl/tensor`, {
      hint: 'let every package depend on one version, and load it either as ESM or as CommonJS',
    });
  }
  return new ValueError(op, `input ${position} is not a tensor`, { args: { value } });
}

function mixedDevices(op: string, inputs: AnyInputs): Error {
  const devices = inputs.flatMap((input) => input?.device ?? []);
  if (new Set(devices).size === 1) {
    return new DeviceError(
      op,
      `the device "${devices[0]}" was registered anew between the inputs`,
      {
        hint: "move what was made before: x.to('cpu').to(device)",
      },
    );
  }
  return new DeviceError(op, `the inputs are on different devices: ${devices.join(', ')}`, {
    hint: 'tensors never move by themselves; use x.to(device)',
  });
}

function executeView(op: ViewDeclaration, inputs: AnyInputs, attributes: object): Tensor {
  const input = inputs[0] as Tensor;
  const layout = op.layout(input, attributes as never);
  const view = new Tensor(input.storage, layout, input.dtype);
  view.origin = op.name;
  adopt(view, inputs);
  return view;
}

/**
 * A new tensor with arbitrary contents; the caller writes them.
 *
 * @throws ShapeError where the inferred shape is none, and DTypeError where the device cannot hold the dtype: memory is not touched then.
 */
export function allocate(
  backend: Backend,
  { shape, dtype }: Spec,
  inputs: AnyInputs,
  op = 'allocate',
): Tensor {
  const size = checkedSize(op, shape);
  expectHeld(op, backend, dtype);
  const storage = new Storage(backend, dtype, size, blockFor(backend, dtype, size));
  return tensorOn(storage, { shape, dtype }, inputs);
}

/** Memory of a device, after others have made room where there is little. */
export function blockFor(backend: Backend, dtype: DType, size: number): DeviceBuffer {
  if (totals.bytes > limit.bytes) relieve();
  return backend.allocate(dtype, size);
}

/** A new tensor that fills a storage. */
export function tensorOn(storage: Storage, { shape, dtype }: Spec, inputs: AnyInputs): Tensor {
  const tensor = new Tensor(storage, { shape, strides: stridesOf(shape), offset: 0 }, dtype);
  adopt(tensor, inputs);
  return tensor;
}

let latestShape: Shape = [];
let latestStrides: readonly number[] = [];

/** Row-major strides; elementwise operations hand on the shape that they got, and strides are never written to. */
function stridesOf(shape: Shape): readonly number[] {
  if (shape !== latestShape) {
    latestShape = shape;
    latestStrides = contiguousStrides(shape);
  }
  return latestStrides;
}

function executePrimitive(
  op: PrimitiveDeclaration,
  backend: Backend,
  inputs: AnyInputs,
  attributes: object,
): Tensor[] {
  const specs = op.infer(inputs as never, attributes as never) as readonly Spec[];
  const kernel = backend.kernels[op.name] as never;
  return launch({ name: op.name, kernel, backend, specs, inputs, attributes });
}

/** Allocates the outputs and runs the kernel, or puts that off; a kernel that throws leaves nothing behind. */
function launch(call: KernelCall): Tensor[] {
  if (deferral !== null) {
    const promised = deferral.defer(call);
    if (promised) return promised;
  }
  if (call.specs.length === 1) return launchOne(call);
  const { name, kernel, backend, specs, inputs, attributes } = call;
  const outputs: Tensor[] = [];
  try {
    let elements = 0;
    for (let i = 0; i < specs.length; i++) {
      const output = allocate(backend, specs[i], inputs, name);
      output.origin = name;
      outputs.push(output);
      elements += output.size;
    }
    if (elements > 0) invoke(kernel, inputs, attributes, outputs);
  } catch (error) {
    for (const output of outputs) output.dispose();
    throw error;
  }
  return outputs;
}

/** As `launch`, for the many operations with one output. */
function launchOne({ name, kernel, backend, specs, inputs, attributes }: KernelCall): Tensor[] {
  const output = allocate(backend, specs[0], inputs, name);
  output.origin = name;
  const outputs = [output];
  if (output.storage.length === 0) return outputs;
  try {
    invoke(kernel, inputs, attributes, outputs);
    return outputs;
  } catch (error) {
    output.dispose();
    throw error;
  }
}

/** Runs a kernel, with copies of what it does not take as it lies. */
export function invoke(
  kernel: Kernel<OpName>,
  inputs: AnyInputs,
  attributes: object,
  outputs: readonly Tensor[],
): void {
  beginKernel();
  try {
    compute(kernel, inputs, attributes, outputs);
  } finally {
    endKernel();
  }
}

/** Runs the kernel, on contiguous copies of inputs where it needs them. */
function compute(
  kernel: Kernel<OpName>,
  inputs: AnyInputs,
  attributes: object,
  outputs: readonly Tensor[],
): void {
  if (kernel.strided || inputs.every((input) => input === undefined || isContiguous(input))) {
    kernel(inputs as never, attributes as never, outputs as never);
    return;
  }
  const copies: Tensor[] = [];
  const dense = (input: Tensor | undefined): Tensor | undefined => {
    if (!input || isContiguous(input)) return input;
    const [copy] = execute(contiguousOp as never, [input], {});
    copies.push(copy);
    return copy;
  };
  try {
    kernel(inputs.map(dense) as never, attributes as never, outputs as never);
  } finally {
    for (const copy of copies) copy.dispose();
  }
}

/** The device's kernel for a fused operation, where it has one that takes these inputs. */
export function fusedKernel(
  name: keyof Fused | keyof FusedUpdates,
  backend: Backend,
  inputs: AnyInputs,
  attributes: object,
): Kernel<OpName> | undefined {
  const kernel = backend.fused[name] as Kernel<OpName> | undefined;
  if (!kernel?.supports || kernel.supports(inputs as never, attributes as never)) return kernel;
  return undefined;
}

function executeFused(
  op: FusedDeclaration,
  backend: Backend,
  inputs: AnyInputs,
  attributes: object,
): Tensor[] {
  const specs = op.infer(inputs as never, attributes as never) as readonly Spec[];
  const kernel = fusedKernel(op.name, backend, inputs, attributes);
  if (kernel) return launch({ name: op.name, kernel, backend, specs, inputs, attributes });
  return scope(() => [...op.define(inputs as never, attributes as never)]);
}

function executeUpdate(
  op: UpdateDeclaration,
  backend: Backend,
  inputs: AnyInputs,
  attributes: object,
): Tensor[] {
  op.check(inputs as never, attributes as never);
  for (const at of op.targets) {
    const target = inputs[at];
    if (target) refuseConstant(op.name, target);
  }
  settle();
  if (op.name === 'assign') invoke(backend.kernels.assign as never, inputs, {}, []);
  else {
    const kernel = fusedKernel(op.name, backend, inputs, attributes);
    const dense = inputs.every((input) => input === undefined || isContiguous(input));
    if (!kernel || !dense) return updateByDefinition(op, inputs, attributes);
    invoke(kernel, inputs, attributes, []);
  }
  for (const at of op.targets) {
    const target = inputs[at];
    if (target) target.storage.version++;
  }
  return [];
}

/** Computes the new values first and writes them last, so that an error changes nothing. */
function updateByDefinition(
  op: UpdateDeclaration,
  inputs: AnyInputs,
  attributes: object,
): Tensor[] {
  scope(() => {
    const values = op.define?.(inputs as never, attributes as never) ?? [];
    op.targets.forEach((at) => {
      const [target, value] = [inputs[at], values[at]];
      if (target && value) execute(assignOp as never, [target, value], {});
    });
  });
  return [];
}

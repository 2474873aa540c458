/**
 * Memory of inference. JavaScript cannot tell whether a program still needs a tensor, until the scope ends in which it was made. So an
 * inference scope puts operations off to its end: by then it is known which step reads a result last, and each step frees what it read
 * last, or writes its own result there.
 */

import type { Backend } from '../backend/backend';
import { expectHeld } from '../backend/registry';
import { elementwiseOps } from '../ops/declared/pointwise-table';
import type { Kernel, OpName } from '../ops/table';
import { takes } from '../signatures';
import { checkedSize, isContiguous, sameShape } from './layout';
import { scope } from './lifetime';
import type { AnyInputs, Deferral, KernelCall } from './run';
import { blockFor, fusedKernel, invoke, isDeferring, tensorOn, withDeferral } from './run';
import type { Pending } from './storage';
import { Storage } from './storage';
import type { Tensor } from './tensor';

/** Operations beside the elementwise ones that may be put off: they draw no random numbers, and no values make them fail. */
const OTHERS: ReadonlySet<string> = /* @__PURE__ */ new Set<OpName>([
  ...(['contiguous', 'cast', 'concat', 'pad'] as const),
  ...(['sum', 'prod', 'amax', 'amin'] as const),
  ...(['matmul', 'linear', 'conv2d', 'convolution', 'maxPool2d', 'sumPool2d'] as const),
  ...(['channelNorm', 'layerNorm', 'softmax', 'logSoftmax'] as const),
]);

/** Handles of steps that wait; more are not collected. */
const MOST_STEPS = 4096;

/**
 * As `scope`, for inference: operations run at its end, or when a value is read, each in the memory of what it reads last where that fits.
 * A sum of a convolution and another tensor that is needed no more is made in the memory of that tensor. Results are those of `scope`, up
 * to the rounding of such sums. The `forward` of modules is one under `noGrad`.
 *
 * @returns what `fn` returns.
 * @throws UsageError where `fn` returns a promise.
 * @example const y = inferenceScope(() => relu(conv2d(x, w).add(x.mul(2)))); // the memory of one result is held, not of four
 */
export function inferenceScope<T>(fn: () => T): T {
  takes('inferenceScope', arguments);
  if (isDeferring()) return scope(fn);
  const plan = new Plan();
  let result: T;
  try {
    // What the scope frees at its end is what the steps need not leave.
    result = withDeferral(plan, () => scope(fn));
  } catch (error) {
    plan.abandon();
    throw error;
  }
  plan.settle();
  return result;
}

/** A kernel that waits for its turn. */
class Step implements Pending {
  readonly name: OpName;
  readonly kernel: Kernel<OpName>;
  readonly backend: Backend;
  readonly inputs: AnyInputs;
  readonly attributes: object;
  readonly outputs: readonly Tensor[];
  /** How many inputs of steps its results are; the step that has one. */
  readers = 0;
  reader: Step | null = null;
  /** The convolution that this sum computes on the way. */
  convolution: Step | null = null;
  /** Whether it need not run any more. */
  isDone = false;

  constructor(
    private readonly plan: Plan,
    call: KernelCall,
  ) {
    const { name, kernel, backend, specs, inputs, attributes } = call;
    this.name = name;
    this.kernel = kernel;
    this.backend = backend;
    this.inputs = inputs;
    this.attributes = attributes;
    const storages = specs.map(({ shape, dtype }) => {
      const size = checkedSize(name, shape);
      expectHeld(name, backend, dtype);
      return new Storage(backend, dtype, size, null, undefined, this);
    });
    this.outputs = storages.map((storage, i) => {
      const output = tensorOn(storage, specs[i], inputs);
      output.origin = name;
      // The step is a user of its own, so that a result that nobody wants can be told.
      storage.retain();
      return output;
    });
    for (const input of inputs) {
      input?.holdBriefly();
      const producer = input?.storage.pending;
      if (!(producer instanceof Step)) continue;
      producer.readers++;
      producer.reader = this;
    }
  }

  settle(): void {
    this.plan.settle();
  }

  get isWanted(): boolean {
    return this.outputs.some(({ storage }) => storage.users > 1);
  }

  /** Lets go of the inputs, and of its own part in the outputs. */
  finish(): void {
    if (this.isDone) return;
    this.isDone = true;
    for (const input of this.inputs) input?.unholdBriefly();
    for (const { storage } of this.outputs) storage.release();
  }
}

class Plan implements Deferral {
  private steps: Step[] = [];

  defer(call: KernelCall): Tensor[] | null {
    const { name, specs, inputs } = call;
    const isKnown = (name in elementwiseOps && isReal(specs[0].dtype)) || OTHERS.has(name);
    if (!isKnown) {
      if (inputs.some((input) => input?.storage.pending)) this.settle();
      return null;
    }
    if (this.steps.length >= MOST_STEPS) this.settle();
    const step = new Step(this, call);
    this.steps.push(step);
    return [...step.outputs];
  }

  settle(): void {
    const { steps } = this;
    if (steps.length === 0) return;
    this.steps = [];
    try {
      withDeferral(null, () => {
        for (const step of steps) if (!step.isDone && !isPostponed(step)) perform(step);
      });
    } finally {
      // Where one failed, the others let go of what they hold.
      for (const step of steps) step.finish();
    }
  }

  /** After an error: what was kept gets its elements, and the error is not hidden by another. */
  abandon(): void {
    try {
      this.settle();
    } catch {
      // The first error is the one to report.
    }
  }
}

function isReal(dtype: string): boolean {
  return dtype === 'float32' || dtype === 'float64';
}

/** Whether a tensor is all of its storage, in order. */
function fills(x: Tensor): boolean {
  return x.offset === 0 && x.size === x.storage.length && isContiguous(x);
}

/** Whether `y` can be made where `x` lies, which `step` alone still reads. */
function givesWay(x: Tensor, y: Tensor): boolean {
  if (x.dtype !== y.dtype || !sameShape(x.shape, y.shape)) return false;
  return x.isLastUse(1) && fills(x);
}

/**
 * Whether a convolution is left to the sum that alone reads it: that adds it to the other term where that lies. What the convolution reads
 * must not be larger than what it gives, as it is held longer.
 */
function isPostponed(step: Step): boolean {
  const { name, attributes, reader, inputs, outputs, readers } = step;
  if (name !== 'conv2d' && name !== 'convolution') return false;
  const activation = (attributes as { activation?: string }).activation ?? 'none';
  if (activation !== 'none' || readers !== 1 || reader?.name !== 'add') return false;
  if (reader.convolution || reader.isDone) return false;
  const [y] = outputs;
  const [image] = inputs as readonly Tensor[];
  const [own, other] = termsOf(reader, step);
  const fit = [own, other, reader.outputs[0]].every(
    (x) => sameShape(x.shape, y.shape) && x.dtype === y.dtype,
  );
  // One user is the step, the other the handle that the sum reads.
  if (!fit || !own.isLastUse(2) || !isContiguous(own) || image.size > y.size) return false;
  reader.convolution = step;
  return true;
}

/** The term of a sum that a step gives, and the other one. */
function termsOf(sum: Step, step: Step): readonly [own: Tensor, other: Tensor] {
  const [a, b] = sum.inputs as readonly [Tensor, Tensor];
  return a.storage === step.outputs[0].storage ? [a, b] : [b, a];
}

function perform(step: Step): void {
  const { convolution } = step;
  if (step.isWanted && !(convolution && addsInPlace(step, convolution))) {
    if (convolution) perform(convolution);
    compute(step);
  }
  step.finish();
  convolution?.finish();
}

/** Runs a kernel, with the ReLU that follows where it can; where possible in the memory of an input that it reads last. */
function compute(step: Step): void {
  if (rectifies(step)) return;
  const { name, kernel, backend, inputs, attributes, outputs } = step;
  const [y, ...others] = outputs;
  for (const { storage, dtype, size } of others) {
    storage.provide(blockFor(backend, dtype, size));
  }
  const run = () => {
    if (outputs.some(({ size }) => size > 0)) invoke(kernel, inputs, attributes, outputs);
  };
  const place = backend.overwrites ? overwritable(name, inputs, y) : undefined;
  if (place) y.storage.inherit(place.storage, run);
  else {
    y.storage.provide(blockFor(backend, y.dtype, y.size));
    run();
  }
}

/** An input that the operation takes in element by element, so that it may write there. */
function overwritable(name: OpName, inputs: AnyInputs, y: Tensor): Tensor | undefined {
  if (name === 'channelNorm') return inputs.slice(0, 1).find((x) => x && givesWay(x, y));
  if (!(name in elementwiseOps)) return undefined;
  return inputs.find((x) => x && givesWay(x, y));
}

/**
 * Adds a convolution to the other term of a sum, where that lies if nothing else needs it, or to a copy: results are the same in both
 * cases. The ReLU that may follow is applied as well. @returns false where there is no kernel for it.
 */
function addsInPlace(sum: Step, convolution: Step): boolean {
  const { backend } = sum;
  const [, other] = termsOf(sum, convolution);
  const rectifier = rectifierOf(sum);
  const [y] = (rectifier ?? sum).outputs;
  const inputs = [y, ...convolution.inputs];
  const attributes = { ...convolution.attributes, activation: rectifier ? 'relu' : 'none' };
  const kernel = fusedKernel('convolveInto', backend, inputs, attributes);
  if (!kernel || !inputs.every((x) => x === undefined || isContiguous(x))) return false;
  const add = () => invoke(kernel, inputs, attributes, []);
  if (givesWay(other, y)) y.storage.inherit(other.storage, add);
  else {
    y.storage.provide(blockFor(backend, y.dtype, y.size));
    invoke(backend.kernels.contiguous as never, [other], {}, [y]);
    add();
  }
  convolution.finish();
  sum.finish();
  rectifier?.finish();
  return true;
}

/** Runs a product or convolution together with the ReLU behind it. @returns false where there is none, or no kernel for both. */
function rectifies(step: Step): boolean {
  const { name, backend, inputs, attributes } = step;
  const fused = name === 'conv2d' ? 'convolution' : name;
  if (fused !== 'convolution' && fused !== 'linear') return false;
  const rectifier = rectifierOf(step);
  if (!rectifier) return false;
  const both = { ...attributes, activation: 'relu' };
  const kernel = fusedKernel(fused, backend, inputs, both);
  const [y] = rectifier.outputs;
  if (!kernel || y.size === 0) return false;
  y.storage.provide(blockFor(backend, y.dtype, y.size));
  invoke(kernel, inputs, both, [y]);
  rectifier.finish();
  return true;
}

/** The ReLU that alone reads a sum. */
function rectifierOf({ readers, reader, outputs: [y] }: Step): Step | null {
  if (readers !== 1 || reader?.name !== 'relu' || !reader.isWanted) return null;
  const [x] = reader.inputs as readonly Tensor[];
  return x.isLastUse(2) && isContiguous(x) && sameShape(x.shape, y.shape) ? reader : null;
}

/** Modules: plain fields, a `forward`, and everything else by walking the fields. */

import { isGradEnabled, noGrad } from '@dl/autograd';
import type { Device, DType, Tensor } from '@dl/tensor';
import { assign, inferenceScope, isFloat, isTensor, scope, UsageError } from '@dl/tensor';
import type { Named } from './fields';
import { found, join, replaceTensors } from './fields';
import { watchGradients } from './gradient-hooks';
import { buffer, buffers, parameter, parameters } from './marks';
import { checkFields, keepFields } from './own-fields';
import { takes } from './signatures';
import type { LoadStateDictOptions } from './state';
import { checkStateDict, withoutPrefix } from './state';

export { buffer, parameter };

/** Makes a tensor a parameter or buffer where another one is, that requires a gradient where the other one does. @internal */
export function copyMarks(from: Tensor, to: Tensor): void {
  if (parameters.has(from)) parameter(to);
  else if (buffers.has(from)) buffer(to);
  if (isFloat(to.dtype)) to.requiresGrad = from.requiresGrad;
}

/** What `forward` may return: a tensor, or tensors in arrays and plain objects. */
export type Output = Tensor | readonly Output[] | { readonly [name: string]: Output };

/** Called after `forward` with its arguments and result; anything it returns but undefined replaces the result. */
export type ForwardHook = (module: Module, inputs: readonly unknown[], output: unknown) => unknown;

/** Called before `forward` with its arguments; an array that it returns replaces them. */
export type ForwardPreHook = (
  module: Module,
  inputs: readonly unknown[],
) => readonly unknown[] | undefined;

/**
 * Called when the gradients of a module's inputs are known: with them and the gradients of its outputs, in the order of the tensors among
 * its arguments and results; undefined for tensors that need none or got none. What it returns replaces the gradients of the inputs.
 */
export type BackwardHook = (
  module: Module,
  inputGradients: Gradients,
  outputGradients: Gradients,
) => Gradients | undefined;

/** Gradients by position. */
export type Gradients = readonly (Tensor | undefined)[];

interface Hooks {
  readonly before: readonly ForwardPreHook[];
  readonly after: readonly ForwardHook[];
  readonly backward: readonly BackwardHook[];
}

const NO_HOOKS: Hooks = { before: [], after: [], backward: [] };
const hooksOf = new WeakMap<Module, Hooks>();

/** Gives one module the hooks of another. @internal */
export function copyHooks(from: Module, to: Module): void {
  const hooks = hooksOf.get(from);
  if (hooks) hooksOf.set(to, hooks);
}
const wrapped = new WeakSet<object>();

/** Makes every `forward` between `prototype` and Module a memory scope that also runs hooks; once a class. */
function wrapForward(prototype: object): void {
  for (
    let level = prototype;
    level !== Module.prototype && !wrapped.has(level);
    level = Object.getPrototypeOf(level)
  ) {
    wrapped.add(level);
    const own = Object.getOwnPropertyDescriptor(level, 'forward');
    if (typeof own?.value !== 'function') continue;
    const forward: Forward = own.value;
    const value = function (this: Module, ...inputs: unknown[]): unknown {
      // A class that calls super.forward() runs its hooks once.
      const outermost = this.forward === value;
      const run = () =>
        outermost ? withHooks(this, forward, inputs) : forward.apply(this, inputs);
      const within = isGradEnabled() ? scope : inferenceScope;
      return within(() => keepFields(this, run));
    };
    Object.defineProperty(level, 'forward', { ...own, value });
  }
}

type Forward = (...inputs: unknown[]) => unknown;

function withHooks(module: Module, forward: Forward, given: readonly unknown[]): unknown {
  const { before, after, backward } = hooksOf.get(module) ?? NO_HOOKS;
  let inputs = given;
  for (const hook of before) inputs = hook(module, inputs) ?? inputs;
  let output =
    backward.length > 0
      ? watchGradients(module, inputs, (list) => forward.apply(module, [...list]), backward)
      : forward.apply(module, [...inputs]);
  for (const hook of after) output = hook(module, inputs, output) ?? output;
  return output;
}

const isModule = (value: unknown): value is Module => value instanceof Module;

/**
 * The base of all layers and models. Fields that are parameters, buffers or modules, alone or in arrays, Maps and plain objects,
 * are found by name; the paths equal PyTorch's (`layers.0.weight`). A call of `forward` is a memory scope: what it does not
 * return belongs to the computation graph alone, except what it puts into fields of the module (a mask, a cache, a state), which lives
 * until it is replaced. Under `noGrad` it is an `inferenceScope`: each step frees, or writes over, what no later step reads. Write `forward` as a method: a field that holds a function is no scope and runs no hooks.
 *
 * As in PyTorch, a plain tensor cannot take the place of a parameter, because it would silently leave `parameters()` and `stateDict()`:
 * `parameter(x)` makes it one, `assign` copies into the one there, and `functionalCall` runs the module with other tensors. A plain
 * tensor in the place of a buffer becomes the buffer.
 *
 * @example
 * class Net extends Module {
 *   hidden = new Linear(784, 64);
 *   out = new Linear(64, 10);
 *   forward(x: Tensor) { return this.out.forward(this.hidden.forward(x).relu()); }
 * }
 */
export abstract class Module {
  /** Whether layers such as Dropout behave as in training; set by `train` and `eval`. */
  training = true;

  /** Makes the module; a subclass calls it before it sets its fields. */
  constructor() {
    wrapForward(new.target.prototype);
  }

  /** Computes the output; subclasses say what from what. */
  abstract forward(...inputs: never[]): unknown;

  /** What a walk goes through; containers name their contents differently. */
  protected members(): Iterable<Named<unknown>> {
    return Object.entries(this);
  }

  /** The modules that are fields of this one, under their names. */
  *namedChildren(): Generator<Named<Module>> {
    yield* found(this.members(), isModule);
  }

  /** The modules that are fields of this one. */
  children(): Module[] {
    return Array.from(this.namedChildren(), ([, child]) => child);
  }

  /** This module (under the name '') and all inside it, each once. */
  *namedModules(prefix = '', seen = new Set<Module>()): Generator<Named<Module>> {
    takes('Module.namedModules', arguments);
    if (seen.has(this)) return;
    seen.add(this);
    yield [prefix, this];
    for (const [name, child] of this.namedChildren()) {
      yield* child.namedModules(join(prefix, name), seen);
    }
  }

  /** This module and all inside it, each once. */
  modules(): Module[] {
    return Array.from(this.namedModules(), ([, module]) => module);
  }

  /** Every parameter under its path; one that is shared counts once, under its first name. */
  *namedParameters(): Generator<Named<Tensor>> {
    yield* once(this.tensors(parameters));
  }

  /** Every parameter once. */
  parameters(): Tensor[] {
    return Array.from(this.namedParameters(), ([, x]) => x);
  }

  /** Every buffer under its path; one that is shared counts once, under its first name. */
  *namedBuffers(): Generator<Named<Tensor>> {
    yield* once(this.tensors(buffers));
  }

  /** Every buffer once. */
  buffers(): Tensor[] {
    return Array.from(this.namedBuffers(), ([, x]) => x);
  }

  private *tensors(...kinds: WeakSet<Tensor>[]): Generator<Named<Tensor>> {
    yield* this.ownTensors('', kinds, []);
  }

  private *ownTensors(
    prefix: string,
    kinds: readonly WeakSet<Tensor>[],
    path: readonly Module[],
  ): Generator<Named<Tensor>> {
    if (path.includes(this)) return;
    checkFields(this);
    const own = (value: unknown): value is Tensor =>
      isTensor(value) && kinds.some((kind) => kind.has(value));
    for (const [name, x] of found(this.members(), own)) yield [join(prefix, name), x];
    for (const [name, child] of this.namedChildren()) {
      yield* child.ownTensors(join(prefix, name), kinds, [...path, this]);
    }
  }

  /** Parameters and buffers by path: the tensors themselves, not copies. A shared tensor appears under each of its names. */
  stateDict(): Record<string, Tensor> {
    return Object.fromEntries(this.tensors(parameters, buffers));
  }

  /**
   * Copies tensors into the parameters and buffers of the same names, in their dtype and on their device.
   *
   * @param stateDict - by path, as `stateDict` gives. @param options - `strict: false` passes over names that only one side has; with a
   * `prefix`, only names that begin with it are looked at, without it.
   * @example head.loadStateDict(checkpoint, { prefix: 'module.fc.' });
   * @throws StateDictError that lists everything missing, unexpected or of another shape; then nothing was changed.
   */
  loadStateDict(
    stateDict: Readonly<Record<string, Tensor>>,
    options: LoadStateDictOptions = {},
  ): void {
    takes('Module.loadStateDict', arguments);
    const { strict = true, prefix = '' } = options;
    const own = this.stateDict();
    const state = prefix === '' ? stateDict : withoutPrefix(stateDict, prefix);
    checkStateDict(own, state, strict);
    noGrad(() =>
      scope(() => {
        const names = Object.keys(own).filter((name) => Object.hasOwn(state, name));
        // All sources are ready before the first is copied: one that was released must not leave the module half loaded.
        const sources = names.map((name) => {
          state[name].check('loadStateDict');
          return state[name].cast(own[name].dtype).to(own[name].device);
        });
        names.forEach((name, i) => {
          assign(own[name], sources[i]);
        });
      }),
    );
  }

  /**
   * Moves parameters and buffers to a device, or to another floating point type. They are new tensors afterwards and the old ones
   * are released, so make the optimiser after the move. Gradients are dropped. Tensors that were shared stay shared.
   *
   * @param target - a device, or `{ device, dtype }`; the dtype is for floating point tensors only. @returns the module.
   * @throws DeviceError where the device was not registered; UsageError for a dtype that is not floating point.
   * @example new MLP([784, 10]).to({ dtype: 'float64' });
   */
  to(target: Device | { readonly device?: Device; readonly dtype?: DType }): this {
    takes('Module.to', arguments);
    const { device, dtype } = typeof target === 'string' ? { device: target } : target;
    if (dtype !== undefined && !isFloat(dtype)) {
      throw new UsageError('Module.to', 'parameters must be floating point', { args: { dtype } });
    }
    const moved = new Map<Tensor, Tensor>();
    try {
      for (const x of new Set(Object.values(this.stateDict()))) {
        moved.set(
          x,
          relocate(x, device ?? x.device, isFloat(x.dtype) ? (dtype ?? x.dtype) : x.dtype),
        );
      }
    } catch (error) {
      for (const [x, y] of moved) if (x !== y) y.dispose();
      throw error;
    }
    for (const module of this.modules()) replaceTensors(module, (x) => moved.get(x) ?? x);
    for (const [x, y] of moved) if (x !== y) x.dispose();
    return this;
  }

  /** Puts this module and all inside it in training mode, or out of it. @returns the module. */
  train(on = true): this {
    takes('Module.train', arguments);
    for (const module of this.modules()) module.training = on;
    return this;
  }

  /** Leaves training mode: Dropout passes everything, batch norm uses its running statistics. @returns the module. */
  eval(): this {
    return this.train(false);
  }

  /** Starts or stops learning all parameters. @returns the module. */
  requiresGrad(on = true): this {
    takes('Module.requiresGrad', arguments);
    for (const x of this.parameters()) x.requiresGrad = on;
    return this;
  }

  /** Frees the gradients of all parameters. */
  zeroGrad(): void {
    for (const x of this.parameters()) {
      x.grad?.dispose();
      x.grad = null;
    }
  }

  /** Calls `visit` with every module, the innermost first. @returns the module. */
  apply(visit: (module: Module) => void): this {
    takes('Module.apply', arguments);
    for (const module of this.modules().reverse()) visit(module);
    return this;
  }

  /** Calls `hook` after every `forward` of this module, inside its memory scope. @returns a function that removes it. */
  registerForwardHook(hook: ForwardHook): () => void {
    takes('Module.registerForwardHook', arguments);
    return this.changeHooks((hooks) => ({ ...hooks, after: [...hooks.after, hook] }), hook);
  }

  /** Calls `hook` before every `forward` of this module, inside its memory scope. @returns a function that removes it. */
  registerForwardPreHook(hook: ForwardPreHook): () => void {
    takes('Module.registerForwardPreHook', arguments);
    return this.changeHooks((hooks) => ({ ...hooks, before: [...hooks.before, hook] }), hook);
  }

  /**
   * Calls `hook` in every backward pass through this module, when the gradients of its inputs are known, as PyTorch's
   * `register_full_backward_hook`. Where no input requires a gradient, it is called as soon as those of the outputs are.
   *
   * @param hook - must not change the gradients that it gets, which are released after it; it may return others for the inputs.
   * @returns a function that removes it.
   * @example net.registerFullBackwardHook((module, [gx], [gy]) => console.log(norm(gy).item()));
   */
  registerFullBackwardHook(hook: BackwardHook): () => void {
    takes('Module.registerFullBackwardHook', arguments);
    return this.changeHooks((hooks) => ({ ...hooks, backward: [...hooks.backward, hook] }), hook);
  }

  private changeHooks(change: (hooks: Hooks) => Hooks, hook: unknown): () => void {
    hooksOf.set(this, change(hooksOf.get(this) ?? NO_HOOKS));
    return () => {
      const { before, after, backward } = hooksOf.get(this) ?? NO_HOOKS;
      hooksOf.set(this, {
        before: before.filter((other) => other !== hook),
        after: after.filter((other) => other !== hook),
        backward: backward.filter((other) => other !== hook),
      });
    };
  }

  /** What `summary` and errors show beside the class name, for instance sizes. */
  describe(): string {
    return '';
  }

  /** Multiplications with an addition each that made `output`, of the parameters in its own fields; for `summary`. */
  multiplyAdds(_output: Tensor): number {
    takes('Module.multiplyAdds', arguments);
    return 0;
  }
}

/** Leaves out tensors that came before under another name. */
function* once(tensors: Iterable<Named<Tensor>>): Generator<Named<Tensor>> {
  const seen = new Set<Tensor>();
  for (const [name, x] of tensors) {
    if (!seen.has(x)) yield [name, x];
    seen.add(x);
  }
}

/** x on another device and of another dtype, marked as x is; x itself where nothing changes. */
function relocate(x: Tensor, device: Device, dtype: DType): Tensor {
  if (x.device === device && x.dtype === dtype) return x;
  const y = noGrad(() => scope(() => x.detach().cast(dtype).to(device)));
  if (!parameters.has(x)) return buffer(y);
  const { requiresGrad } = x;
  parameter(y).requiresGrad = requiresGrad;
  return y;
}

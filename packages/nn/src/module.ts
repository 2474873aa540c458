/** Modules: plain fields, a `forward`, and everything else by walking the fields. */

import { noGrad } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import { assign, isTensor, keep, scope } from '@dl/tensor';
import { checkStateDict } from './state';

const parameters = new WeakSet<Tensor>();
const buffers = new WeakSet<Tensor>();

/**
 * Marks a tensor as a parameter: it is kept, requires a gradient, and the module that has it as a field finds it.
 *
 * @param x - floating point. @returns the tensor itself.
 */
export function parameter(x: Tensor): Tensor {
  keep(x).requiresGrad = true;
  parameters.add(x);
  return x;
}

/** Marks a tensor as a buffer: state that is saved with the module but not learnt. @returns the tensor itself. */
export function buffer(x: Tensor): Tensor {
  buffers.add(keep(x));
  return x;
}

/** What `forward` may return: a tensor, or tensors in arrays and plain objects. */
export type Output = Tensor | readonly Output[] | { readonly [name: string]: Output };

/** A tensor or module under the name by which its owner knows it. */
export type Named<T> = readonly [name: string, value: T];

/** Called after `forward` with its arguments and result. */
export type ForwardHook = (module: Module, inputs: readonly unknown[], output: unknown) => void;

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
    const forward: (...inputs: unknown[]) => unknown = own.value;
    const value = function (this: Module, ...inputs: unknown[]) {
      const output = scope(() => forward.apply(this, inputs));
      for (const hook of this.hooks()) hook(this, inputs, output);
      return output;
    };
    Object.defineProperty(level, 'forward', { ...own, value });
  }
}

const forwardHooks = new WeakMap<Module, readonly ForwardHook[]>();
const NO_HOOKS: readonly ForwardHook[] = [];

/**
 * The base of all layers and models. Fields that are parameters, buffers or modules, alone or in arrays, Maps and plain objects,
 * are found by name; the paths equal PyTorch's (`layers.0.weight`). A call of `forward` is a memory scope: what it does not
 * return belongs to the computation graph alone.
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
    for (const [name, value] of found(this.members()))
      if (value instanceof Module) yield [name, value];
  }

  /** The modules that are fields of this one. */
  children(): Module[] {
    return Array.from(this.namedChildren(), ([, child]) => child);
  }

  /** This module (under the name '') and all inside it, each once. */
  *namedModules(prefix = '', seen = new Set<Module>()): Generator<Named<Module>> {
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
    const seen = new Set<Tensor>();
    for (const [name, x] of this.tensors(parameters)) {
      if (!seen.has(x)) yield [name, x];
      seen.add(x);
    }
  }

  /** Every parameter once. */
  parameters(): Tensor[] {
    return Array.from(this.namedParameters(), ([, x]) => x);
  }

  /** Every buffer under its path. */
  *namedBuffers(): Generator<Named<Tensor>> {
    yield* this.tensors(buffers);
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
    const members = [...found(this.members())];
    for (const [name, value] of members) {
      if (isTensor(value) && kinds.some((kind) => kind.has(value)))
        yield [join(prefix, name), value];
    }
    for (const [name, value] of members) {
      if (value instanceof Module)
        yield* value.ownTensors(join(prefix, name), kinds, [...path, this]);
    }
  }

  /** Parameters and buffers by path: the tensors themselves, not copies. A shared tensor appears under each of its names. */
  stateDict(): Record<string, Tensor> {
    return Object.fromEntries(this.tensors(parameters, buffers));
  }

  /**
   * Copies tensors into the parameters and buffers of the same names.
   *
   * @param state - by path, as `stateDict` gives. @param options - `strict: false` passes over names that only one side has.
   * @throws StateDictError that lists everything missing, unexpected or of another shape; then nothing was changed.
   */
  loadStateDict(state: Readonly<Record<string, Tensor>>, { strict = true } = {}): void {
    const own = this.stateDict();
    checkStateDict(own, state, strict);
    noGrad(() => {
      for (const [name, x] of Object.entries(own)) if (state[name]) assign(x, state[name]);
    });
  }

  /** Puts this module and all inside it in training mode, or out of it. @returns the module. */
  train(on = true): this {
    for (const module of this.modules()) module.training = on;
    return this;
  }

  /** Leaves training mode: Dropout passes everything, batch norm uses its running statistics. @returns the module. */
  eval(): this {
    return this.train(false);
  }

  /** Starts or stops learning all parameters. @returns the module. */
  requiresGrad(on = true): this {
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
    for (const module of this.modules().reverse()) visit(module);
    return this;
  }

  /** Calls `hook` after every `forward` of this module. @returns a function that removes it. */
  registerForwardHook(hook: ForwardHook): () => void {
    forwardHooks.set(this, [...this.hooks(), hook]);
    return () => {
      forwardHooks.set(
        this,
        this.hooks().filter((other) => other !== hook),
      );
    };
  }

  /** @internal The hooks that run after `forward`. */
  hooks(): readonly ForwardHook[] {
    return forwardHooks.get(this) ?? NO_HOOKS;
  }

  /** What `summary` and errors show beside the class name, for instance sizes. */
  describe(): string {
    return '';
  }
}

function join(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}.${name}`;
}

/** Tensors and modules among fields, those in arrays, Maps and plain objects included, under dotted names. */
function* found(members: Iterable<Named<unknown>>): Generator<Named<unknown>> {
  for (const [name, value] of members) {
    if (isTensor(value) || value instanceof Module) yield [name, value];
    else if (Array.isArray(value))
      yield* inside(
        name,
        value.map((item, i) => [String(i), item]),
      );
    else if (value instanceof Map) yield* inside(name, value);
    else if (isPlain(value)) yield* inside(name, Object.entries(value));
  }
}

function* inside(prefix: string, members: Iterable<Named<unknown>>): Generator<Named<unknown>> {
  for (const [name, value] of found(members)) yield [`${prefix}.${name}`, value];
}

function isPlain(value: unknown): value is object {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

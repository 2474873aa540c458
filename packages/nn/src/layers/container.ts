/** Modules made of modules. */

import type { Tensor } from '@dl/tensor';
import { alias, IndexError, Scope, UsageError } from '@dl/tensor';
import type { Named } from '../fields';
import { Module } from '../module';
import { takes } from '../signatures';

/** A module from one tensor to one tensor. */
export type TensorModule = Module & {
  /** Computes the output. */
  forward(x: Tensor): Tensor;
};

/** The fields of a container, its contents in the place of the field that holds them. */
export function* unfolded(
  members: Iterable<Named<unknown>>,
  holder: unknown,
  contents: Iterable<Named<unknown>>,
): Generator<Named<unknown>> {
  for (const [name, value] of members) {
    if (value === holder) yield* contents;
    else yield [name, value];
  }
}

/** Things under their positions. */
export const numbered = (list: readonly unknown[]): Named<unknown>[] =>
  list.map((x, i) => [String(i), x]);

/**
 * Applies modules one after the other; their names are their positions, as in PyTorch, or those of the object given.
 *
 * @example new Sequential(new Linear(784, 64), new ReLU(), new Linear(64, 10))
 * @example new Sequential({ conv: new Conv2d(3, 8, 3), norm: new BatchNorm2d(8) })
 */
export class Sequential extends Module implements Iterable<TensorModule> {
  private readonly list: TensorModule[];
  private readonly names: readonly string[];

  /** Makes the chain. @param modules - in the order in which they are applied, one by one or in an object that names them. */
  constructor(...modules: TensorModule[] | [Readonly<Record<string, TensorModule>>]) {
    super();
    takes('Sequential', arguments);
    const [first] = modules;
    const named = modules.length === 1 && first && !(first instanceof Module);
    this.list = named ? Object.values(first) : (modules as TensorModule[]);
    this.names = named ? Object.keys(first) : this.list.map((_, i) => String(i));
  }

  protected override members(): Iterable<Named<unknown>> {
    const contents = this.list.map((module, i): Named<unknown> => [this.names[i], module]);
    return unfolded(super.members(), this.list, contents);
  }

  /** Puts another module in a place, a new head for instance. @param index - negative ones count from the end. @throws IndexError where there is no such place. */
  set(index: number, module: TensorModule): void {
    takes('Sequential.set', arguments);
    const at = index < 0 ? index + this.length : index;
    if (!(at in this.list)) {
      throw new IndexError('Sequential', `there is no module ${index}`, {
        args: { length: this.length },
      });
    }
    this.list[at] = module;
  }

  /** The number of modules. */
  get length(): number {
    return this.list.length;
  }

  /** The module at a position; negative ones count from the end. */
  at(index: number): TensorModule | undefined {
    takes('Sequential.at', arguments);
    return this.list.at(index);
  }

  /** The modules in order. */
  [Symbol.iterator](): Iterator<TensorModule> {
    return this.list[Symbol.iterator]();
  }

  /** Computes the output. @param x - what the first module takes. @returns what the last one gives; x where there is none. */
  forward(x: Tensor): Tensor {
    takes('Sequential.forward', arguments);
    if (this.list.length === 0) return alias(x);
    const last = this.list.length - 1;
    let y = x;
    // What a module gives ends when the next one has read it, but for what the graph needs.
    let link = new Scope();
    try {
      for (let i = 0; i < last; i++) {
        const next = new Scope();
        const before = y;
        y = next.run(() => this.list[i].forward(before));
        if (y === before) continue;
        link.dispose();
        link = next;
      }
      const result = this.list[last].forward(y);
      return result === y ? alias(y) : result;
    } finally {
      link.dispose();
    }
  }
}

/** A list of modules, which the model's `forward` calls itself; names are positions. */
export class ModuleList<M extends Module = Module> extends Module implements Iterable<M> {
  private readonly list: M[];

  /** Makes the list. @param modules - default none. */
  constructor(modules: Iterable<M> = []) {
    super();
    takes('ModuleList', arguments);
    this.list = [...modules];
  }

  protected override members(): Iterable<Named<unknown>> {
    return unfolded(super.members(), this.list, numbered(this.list));
  }

  /** The number of modules. */
  get length(): number {
    return this.list.length;
  }

  /** The module at a position; negative ones count from the end. */
  at(index: number): M | undefined {
    takes('ModuleList.at', arguments);
    return this.list.at(index);
  }

  /** Adds a module at the end. @returns the list. */
  push(module: M): this {
    takes('ModuleList.push', arguments);
    this.list.push(module);
    return this;
  }

  /** The modules in order. */
  [Symbol.iterator](): Iterator<M> {
    return this.list[Symbol.iterator]();
  }

  /** @throws UsageError always: a list does not say how its modules are used. */
  forward(): never {
    throw new UsageError('ModuleList', 'has no forward', {
      hint: 'go through it in the forward of the module that has it',
    });
  }
}

/** Modules by name, which the model's `forward` calls itself. */
export class ModuleDict<M extends Module = Module> extends Module implements Iterable<Named<M>> {
  private readonly map: Map<string, M>;

  /** Makes the dictionary. @param modules - by name, default none. @throws UsageError for a name with a dot. */
  constructor(modules: Readonly<Record<string, M>> = {}) {
    super();
    takes('ModuleDict', arguments);
    this.map = new Map();
    for (const [name, module] of Object.entries(modules)) this.set(name, module);
  }

  protected override members(): Iterable<Named<unknown>> {
    return unfolded(super.members(), this.map, this.map);
  }

  /** The number of modules. */
  get size(): number {
    return this.map.size;
  }

  /** The module under a name. */
  get(name: string): M | undefined {
    takes('ModuleDict.get', arguments);
    return this.map.get(name);
  }

  /** Adds or replaces a module. @returns the dictionary. @throws UsageError for a name with a dot. */
  set(name: string, module: M): this {
    takes('ModuleDict.set', arguments);
    if (name === '' || name.includes('.')) {
      throw new UsageError('ModuleDict', 'names of modules are not empty and have no dots', {
        args: { name },
      });
    }
    this.map.set(name, module);
    return this;
  }

  /** Takes a module out. @returns whether it was there. */
  delete(name: string): boolean {
    takes('ModuleDict.delete', arguments);
    return this.map.delete(name);
  }

  /** The names in order. */
  keys(): Iterable<string> {
    return this.map.keys();
  }

  /** The names and modules in order. */
  [Symbol.iterator](): Iterator<Named<M>> {
    return this.map[Symbol.iterator]();
  }

  /** @throws UsageError always: a dictionary does not say how its modules are used. */
  forward(): never {
    throw new UsageError('ModuleDict', 'has no forward', {
      hint: 'call the modules in it in the forward of the module that has it',
    });
  }
}

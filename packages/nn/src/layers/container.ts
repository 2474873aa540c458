/** Modules made of modules. */

import type { Tensor } from '@dl/tensor';
import { alias, UsageError } from '@dl/tensor';
import type { Named } from '../module';
import { Module } from '../module';

/** A module from one tensor to one tensor. */
export type TensorModule = Module & { forward(x: Tensor): Tensor };

/**
 * Applies modules one after the other; their names are their positions, as in PyTorch.
 *
 * @example new Sequential(new Linear(784, 64), new ReLU(), new Linear(64, 10))
 */
export class Sequential extends Module implements Iterable<TensorModule> {
  private readonly list: readonly TensorModule[];

  constructor(...modules: TensorModule[]) {
    super();
    this.list = modules;
  }

  protected override members(): Iterable<Named<unknown>> {
    return this.list.map((module, i): Named<unknown> => [String(i), module]);
  }

  /** The number of modules. */
  get length(): number {
    return this.list.length;
  }

  /** The module at a position; negative ones count from the end. */
  at(index: number): TensorModule | undefined {
    return this.list.at(index);
  }

  [Symbol.iterator](): Iterator<TensorModule> {
    return this.list[Symbol.iterator]();
  }

  /** @param x - what the first module takes. @returns what the last one gives; x where there is none. */
  forward(x: Tensor): Tensor {
    let y = x;
    for (const module of this.list) y = module.forward(y);
    return y === x ? alias(x) : y;
  }
}

/** A list of modules that a model goes through by itself; names are positions. */
export class ModuleList<M extends Module = Module> extends Module implements Iterable<M> {
  private readonly list: M[];

  constructor(modules: Iterable<M> = []) {
    super();
    this.list = [...modules];
  }

  protected override members(): Iterable<Named<unknown>> {
    return this.list.map((module, i): Named<unknown> => [String(i), module]);
  }

  /** The number of modules. */
  get length(): number {
    return this.list.length;
  }

  /** The module at a position; negative ones count from the end. */
  at(index: number): M | undefined {
    return this.list.at(index);
  }

  /** Adds a module at the end. @returns the list. */
  push(module: M): this {
    this.list.push(module);
    return this;
  }

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

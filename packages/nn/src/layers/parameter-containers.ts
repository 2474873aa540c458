/** Parameters in a list or under names, for modules that go through them by themselves. */

import type { Tensor } from '@dl/tensor';
import { UsageError } from '@dl/tensor';
import type { Named } from '../fields';
import { Module, parameter } from '../module';
import { takes } from '../signatures';
import { numbered, unfolded } from './container';

/**
 * A list of parameters; names are positions (`scales.0`). Tensors become parameters as `parameter` makes them.
 *
 * @example readonly scales = new ParameterList([ones([8]), ones([16])]);
 */
export class ParameterList extends Module implements Iterable<Tensor> {
  private readonly list: Tensor[];

  /** Makes the list. @param parameters - floating point, default none. */
  constructor(parameters: Iterable<Tensor> = []) {
    super();
    takes('ParameterList', arguments);
    this.list = Array.from(parameters, (x) => parameter(x));
  }

  protected override members(): Iterable<Named<unknown>> {
    return unfolded(super.members(), this.list, numbered(this.list));
  }

  /** The number of parameters. */
  get length(): number {
    return this.list.length;
  }

  /** The parameter at a position; negative ones count from the end. */
  at(index: number): Tensor | undefined {
    takes('ParameterList.at', arguments);
    return this.list.at(index);
  }

  /** Adds a parameter at the end. @returns the list. */
  push(x: Tensor): this {
    takes('ParameterList.push', arguments);
    this.list.push(parameter(x));
    return this;
  }

  /** The parameters in order. */
  [Symbol.iterator](): Iterator<Tensor> {
    return this.list[Symbol.iterator]();
  }

  /** @throws UsageError always: a list does not say how its parameters are used. */
  forward(): never {
    throw new UsageError('ParameterList', 'has no forward', {
      hint: 'go through it in the forward of the module that has it',
    });
  }
}

/**
 * Parameters by name. Tensors become parameters as `parameter` makes them.
 *
 * @example readonly gains = new ParameterDict({ left: ones([8]), right: ones([8]) });
 */
export class ParameterDict extends Module implements Iterable<Named<Tensor>> {
  private readonly map = new Map<string, Tensor>();

  /** Makes the dictionary. @param parameters - by name, default none. @throws UsageError for a name with a dot. */
  constructor(parameters: Readonly<Record<string, Tensor>> = {}) {
    super();
    takes('ParameterDict', arguments);
    for (const [name, x] of Object.entries(parameters)) this.set(name, x);
  }

  protected override members(): Iterable<Named<unknown>> {
    return unfolded(super.members(), this.map, this.map);
  }

  /** The number of parameters. */
  get size(): number {
    return this.map.size;
  }

  /** The parameter under a name. */
  get(name: string): Tensor | undefined {
    takes('ParameterDict.get', arguments);
    return this.map.get(name);
  }

  /** Adds or replaces a parameter. @returns the dictionary. @throws UsageError for a name with a dot. */
  set(name: string, x: Tensor): this {
    takes('ParameterDict.set', arguments);
    if (name === '' || name.includes('.')) {
      throw new UsageError('ParameterDict', 'names are not empty and have no dots', {
        args: { name },
      });
    }
    this.map.set(name, parameter(x));
    return this;
  }

  /** Takes a parameter out. @returns whether it was there. */
  delete(name: string): boolean {
    takes('ParameterDict.delete', arguments);
    return this.map.delete(name);
  }

  /** The names in order. */
  keys(): Iterable<string> {
    return this.map.keys();
  }

  /** The names and parameters in order. */
  [Symbol.iterator](): Iterator<Named<Tensor>> {
    return this.map[Symbol.iterator]();
  }

  /** @throws UsageError always: a dictionary does not say how its parameters are used. */
  forward(): never {
    throw new UsageError('ParameterDict', 'has no forward', {
      hint: 'use the parameters in the forward of the module that has it',
    });
  }
}

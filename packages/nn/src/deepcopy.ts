/** Copies of modules that share nothing with the original. */

import { noGrad } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import { clone, Generator, isTensor, keep, scope } from '@dl/tensor';
import { copyHooks, copyMarks, Module } from './module';
import { takes } from './signatures';

/**
 * An independent copy of a module: parameters, buffers, modules inside, options, hooks and whether it trains, as
 * `copy.deepcopy(module)` in Python. What is shared inside the original (tied weights) is shared inside the copy; gradients are not
 * copied, and tensors that are the result of a computation lose their history.
 *
 * @param module - with fields of tensors, modules, numbers, strings, arrays, Maps, Sets, typed arrays and plain objects; functions and
 * objects of other classes are not copied but shared.
 * @returns a module of the same class.
 * @example const target = deepcopy(policy); // a target network of deep Q-learning
 */
export function deepcopy<M extends Module>(module: M): M {
  takes('deepcopy', arguments);
  return noGrad(() => scope(() => new Copier().copy(module)));
}

class Copier {
  private readonly copies = new Map<object, unknown>();

  copy<T>(value: T): T {
    if (typeof value !== 'object' || value === null) return value;
    const known = this.copies.get(value);
    return (known ?? this.copyObject(value)) as T;
  }

  private copyObject(value: object): unknown {
    if (isTensor(value)) return this.note(value, copyTensor(value));
    if (value instanceof Generator) {
      const generator = this.note(value, new Generator(value.seed));
      generator.setState(value.getState());
      return generator;
    }
    if (ArrayBuffer.isView(value)) return this.note(value, structuredClone(value));
    if (Array.isArray(value)) {
      const list: unknown[] = this.note(value, []);
      for (const item of value) list.push(this.copy(item));
      return list;
    }
    if (value instanceof Map) {
      const map = this.note(value, new Map());
      for (const [key, item] of value) map.set(this.copy(key), this.copy(item));
      return map;
    }
    if (value instanceof Set) {
      const set = this.note(value, new Set());
      for (const item of value) set.add(this.copy(item));
      return set;
    }
    const prototype = Object.getPrototypeOf(value);
    const isPlain = prototype === Object.prototype || prototype === null;
    if (!isPlain && !(value instanceof Module)) return value;
    return this.copyFields(value, this.note(value, Object.create(prototype) as object));
  }

  private copyFields(from: object, to: object): object {
    for (const [name, field] of Object.entries(Object.getOwnPropertyDescriptors(from))) {
      const isValue = 'value' in field;
      Object.defineProperty(
        to,
        name,
        isValue ? { ...field, value: this.copy(field.value) } : field,
      );
    }
    if (from instanceof Module && to instanceof Module) copyHooks(from, to);
    return to;
  }

  /** Remembers the copy before it is filled, so that an object may contain itself. */
  private note<C>(value: object, copy: C): C {
    this.copies.set(value, copy);
    return copy;
  }
}

function copyTensor(x: Tensor): Tensor {
  const copy = keep(clone(x));
  copyMarks(x, copy);
  return copy;
}

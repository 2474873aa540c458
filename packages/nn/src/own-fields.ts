/** What a module has in its own fields: what `forward` puts there lives on, and parameters stay parameters. */

import type { Tensor } from '@dl/tensor';
import { keep, UsageError } from '@dl/tensor';
import { isBornHere, passOn } from '@dl/tensor/internal';
import { eachTensor } from './fields';
import { buffer, buffers, parameters } from './marks';

/** Names of fields that held a parameter or buffer when they were looked at. */
const known = new WeakMap<object, Map<string, WeakSet<Tensor>>>();
/** Modules whose fields were looked at. */
const seen = new WeakSet<object>();
/** What `forward` left in the fields of a module. */
const left = new WeakMap<object, Set<Tensor>>();
/** Tensors that `functionalCall` puts in the place of parameters for a while. */
const standIns = new Set<Tensor>();

/** Runs `work` while `tensors` may stand in the place of parameters and buffers. */
export function withStandIns<T>(tensors: readonly Tensor[], work: () => T): T {
  const added = tensors.filter((x) => !standIns.has(x));
  for (const x of added) standIns.add(x);
  try {
    return work();
  } finally {
    for (const x of added) standIns.delete(x);
  }
}

function check(module: object, x: Tensor, name: string): void {
  const kind = parameters.has(x) ? parameters : buffers.has(x) ? buffers : null;
  let fields = known.get(module);
  if (kind) {
    if (!fields) {
      fields = new Map();
      known.set(module, fields);
    }
    if (fields.get(name) !== kind) fields.set(name, kind);
    return;
  }
  const before = fields?.get(name);
  if (!before || standIns.has(x)) return;
  if (before === buffers) buffer(x);
  else throw replaced(module, x, name);
}

function replaced(module: object, x: Tensor, name: string): UsageError {
  const { name: kind } = module.constructor;
  return new UsageError(kind, `the field ${name} was a parameter and now holds a plain tensor`, {
    args: { [name]: x },
    expected: 'a parameter, or null',
    hint: `it would silently leave parameters() and stateDict(): use parameter(x) for a new parameter, noGrad(() => assign(module.${name}, x)) to copy into the old one, or functionalCall(module, { ${name}: x }, …) to run the module with x`,
  });
}

/** Refuses plain tensors in fields that held parameters, and makes those in fields that held buffers buffers. */
export function checkFields(module: object): void {
  seen.add(module);
  eachTensor(module, (x, name, direct) => {
    if (direct) check(module, x, name);
  });
}

/**
 * Runs a `forward` in whose memory scope we are. What it puts into the fields of the module outlives the scope; what it put there in an
 * earlier call and has now replaced goes to the loop that runs, or to the garbage collector.
 */
export function keepFields<T>(module: object, forward: () => T): T {
  // What is replaced later is found at the end.
  if (!seen.has(module)) checkFields(module);
  let done = false;
  try {
    const result = forward();
    done = true;
    return result;
  } finally {
    settle(module, done);
  }
}

function settle(module: object, done: boolean): void {
  const before = left.get(module);
  let now: Set<Tensor> | undefined;
  let problem: unknown;
  eachTensor(module, (x, name, direct) => {
    if (before?.has(x) || isBornHere(x)) {
      now ??= new Set();
      now.add(x);
    }
    if (!direct) return;
    try {
      check(module, x, name);
    } catch (error) {
      problem = error;
    }
  });
  for (const x of before ?? []) {
    if (!now?.has(x) && !parameters.has(x)) passOn(x, now ? [...now] : []);
  }
  if (now) {
    for (const x of now) if (!before?.has(x)) keep(x);
    left.set(module, now);
  } else if (before) left.delete(module);
  if (done && problem) throw problem;
}

/** What one of our functions does, operation by operation, so that peers can do the same with the same numbers. */

import { noGrad } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import { scope } from '@dl/tensor';
import type { Interpreter } from '@dl/tensor/internal';
import { execute, executeWrite, withInterpreter } from '@dl/tensor/internal';

/** One operation: places of its inputs and outputs among the values. */
export interface Step {
  readonly op: string;
  readonly inputs: readonly (number | undefined)[];
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly outputs: readonly number[];
}

/** A value that the steps begin with. */
export interface Constant {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly data: Float32Array | Int32Array;
}

/** A function, unrolled. */
export interface Tape {
  /** What is given anew for every run. */
  readonly inputs: readonly number[];
  /** What the steps begin with: inputs and constants. */
  readonly constants: ReadonlyMap<number, Constant>;
  readonly steps: readonly Step[];
  readonly result: number;
  /** The shape of every value. */
  readonly shapes: ReadonlyMap<number, readonly number[]>;
}

/** Records what `f` does; steps that do not lead to its result are left out. */
export function record(inputs: readonly Tensor[], f: () => Tensor): Tape {
  const places = new Map<Tensor, number>();
  const made = new Set<Tensor>();
  const shapes = new Map<number, readonly number[]>();
  const place = (x: Tensor): number => {
    const known = places.get(x);
    if (known !== undefined) return known;
    const fresh = places.size;
    places.set(x, fresh);
    shapes.set(fresh, x.shape);
    return fresh;
  };
  const all: Step[] = [];
  let depth = 0;
  const constants = new Map<number, Constant>();
  const begin = (x: Tensor): number => {
    const at = place(x);
    if (!made.has(x) && !constants.has(at)) {
      const data = x.dataSync().slice() as Float32Array;
      constants.set(at, { shape: x.shape, dtype: x.dtype, data });
    }
    return at;
  };
  const recorder: Interpreter = {
    run(op, given, attributes) {
      // What a definition does belongs to its operation.
      depth++;
      try {
        const outputs = execute(op, given, attributes);
        if (depth > 1) return outputs;
        const from = given.map((x) => x && begin(x));
        for (const y of outputs) made.add(y);
        // A tape holds values, not their layouts: a contiguous copy is the same value.
        if (op.name === 'contiguous') {
          places.set(outputs[0], from[0] as number);
          return outputs;
        }
        const to = outputs.map(place);
        all.push({ op: op.name, inputs: from, attributes: attributes as never, outputs: to });
        return outputs;
      } finally {
        depth--;
      }
    },
    write(change) {
      // State such as running means leads to no result; values of the tape stay what they are.
      if (depth === 0 && places.has(change.target))
        throw new Error(`${change.name}: a tape holds no changes in place of its values`);
      executeWrite(change);
    },
    // Constants are copied when they are met.
    watches: () => false,
  };
  return scope(() => {
    const entries = inputs.map(begin);
    const y = noGrad(() => withInterpreter(recorder, f));
    const result = place(y);
    const needed = new Set([result]);
    const steps: Step[] = [];
    for (const step of [...all].reverse()) {
      if (!step.outputs.some((at) => needed.has(at))) continue;
      for (const at of step.inputs) if (at !== undefined) needed.add(at);
      steps.unshift(step);
    }
    for (const at of constants.keys()) if (!needed.has(at)) constants.delete(at);
    return { inputs: entries, constants, steps, result, shapes };
  });
}

/** How a peer does each operation, from values and attributes to one value. */
export type Operations<Value> = Readonly<
  Record<
    string,
    (
      inputs: readonly Value[],
      attributes: Readonly<Record<string, unknown>>,
      step: Step,
      tape: Tape,
    ) => Value
  >
>;

/** Does the steps with a peer's operations; every step's first output is what counts. */
export function replay<Value>(
  tape: Tape,
  begin: ReadonlyMap<number, Value>,
  operations: Operations<Value>,
  afterStep: (step: Step, index: number) => void = () => {},
): Map<number, Value> {
  const values = new Map(begin);
  tape.steps.forEach((step, index) => {
    const operation = operations[step.op];
    if (!operation) throw new Error(`${step.op} has not been written for it`);
    const inputs = step.inputs.map((at) => (at === undefined ? undefined : values.get(at)));
    values.set(step.outputs[0], operation(inputs as Value[], step.attributes, step, tape));
    afterStep(step, index);
  });
  return values;
}

/** Padding of a pooling, with what its last windows need beyond it: [top, bottom, left, right]. */
export function poolPadding(
  attributes: Readonly<Record<string, unknown>>,
  image: readonly number[],
): readonly [number, number, number, number] {
  const { kernel, stride, padding, output } = attributes as Record<string, number[]>;
  const beyond = (axis: 0 | 1) =>
    (output[axis] - 1) * stride[axis] + kernel[axis] - padding[2 * axis] - image[2 + axis];
  return [padding[0], Math.max(0, beyond(0)), padding[2], Math.max(0, beyond(1))];
}

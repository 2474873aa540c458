/** One call on one device: what comes out, and the gradients. */

import type { Declaration, Device, DType, OpName, Shape, Tensor } from '@dl/tensor';
import { isFloat, scope } from '@dl/tensor';
import { backendFor } from '@dl/tensor/backend';
import { declarations, run } from '@dl/tensor/internal';
import type { Arrangement, OpCase, TensorCase } from '../cases';
import { build } from '../cases';
import type { Values } from '../compare';
import { arrangementsOf } from './arrangements';

/** Derivatives by reverse mode: `vjp` of @dl/autograd. */
export type Vjp = (
  f: (x: readonly Tensor[]) => readonly Tensor[],
  x: readonly Tensor[],
  v: readonly Tensor[],
) => { gradient: readonly Tensor[] };

/** What an operation gave, by name, in the order in which it is compared. */
export type Results = readonly (readonly [name: string, values: Values])[];

type Inputs = readonly (Tensor | undefined)[];

/** A declaration as this file uses it, whatever its kind. */
interface AnyDeclaration {
  readonly kind: Declaration['kind'];
  readonly targets: readonly number[];
  infer(inputs: Inputs, attributes: object): readonly Spec[];
  layout(input: Tensor, attributes: object): { shape: Shape };
  check(inputs: Inputs, attributes: object): void;
  define?(inputs: Inputs, attributes: object): Inputs;
}

interface Spec {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** The declaration of an operation. */
export const declarationOf = (op: OpName) => declarations[op] as unknown as AnyDeclaration;

/** Shapes and dtypes of the outputs; refuses what the operation refuses. */
export function specsOf(op: OpName, call: OpCase): readonly Spec[] {
  const declaration = declarationOf(op);
  let specs: readonly Spec[] = [];
  scope(() => {
    const inputs = call.inputs.map((input) => input && build(input, 'reference'));
    if (declaration.kind === 'update') declaration.check(inputs, call.attributes);
    else if (declaration.kind === 'view') {
      const [x] = inputs as [Tensor];
      specs = [{ shape: declaration.layout(x, call.attributes).shape, dtype: x.dtype }];
    } else specs = declaration.infer(inputs, call.attributes);
  });
  return specs;
}

/** The gradients of the first `count` outputs, those that have one; in the arrangement where their shape has it. */
export function upstreamOf(
  specs: readonly Spec[],
  arrangement: Arrangement,
  seed: number,
  count = specs.length,
): TensorCase[] {
  return specs
    .slice(0, count)
    .filter(({ dtype }) => isFloat(dtype))
    .map(({ shape, dtype }, i): TensorCase => {
      const options = arrangementsOf(shape);
      const fits = options.includes(arrangement) ? arrangement : options[options.length - 1];
      return { ...{ shape, dtype, seed: seed + i, low: -1, high: 1 }, arrangement: fits };
    });
}

function read(list: Inputs, name: string): Results {
  return list.flatMap((x, i) => {
    if (!x) return [];
    const { dtype, shape } = x;
    const data = x.dataSync();
    return [[`${name} ${i}`, { dtype, shape, dataSync: () => data }] as const];
  });
}

/** How a call is evaluated. */
export interface Evaluation {
  readonly op: OpName;
  readonly call: OpCase;
  readonly upstream: readonly TensorCase[];
  readonly device: Device;
  /** By the definition of a fused operation, not by its kernel. */
  readonly byDefinition: boolean;
  readonly vjp: Vjp | undefined;
}

/** Runs an update; refuses one that leaves a version as it was, or changes that of what it only reads. */
function update(evaluation: Evaluation, inputs: Inputs, attributes: object): Results {
  const { op, byDefinition } = evaluation;
  const { targets, define } = declarationOf(op);
  if (byDefinition && define) {
    const values = define(inputs, attributes);
    return read(
      inputs.map((x, i) => values[i] ?? x),
      'input',
    );
  }
  const before = inputs.map((x) => x?.storage.version ?? 0);
  run(declarations[op] as never, inputs as never, attributes as never);
  inputs.forEach((x, i) => {
    if (!x || x.storage.version > before[i] === targets.includes(i)) return;
    throw new Error(`the version of input ${i} went from ${before[i]} to ${x.storage.version}`);
  });
  return read(inputs, 'input');
}

/** The outputs, the gradients of the floating-point inputs, and the inputs, which must not have changed. */
function apply(evaluation: Evaluation, inputs: Inputs, attributes: object): Results {
  const { op, byDefinition, upstream, device, vjp } = evaluation;
  const { define } = declarationOf(op);
  const compute = (list: Inputs): readonly Tensor[] =>
    (byDefinition && define
      ? define(list, attributes)
      : run(declarations[op] as never, list as never, attributes as never)) as readonly Tensor[];
  const places = inputs.flatMap((x, i) => (x && isFloat(x.dtype) ? [i] : []));
  const floats = places.map((i) => inputs[i] as Tensor);
  if (!vjp || floats.length === 0 || upstream.length === 0)
    return [...read(compute(inputs), 'output'), ...read(inputs, 'input')];
  // Where there is no kernel for the gradient, what is recorded is the definition: the kernel runs beforehand.
  const { fused } = backendFor(device);
  const alone = op in fused && !(`${op}Backward` in fused);
  const values = alone ? read(compute(inputs), 'output') : [];
  let recorded: Results = [];
  const { gradient } = vjp(
    (list) => {
      const all = [...inputs];
      list.forEach((x, k) => {
        all[places[k]] = x;
      });
      const outputs = compute(all);
      recorded = read(outputs, 'output');
      return outputs.filter((y) => isFloat(y.dtype)).slice(0, upstream.length);
    },
    floats,
    upstream.map((one) => build(one, device)),
  );
  const outputs = alone ? values : recorded;
  return [...outputs, ...read(gradient, 'gradient of'), ...read(inputs, 'input')];
}

/** Runs the operation on new inputs, and its derivative where `vjp` is given. */
export function evaluate(evaluation: Evaluation): Results {
  let results: Results = [];
  scope(() => {
    const { op, call, device } = evaluation;
    const inputs = call.inputs.map((input) => input && build(input, device));
    const attributes =
      'device' in call.attributes ? { ...call.attributes, device } : call.attributes;
    const how = declarationOf(op).kind === 'update' ? update : apply;
    results = how(evaluation, inputs, attributes);
  });
  return results;
}

/** One call on one device: what comes out, and the gradients. */

import type { Declaration, Device, DType, OpName, Shape, Tensor } from '@dl/tensor';
import { declarations, isFloat, run, scope } from '@dl/tensor';
import type { Arrangement, OpCase, TensorCase } from '../cases';
import { build } from '../cases';
import type { Values } from '../compare';

/** Derivatives by reverse mode: `vjp` of @dl/autograd. */
export type Vjp = (
  f: (x: readonly Tensor[]) => readonly Tensor[],
  x: readonly Tensor[],
  v: readonly Tensor[],
) => { gradient: readonly Tensor[] };

/** What an operation gave, by name, in the order in which it is compared. */
export type Results = readonly (readonly [name: string, values: Values])[];

/** A declaration as this file uses it, whatever its kind. */
interface AnyDeclaration {
  readonly kind: Declaration['kind'];
  readonly targets: number;
  infer(inputs: readonly (Tensor | undefined)[], attributes: object): readonly Spec[];
  layout(input: Tensor, attributes: object): { shape: Shape };
  check(inputs: readonly (Tensor | undefined)[], attributes: object): void;
  define?(
    inputs: readonly (Tensor | undefined)[],
    attributes: object,
  ): readonly (Tensor | undefined)[];
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
  return scope(() => {
    const inputs = call.inputs.map((input) => input && build(input, 'reference'));
    if (declaration.kind === 'update') declaration.check(inputs, call.attributes);
    else if (declaration.kind === 'view') {
      const [x] = inputs as [Tensor];
      return [{ shape: declaration.layout(x, call.attributes).shape, dtype: x.dtype }];
    } else return declaration.infer(inputs, call.attributes);
    return [];
  }) as readonly Spec[];
}

/** The gradients of the outputs that have one. */
export function upstreamOf(specs: readonly Spec[], arrangement: Arrangement, seed: number) {
  return specs
    .filter(({ dtype }) => isFloat(dtype))
    .map(
      ({ shape, dtype }, i): TensorCase => ({
        ...{ shape, dtype, seed: seed + 100 + i, low: -1, high: 1 },
        arrangement,
      }),
    );
}

function read(x: Tensor): Values {
  const data = x.dataSync();
  return { dtype: x.dtype, shape: x.shape, dataSync: () => data };
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

/** Runs the operation, and its derivative where `vjp` is given; refuses an update that leaves a version as it was. */
export function evaluate({ op, call, upstream, device, byDefinition, vjp }: Evaluation): Results {
  return scope(() => {
    const { kind, targets, define } = declarationOf(op);
    const inputs = call.inputs.map((input) => input && build(input, device));
    const attributes =
      'device' in call.attributes ? { ...call.attributes, device } : call.attributes;
    const named = (list: readonly (Tensor | undefined)[], name: string): Results =>
      list.flatMap((x, i) => (x ? [[`${name} ${i}`, read(x)] as const] : []));
    if (kind === 'update') {
      if (byDefinition && define) {
        const values = define(inputs, attributes);
        return named(inputs.map((x, i) => values[i] ?? x), 'input') as never;
      }
      const before = inputs.map((x) => x?.storage.version ?? 0);
      run(declarations[op] as never, inputs as never, attributes as never);
      inputs.forEach((x, i) => {
        if (!x || x.storage.version > before[i] === i < targets) return;
        throw new Error(`the version of input ${i} went from ${before[i]} to ${x.storage.version}`);
      });
      return named(inputs, 'input') as never;
    }
    const apply = (list: readonly (Tensor | undefined)[]): readonly Tensor[] =>
      (byDefinition && define
        ? define(list, attributes)
        : run(declarations[op] as never, list as never, attributes as never)) as Tensor[];
    const places = inputs.flatMap((x, i) => (x && isFloat(x.dtype) ? [i] : []));
    let outputs: Results = [];
    const forward = (floats: readonly Tensor[]): readonly Tensor[] => {
      const list = [...inputs];
      floats.forEach((x, k) => {
        list[places[k]] = x;
      });
      const results = apply(list);
      outputs = named(results, 'output');
      return results.filter((y) => isFloat(y.dtype));
    };
    const floats = places.map((i) => inputs[i] as Tensor);
    if (!vjp || floats.length === 0 || upstream.length === 0) {
      forward(floats);
      return [...outputs, ...named(inputs, 'input')] as never;
    }
    const seeds = upstream.map((one) => build(one, device));
    const { gradient } = vjp(forward, floats, seeds);
    const gradients = named(gradient, 'gradient');
    return [...outputs, ...gradients, ...named(inputs, 'input')] as never;
  }) as unknown as Results;
}

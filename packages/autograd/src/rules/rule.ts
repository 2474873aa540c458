/** What a gradient rule is, and the combinators most rules are one line of. */

import type {
  AttributesOf,
  Declaration,
  InputsOf,
  OpName,
  OutputsOf,
  Primitives,
  Tensor,
  Views,
} from '@dl/tensor';
import { isFloat, zerosLike } from '@dl/tensor';
import { declarations, run } from '@dl/tensor/internal';

/** Operations that carry a rule; fused ones are differentiated through their definition or their backward kernel. */
export type RuledOp = keyof Views | keyof Primitives;

/** A gradient or tangent, undefined where it is zero. */
export type Direction = Tensor | undefined;

/** One operation that ran: what went in, what came out. */
export interface Application<K extends OpName> {
  readonly inputs: InputsOf<K>;
  readonly attributes: AttributesOf<K>;
  readonly outputs: OutputsOf<K>;
  /** For `vjp`: which inputs want a gradient. */
  readonly needed: readonly boolean[];
}

/** Whether a rule reads each of the inputs, and behind them of the outputs, from which of the inputs want a gradient. */
export type Reads = (needed: readonly boolean[]) => readonly boolean[];

/** Whose values a rule reads: 'indices' are inputs that are not floating point. Shapes and dtypes can always be read. */
export type Saves = 'nothing' | 'indices' | 'inputs' | 'outputs' | 'both' | Reads;

/** What products read: for the gradient of each factor the other one. */
export const readsOther: Reads = ([x, y]) => [y, x];

/** Both derivatives of one operation, in terms of public operations. */
export interface Rule<K extends OpName> {
  /** What the computation graph must keep for `vjp`. */
  readonly saves: Saves;
  /** Gradients of the inputs from those of the outputs; broadcasting is undone by the caller. */
  vjp(gradients: readonly Direction[], at: Application<K>): readonly Direction[];
  /** Tangents of the outputs from those of the inputs; the caller stretches them to the outputs' shapes. */
  jvp(tangents: readonly Direction[], at: Application<K>): readonly Direction[];
}

/** A rule for every view and primitive: complete, or it does not compile. */
export type Rules = { readonly [K in RuledOp]: Rule<K> | Zero };

/** The rule of operations through which no derivative passes. */
export type Zero = 'zero';
export const zero: Zero = 'zero';

/** Σ of the directions that are there. */
export function total(parts: readonly Direction[]): Direction {
  let result: Direction;
  for (const part of parts) if (part) result = result ? result.add(part) : part;
  return result;
}

/** A partial derivative: a tensor, or a plain number where it is constant. */
export type Partial = Tensor | number;

function scaled(direction: Tensor, partial: Partial): Tensor {
  if (partial === 1) return direction;
  // Not 0 · g, which is NaN where g is infinite.
  return partial === 0 ? zerosLike(direction) : direction.mul(partial);
}

/** An elementwise operation, from its partial derivatives in each input. */
export function elementwise<K extends RuledOp>(
  saves: Saves,
  ...partials: ((at: Application<K>) => Partial)[]
): Rule<K> {
  return {
    saves,
    vjp: ([g], at) => partials.map((d, i) => (g && at.needed[i] ? scaled(g, d(at)) : undefined)),
    jvp: (tangents, at) => [
      total(partials.map((d, i) => tangents[i] && scaled(tangents[i], d(at)))),
    ],
  };
}

/**
 * An operation that is linear in all its floating-point inputs together: the tangent of the output is the operation on the
 * tangents. Integer and bool inputs (indices, conditions) are passed through.
 *
 * @param saves - 'indices' where `vjp` reads an index or a condition.
 */
export function linear<K extends RuledOp>(
  name: K,
  saves: Saves,
  vjp: (g: Tensor, at: Application<K>) => Direction | readonly Direction[],
): Rule<K> {
  return {
    saves,
    vjp([g], at) {
      if (!g) return [];
      const result = vjp(g, at);
      return (Array.isArray(result) ? result : [result]) as readonly Direction[];
    },
    jvp(tangents, at) {
      const inputs = (at.inputs as readonly Tensor[]).map((x, i) =>
        isFloat(x.dtype) ? (tangents[i] ?? zerosLike(x)) : x,
      );
      const op = declarations[name] as unknown as Declaration<'neg'>;
      return [run(op, inputs as [Tensor], at.attributes as object)[0]];
    },
  };
}

/** An operation that is linear in each of its two inputs: ∂f(x, y) = f(∂x, y) + f(x, ∂y). */
export function bilinear<K extends RuledOp>(
  name: K,
  left: (g: Tensor, at: Application<K>) => Tensor,
  right: (g: Tensor, at: Application<K>) => Tensor,
): Rule<K> {
  return {
    saves: readsOther,
    vjp([g], at) {
      return [
        g && at.needed[0] ? left(g, at) : undefined,
        g && at.needed[1] ? right(g, at) : undefined,
      ];
    },
    jvp([dx, dy], at) {
      const op = declarations[name] as unknown as Declaration<'add'>;
      const [x, y] = at.inputs as readonly Tensor[] as [Tensor, Tensor];
      const apply = (a: Tensor, b: Tensor) => run(op, [a, b], at.attributes as object)[0];
      return [total([dx && apply(dx, y), dy && apply(x, dy)])];
    },
  };
}

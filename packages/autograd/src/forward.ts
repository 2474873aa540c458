/** Forward mode: dual numbers. Every transform call has a tag of its own, so nested derivatives do not mix. */

import type { Declaration, FusedDeclaration, OpName, Tensor } from '@dl/tensor';
import { cast, expand, Scope, sameShape, scope, UsageError } from '@dl/tensor';
import type { AnyInputs, Change, Interpreter, TensorGuest } from '@dl/tensor/internal';
import { currentInterpreter, execute, executeWrite, withInterpreter } from '@dl/tensor/internal';
import { attach } from './node';
import type { Application, Direction, Rule, RuledOp } from './rules/rule';
import { rules } from './rules/table';

class Tangent implements TensorGuest {
  next: TensorGuest | null = null;

  constructor(
    readonly tag: object,
    readonly value: Tensor,
  ) {}
}

/** An interpreter that carries a tangent beside every value that depends on its starting points. */
export class DualNumbers implements Interpreter {
  private readonly outer = currentInterpreter();
  /** Owns the tangents: a tensor may outlive the scope in which its tangent was computed. */
  private readonly tangents = new Scope();

  /** Runs `fn` under this interpreter, and lets go of all tangents but those that `fn` returns. */
  use<T>(fn: () => T): T {
    try {
      return withInterpreter(this, fn);
    } finally {
      this.tangents.dispose();
    }
  }

  /** Runs `fn` without this interpreter: what it computes has no tangent here. */
  below<T>(fn: () => T): T {
    return withInterpreter(this.outer, fn);
  }

  /** Gives `x` a tangent. */
  setTangent(x: Tensor, tangent: Tensor): void {
    attach(x, new Tangent(this, tangent));
  }

  /** The tangent of `x`, undefined where it is zero. */
  tangentOf(x: Tensor | undefined): Direction {
    for (let guest = x?.guest ?? null; guest; guest = guest.next) {
      if (guest.tag === this) return (guest as Tangent).value;
    }
    return undefined;
  }

  run(op: Declaration, inputs: AnyInputs, attributes: object): Tensor[] {
    const tangents = inputs.map((x) => this.tangentOf(x));
    if (tangents.every((t) => t === undefined)) return this.runBelow(op, inputs, attributes);
    if (op.kind === 'fused') return this.expandFused(op as FusedDeclaration, inputs, attributes);
    if (op.kind === 'update') throw updateError(op.name);
    const outputs = this.runBelow(op, inputs, attributes);
    const rule = rules[op.name as RuledOp];
    if (rule !== 'zero') this.push(rule as unknown as Rule<OpName>, inputs, outputs, attributes);
    return outputs;
  }

  watches(inputs: AnyInputs): boolean {
    return (
      inputs.some((x) => this.tangentOf(x) !== undefined) || (this.outer?.watches(inputs) ?? false)
    );
  }

  write(change: Change): void {
    const { name, target, inputs } = change;
    if ([target, ...inputs].some((x) => this.tangentOf(x) !== undefined)) throw updateError(name);
    if (this.outer) this.outer.write(change);
    else executeWrite(change);
  }

  /** Gives the outputs of a function their tangents, by its rule. */
  push(
    rule: Rule<OpName>,
    inputs: AnyInputs,
    outputs: readonly Tensor[],
    attributes: object,
  ): void {
    const tangents = inputs.map((x) => this.tangentOf(x));
    if (tangents.every((t) => t === undefined)) return;
    const at = { inputs, outputs, attributes, needed: [] } as unknown as Application<never>;
    const results = this.below(() =>
      this.tangents.run(() =>
        scope(() => rule.jvp(tangents, at).map((t, i) => t && fill(t, outputs[i]))),
      ),
    );
    results.forEach((tangent, i) => {
      if (tangent) this.setTangent(outputs[i], tangent);
    });
  }

  private runBelow(op: Declaration, inputs: AnyInputs, attributes: object): Tensor[] {
    const { outer } = this;
    if (!outer) return execute(op, inputs, attributes);
    return this.below(() => outer.run(op, inputs, attributes));
  }

  private expandFused(op: FusedDeclaration, inputs: AnyInputs, attributes: object): Tensor[] {
    op.infer(inputs as never, attributes as never);
    return scope(() => [...op.define(inputs as never, attributes as never)]);
  }
}

/** Brings a tangent to the shape and dtype of its value. */
function fill(tangent: Tensor, value: Tensor): Tensor {
  const shaped = sameShape(tangent.shape, value.shape) ? tangent : expand(tangent, value.shape);
  return cast(shaped, value.dtype);
}

function updateError(op: string): UsageError {
  return new UsageError(
    op,
    'a value under forward-mode differentiation cannot be changed in place',
    {
      hint: 'compute a new tensor instead',
    },
  );
}

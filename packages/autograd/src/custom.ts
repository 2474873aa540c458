/** Functions with a gradient of their own, and recomputation instead of storage. */

import type { OpName, Tensor } from '@dl/tensor';
import { alias, defaultGenerator, detach, isTensor, scope, UsageError } from '@dl/tensor';
import type { AnyInputs } from '@dl/tensor/internal';
import { currentInterpreter } from '@dl/tensor/internal';
import { leafGuest, reachableNodes, walk } from './backward';
import { DualNumbers } from './forward';
import { vjp } from './functional';
import type { GraphGuest, Node } from './node';
import { graphGuest, nextSequence } from './node';
import { enableGrad, isGradEnabled, noGrad, record, wantsGraph } from './record';
import type { Application, Direction, Rule } from './rules/rule';
import { takes } from './signatures';

/** What `backward` and `jvp` of a custom function can look at. */
export interface CustomContext {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Which inputs want a gradient. */
  readonly needed: readonly boolean[];
}

/** A function with its own gradient. */
export interface CustomFunction {
  /** Shown in errors and graphs. Default `custom`. */
  readonly name?: string;
  /** Computes the outputs; nothing inside is recorded. */
  forward(...inputs: Tensor[]): Tensor | readonly Tensor[];
  /** Gradients of the inputs from those of the outputs; undefined where there is none. Written in tensor operations it can be differentiated again. */
  backward(gradients: readonly Direction[], context: CustomContext): readonly Direction[];
  /** Tangents of the outputs from those of the inputs. Default: the transpose of `backward`. */
  jvp?(tangents: readonly Direction[], context: CustomContext): readonly Direction[];
}

/**
 * Makes a function whose gradient is the one given, for all modes and orders of differentiation.
 *
 * @param definition - forward, backward and, if forward mode is to be cheap, jvp.
 * @returns a function of tensors; it returns what `forward` returns.
 * @example
 * const clipGradient = customFunction({ forward: (x) => x.clone(), backward: ([g]) => [g?.minimum(1)] });
 */
export function customFunction<R extends Tensor | readonly Tensor[] = Tensor>(
  definition: CustomFunction,
): (...inputs: Tensor[]) => R {
  takes('customFunction', arguments);
  const { name = 'custom' } = definition;
  const rule: Rule<OpName> = {
    saves: 'both',
    vjp: (gradients, at) => definition.backward(gradients, at as unknown as CustomContext),
    jvp: (tangents, at) => {
      const context = at as unknown as CustomContext;
      return definition.jvp?.(tangents, context) ?? transposed(definition, tangents, context);
    },
  };
  return (...inputs) => {
    let single = true;
    const forward = () => {
      const result = definition.forward(...inputs);
      single = isTensor(result);
      return isTensor(result) ? [result] : [...result];
    };
    const outputs = applyRule(name, rule, inputs, forward);
    return (single ? outputs[0] : outputs) as R;
  };
}

/** J·t from the rule for Jᵀ·g: that is linear in g, so its own transpose is J. */
function transposed(
  definition: CustomFunction,
  tangents: readonly Direction[],
  context: CustomContext,
): readonly Direction[] {
  const flows = context.inputs.map((_, i) => tangents[i] !== undefined);
  const pull = (gradients: Tensor[]): Tensor[] => {
    const result = definition.backward(gradients, { ...context, needed: flows });
    return context.inputs.flatMap((x, i) => (flows[i] ? [result[i] ?? x.mul(0)] : []));
  };
  const weights = tangents.filter((t) => t !== undefined) as Tensor[];
  return vjp(
    pull,
    context.outputs.map((y) => y.mul(0)),
    weights,
  ).gradient;
}

/** Runs a function with a rule of its own through every interpreter on the stack. */
function applyRule(
  name: string,
  rule: Rule<OpName>,
  inputs: readonly Tensor[],
  forward: () => Tensor[],
): Tensor[] {
  const top = currentInterpreter();
  if (top instanceof DualNumbers) {
    const outputs = top.below(() => applyRule(name, rule, inputs, forward));
    top.push(rule, inputs, outputs, {});
    return outputs;
  }
  const recorded = wantsGraph(inputs);
  return scope(() => {
    // A handle of its own: what forward returns may be an input.
    const outputs = noGrad(() => scope(() => forward().map((y) => detach(y))));
    if (recorded) record({ name }, inputs, {}, outputs, { kind: 'custom', rule }, rule.saves);
    return outputs;
  });
}

/**
 * Runs `f` without keeping its intermediate values: backward computes them again. Random numbers repeat.
 *
 * @param f - maps tensors to a tensor or an array of tensors; it may use parameters from outside.
 * @returns what `f` returns.
 * @example const y = checkpoint((x) => block.forward(x), x);
 */
export function checkpoint<R extends Tensor | readonly Tensor[]>(
  f: (...inputs: Tensor[]) => R,
  ...inputs: Tensor[]
): R {
  takes('checkpoint', arguments);
  if (currentInterpreter() instanceof DualNumbers || !isGradEnabled()) return f(...inputs);
  const random = defaultGenerator.getState();
  return scope(() => {
    const { outputs, captured, single } = explore(f, inputs);
    const all: AnyInputs = [...inputs, ...captured];
    if (wantsGraph(all)) {
      const rule = recomputation(f, inputs.length, random);
      record({ name: 'checkpoint' }, all, {}, outputs, { kind: 'custom', rule }, 'inputs');
    }
    return (single ? outputs[0] : outputs) as R;
  });
}

/** Runs f once to learn what it uses from outside, and lets its graph go. */
function explore(
  f: (...inputs: Tensor[]) => Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
): { outputs: Tensor[]; captured: Tensor[]; single: boolean } {
  return scope(() => {
    const start = nextSequence();
    const starts = inputs.map((x) => detach(x));
    const own = new Set(starts.map(leafGuest));
    const result = enableGrad(() => f(...starts));
    const results = isTensor(result) ? [result] : [...result];
    const captured = outsiders(reachableNodes(results, own), own, start, results);
    return { outputs: results.map((y) => detach(y)), captured, single: isTensor(result) };
  });
}

/** Tensors that nodes use but that were there before, each once. */
function outsiders(
  nodes: readonly Node[],
  own: ReadonlySet<GraphGuest>,
  start: number,
  results: readonly Tensor[],
): Tensor[] {
  const found = new Map<GraphGuest, Tensor>();
  const look = (x: Tensor | undefined, guest: GraphGuest | null) => {
    if (!x || !guest || own.has(guest)) return;
    if (!guest.node || guest.node.sequence < start) found.set(guest, x);
  };
  for (const y of results) look(y, graphGuest(y));
  for (const { sequence, inputs, sources } of nodes) {
    if (sequence >= start) for (const [i, x] of inputs.entries()) look(x, sources[i]);
  }
  return [...found.values()];
}

function recomputation(
  f: (...inputs: Tensor[]) => Tensor | readonly Tensor[],
  count: number,
  random: ReturnType<typeof defaultGenerator.getState>,
): Rule<OpName> {
  return {
    saves: 'inputs',
    vjp(gradients, at: Application<OpName>) {
      const inputs = at.inputs as readonly Tensor[];
      const starts = inputs.slice(0, count).map((x) => alias(x));
      const guests = [...starts, ...inputs.slice(count)].map(leafGuest);
      const now = defaultGenerator.getState();
      defaultGenerator.setState(random);
      const result = enableGrad(() => f(...starts));
      defaultGenerator.setState(now);
      const results = isTensor(result) ? [result] : result;
      const live = results.map((_, i) => i).filter((i) => gradients[i] && graphGuest(results[i]));
      return walk({
        roots: live.map((i) => results[i]),
        seeds: live.map((i) => gradients[i] as Tensor),
        targets: guests,
        stopAtTargets: true,
        createGraph: isGradEnabled(),
      });
    },
    jvp() {
      throw new UsageError('checkpoint', 'forward mode recomputes nothing', {
        hint: 'this cannot happen: under forward mode checkpoint just calls its function',
      });
    },
  };
}

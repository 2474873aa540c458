/**
 * Elementwise operations that wait. A draw costs more than the arithmetic of a small tensor, so what is computed element by element is
 * kept as a formula until something else needs it; then a whole chain is one draw.
 */

import type { DType } from '@dl/tensor';
import type { Recipe, Value } from '../device/block';
import type { Gpu } from '../device/gpu';
import type { UniformValue } from '../device/programs';
import type { Kind, Texture } from '../device/textures';
import { kindOf } from '../device/textures';
import type { Formula } from '../glsl/formulas';
import { fragment, SCALAR, VECTOR } from '../glsl/program';

/** An operand: elements at the same places (`offset` into them), one element for all, or a number. */
export type Ingredient =
  | { readonly way: 'texel' | 'single'; readonly value: Value; readonly offset: number }
  | { readonly way: 'constant'; readonly kind: Kind; readonly number: number };

/** Textures that one draw reads at most, and operations that it does: programs stay short enough to compile quickly. */
const MOST_LEAVES = 8;
const MOST_STEPS = 24;

/** One operation on ingredients, and on all that those wait for. */
export class Expression implements Recipe {
  /** Operations and textures of the whole chain; what two operands share counts twice. */
  readonly steps: number;
  readonly leaves: number;

  constructor(
    private readonly gpu: Gpu,
    private readonly name: string,
    private readonly formula: Formula,
    private readonly dtypes: readonly DType[],
    private readonly dtype: DType,
    private readonly ingredients: readonly Ingredient[],
  ) {
    let [steps, leaves] = [1, 0];
    for (const one of ingredients) {
      if (one.way === 'constant') continue;
      one.value.retain();
      const inner = chainOf(one);
      steps += inner?.steps ?? 0;
      leaves += inner?.leaves ?? 1;
      one.value.readers++;
    }
    this.steps = steps;
    this.leaves = leaves;
  }

  /** Lets go of what the ingredients need. */
  release(): void {
    for (const one of this.ingredients) if (one.way !== 'constant') one.value.release();
  }

  /** Draws the elements. */
  draw(target: Texture): void {
    const plan = new Plan();
    const result = plan.add(this);
    this.gpu.draw({
      key: `chain ${plan.key.join(' ')}`,
      fragment: () => plan.source(result, target.kind),
      inputs: plan.inputs,
      outputs: [target],
      uniforms: plan.uniforms,
    });
  }

  /** Adds the operation to a plan. @returns the variable with its result. */
  planIn(plan: Plan): string {
    const operands = this.ingredients.map((one) => plan.operand(one));
    return plan.step(this.name, this.formula, this.dtypes, this.dtype, operands);
  }
}

/** The operation that an ingredient waits for, where it can be part of a longer chain. */
function chainOf(one: Ingredient): Expression | null {
  if (one.way !== 'texel' || one.offset !== 0) return null;
  const { recipe } = one.value;
  return recipe instanceof Expression ? recipe : null;
}

/** Draws ingredients that would make a chain too long, or that another chain computes already: they are computed once. */
export function shorten(ingredients: readonly Ingredient[]): void {
  let [steps, leaves] = [1, 0];
  for (const one of ingredients) {
    if (one.way === 'constant') continue;
    const chain = chainOf(one);
    if (chain && one.value.readers > 0) void one.value.texture;
    const rest = chainOf(one);
    steps += rest?.steps ?? 0;
    leaves += rest?.leaves ?? 1;
  }
  if (steps <= MOST_STEPS && leaves <= MOST_LEAVES) return;
  for (const one of ingredients) if (chainOf(one)) void (one as { value: Value }).value.texture;
}

/** What a draw of a chain reads, and the statements of its program. */
class Plan {
  readonly key: string[] = [];
  readonly inputs: Record<string, Texture> = {};
  readonly uniforms: Record<string, UniformValue> = {};
  private readonly kinds: Record<string, Kind> = {};
  private readonly declarations: string[] = [];
  private readonly functions = new Set<string>();
  private readonly lines: string[] = [];
  private readonly leaves = new Map<Value, string>();
  private readonly results = new Map<Expression, string>();
  private numbers = 0;

  /** The variable with the result of an expression. */
  add(expression: Expression): string {
    const known = this.results.get(expression);
    if (known) return known;
    const result = expression.planIn(this);
    this.results.set(expression, result);
    return result;
  }

  /** The text that reads an operand. */
  operand(one: Ingredient): string {
    if (one.way === 'constant') {
      const name = `K${this.numbers++}`;
      this.declarations.push(`${SCALAR[one.kind]} ${name}`);
      this.uniforms[name] = one.number;
      return `${VECTOR[one.kind]}(${name})`;
    }
    const chain = chainOf(one);
    if (chain) return this.add(chain);
    const leaf = this.leafOf(one.value);
    const offset = `${leaf}O${this.numbers++}`;
    this.declarations.push(`int ${offset}`);
    this.uniforms[offset] = one.offset;
    return one.way === 'texel' ? `${leaf}4(t + (${offset} >> 2))` : `${leaf}S(${offset})`;
  }

  private leafOf(value: Value): string {
    const known = this.leaves.get(value);
    if (known) return known;
    const name = `L${this.leaves.size}x`;
    this.leaves.set(value, name);
    this.inputs[name] = value.texture;
    this.kinds[name] = value.kind;
    this.key.push(`${name}${value.kind}`);
    return name;
  }

  /** A statement for one operation. */
  step(
    name: string,
    formula: Formula,
    dtypes: readonly DType[],
    dtype: DType,
    operands: readonly string[],
  ): string {
    const result = `v${this.results.size}`;
    const [kind, computed] = [kindOf(dtype), formula.of(dtype)];
    for (const text of formula.functions ?? []) this.functions.add(text);
    const given = operands.map(
      (text, i) => `${VECTOR[kindOf(dtypes[i])]} ${'abcdefghi'[i]} = ${text};`,
    );
    this.lines.push(
      `  ${VECTOR[kind]} ${result};`,
      `  { ${given.join(' ')} ${result} = ${dtype === 'uint8' ? `(${computed}) & 255` : computed}; }`,
    );
    // The same operations on other operands are another program.
    this.key.push(`${result}=${name}(${dtypes.map((one, i) => `${one} ${operands[i]}`)})${dtype}`);
    return result;
  }

  /** The whole program. */
  source(result: string, kind: Kind): string {
    return fragment({
      inputs: this.kinds,
      outputs: [kind],
      uniforms: this.declarations,
      functions: [...this.functions],
      body: [...this.lines, `  y0 = ${result};`].join('\n'),
    });
  }
}

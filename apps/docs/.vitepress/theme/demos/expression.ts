/** Expressions typed by a reader, as tensors. */

import { gradients } from '@dl/autograd';
import { parameter } from '@dl/nn';
import { type Tensor, tensor } from '@dl/tensor';
import jsep from 'jsep';

/** A number on the way of an expression. */
export interface Step {
  readonly label: string;
  readonly value: number;
  /** The derivative of the result by this number. */
  readonly gradient: number;
  /** Positions of what it was made of. */
  readonly inputs: readonly number[];
  /** The longest way from a variable. */
  readonly depth: number;
}

const FUNCTIONS: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  sin: (x) => x.sin(),
  cos: (x) => x.cos(),
  tanh: (x) => x.tanh(),
  exp: (x) => x.exp(),
  log: (x) => x.log(),
  sqrt: (x) => x.sqrt(),
  relu: (x) => x.relu(),
  sigmoid: (x) => x.sigmoid(),
  abs: (x) => x.abs(),
};

const OPERATORS: Readonly<Record<string, (a: Tensor, b: Tensor) => Tensor>> = {
  '+': (a, b) => a.add(b),
  '-': (a, b) => a.sub(b),
  '*': (a, b) => a.mul(b),
  '/': (a, b) => a.div(b),
  '^': (a, b) => a.pow(b),
};

jsep.addBinaryOp('^', 11, true);

interface Raw {
  readonly label: string;
  readonly x: Tensor;
  readonly inputs: readonly number[];
  readonly depth: number;
}

/** Names of the variables in an expression, in order. @throws Error for what is no expression. */
export function variablesOf(text: string): string[] {
  const names = new Set<string>();
  const visit = (node: jsep.Expression): void => {
    if (node.type === 'Identifier') names.add(String(node.name));
    for (const part of ['left', 'right', 'argument'] as const) {
      if (node[part]) visit(node[part] as jsep.Expression);
    }
    for (const argument of (node.arguments as jsep.Expression[] | undefined) ?? []) visit(argument);
  };
  visit(jsep(text));
  return [...names];
}

/** Computes an expression forwards and backwards. @throws Error for unknown names and what is no expression. */
export function evaluateSteps(text: string, variables: Readonly<Record<string, number>>): Step[] {
  const list: Raw[] = [];
  const known = new Map<string, number>();
  const add = (label: string, x: Tensor, inputs: readonly number[]): number => {
    const depth = inputs.length === 0 ? 0 : 1 + Math.max(...inputs.map((i) => list[i].depth));
    return list.push({ label, x, inputs, depth }) - 1;
  };
  const scalar = (value: number) => parameter(tensor(value, { dtype: 'float64' }));
  const visit = (node: jsep.Expression): number => {
    switch (node.type) {
      case 'Literal':
        return add(String(node.raw), scalar(Number(node.value)), []);
      case 'Identifier': {
        const name = String(node.name);
        const before = known.get(name);
        if (before !== undefined) return before;
        if (!(name in variables)) throw new Error(`${name} has no value`);
        known.set(name, add(name, scalar(variables[name]), []));
        return known.get(name) as number;
      }
      case 'UnaryExpression': {
        if (node.operator !== '-') throw new Error(`${node.operator} is not known here`);
        const at = visit(node.argument as jsep.Expression);
        return add('−', list[at].x.neg(), [at]);
      }
      case 'BinaryExpression': {
        const operator = String(node.operator);
        const apply = OPERATORS[operator];
        if (!apply) throw new Error(`${operator} is not known here`);
        const [a, b] = [visit(node.left as jsep.Expression), visit(node.right as jsep.Expression)];
        return add(operator, apply(list[a].x, list[b].x), [a, b]);
      }
      case 'CallExpression': {
        const name = String((node.callee as jsep.Identifier).name);
        const [argument, ...rest] = node.arguments as jsep.Expression[];
        const apply = FUNCTIONS[name];
        if (!apply || !argument || rest.length > 0) {
          throw new Error(`${name}: there are ${Object.keys(FUNCTIONS).join(', ')}, of one number`);
        }
        const at = visit(argument);
        return add(name, apply(list[at].x), [at]);
      }
      default:
        throw new Error('this is no expression of numbers');
    }
  };
  const root = visit(jsep(text));
  const derivatives = gradients(
    [list[root].x],
    list.map(({ x }) => x),
  );
  return list.map(({ label, x, inputs, depth }, i) => ({
    label,
    inputs,
    depth,
    value: x.item(),
    gradient: derivatives[i].item(),
  }));
}

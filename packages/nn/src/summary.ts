/** A table of a model: what each layer makes, how many numbers it learns, how much it multiplies. */

import { noGrad } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import { isTensor, scope } from '@dl/tensor';
import type { Module } from './module';
import { takes } from './signatures';

/** One layer of a summary. */
export interface SummaryRow {
  /** Path in the model. */
  readonly name: string;
  /** Class and sizes, for instance `Linear 784 → 10`. */
  readonly layer: string;
  /** Shape of its output. */
  readonly output: readonly number[];
  /** Numbers in its own parameters. */
  readonly parameters: number;
  /** Multiplications with an addition each, for the whole input. */
  readonly multiplyAdds: number;
}

/** The rows of a summary, their totals, and a table as text. */
export interface Summary {
  readonly rows: readonly SummaryRow[];
  /** Parameters of the model; shared ones count once. */
  readonly parameters: number;
  /** Of the whole input. */
  readonly multiplyAdds: number;
  /** The table. */
  toString(): string;
}

/** The parameters in fields of the module itself. */
function ownParameters(module: Module): Tensor[] {
  const inner = new Set(module.children().flatMap((child) => child.parameters()));
  return module.parameters().filter((x) => !inner.has(x));
}

/** Records a row for every run of a module that computes by itself. */
function watch(name: string, module: Module, rows: SummaryRow[]): () => void {
  const own = ownParameters(module);
  if (module.children().length > 0 && own.length === 0) return () => {};
  return module.registerForwardHook((_, __, output) => {
    if (!isTensor(output) && module.children().length === 0) return;
    rows.push({
      name,
      layer: `${module.constructor.name} ${module.describe()}`.trim(),
      output: isTensor(output) ? output.shape : [],
      parameters: count(own),
      multiplyAdds: isTensor(output) ? module.multiplyAdds(output) : 0,
    });
  });
}

const count = (tensors: readonly Tensor[]) => tensors.reduce((n, x) => n + x.size, 0);

/**
 * Runs a model once, out of training mode and without changing it, and reports its layers (modules that have parameters of their
 * own, or no modules inside) in the order in which they ran. A layer that runs twice has two rows.
 *
 * @param model - any module. @param inputs - what its forward takes.
 * @example console.log(String(summary(model, zeros([1, 1, 28, 28]))));
 */
export function summary(model: Module, ...inputs: Tensor[]): Summary {
  takes('summary', arguments);
  const rows: SummaryRow[] = [];
  const modules = [...model.namedModules()];
  const modes = modules.map(([, module]) => module.training);
  const undo = modules.map(([name, module]) => watch(name, module, rows));
  try {
    model.eval();
    scope(() => noGrad(() => (model as { forward(...x: Tensor[]): unknown }).forward(...inputs)));
  } finally {
    for (const remove of undo) remove();
    modules.forEach(([, module], i) => {
      module.training = modes[i];
    });
  }
  const parameters = count(model.parameters());
  const total = rows.reduce((n, row) => n + row.multiplyAdds, 0);
  return { rows, parameters, multiplyAdds: total, toString: () => format(rows, parameters, total) };
}

function format(rows: readonly SummaryRow[], parameters: number, total: number): string {
  const number = (n: number) => n.toLocaleString('en-US');
  const cells = [
    ['name', 'layer', 'output', 'parameters', 'multiply-adds'],
    ...rows.map((row) => [
      row.name,
      row.layer,
      `[${row.output.join(', ')}]`,
      number(row.parameters),
      number(row.multiplyAdds),
    ]),
    ['', 'total', '', number(parameters), number(total)],
  ];
  const widths = cells[0].map((_, i) => Math.max(...cells.map((row) => row[i].length)));
  const line = (row: string[]) =>
    row
      .map((cell, i) => (i < 3 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd();
  const rule = widths.map((n) => '─'.repeat(n)).join('──');
  return [
    line(cells[0]),
    rule,
    ...cells.slice(1, -1).map(line),
    rule,
    line(cells[cells.length - 1]),
  ].join('\n');
}

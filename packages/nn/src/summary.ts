/** A table of a model: what each layer makes, how many numbers it learns, how much it multiplies. */

import { noGrad } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import { isTensor, scope } from '@dl/tensor';
import { Conv2d } from './layers/conv';
import { Linear } from './layers/linear';
import type { Module } from './module';

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
  readonly multiplyAdds: number;
  toString(): string;
}

function multiplyAdds(module: Module, output: Tensor): number {
  if (module instanceof Linear) return output.size * module.inFeatures;
  if (!(module instanceof Conv2d)) return 0;
  return output.size * module.weight.shape.slice(1).reduce((a, b) => a * b, 1);
}

/**
 * Runs a model once and reports its layers (modules without modules inside), in the order in which they ran.
 *
 * @param model - any module. @param inputs - what its forward takes.
 * @example console.log(String(summary(model, zeros([1, 1, 28, 28]))));
 */
export function summary(model: Module, ...inputs: Tensor[]): Summary {
  const rows: SummaryRow[] = [];
  const remove = Array.from(model.namedModules(), ([name, module]) => {
    if (module.children().length > 0) return () => {};
    return module.registerForwardHook((_, __, output) => {
      if (!isTensor(output)) return;
      const parameters = module.parameters().reduce((n, x) => n + x.size, 0);
      const layer = `${module.constructor.name} ${module.describe()}`.trim();
      rows.push({
        name,
        layer,
        output: output.shape,
        parameters,
        multiplyAdds: multiplyAdds(module, output),
      });
    });
  });
  try {
    scope(() => noGrad(() => (model as { forward(...x: Tensor[]): unknown }).forward(...inputs)));
  } finally {
    for (const undo of remove) undo();
  }
  const parameters = model.parameters().reduce((n, x) => n + x.size, 0);
  const total = rows.reduce((n, row) => n + row.multiplyAdds, 0);
  return { rows, parameters, multiplyAdds: total, toString: () => format(rows, parameters, total) };
}

function format(rows: readonly SummaryRow[], parameters: number, total: number): string {
  const count = (n: number) => n.toLocaleString('en-US');
  const cells = [
    ['name', 'layer', 'output', 'parameters', 'multiply-adds'],
    ...rows.map((row) => [
      row.name,
      row.layer,
      `[${row.output.join(', ')}]`,
      count(row.parameters),
      count(row.multiplyAdds),
    ]),
    ['', 'total', '', count(parameters), count(total)],
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

/** Sums of products named by letters, and contractions named by axes. */

import { ShapeError, ValueError } from '../../core/errors';
import { isCount, normalizeAxis, sizeOf } from '../../core/layout';
import { scope } from '../../core/lifetime';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { matmul } from '../declared/blas';
import { alias, permute, reshape, squeeze } from '../declared/movement';
import { mul } from '../declared/pointwise';
import { sum } from '../declared/reduction';
import { diagonal } from './diagonal';

/** A tensor whose axes have names. */
interface Named {
  readonly x: Tensor;
  readonly labels: readonly string[];
}

const LETTERS = /^[a-zA-Z]*(?:\.\.\.)?[a-zA-Z]*$/;

/** The label of ellipsis axis `i`, counted from the right. */
const hidden = (i: number): string => `.${i}`;

function bad(equation: string, problem: string): ValueError {
  return new ValueError('einsum', problem, { args: { equation } });
}

/** Splits letters and an ellipsis that stands for `count` axes. */
function labelsOf(part: string, count: number): string[] {
  const dots = part.indexOf('...');
  if (dots < 0) return [...part];
  const middle = Array.from({ length: count }, (_, i) => hidden(count - 1 - i));
  return [...part.slice(0, dots), ...middle, ...part.slice(dots + 3)];
}

function parse(
  equation: string,
  operands: readonly Tensor[],
): { inputs: string[][]; output: string[] } {
  const [left, right, ...more] = equation.replaceAll(' ', '').split('->');
  const parts = left.split(',');
  if (more.length > 0 || ![...parts, right ?? ''].every((part) => LETTERS.test(part))) {
    throw bad(equation, 'the equation is not made of letters, commas, one arrow and ellipses');
  }
  if (parts.length !== operands.length) {
    throw bad(equation, `it names ${parts.length} operands, but there are ${operands.length}`);
  }
  let widest = 0;
  const inputs = parts.map((part, i) => {
    const letters = part.replace('...', '').length;
    const rest = operands[i].ndim - letters;
    if (rest < 0 || (rest > 0 && !part.includes('...'))) {
      throw new ShapeError('einsum', `operand ${i} does not have the axes of '${part}'`, {
        args: { equation, operand: operands[i] },
      });
    }
    if (part.includes('...')) widest = Math.max(widest, rest);
    return labelsOf(part, rest);
  });
  const output = right === undefined ? implicitOutput(inputs, widest) : labelsOf(right, widest);
  const known = new Set(inputs.flat());
  if (new Set(output).size !== output.length || output.some((label) => !known.has(label))) {
    throw bad(equation, 'an output letter is repeated, or not among the inputs');
  }
  return { inputs, output };
}

/** Ellipsis axes, then the letters that occur once, in alphabetical order. */
function implicitOutput(inputs: readonly string[][], widest: number): string[] {
  const all = inputs.flat();
  const once = all.filter(
    (label) => !label.startsWith('.') && all.indexOf(label) === all.lastIndexOf(label),
  );
  return [...labelsOf('...', widest), ...once.sort()];
}

/** The size of every label; sizes of 1 stretch. */
function sizesOf(inputs: readonly string[][], operands: readonly Tensor[]): Map<string, number> {
  const sizes = new Map<string, number>();
  inputs.forEach((labels, k) => {
    labels.forEach((label, i) => {
      const size = operands[k].shape[i];
      const known = sizes.get(label) ?? 1;
      if (known !== 1 && size !== 1 && known !== size) {
        throw new ShapeError('einsum', `axis '${label}' has the sizes ${known} and ${size}`, {
          args: { operands: [...operands] },
        });
      }
      sizes.set(label, known === 1 ? size : known);
    });
  });
  return sizes;
}

/** Takes diagonals of repeated labels, and drops axes of size 1 that others stretch. */
function prepare(x: Tensor, labels: readonly string[], sizes: Map<string, number>): Named {
  let named: Named = { x: alias(x), labels };
  for (const label of new Set(labels)) {
    for (
      let first = named.labels.indexOf(label);
      named.labels.lastIndexOf(label) > first;
      first = named.labels.indexOf(label)
    ) {
      const second = named.labels.lastIndexOf(label);
      const rest = named.labels.filter((_, i) => i !== first && i !== second);
      named = { x: diagonal(named.x, 0, first, second), labels: [...rest, label] };
    }
  }
  const dropped = named.labels.flatMap((label, i) =>
    named.x.shape[i] === 1 && sizes.get(label) !== 1 ? [i] : [],
  );
  if (dropped.length === 0) return named;
  return {
    x: squeeze(named.x, dropped),
    labels: named.labels.filter((_, i) => !dropped.includes(i)),
  };
}

function sumOut({ x, labels }: Named, keep: ReadonlySet<string>): Named {
  const axes = labels.flatMap((label, i) => (keep.has(label) ? [] : [i]));
  if (axes.length === 0) return { x, labels };
  return { x: sum(x, axes), labels: labels.filter((label) => keep.has(label)) };
}

function arrange({ x, labels }: Named, order: readonly string[]): Tensor {
  return permute(
    x,
    order.map((label) => labels.indexOf(label)),
  );
}

/** Multiplies two operands and sums over the labels that nobody else needs, as one batched matrix product. */
function contract(a: Named, b: Named, keep: ReadonlySet<string>): Named {
  const [left, right] = [
    sumOut(a, new Set([...keep, ...b.labels])),
    sumOut(b, new Set([...keep, ...a.labels])),
  ];
  const shared = left.labels.filter((label) => right.labels.includes(label));
  const batch = shared.filter((label) => keep.has(label));
  const inner = shared.filter((label) => !keep.has(label));
  const rows = left.labels.filter((label) => !shared.includes(label));
  const columns = right.labels.filter((label) => !shared.includes(label));
  const size = (labels: readonly string[], from: Named) =>
    labels.map((label) => from.x.shape[from.labels.indexOf(label)]);
  const shape = [...size(batch, left), ...size(rows, left), ...size(columns, right)];
  const labels = [...batch, ...rows, ...columns];
  const count = (list: readonly string[], from: Named) => sizeOf(size(list, from));
  const [n, m, k, p] = [
    count(batch, left),
    count(rows, left),
    count(inner, left),
    count(columns, right),
  ];
  const x = arrange(left, [...batch, ...rows, ...inner]);
  if (inner.length === 0) {
    const y = arrange(right, [...batch, ...columns]);
    return { x: reshape(mul(reshape(x, [n, m, 1]), reshape(y, [n, 1, p])), shape), labels };
  }
  const y = arrange(right, [...batch, ...inner, ...columns]);
  return { x: reshape(matmul(reshape(x, [n, m, k]), reshape(y, [n, k, p])), shape), labels };
}

/**
 * Σ of products in Einstein's notation: letters name axes; those missing behind the arrow are summed over. Operands are
 * contracted from left to right, each pair by one batched matrix product.
 *
 * @param equation - as 'bij,bjk->bik'; a letter twice in one operand takes the diagonal, '...' stands for any axes, which
 * broadcast; without an arrow the letters that occur once are kept, in alphabetical order.
 * @throws ShapeError where sizes of one letter differ. @throws ValueError for an equation that cannot be read.
 * @example einsum('ij,kj->ik', x, w) // x·wᵀ
 */
export function einsum(equation: string, ...operands: Tensor[]): Tensor {
  takes('einsum', arguments);
  const { inputs, output } = parse(equation, operands);
  const sizes = sizesOf(inputs, operands);
  return scope(() => {
    const named = operands.map((x, i) => prepare(x, inputs[i], sizes));
    let result = named[0];
    for (let i = 1; i < named.length; i++) {
      const later = named.slice(i + 1).flatMap((operand) => operand.labels);
      result = contract(result, named[i], new Set([...output, ...later]));
    }
    return arrange(sumOut(result, new Set(output)), output);
  });
}

/**
 * Sums products over pairs of axes.
 *
 * @param axes - how many of the last axes of a meet the first of b (default 2), or the axes of a and those of b.
 * @returns the remaining axes of a, then those of b. @throws ShapeError where sizes differ.
 */
export function tensordot(
  a: Tensor,
  b: Tensor,
  axes: number | readonly [readonly number[], readonly number[]] = 2,
): Tensor {
  takes('tensordot', arguments);
  const most = Math.min(a.ndim, b.ndim);
  const fits = typeof axes === 'number' ? isCount(axes) && axes <= most : axes.length === 2;
  if (!fits) {
    throw new ValueError('tensordot', 'there are no such axes', {
      args: { a, b, axes },
      expected: `a number from 0 to ${most}, or two lists: axes of a, axes of b`,
    });
  }
  const [left, right] =
    typeof axes === 'number'
      ? [
          Array.from({ length: axes }, (_, i) => a.ndim - axes + i),
          Array.from({ length: axes }, (_, i) => i),
        ]
      : axes;
  const from = left.map((axis) => normalizeAxis('tensordot', axis, a.ndim));
  const to = right.map((axis) => normalizeAxis('tensordot', axis, b.ndim));
  if (from.length !== to.length || from.some((axis, i) => a.shape[axis] !== b.shape[to[i]])) {
    throw new ShapeError('tensordot', 'the sizes of the axes to contract differ', {
      args: { a, b, axes },
    });
  }
  const keptA = a.shape.map((_, i) => i).filter((i) => !from.includes(i));
  const keptB = b.shape.map((_, i) => i).filter((i) => !to.includes(i));
  const [m, n] = [keptA.map((i) => a.shape[i]), keptB.map((i) => b.shape[i])];
  const k = sizeOf(from.map((i) => a.shape[i]));
  return scope(() => {
    const x = reshape(permute(a, [...keptA, ...from]), [sizeOf(m), k]);
    const y = reshape(permute(b, [...to, ...keptB]), [k, sizeOf(n)]);
    return reshape(matmul(x, y), [...m, ...n]);
  });
}

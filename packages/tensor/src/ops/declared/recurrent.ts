/**
 * Recurrent networks over whole sequences. What depends on the inputs alone is one product for all time steps; the fused
 * operations are the recurrence. Sequences are [T, N, …]: time first.
 */

import { ShapeError, ValueError } from '../../core/errors';
import { scope } from '../../core/lifetime';
import { run } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { expectFloat, expectSameDType } from '../operand';
import type { FusedDeclaration, Spec } from '../table';
import { relu } from './activation';
import { linear } from './blas';
import { zeros } from './creation';
import { alias, narrow, reshape, select, stack } from './movement';
import { add, mul, sigmoid, sub, tanh } from './pointwise';

/** Checks the sizes of a recurrence; `gates` blocks of H rows in the weights. */
function checkRecurrence(
  op: string,
  gates: number,
  args: { projection: Tensor; states: readonly Tensor[]; weight: Tensor; bias?: Tensor },
): { time: number; batch: number; hidden: number } {
  const { projection, states, weight, bias } = args;
  expectFloat(op, projection);
  const named = { projection, h0: states[0], c0: states[1], weight, bias };
  expectSameDType(op, named);
  const [time, batch, width] = projection.shape;
  const hidden = weight.shape[1];
  const fits =
    projection.ndim === 3 &&
    weight.ndim === 2 &&
    weight.shape[0] === gates * hidden &&
    width === gates * hidden &&
    states.every((s) => s.ndim === 2 && s.shape[0] === batch && s.shape[1] === hidden) &&
    (!bias || (bias.ndim === 1 && bias.shape[0] === gates * hidden));
  if (!fits) {
    const rows = gates === 1 ? 'H' : `${gates}H`;
    throw new ShapeError(op, 'sizes do not fit', {
      args: named,
      expected: `input gates: [T, N, ${rows}], states: [N, H], recurrent weight: [${rows}, H], bias: [${rows}]`,
    });
  }
  return { time, batch, hidden };
}

/** The blocks of H columns of a step's gates. */
function blocks(x: Tensor, count: number): Tensor[] {
  const size = x.shape[1] / count;
  return Array.from({ length: count }, (_, i) => narrow(x, 1, i * size, size));
}

/** The outputs of all steps, one tensor each; empty ones where there are no steps. */
function stacked(
  steps: readonly (readonly Tensor[])[],
  specs: readonly Spec[],
  like: Tensor,
): Tensor[] {
  return specs.map((spec, i) =>
    steps.length > 0
      ? stack(steps.map((step) => step[i]))
      : zeros(spec.shape, { dtype: spec.dtype, device: like.device }),
  );
}

export const rnnOp: FusedDeclaration<'rnn'> = {
  kind: 'fused',
  name: 'rnn',
  infer([projection, h0, weight, bias]) {
    const args = { projection, states: [h0], weight, ...(bias && { bias }) };
    const { time, batch, hidden } = checkRecurrence('rnn', 1, args);
    return [{ shape: [time, batch, hidden], dtype: projection.dtype }];
  },
  define(inputs, { nonlinearity }) {
    const [projection, h0, weight, bias] = inputs;
    const activate = nonlinearity === 'relu' ? relu : tanh;
    const steps: Tensor[][] = [];
    let h = h0;
    for (let t = 0; t < projection.shape[0]; t++) {
      h = activate(add(select(projection, 0, t), linear(h, weight, bias)));
      steps.push([h]);
    }
    return stacked(steps, rnnOp.infer(inputs, { nonlinearity }), projection) as [Tensor];
  },
};

export const lstmOp: FusedDeclaration<'lstm'> = {
  kind: 'fused',
  name: 'lstm',
  savedOutputs: 1,
  infer([projection, h0, c0, weight, bias]) {
    const args = { projection, states: [h0, c0], weight, ...(bias && { bias }) };
    const { time, batch, hidden } = checkRecurrence('lstm', 4, args);
    const { dtype } = projection;
    const state = { shape: [time, batch, hidden], dtype };
    return [state, state, { shape: [time, batch, 4 * hidden], dtype }];
  },
  define(inputs) {
    const [projection, h0, c0, weight, bias] = inputs;
    const steps: Tensor[][] = [];
    let [h, c] = [h0, c0];
    for (let t = 0; t < projection.shape[0]; t++) {
      const sums = add(select(projection, 0, t), linear(h, weight, bias));
      const [input, forget, cell, output] = blocks(sums, 4);
      const gates = [sigmoid(input), sigmoid(forget), tanh(cell), sigmoid(output)];
      c = add(mul(gates[1], c), mul(gates[0], gates[2]));
      h = mul(gates[3], tanh(c));
      steps.push([h, c, reshape(stack(gates, 1), sums.shape)]);
    }
    return stacked(steps, lstmOp.infer(inputs, {}), projection) as [Tensor, Tensor, Tensor];
  },
};

export const gruOp: FusedDeclaration<'gru'> = {
  kind: 'fused',
  name: 'gru',
  savedOutputs: 1,
  infer([projection, h0, weight, bias]) {
    const args = { projection, states: [h0], weight, ...(bias && { bias }) };
    const { time, batch, hidden } = checkRecurrence('gru', 3, args);
    const { dtype } = projection;
    return [
      { shape: [time, batch, hidden], dtype },
      { shape: [time, batch, 4 * hidden], dtype },
    ];
  },
  define(inputs, attributes) {
    const [projection, h0, weight, bias] = inputs;
    const hidden = weight.shape[1];
    const [both, last] = [narrow(weight, 0, 0, 2 * hidden), narrow(weight, 0, 2 * hidden, hidden)];
    const bothBias = bias && narrow(bias, 0, 0, 2 * hidden);
    const lastBias = bias && narrow(bias, 0, 2 * hidden, hidden);
    const steps: Tensor[][] = [];
    let h = h0;
    for (let t = 0; t < projection.shape[0]; t++) {
      const [forR, forZ, forN] = blocks(select(projection, 0, t), 3);
      const [fromR, fromZ] = blocks(linear(h, both, bothBias), 2);
      const r = sigmoid(add(forR, fromR));
      const z = sigmoid(add(forZ, fromZ));
      const inner = linear(attributes.resetAfter ? h : mul(r, h), last, lastBias);
      const n = tanh(add(forN, attributes.resetAfter ? mul(r, inner) : inner));
      h = add(n, mul(z, sub(h, n)));
      steps.push([h, reshape(stack([r, z, n, inner], 1), [h.shape[0], 4 * hidden])]);
    }
    return stacked(steps, gruOp.infer(inputs, attributes), projection) as [Tensor, Tensor];
  },
};

/** Parameters of one layer in one direction, as PyTorch stores them: gates are blocks of H rows. */
export interface RecurrentWeights {
  /** From the input: [gates · H, I]. */
  readonly weightIh: Tensor;
  /** From the last hidden state: [gates · H, H]. */
  readonly weightHh: Tensor;
  /** Beside the first: [gates · H]. Default none. */
  readonly biasIh?: Tensor;
  /** Beside the second: [gates · H]. Default none. */
  readonly biasHh?: Tensor;
}

/** What a recurrence gives: all hidden states [T, N, H], and the last one [N, H]. */
export interface Recurrence {
  readonly output: Tensor;
  readonly hidden: Tensor;
}

/** The first state where none is given. */
function start(x: Tensor, weightHh: Tensor): Tensor {
  const { dtype, device } = x;
  return zeros([x.shape[1], weightHh.shape[1]], { dtype, device });
}

/** The last of all states, or the first where there are no steps. */
function lastOf(states: Tensor, first: Tensor): Tensor {
  return states.shape[0] === 0 ? alias(first) : select(states, 0, states.shape[0] - 1);
}

function checkInput(op: string, x: Tensor): void {
  if (x.ndim === 3) return;
  throw new ShapeError(op, 'x must have three axes', { args: { x }, expected: 'x: [T, N, I]' });
}

/**
 * A plain recurrent network: h_t = φ(W_ih x_t + b_ih + W_hh h_(t−1) + b_hh).
 *
 * @param x - [T, N, I]. @param weights - one block of H rows. @param h0 - [N, H], default zeros.
 * @param options - `nonlinearity`, φ: 'tanh' (default) or 'relu'. @throws ShapeError where sizes do not fit.
 * @example const { output, hidden } = rnn(x, { weightIh, weightHh });
 */
export function rnn(
  x: Tensor,
  weights: RecurrentWeights,
  h0?: Tensor,
  options: { readonly nonlinearity?: 'tanh' | 'relu' } = {},
): Recurrence {
  takes('rnn', arguments);
  const { nonlinearity = 'tanh' } = options;
  checkInput('rnn', x);
  return scope(() => {
    const first = h0 ?? start(x, weights.weightHh);
    const projection = linear(x, weights.weightIh, weights.biasIh);
    const inputs = [projection, first, weights.weightHh, weights.biasHh] as const;
    const [output] = run(rnnOp, [...inputs], { nonlinearity });
    return { output, hidden: lastOf(output, first) };
  });
}

/**
 * Long short-term memory: i, f, o = σ(…), g = tanh(…) of W_ih x_t + b_ih + W_hh h_(t−1) + b_hh; c_t = f·c_(t−1) + i·g;
 * h_t = o·tanh(c_t).
 *
 * @param x - [T, N, I]. @param weights - four blocks of H rows, in the order i, f, g, o. @param state - [h0, c0], each [N, H];
 * default zeros. @returns also the last cell state [N, H]. @throws ShapeError where sizes do not fit.
 * Source: Hochreiter and Schmidhuber 1997; Gers et al. 2000.
 * @example const { output, hidden, cell } = lstm(x, weights, [h0, c0]);
 */
export function lstm(
  x: Tensor,
  weights: RecurrentWeights,
  state?: readonly [h0: Tensor, c0: Tensor],
): Recurrence & { readonly cell: Tensor } {
  takes('lstm', arguments);
  checkInput('lstm', x);
  if (state && state.length !== 2) {
    throw new ValueError('lstm', 'the state is two tensors', {
      args: { state },
      expected: '[h0, c0]',
    });
  }
  return scope(() => {
    const [h0, c0] = state ?? [start(x, weights.weightHh), start(x, weights.weightHh)];
    const projection = linear(x, weights.weightIh, weights.biasIh);
    const [output, cells] = run(lstmOp, [projection, h0, c0, weights.weightHh, weights.biasHh], {});
    return { output, hidden: lastOf(output, h0), cell: lastOf(cells, c0) };
  });
}

/**
 * Gated recurrent units: r, z = σ(W_ih x_t + b_ih + W_hh h_(t−1) + b_hh); h_t = (1 − z)·n + z·h_(t−1), with
 * n = tanh(W_in x_t + b_in + r·(W_hn h_(t−1) + b_hn)), or n = tanh(W_in x_t + b_in + W_hn (r·h_(t−1)) + b_hn) with `resetAfter: false`.
 *
 * @param x - [T, N, I]. @param weights - three blocks of H rows, in the order r, z, n. @param h0 - [N, H], default zeros.
 * @param options - `resetAfter`: whether r multiplies after the product, as in PyTorch and cuDNN (default), or before it, as first published.
 * @throws ShapeError where sizes do not fit. Source: Cho et al. 2014.
 * @example const { output, hidden } = gru(x, weights);
 */
export function gru(
  x: Tensor,
  weights: RecurrentWeights,
  h0?: Tensor,
  options: { readonly resetAfter?: boolean } = {},
): Recurrence {
  takes('gru', arguments);
  const { resetAfter = true } = options;
  checkInput('gru', x);
  return scope(() => {
    const first = h0 ?? start(x, weights.weightHh);
    const projection = linear(x, weights.weightIh, weights.biasIh);
    const inputs = [projection, first, weights.weightHh, weights.biasHh] as const;
    const [output] = run(gruOp, [...inputs], { resetAfter });
    return { output, hidden: lastOf(output, first) };
  });
}

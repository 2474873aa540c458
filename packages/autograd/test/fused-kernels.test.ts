import {
  gru,
  logSoftmax,
  lstm,
  manualSeed,
  normalizeLayer,
  randn,
  rnn,
  scope,
  softmax,
  type Tensor,
  zeros,
} from '@dl/tensor';
import { beforeEach, describe, expect, it } from 'vitest';
import '../src/index';

// The table-driven tests draw small sizes; here whole tiles, rests, several rows a thread.

type Graph = (...inputs: Tensor[]) => Tensor;

/** The sum of a random projection of f, and its gradients in all inputs. */
function gradients(f: Graph, inputs: readonly Tensor[], weights: Tensor): Float32Array[] {
  const leaves = inputs.map((x) => Object.assign(x.detach().clone(), { requiresGrad: true }));
  const output = f(...leaves);
  output.mul(weights).sum().backward();
  return [output, ...leaves.map((x) => x.grad as Tensor)].map((x) => x.dataSync() as Float32Array);
}

/** Compares values and gradients on the CPU with those of the definition on the reference backend. */
function agree(f: Graph, inputs: readonly Tensor[]): void {
  scope(() => {
    const weights = randn(f(...inputs).shape);
    const found = gradients(f, inputs, weights);
    const exact = gradients(
      f,
      inputs.map((x) => x.cast('float64').to('reference')),
      weights.cast('float64').to('reference'),
    );
    found.forEach((values, k) => {
      const scale = exact[k].reduce((a, b) => Math.max(a, Math.abs(b)), 0.1);
      let worst = 0;
      values.forEach((value, i) => {
        worst = Math.max(worst, Math.abs(value - exact[k][i]) / scale);
      });
      expect(worst, `result ${k}`).toBeLessThan(2e-5);
    });
  });
}

beforeEach(() => manualSeed(1));

describe('recurrent networks', () => {
  const sizes = [
    [1, 1, 4],
    [5, 3, 8],
    [7, 13, 36],
    [3, 30, 64],
  ];
  const weights = (gates: number, hidden: number) => [
    randn([gates * hidden, hidden]).div(Math.sqrt(hidden)),
    randn([gates * hidden, hidden]).div(Math.sqrt(hidden)),
    randn([gates * hidden]),
    randn([gates * hidden]),
  ];
  const cell = (parts: readonly Tensor[]) => {
    const [weightIh, weightHh, biasIh, biasHh] = parts;
    return { weightIh, weightHh, ...(biasIh && { biasIh, biasHh }) };
  };

  it.each(sizes)('LSTM of %i steps, %i sequences, %i units', (time, batch, hidden) => {
    const states = [randn([batch, hidden]), randn([batch, hidden])];
    const inputs = [randn([time, batch, hidden]), ...states, ...weights(4, hidden)];
    agree((x, h0, c0, ...w) => lstm(x, cell(w), [h0, c0]).output, inputs);
    agree((x, h0, c0, ...w) => lstm(x, cell(w), [h0, c0]).cell, inputs.slice(0, 5));
  });

  for (const resetAfter of [true, false]) {
    it.each(sizes)(
      `GRU, resetAfter ${resetAfter}, of %i steps, %i sequences, %i units`,
      (time, batch, hidden) => {
        const inputs = [
          randn([time, batch, hidden]),
          randn([batch, hidden]),
          ...weights(3, hidden),
        ];
        agree((x, h0, ...w) => gru(x, cell(w), h0, resetAfter).output, inputs);
        agree((x, h0, ...w) => gru(x, cell(w), h0, resetAfter).output, inputs.slice(0, 4));
      },
    );
  }

  for (const nonlinearity of ['tanh', 'relu'] as const) {
    it.each(sizes)(
      `${nonlinearity} network of %i steps, %i sequences, %i units`,
      (time, batch, hidden) => {
        const inputs = [
          randn([time, batch, hidden]),
          randn([batch, hidden]),
          ...weights(1, hidden),
        ];
        agree((x, h0, ...w) => rnn(x, cell(w), h0, nonlinearity).output, inputs);
        agree((x, h0, ...w) => rnn(x, cell(w), h0, nonlinearity).output, inputs.slice(0, 4));
      },
    );
  }
});

describe('rows', () => {
  const sizes = [
    [1, 1],
    [3, 4],
    [37, 131],
    [300, 64],
  ];

  it.each(sizes)('layer norm of %i rows of %i', (rows, length) => {
    const parts = [randn([rows, length]), randn([length]), randn([length])];
    // One number has no variance: eps alone keeps it finite.
    agree((x, w, b) => normalizeLayer(x, 1, w, b, 0.1), parts);
    agree((x, w) => normalizeLayer(x, 1, w, undefined, 0.1), parts.slice(0, 2));
    agree((x) => normalizeLayer(x, 1, undefined, undefined, 0.1), parts.slice(0, 1));
    agree((x) => normalizeLayer(x.reshape([1, rows, length]), 2), parts.slice(0, 1));
  });

  it.each(sizes)('softmax and its logarithm of %i rows of %i', (rows, length) => {
    const x = randn([rows, length]).mul(5);
    agree((y) => softmax(y, -1), [x]);
    agree((y) => logSoftmax(y, -1), [x]);
    const far = x.add(zeros([rows, 1]).add(1e3));
    agree((y) => logSoftmax(y, -1), [far.round()]);
  });
});

import '@dl/autograd';
import { readFileSync } from 'node:fs';
import type { Tensor } from '@dl/tensor';
import { tensor } from '@dl/tensor';
import { expectClose } from '@dl/testing';
import { describe, expect, it } from 'vitest';
import * as nn from '../src/index';

// Values, gradients and state of PyTorch 1.13 in float64, written by packages/nn/test/fixtures/modules.py.

interface Data {
  shape: number[];
  dtype: 'float64' | 'int32';
  data: number[];
}
interface Case {
  name: string;
  args: unknown[];
  train: boolean;
  inputs: Data[];
  before: Record<string, Data>;
  output: Data;
  weights: Data;
  inputGradients: (Data | null)[];
  gradients: Record<string, Data | null>;
  after: Record<string, Data>;
}

const file = new URL('./fixtures/modules.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] };

const from = ({ shape, dtype, data }: Data) => tensor(Float64Array.from(data), { shape, dtype });

function expectEqual(found: Tensor | null | undefined, expected: Data | null, error: number): void {
  if (!expected || !found) expect(found ?? null).toBe(expected);
  else expectClose(found, from(expected), { rtol: error, atol: error });
}

type AnyModule = nn.Module & { forward(...x: Tensor[]): Tensor };
type Constructor = new (...args: unknown[]) => AnyModule;

/** The module with the state of before; weights of losses are arguments in ours. */
function build({ name, args, before, train }: Case): AnyModule {
  const Class = (nn as unknown as Record<string, Constructor>)[name];
  const given = name.endsWith('Loss') ? [{ ...(args[0] as object), ...weights(before) }] : args;
  const module = new Class(...given).to({ dtype: 'float64' }).train(train);
  expect(Object.keys(module.stateDict())).toEqual(Object.keys(before));
  module.loadStateDict(Object.fromEntries(Object.entries(before).map(([k, d]) => [k, from(d)])));
  return module;
}

const weights = ({ weight, pos_weight }: Record<string, Data>) => ({
  weight: weight && from(weight),
  posWeight: pos_weight && from(pos_weight),
});

describe('modules equal PyTorch’s', () => {
  it.each(cases)('$name $args, training $train', (expected) => {
    const module = build(expected);
    // PyTorch 1.13 rounds the 1/6 of this derivative to float32.
    const error = expected.name === 'Hardsigmoid' ? 1e-7 : 1e-10;
    const inputs = expected.inputs.map((data, i) => {
      const x = from(data);
      if (expected.inputGradients[i]) x.requiresGrad = true;
      return x;
    });
    const y = module.forward(...inputs);
    expectEqual(y, expected.output, error);
    y.mul(from(expected.weights)).sum().backward();
    inputs.forEach((x, i) => {
      expectEqual(x.grad, expected.inputGradients[i], error);
    });
    for (const [key, p] of module.namedParameters())
      expectEqual(p.grad, expected.gradients[key], error);
    const state = module.stateDict();
    for (const [key, data] of Object.entries(expected.after)) expectEqual(state[key], data, error);
  });
});

import '@dl/autograd';
import { readFileSync } from 'node:fs';
import type { Tensor } from '@dl/tensor';
import { tensor } from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import * as nn from '../src/index';

// Values and gradients of PyTorch 1.13 in float64, written by packages/nn/test/fixtures/layers.py.

interface Data {
  shape: number[];
  data: number[];
}
interface LayerCase {
  name: string;
  args: unknown[];
  input: Data;
  output: Data;
  weights: Data;
  inputGradient: Data;
  parameters: Record<string, Data>;
  gradients: Record<string, Data>;
}
interface LossCase {
  name: string;
  args: Record<string, unknown>;
  input: Data;
  target: Data;
  ids: boolean;
  output: Data;
  inputGradient: Data;
}

const file = new URL('./fixtures/layers.json', import.meta.url);
const { layers, losses } = JSON.parse(readFileSync(file, 'utf8')) as {
  layers: LayerCase[];
  losses: LossCase[];
};

const from = ({ shape, data }: Data, dtype: 'float64' | 'int32' = 'float64') =>
  tensor(Float64Array.from(data), { shape, dtype });

function leaf(data: Data): Tensor {
  const x = from(data);
  x.requiresGrad = true;
  return x;
}

function expectClose(found: Tensor | null, expected: Data): void {
  expect(found?.shape).toEqual(expected.shape);
  found?.dataSync().forEach((value, i) => {
    const exact = expected.data[i];
    expect(Math.abs(value - exact)).toBeLessThanOrEqual(1e-10 * Math.max(1, Math.abs(exact)));
  });
}

type Constructor = new (...args: unknown[]) => nn.Module & { forward(...x: Tensor[]): Tensor };
const build = (name: string, args: unknown[]) =>
  new (nn as unknown as Record<string, Constructor>)[name](...args);

describe('layers', () => {
  it.each(layers)('$name $args', ({ name, args, ...expected }) => {
    const last = args.at(-1);
    const wide = name === 'Linear' || name.startsWith('Conv');
    const options = typeof last === 'object' && !Array.isArray(last) ? last : {};
    const plain = options === last ? args.slice(0, -1) : args;
    const layer = build(name, wide ? [...plain, { ...options, dtype: 'float64' }] : args);
    if (name === 'PReLU')
      Object.assign(layer, { weight: nn.parameter(from(expected.parameters.weight)) });
    const parameters = Object.entries(expected.parameters);
    expect(Object.keys(layer.stateDict())).toEqual(parameters.map(([key]) => key));
    layer.loadStateDict(Object.fromEntries(parameters.map(([key, data]) => [key, from(data)])));
    const x = leaf(expected.input);
    const y = layer.forward(x);
    expectClose(y, expected.output);
    y.mul(from(expected.weights)).sum().backward();
    expectClose(x.grad, expected.inputGradient);
    for (const [key, p] of layer.namedParameters()) expectClose(p.grad, expected.gradients[key]);
  });
});

describe('losses', () => {
  it.each(losses)('$name $args', ({ name, args, ids, ...expected }) => {
    const tensors = Object.fromEntries(
      Object.entries(args).map(([key, value]) => [
        key,
        Array.isArray(value) ? tensor(value, { dtype: 'float64' }) : value,
      ]),
    );
    const x = leaf(expected.input);
    const target = from(expected.target, ids ? 'int32' : 'float64');
    const loss = build(name, [tensors]).forward(x, target);
    expectClose(loss, expected.output);
    loss.sum().backward();
    expectClose(x.grad, expected.inputGradient);
  });
});

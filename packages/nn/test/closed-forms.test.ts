import { randn, type Tensor } from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import { BatchNorm1d, init, Linear, ReLU, Residual, Sequential } from '../src/index';

const options = { dtype: 'float64' } as const;

function close(found: Tensor, expected: Tensor, digits = 10): void {
  expect(found.shape).toEqual(expected.shape);
  const want = expected.dataSync();
  found.dataSync().forEach((v, i) => {
    expect(v).toBeCloseTo(want[i], digits);
  });
}

describe('closed forms of layers', () => {
  it('a residual network of zeros is the identity', () => {
    const body = () =>
      new Sequential(new Linear(4, 4, options), new ReLU(), new Linear(4, 4, options));
    const net = new Sequential(new Residual(body()), new Residual(body()));
    for (const p of net.parameters()) init.zeros(p);
    const x = randn([3, 4], options);
    close(net.forward(x), x);
  });

  it('batch norm is undone by γ = σ, β = μ', () => {
    const x = randn([50, 4], options).mul(3).add(2);
    const norm = new BatchNorm1d(4, options);
    const mean = x.mean(0);
    const deviation = x.sub(mean).square().mean(0).add(norm.eps).sqrt();
    norm.loadStateDict({ weight: deviation, bias: mean }, { strict: false });
    close(norm.forward(x), x);
  });
});

import '@dl/autograd';
import { Linear, mseLoss, Sequential, Tanh } from '@dl/nn';
import type { Tensor } from '@dl/tensor';
import { Generator, manualSeed, randn, tensor, UsageError, ValueError, zeros } from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import { clipGradNorm, LBFGS, randomizeGradNorm, SGD, scaleByFanIn } from '../src/index';

const exact = { dtype: 'float64' } as const;
const at = (x: Tensor, i: number) => x.select(0, i);

describe('LBFGS', () => {
  it('fits a small network to many digits in a few steps', () => {
    manualSeed(0);
    const model = new Sequential(new Linear(2, 8), new Tanh(), new Linear(8, 1)).to(exact);
    const x = randn([50, 2], exact);
    const y = at(x.transpose(0, 1), 0)
      .mul(at(x.transpose(0, 1), 1))
      .unsqueeze(1);
    const optimizer = new LBFGS(model.namedParameters(), {
      lineSearch: 'strongWolfe',
      maxIter: 100,
    });
    const closure = () => {
      optimizer.zeroGrad();
      const loss = mseLoss(model.forward(x), y);
      loss.backward();
      return loss;
    };
    const first = optimizer.step(closure);
    for (let i = 0; i < 5; i++) optimizer.step(closure);
    expect(first.item()).toBeGreaterThan(0.1);
    expect(optimizer.step(closure).item()).toBeLessThan(1e-4);
  });

  it('wants a closure and one group', () => {
    const x = zeros([2]);
    expect(() => new LBFGS([x]).step()).toThrow(UsageError);
    expect(() => new LBFGS([{ params: [x] }, { params: [zeros([1])] }])).toThrow(ValueError);
  });

  it('refuses the state of other parameters', () => {
    const leaf = (n: number) => Object.assign(zeros([n], exact), { requiresGrad: true });
    const [x, other] = [leaf(2), new LBFGS([leaf(3)])];
    const optimizer = new LBFGS([x]);
    optimizer.step(() => {
      optimizer.zeroGrad();
      const loss = x.sub(1).square().sum();
      loss.backward();
      return loss;
    });
    expect(() => other.loadStateDict(optimizer.stateDict())).toThrow(UsageError);
  });
});

describe('gradients that explode', () => {
  const withGrad = (values: number[]) => {
    const x = Object.assign(zeros([values.length], exact), { requiresGrad: true });
    x.grad = tensor(values, exact);
    return x;
  };

  it('make a step of a given length in a random direction', () => {
    const [a, b] = [withGrad([1e9, 0]), withGrad([Number.NaN])];
    const options = { length: 0.5, generator: new Generator(1) };
    expect(randomizeGradNorm([a, b], options).item()).toBeNaN();
    const norm = Math.hypot(...[a, b].flatMap((x) => [...(x.grad as Tensor).dataSync()]));
    expect(norm).toBeCloseTo(0.5, 12);
    const calm = withGrad([3, 4]);
    expect(randomizeGradNorm([calm], options).item()).toBe(5);
    expect(calm.grad?.toArray()).toEqual([3, 4]);
    expect(randomizeGradNorm([calm], { ...options, maxNorm: 2 }).item()).toBe(5);
    expect(clipGradNorm([calm], 10).item()).toBeCloseTo(0.5, 12);
    expect(() => randomizeGradNorm([calm], { length: 0 })).toThrow(ValueError);
  });

  it('are clipped by other norms, and named where they are not finite', () => {
    const x = withGrad([3, -4]);
    expect(clipGradNorm([x], 100, { normType: 1 }).item()).toBe(7);
    expect(clipGradNorm([x], 2, { normType: Number.POSITIVE_INFINITY }).item()).toBe(4);
    expect(x.grad?.toArray<number[]>()[1]).toBeCloseTo(-2, 5);
    const [nan, inf] = [withGrad([Number.NaN, 1]), withGrad([Number.POSITIVE_INFINITY, 1])];
    expect(clipGradNorm([inf], 1).item()).toBe(Number.POSITIVE_INFINITY);
    expect(inf.grad?.toArray()).toEqual([Number.NaN, 0]);
    expect(clipGradNorm([nan], 1).item()).toBeNaN();
    expect(nan.grad?.toArray()).toEqual([Number.NaN, Number.NaN]);
    expect(() => clipGradNorm([nan], 1, { errorIfNonfinite: true })).toThrow(ValueError);
    expect(clipGradNorm([], 1).item()).toBe(0);
  });
});

it('scales learning rates by the fan-in', () => {
  const model = new Sequential(new Linear(16, 4), new Linear(4, 2));
  const groups = scaleByFanIn(model.namedParameters(), 0.8);
  expect(groups.map(({ lr, params }) => [lr, params.length])).toEqual([
    [0.2, 1],
    [0.8, 2],
    [0.4, 1],
  ]);
  expect(new SGD(groups, { lr: 0.8 }).groups.map(({ options }) => options.lr)).toEqual([
    0.2, 0.8, 0.4,
  ]);
});

import { gradcheck, gradgradcheck } from '@dl/autograd';
import { conv1d, Generator, ones, randn, type Tensor, tensor } from '@dl/tensor';
import { expectClose } from '@dl/testing';
import { describe, expect, it } from 'vitest';
import { functional } from '../src/index';

const wide = { dtype: 'float64' } as const;

describe('gumbelSoftmax', () => {
  it('draws classes as often as their probabilities say', () => {
    const logits = tensor([0, Math.log(3)]).expand([20_000, 2]);
    const hard = functional.gumbelSoftmax(logits, 1, { hard: true, generator: new Generator(3) });
    const [first, second] = hard.mean(0).toArray() as number[];
    expect(first + second).toBeCloseTo(1, 5);
    expect(second).toBeCloseTo(0.75, 1);
    expectClose(hard.sum(1), ones([20_000]));
  });

  it('has the derivative of the soft sample where it is one-hot', () => {
    const x = randn([3, 4], wide);
    const weights = randn([3, 4], wide);
    const gradient = (hard: boolean) => {
      const leaf = x.clone();
      leaf.requiresGrad = true;
      const options = { hard, generator: new Generator(5) };
      functional.gumbelSoftmax(leaf, 0.7, options).mul(weights).sum().backward();
      return leaf.grad as Tensor;
    };
    expectClose(gradient(true), gradient(false));
    const soft = (y: Tensor) => functional.gumbelSoftmax(y, 2, { generator: new Generator(5) });
    expect(gradcheck(soft, [x]) && gradgradcheck(soft, [x])).toBe(true);
    expect(() => functional.gumbelSoftmax(x, 0)).toThrow(/tau must be positive/);
  });
});

it('convTbc is conv1d with time first', () => {
  const [x, weight, bias] = [randn([7, 2, 3], wide), randn([3, 3, 4], wide), randn([4], wide)];
  const expected = conv1d(x.permute([1, 2, 0]), weight.permute([2, 1, 0]), bias, { padding: 1 });
  expectClose(functional.convTbc(x, weight, bias, 1), expected.permute([2, 0, 1]));
});

it('dropout3d drops whole channels', () => {
  const y = functional.dropout3d(ones([8, 16, 2, 2, 2]), 0.5, { generator: new Generator(1) });
  const sums = y.reshape([128, 8]).sum(1).toArray() as number[];
  expect(new Set(sums)).toEqual(new Set([0, 16]));
  expect(() => functional.dropout3d(ones([2, 2, 2]))).toThrow(/\[N, C, D, H, W\]/);
});

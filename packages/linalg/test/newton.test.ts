import type { Tensor } from '@dl/tensor';
import { tensor, ValueError, zeros } from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import { classifyCriticalPoint, newtonStep } from '../src/index';

const exact = { dtype: 'float64' } as const;
const at = (x: Tensor, i: number) => x.select(0, i);

describe('Newton’s method', () => {
  const valley = (x: Tensor) => at(x, 0).square().mul(0.1).add(at(x, 1).square().mul(2));

  it('ends a quadratic function in one step, however ill-conditioned', () => {
    const end = newtonStep(valley, tensor([-5, -2], exact));
    expect(end.dataSync().every((value) => Math.abs(value) < 1e-12)).toBe(true);
  });

  it('doubles the number of right digits', () => {
    const f = (x: Tensor) => x.exp().sub(x.mul(2)).sum();
    let x = tensor([1.5, -0.5], exact);
    for (let i = 0; i < 9; i++) x = newtonStep(f, x);
    for (const value of x.dataSync()) expect(value).toBeCloseTo(Math.LN2, 14);
  });

  it('with damping goes along the gradient', () => {
    const x = tensor([3, 1], exact);
    const step = x
      .sub(newtonStep(valley, x, { damping: 1e6 }))
      .mul(1e6)
      .toArray<number[]>();
    expect(step[0]).toBeCloseTo(0.6, 4);
    expect(step[1]).toBeCloseTo(4, 4);
    expect(() => newtonStep((y) => y.sum(), x)).toThrow(/singular/);
  });
});

describe('critical points', () => {
  const origin = zeros([2], exact);
  const form = (a: number, b: number) => (x: Tensor) =>
    at(x, 0).square().mul(a).add(at(x, 1).square().mul(b));

  it('are told apart by the eigenvalues', () => {
    expect(classifyCriticalPoint(form(0.1, 2), origin)).toEqual({
      kind: 'minimum',
      eigenvalues: [0.2, 4],
    });
    expect(classifyCriticalPoint(form(-1, -2), origin).kind).toBe('maximum');
    expect(classifyCriticalPoint(form(1, -1), origin).kind).toBe('saddle');
    expect(classifyCriticalPoint(form(1, 0), origin).kind).toBe('degenerate');
  });

  it('are critical', () => {
    expect(() => classifyCriticalPoint(form(1, 1), tensor([1, 0], exact))).toThrow(ValueError);
  });
});

import type { Tensor } from '@dl/tensor';
import { ones, zeros } from '@dl/tensor';
import { backendFor } from '@dl/tensor/backend';
import {
  adagradStep,
  adamStep,
  declarations,
  rmspropStep,
  run,
  sgdStep,
} from '@dl/tensor/internal';
import { describe, expect, it } from 'vitest';
import { noGrad } from '../src/index';

const adam = {
  lr: 0.1,
  beta1: 0.9,
  beta2: 0.99,
  eps: 1e-8,
  weightDecay: 0,
  decoupled: false,
  step: 1,
};
const sgd = { lr: 0.1, momentum: 0.9, dampening: 0, weightDecay: 0, nesterov: false, first: true };
const rms = {
  lr: 0.1,
  alpha: 0.9,
  eps: 1e-8,
  epsPlace: 'outside' as const,
  weightDecay: 0,
  momentum: 0.9,
};

const window = {
  stride: [1, 1],
  padding: [0, 0, 0, 0],
  dilation: [1, 1],
  groups: 1,
  activation: 'none',
} as const;

/** Each step with its targets; the last tensor is only read. */
const updates: Record<string, { targets: number; run: (x: readonly Tensor[]) => void }> = {
  sgdStep: { targets: 2, run: ([p, v, g]) => sgdStep(p, g, v, sgd) },
  adamStep: { targets: 4, run: ([p, m, v, most, g]) => adamStep(p, g, m, v, most, adam) },
  rmspropStep: { targets: 4, run: ([p, s, m, v, g]) => rmspropStep(p, g, s, m, v, rms) },
  adagradStep: {
    targets: 2,
    run: ([p, s, g]) =>
      adagradStep(p, g, s, { lr: 0.1, eps: 1e-8, epsPlace: 'outside', weightDecay: 0 }),
  },
  convolveInto: {
    targets: 1,
    run: ([y, x]) => {
      const weight = ones([2, 2, 1, 1], { device: y.device });
      run(declarations.convolveInto, [y, x, weight, undefined], window);
    },
  },
};
const arrangements = {
  'by its kernel': (shape: number[]) => ones(shape),
  // The definition runs for strided tensors, and on a backend without kernels.
  'by its definition': (shape: number[]) =>
    ones([...shape].reverse()).permute(shape.map((_, i) => shape.length - 1 - i)),
  'on the reference backend': (shape: number[]) => ones(shape, { device: 'reference' as const }),
};

describe.each(Object.keys(updates))('%s', (name) => {
  const { targets, run } = updates[name];
  it.each(Object.keys(arrangements) as (keyof typeof arrangements)[])(
    '%s counts a change of everything it writes, and of nothing else',
    (arrangement) => {
      const tensors = Array.from({ length: targets + 1 }, () =>
        arrangements[arrangement]([1, 2, 3, 4]),
      );
      const before = tensors.map((x) => x.storage.version);
      noGrad(() => run(tensors));
      tensors.forEach((x, i) => {
        expect(x.storage.version - before[i], `tensor ${i}`).toBe(i < targets ? 1 : 0);
      });
    },
  );

  it('makes backward refuse what was saved before', () => {
    expect(name in backendFor('cpu').fused).toBe(true);
    const parameter = Object.assign(ones([1, 2, 3, 4]), { requiresGrad: true });
    const loss = parameter.square().sum();
    const others = Array.from({ length: targets }, () => zeros([1, 2, 3, 4]));
    noGrad(() => run([parameter, ...others]));
    expect(() => loss.backward()).toThrow(/changed in place/);
  });
});

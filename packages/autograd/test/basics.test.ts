import {
  memory,
  randn,
  scope,
  softmaxCrossEntropy,
  type Tensor,
  tensor,
  UsageError,
  ValueError,
} from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import {
  grad,
  gradcheck,
  gradgradcheck,
  gradients,
  hessian,
  hvp,
  jacobian,
  jvp,
  noGrad,
  valueAndGrad,
  vjp,
} from '../src/index';

const f64 = { dtype: 'float64' } as const;

describe('reverse mode', () => {
  it('adds up gradients over several uses', () => {
    const x = tensor([2, 3], f64);
    x.requiresGrad = true;
    x.mul(x).add(x).sum().backward();
    expect(x.grad?.toArray()).toEqual([5, 7]);
    x.mul(2).sum().backward();
    expect(x.grad?.toArray()).toEqual([7, 9]);
  });

  it('undoes broadcasting', () => {
    const x = tensor([[1], [2]], f64);
    x.requiresGrad = true;
    x.mul(tensor([1, 2, 3], f64))
      .sum()
      .backward();
    expect(x.grad?.toArray()).toEqual([[6], [6]]);
  });

  it('refuses a second walk through a freed graph', () => {
    const x = tensor([2], f64);
    x.requiresGrad = true;
    const y = x.square().sum();
    y.backward();
    expect(() => y.backward()).toThrow(/retainGraph/);
  });

  it('refuses a graph whose values were changed in place', () => {
    const x = tensor([2], f64);
    x.requiresGrad = true;
    const y = x.square().sum();
    noGrad(() => x.assign(5));
    expect(() => y.backward()).toThrow(/mul needs was changed in place/);
  });

  it('records nothing inside noGrad', () => {
    const x = tensor([2], f64);
    x.requiresGrad = true;
    expect(noGrad(() => x.mul(2)).requiresGrad).toBe(false);
  });
});

describe('functional transforms', () => {
  it('differentiates a fresh alias, so that a captured x is a constant', () => {
    const x = tensor([3], f64);
    const g = grad((y) => y.mul(x).sum())(x);
    expect(g.toArray()).toEqual([3]);
  });

  it('nests: the fourth derivative of x⁴ is 24', () => {
    const sum = (f: (x: import('@dl/tensor').Tensor) => import('@dl/tensor').Tensor) =>
      grad((x: import('@dl/tensor').Tensor) => f(x).sum());
    const fourth = sum(sum(sum(sum((x) => x.pow(4)))));
    expect(fourth(tensor([2], f64)).item()).toBeCloseTo(24, 9);
  });

  it('keeps perturbations apart when derivatives nest', () => {
    // d/dx [x · d/dy (x + y)] = 1, not 2.
    const one = tensor([1], f64);
    const outer = jvp((x) => x.mul(jvp((y) => x.add(y), one, one).tangent), one, one);
    expect(outer.tangent.toArray()).toEqual([1]);
    const reverse = grad((x) => x.mul(grad((y: typeof x) => x.add(y).sum())(one)).sum())(one);
    expect(reverse.toArray()).toEqual([1]);
  });

  it('takes trees and gives gradients of the same form', () => {
    const params = { w: tensor([[1, 2]], f64), b: [tensor([1], f64)] };
    const { value, gradient } = valueAndGrad((p: typeof params) =>
      p.w.mul(3).sum().add(p.b[0].sum()),
    )(params);
    expect(value.item()).toBe(10);
    expect(gradient.w.toArray()).toEqual([[3, 3]]);
    expect(gradient.b[0].toArray()).toEqual([1]);
  });

  it('agrees between forward and reverse mode', () => {
    const x = randn([3], f64);
    const f = (y: typeof x) => y.tanh().mul(y.exp()).cumsum(0);
    const forward = jacobian(f, x, { mode: 'forward' }).dataSync();
    const reverse = jacobian(f, x, { mode: 'reverse' }).dataSync();
    forward.forEach((v, i) => {
      expect(v).toBeCloseTo(reverse[i], 12);
    });
  });

  it('computes Hessians and their products', () => {
    const x = tensor([1, 2], f64);
    const f = (y: typeof x) => y.pow(3).sum();
    expect(hessian(f, x).toArray()).toEqual([
      [6, 0],
      [0, 12],
    ]);
    expect(hvp(f, x, tensor([1, 1], f64)).product.toArray()).toEqual([6, 12]);
  });

  it('computes vector-Jacobian products', () => {
    const x = tensor([1, 2], f64);
    const { gradient } = vjp((y) => y.square(), x, tensor([1, 10], f64));
    expect(gradient.toArray()).toEqual([2, 40]);
  });

  it('gives gradients of intermediate values', () => {
    const x = tensor([2], f64);
    x.requiresGrad = true;
    const y = x.mul(3);
    const z = y.square();
    const [dy, dx] = gradients([z], [y, x]);
    expect([dy.item(), dx.item()]).toEqual([12, 36]);
    expect(x.grad).toBeNull();
  });

  it('gives gradients of one tensor in one tensor, with weights and options', () => {
    const x = tensor([1, 2], f64);
    x.requiresGrad = true;
    const y = x.pow(3);
    const [first] = gradients(y, x, { weights: tensor([1, 10], f64), createGraph: true });
    expect(first.toArray()).toEqual([3, 120]);
    const [second]: [Tensor] = gradients(first.sum(), x);
    expect(second.toArray()).toEqual([6, 120]);
  });

  it.each([
    ['options', (y: Tensor) => y.backward({ retainGraph: true }), 1],
    ['nothing and options', (y: Tensor) => y.backward(undefined, { retainGraph: true }), 1],
    ['null and options', (y: Tensor) => y.backward(null, { retainGraph: true }), 1],
    ['gradient and options', (y: Tensor) => y.backward(tensor(5, f64), { retainGraph: true }), 5],
    ['all in one', (y: Tensor) => y.backward({ gradient: tensor(5, f64), retainGraph: true }), 5],
  ])('walks back twice with retainGraph: %s', (_, walk, factor) => {
    const x = tensor([3], f64);
    x.requiresGrad = true;
    const y = x.square().sum();
    walk(y);
    y.backward();
    expect(x.grad?.item()).toBe(6 * factor + 6);
    expect(() => y.backward()).toThrow(UsageError);
  });

  it.each([5, true, 'retainGraph', { gradient: 5 }])('refuses %j as gradient', (wrong) => {
    const x = tensor([3], f64);
    x.requiresGrad = true;
    expect(() => x.sum().backward(wrong as never)).toThrow(ValueError);
  });
});

describe('cross-entropy', () => {
  it('has a gradient and a second one', () => {
    const logits = randn([4, 3], f64);
    const targets = tensor([0, 2, 1, -100], { dtype: 'int32' });
    const f = (x: typeof logits) => softmaxCrossEntropy(x, targets, { labelSmoothing: 0.1 });
    expect(gradcheck(f, [logits])).toBe(true);
    expect(gradgradcheck(f, [logits])).toBe(true);
  });
});

describe('memory', () => {
  it('gives everything back after a step', () => {
    const w = randn([4, 3]);
    w.requiresGrad = true;
    const step = () =>
      scope(() => {
        const x = randn([5, 4]);
        x.matmul(w).tanh().softmax().square().sum().backward();
      });
    step();
    const before = memory();
    for (let i = 0; i < 20; i++) step();
    expect(memory().bytes).toBe(before.bytes);
    expect(memory().tensors).toBe(before.tensors);
  });

  it('leaves nothing behind after functional transforms', () => {
    const x = randn([3], f64);
    const before = memory();
    for (let i = 0; i < 3; i++) {
      scope(() => {
        hessian((y) => y.pow(3).softmax().square().sum(), x);
        jacobian((y) => y.exp().cumsum(0), x);
      });
    }
    expect(memory().tensors).toBe(before.tensors);
    expect(memory().bytes).toBe(before.bytes);
  });
});

describe('reverse over forward', () => {
  it('differentiates a tangent', () => {
    const x = tensor([0.3, -0.7], f64);
    const v = tensor([1, 2], f64);
    const f = (y: typeof x) => y.softmax().mul(y.tanh());
    const product = grad((y: typeof x) => jvp(f, y, v).tangent.sum())(x);
    const expected = jvp((y) => vjp(f, y, tensor([1, 1], f64)).gradient, x, v).tangent;
    product.dataSync().forEach((value, i) => {
      expect(value).toBeCloseTo(expected.dataSync()[i], 12);
    });
  });
});

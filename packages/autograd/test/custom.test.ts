import type { Tensor } from '@dl/tensor';
import { bernoulli, full, manualSeed, memory, ones, randn, scope, tensor } from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import {
  checkpoint,
  customFunction,
  grad,
  gradcheck,
  gradgradcheck,
  gradients,
  graphDot,
  graphSvg,
  graphText,
  jvp,
  setAnomalyMode,
  valueAndGrad,
} from '../src/index';

const f64 = { dtype: 'float64' } as const;

describe('customFunction', () => {
  const cube = customFunction({
    name: 'cube',
    forward: (x) => x.mul(x).mul(x),
    backward: ([g], { inputs: [x] }) => [g?.mul(x.square().mul(3))],
  });

  it('uses its own backward, of any order', () => {
    expect(gradcheck(cube, [randn([3], f64)])).toBe(true);
    expect(gradgradcheck(cube, [randn([3], f64)])).toBe(true);
  });

  it('derives forward mode from its backward', () => {
    const { tangent } = jvp(cube, tensor([2], f64), tensor([1], f64));
    expect(tangent.item()).toBe(12);
  });

  it('can lie about its gradient', () => {
    const double = customFunction({ forward: (x) => x.clone(), backward: ([g]) => [g?.mul(2)] });
    expect(grad((x) => double(x).sum())(tensor([5], f64)).item()).toBe(2);
  });

  it('may return several tensors, or its input', () => {
    const both = customFunction<readonly Tensor[]>({
      forward: (x) => [x, x.neg()],
      backward: ([g, h]) => [g && h ? g.sub(h) : (g ?? h?.neg())],
    });
    const f = (x: Tensor) => {
      const [a, b] = both(x);
      return a.mul(b);
    };
    expect(gradcheck(f, [randn([2], f64)])).toBe(true);
  });
});

describe('checkpoint', () => {
  const w = randn([3, 3], f64);
  w.requiresGrad = true;
  const block = (x: Tensor) => x.matmul(w).tanh().matmul(w).sigmoid();

  it('has the gradients of the function, captured parameters included', () => {
    const x = randn([2, 3], f64);
    x.requiresGrad = true;
    const plain = gradients([block(x).sum()], [x, w]);
    const again = gradients([checkpoint(block, x).sum()], [x, w]);
    plain.forEach((g, i) => {
      expect(again[i].toArray()).toEqual(g.toArray());
    });
  });

  it('can be differentiated twice', () => {
    const f = (x: Tensor) => checkpoint(block, x);
    expect(gradgradcheck(f, [randn([2, 3], f64)])).toBe(true);
  });

  it('repeats its random numbers', () => {
    const x = ones([100], f64);
    const drop = (y: Tensor) => y.mul(bernoulli(full([100], 0.5, f64)));
    manualSeed(7);
    const { value, gradient } = valueAndGrad((y) => checkpoint(drop, y).sum())(x);
    expect(gradient.sum().item()).toBe(value.item());
  });

  it('holds less than the function itself', () => {
    const deep = (x: Tensor) => {
      let y = x;
      for (let i = 0; i < 20; i++) y = y.tanh();
      return y;
    };
    const held = (f: (x: Tensor) => Tensor) =>
      scope(() => {
        const x = randn([1000], f64);
        x.requiresGrad = true;
        const before = memory().bytes;
        const y = scope(() => f(x));
        expect(y.requiresGrad).toBe(true);
        return memory().bytes - before;
      });
    expect(held((x) => checkpoint(deep, x))).toBe(8000);
    expect(held(deep)).toBe(20 * 8000);
  });
});

describe('hooks and anomaly mode', () => {
  it('shows and replaces gradients', () => {
    const x = tensor([1, 2], f64);
    x.requiresGrad = true;
    const y = x.mul(3).retainGrad();
    const seen: unknown[] = [];
    y.registerHook((g) => {
      seen.push(g.toArray());
      return g.mul(10);
    });
    const remove = x.registerHook(() => {
      throw new Error('removed hooks do not run');
    });
    remove();
    y.sum().backward();
    expect(seen).toEqual([[1, 1]]);
    expect(y.grad?.toArray()).toEqual([10, 10]);
    expect(x.grad?.toArray()).toEqual([30, 30]);
  });

  it('names the operation whose gradient is not finite, and where it was called', () => {
    setAnomalyMode(true);
    try {
      const x = tensor([0], f64);
      x.requiresGrad = true;
      const y = x.sqrt().sum();
      expect(() => y.backward()).toThrow(
        /AnomalyError|sqrt: its gradient is not finite[\s\S]*custom\.test/,
      );
    } finally {
      setAnomalyMode(false);
    }
  });
});

describe('the graph', () => {
  it('is drawn as SVG', async () => {
    const x = tensor([1]);
    x.requiresGrad = true;
    const svg = await graphSvg(x.exp().sum());
    expect(svg).toContain('<svg');
    expect(svg).toContain('exp');
  });

  it('is shown as text and as DOT', () => {
    const w = tensor([[1], [2]]);
    w.requiresGrad = true;
    const loss = tensor([[3, 4]])
      .matmul(w)
      .square()
      .sum();
    expect(graphText(loss, { names: { w } })).toMatchInlineSnapshot(`
      "c1 = constant float32[1, 2]
      leaf1 = w float32[2, 1]
      n1 = matmul → float32[1, 1]   (c1, leaf1)
      n2 = mul → float32[1, 1]   (n1, n1)
      n3 = sum → float32[]   (n2)"
    `);
    expect(graphDot(loss)).toContain('n1 -> n2;');
  });
});

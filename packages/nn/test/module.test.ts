import { gradcheck } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import { manualSeed, memory, ones, randn, scope, tensor, zeros } from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import {
  buffer,
  crossEntropy,
  Dropout,
  functional,
  init,
  Linear,
  LogisticRegression,
  MLP,
  Module,
  ModuleList,
  parameter,
  ReLU,
  Sequential,
  SoftmaxRegression,
  StateDictError,
  summary,
} from '../src/index';

class Net extends Module {
  readonly layers = new Sequential(new Linear(3, 4), new ReLU(), new Linear(4, 2));
  readonly heads = [new Linear(2, 1), new Linear(2, 1)];
  readonly byName = new Map([['extra', new Linear(2, 2)]]);
  readonly scale = parameter(ones([2]));
  readonly count = buffer(zeros([1]));
  readonly constant = ones([3]);

  forward(x: Tensor): { a: Tensor; b: Tensor } {
    const h = this.layers.forward(x).mul(this.scale);
    const [first, second] = this.heads;
    return { a: first.forward(h), b: second.forward(h) };
  }
}

describe('a module', () => {
  const net = new Net();

  it('finds parameters and buffers under PyTorch’s paths', () => {
    expect(Array.from(net.namedParameters(), ([name]) => name)).toEqual([
      'scale',
      'layers.0.weight',
      'layers.0.bias',
      'layers.2.weight',
      'layers.2.bias',
      'heads.0.weight',
      'heads.0.bias',
      'heads.1.weight',
      'heads.1.bias',
      'byName.extra.weight',
      'byName.extra.bias',
    ]);
    expect(Array.from(net.namedBuffers(), ([name]) => name)).toEqual(['count']);
    expect(Object.keys(net.stateDict())).toContain('count');
    expect(net.parameters().every((p) => p.requiresGrad)).toBe(true);
  });

  it('counts a shared parameter once, and saves it under both names', () => {
    class Tied extends Module {
      readonly a = new Linear(2, 2);
      readonly b = this.a;
      forward(x: Tensor): Tensor {
        return this.b.forward(this.a.forward(x));
      }
    }
    const tied = new Tied();
    expect(tied.parameters().length).toBe(2);
    expect(Object.keys(tied.stateDict())).toEqual(['a.weight', 'a.bias', 'b.weight', 'b.bias']);
  });

  it('loads a state dict, or says everything that is wrong and changes nothing', () => {
    const other = new Net();
    other.loadStateDict(net.stateDict());
    expect(other.layers.at(0)?.parameters()[0].toArray()).toEqual(
      net.layers.at(0)?.parameters()[0].toArray(),
    );
    const { 'heads.0.bias': _, ...rest } = net.stateDict();
    const before = other.scale.toArray();
    const wrong = {
      ...rest,
      scale: tensor([5, 5]),
      unknown: ones([1]),
      'layers.0.bias': ones([7]),
    };
    const error = (() => {
      try {
        return other.loadStateDict(wrong);
      } catch (e) {
        return e as StateDictError;
      }
    })();
    expect(error).toBeInstanceOf(StateDictError);
    expect(error).toMatchObject({ missing: ['heads.0.bias'], unexpected: ['unknown'] });
    expect(error?.misshapen).toEqual(['layers.0.bias [4], not [7]']);
    expect(other.scale.toArray()).toEqual(before);
    expect(() => other.loadStateDict({ scale: tensor([2, 3]) }, { strict: false })).not.toThrow();
    expect(other.scale.toArray()).toEqual([2, 3]);
  });

  it('keeps in forward only what it returns and what the graph needs', () => {
    const x = randn([5, 3]);
    const before = memory().tensors;
    const { a, b } = net.forward(x);
    const held = memory().tensors - before;
    a.add(b).sum().backward();
    expect(held).toBeLessThan(12);
    net.zeroGrad();
    const plain = memory().tensors;
    for (let i = 0; i < 10; i++) scope(() => net.forward(x).a.sum().backward());
    net.zeroGrad();
    expect(memory().tensors).toBe(plain);
  });

  it('runs hooks, and removes them', () => {
    const seen: string[] = [];
    const remove = net.heads[0].registerForwardHook((module) => {
      seen.push(module.constructor.name);
    });
    net.forward(randn([1, 3]));
    remove();
    net.forward(randn([1, 3]));
    expect(seen).toEqual(['Linear']);
  });

  it('freezes and thaws', () => {
    const frozen = new Linear(2, 2).requiresGrad(false);
    expect(frozen.forward(randn([1, 2])).requiresGrad).toBe(false);
    expect(frozen.requiresGrad().forward(randn([1, 2])).requiresGrad).toBe(true);
  });

  it('shows a table', () => {
    const table = summary(new MLP([784, 256, 10]), zeros([2, 1, 28, 28]));
    expect(table.parameters).toBe(784 * 256 + 256 + 256 * 10 + 10);
    expect(table.multiplyAdds).toBe(2 * (784 * 256 + 256 * 10));
    expect(String(table)).toContain('Linear 784 → 256');
  });

  it('keeps modules in lists', () => {
    const list = new ModuleList([new Linear(1, 1)]).push(new Linear(1, 1));
    expect(Object.keys(list.stateDict())).toEqual(['0.weight', '0.bias', '1.weight', '1.bias']);
    expect(() => list.forward()).toThrow(/no forward/);
  });
});

describe('dropout', () => {
  it('keeps the mean, repeats with a seed, and passes everything after eval()', () => {
    const layer = new Dropout(0.3);
    const x = ones([100_000]);
    manualSeed(3);
    const y = layer.forward(x);
    manualSeed(3);
    expect(layer.forward(x).sum().item()).toBe(y.sum().item());
    expect(Math.abs(y.mean().item() - 1)).toBeLessThan(0.02);
    expect(layer.eval().forward(x).sum().item()).toBe(100_000);
    expect(() => new Dropout(1.5)).toThrow(/from 0 to 1/);
  });
});

describe('initialisers', () => {
  it('have the spread that they promise', () => {
    const w = zeros([300, 200]);
    const spread = () => w.std().item();
    init.kaimingNormal(w, { nonlinearity: 'relu' });
    expect(spread()).toBeCloseTo(Math.sqrt(2 / 200), 2);
    init.kaimingUniform(w, { mode: 'fanOut', slope: Math.sqrt(5) });
    expect(w.abs().amax().item()).toBeLessThanOrEqual(Math.sqrt(3 / (3 * 300)) + 1e-6);
    init.xavierUniform(w);
    expect(w.abs().amax().item()).toBeLessThanOrEqual(Math.sqrt(6 / 500) + 1e-6);
    init.xavierNormal(w, init.calculateGain('tanh'));
    expect(spread()).toBeCloseTo((5 / 3) * Math.sqrt(2 / 500), 2);
    init.truncNormal(w, 0, 0.5, -0.6, 0.4);
    expect([w.amin().item() >= -0.6 - 1e-6, w.amax().item() <= 0.4 + 1e-6]).toEqual([true, true]);
    expect(init.identity(zeros([2, 3])).toArray()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    expect(() => init.xavierNormal(zeros([3]))).toThrow(/two axes/);
  });
});

describe('functions', () => {
  const extremes = tensor([-1e4, -100, -1, 0, 1, 100, 1e4], { dtype: 'float64' });
  const { threshold, swish, rrelu } = functional;
  const activations: Record<string, (x: Tensor) => Tensor> = {
    threshold: (x) => threshold(x, 0.1, -2),
    learntSwish: (x) => swish(x, x.mul(1e-4)),
    rrelu: (x) => rrelu(x),
    sharpSoftplus: (x) => functional.softplus(x, 3),
  };
  for (const name of [
    'celu',
    'elu',
    'gelu',
    'hardshrink',
    'hardsigmoid',
    'hardswish',
    'hardtanh',
    'leakyRelu',
    'logsigmoid',
    'mish',
    'relu6',
    'selu',
    'silu',
    'softplus',
    'softshrink',
    'softsign',
    'tanhshrink',
  ] as const) {
    activations[name] = functional[name];
  }
  it.each(Object.entries(activations))(
    '%s is finite with finite derivatives everywhere',
    (_, activation) => {
      const x = extremes.clone();
      x.requiresGrad = true;
      const y = activation(x);
      y.sum().backward();
      expect(y.isfinite().all().item()).toBe(1);
      expect(x.grad?.isfinite().all().item()).toBe(1);
      expect(gradcheck(activation, [randn([7], { dtype: 'float64' }).add(0.05)])).toBe(true);
    },
  );
});

describe('errors', () => {
  it('refuse labels that are none, and leave nothing behind', () => {
    const logits = randn([2, 3]);
    const ids = (...list: number[]) => tensor(Int32Array.from(list));
    const refuse = () =>
      scope(() => {
        expect(() => crossEntropy(logits, ids(0, 3))).toThrow(/class id 3/);
        expect(() => crossEntropy(logits, ids(0, -1), { reduction: 'sum' })).toThrow(/-1/);
        expect(() => crossEntropy(logits, tensor([0, 1], { dtype: 'float64' }))).toThrow(/int32/);
        expect(() => crossEntropy(logits, ids(0))).toThrow(/targets: \[N\]/);
      });
    // The first time also fills the cache of constants.
    refuse();
    const before = memory();
    refuse();
    expect(memory()).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
  });
});

describe('models', () => {
  it('have the shapes that they promise', () => {
    expect(new SoftmaxRegression(784, 10).forward(randn([2, 1, 28, 28])).shape).toEqual([2, 10]);
    const logistic = new LogisticRegression(3);
    const p = logistic.probability(randn([4, 3]));
    expect([p.shape, p.amin().item() > 0, p.amax().item() < 1]).toEqual([[4, 1], true, true]);
    expect(() => new MLP([3])).toThrow(/at least the sizes/);
  });
});

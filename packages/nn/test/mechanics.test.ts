import { noGrad } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import {
  Generator,
  keep,
  memory,
  ones,
  randn,
  resetPeakMemory,
  scope,
  setDebugChecks,
  steps,
  tensor,
  zeros,
} from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import {
  BatchNorm1d,
  BatchNorm2d,
  Conv2d,
  CrossEntropyLoss,
  crossEntropy,
  Dropout,
  Flatten,
  init,
  Linear,
  MLP,
  Module,
  ModuleDict,
  parameter,
  ReLU,
  Sequential,
  StateDictError,
  summary,
} from '../src/index';

class Tied extends Module {
  readonly a = new Linear(2, 2);
  readonly b = this.a;
  readonly list = [this.a, new Linear(2, 2)];

  forward(x: Tensor): Tensor {
    return this.list[1].forward(this.b.forward(this.a.forward(x)));
  }
}

describe('Module.to', () => {
  it('moves everything, keeps sharing and freezing, and releases what was there', () => {
    const net = new Tied();
    net.list[1].requiresGrad(false);
    const old = net.a.weight;
    const values = old.toArray();
    expect(net.to('reference')).toBe(net);
    expect(net.a).toBe(net.b);
    expect(net.parameters().map((x) => [x.device, x.requiresGrad])).toEqual([
      ['reference', true],
      ['reference', true],
      ['reference', false],
      ['reference', false],
    ]);
    expect(net.a.weight.toArray()).toEqual(values);
    expect(old.isReleased).toBe(true);
    expect(net.forward(ones([1, 2], { device: 'reference' })).device).toBe('reference');
  });

  it('changes floating point types and leaves counters alone', () => {
    const norm = new BatchNorm1d(3).to({ dtype: 'float64' });
    expect(Object.values(norm.stateDict()).map((x) => x.dtype)).toEqual([
      'float64',
      'float64',
      'float64',
      'float64',
      'int32',
    ]);
    expect(norm.parameters().length).toBe(2);
    expect(norm.buffers().length).toBe(3);
    const { weight } = norm;
    norm.to({ dtype: 'float64' });
    expect(norm.weight).toBe(weight);
    expect(() => norm.to({ dtype: 'int32' })).toThrow(/floating point/);
    expect(() => norm.to('webgl')).toThrow(/webgl/);
    expect(norm.weight?.isReleased).toBe(false);
  });
});

describe('loadStateDict', () => {
  it('takes other dtypes', () => {
    const net = new Linear(2, 1);
    const state = { weight: tensor([[1, 2]], { dtype: 'float64' }), bias: tensor([3]) };
    net.loadStateDict(state);
    expect([net.weight.dtype, net.weight.toArray()]).toEqual(['float32', [[1, 2]]]);
  });

  it('changes nothing where a source was released', () => {
    const net = new Linear(2, 1);
    const before = net.weight.toArray();
    const bias = ones([1]);
    bias.dispose();
    expect(() => net.loadStateDict({ weight: ones([1, 2]), bias })).toThrow(/released/);
    expect(net.weight.toArray()).toEqual(before);
  });

  it('names a parameter that is called like a method of objects', () => {
    const net = new ModuleDict({ toString: new Linear(1, 1) });
    expect(() => net.loadStateDict({})).toThrow(/missing: toString.weight, toString.bias/);
    expect(() => new Linear(1, 1, { bias: false }).loadStateDict({})).toThrow(StateDictError);
  });
});

describe('containers', () => {
  it('find modules by name', () => {
    const dict = new ModuleDict<Module>({ a: new Linear(1, 1) }).set('b', new Linear(1, 1));
    expect(Object.keys(dict.stateDict())).toEqual(['a.weight', 'a.bias', 'b.weight', 'b.bias']);
    expect([...dict.keys()]).toEqual(['a', 'b']);
    expect(dict.delete('a')).toBe(true);
    expect([dict.size, dict.get('a')]).toEqual([1, undefined]);
    expect(() => dict.set('x.y', new ReLU())).toThrow(/no dots/);
    expect(() => dict.forward()).toThrow(/no forward/);
  });

  it('keep what a subclass adds to them', () => {
    class Scaled extends Sequential {
      readonly extra = new Linear(2, 2);
    }
    const names = Object.keys(new Scaled(new Linear(1, 2)).stateDict());
    expect(names).toEqual(['0.weight', '0.bias', 'extra.weight', 'extra.bias']);
  });
});

describe('hooks', () => {
  it('run once where a class calls super.forward(), before and after, and may replace', () => {
    class Base extends Module {
      forward(x: Tensor): Tensor {
        return x.add(1);
      }
    }
    class Derived extends Base {
      override forward(x: Tensor): Tensor {
        return super.forward(x).mul(2);
      }
    }
    const net = new Derived();
    const seen: string[] = [];
    const before = net.registerForwardPreHook((_, [x]) => {
      seen.push('before');
      return [(x as Tensor).add(10)];
    });
    const after = net.registerForwardHook((_, __, y) => {
      seen.push('after');
      return (y as Tensor).neg();
    });
    expect(net.forward(ones([])).item()).toBe(-24);
    expect(seen).toEqual(['before', 'after']);
    before();
    after();
    expect(net.forward(ones([])).item()).toBe(4);
  });

  it('see a scope: what they make and do not return is freed', () => {
    const net = new Linear(2, 2);
    let kept: Tensor | undefined;
    net.registerForwardHook((_, __, y) => {
      (y as Tensor).exp();
      kept = keep((y as Tensor).detach());
    });
    const x = randn([1, 2]);
    const run = () =>
      scope(() => {
        noGrad(() => net.forward(x));
      });
    run();
    const before = memory().tensors;
    run();
    expect(kept?.toArray()).toBeDefined();
    expect(memory().tensors - before).toBe(1);
  });
});

describe('summary', () => {
  it('changes neither averages nor modes, and counts parameters beside modules', () => {
    class Net extends Module {
      readonly first = new Sequential(new Conv2d(1, 2, 3), new BatchNorm2d(2), new Flatten());
      readonly second = new Linear(8, 3);
      readonly free = new Linear(1, 4).weight;
      forward(x: Tensor): Tensor {
        return this.second.forward(this.first.forward(x));
      }
    }
    const net = new Net();
    net.first.eval();
    const table = summary(net, randn([5, 1, 4, 4]));
    expect(net.first.at(1)?.namedBuffers().next().value?.[1].toArray()).toEqual([0, 0]);
    expect([net.training, net.first.training]).toEqual([true, false]);
    expect(table.rows.map((row) => [row.name, row.output, row.parameters])).toEqual([
      ['first.0', [5, 2, 2, 2], 20],
      ['first.1', [5, 2, 2, 2], 4],
      ['first.2', [5, 8], 0],
      ['second', [5, 3], 27],
      ['', [5, 3], 4],
    ]);
    expect(table.parameters).toBe(20 + 4 + 27 + 4);
    expect(table.multiplyAdds).toBe(5 * (2 * 2 * 2 * 9 + 8 * 3));
  });
});

describe('memory', () => {
  it('stays flat over training steps with normalisation, dropout and class weights', () => {
    const net = new Sequential(
      new Linear(6, 8),
      new BatchNorm1d(8),
      new ReLU(),
      new Dropout(0.3),
      new MLP([8, 5, 3]),
    );
    const loss = new CrossEntropyLoss({ weight: tensor([1, 2, 3]), labelSmoothing: 0.1 });
    const readings: string[] = [];
    for (const step of steps(2000)) {
      const x = randn([4, 6]);
      const y = tensor(Int32Array.from([0, 1, 2, step % 3]));
      net.zeroGrad();
      loss.forward(net.forward(x), y).backward();
      if (step === 100 || step === 1999) readings.push(`${memory().tensors} ${memory().bytes}`);
    }
    expect(readings[1]).toBe(readings[0]);
  });

  it('keeps the class weights of a loss that was made in a scope', () => {
    const loss = scope(() => new CrossEntropyLoss({ weight: tensor([1, 2]) }));
    expect(loss.forward(zeros([1, 2]), tensor(Int32Array.from([1]))).item()).toBeCloseTo(Math.LN2);
    expect(Object.keys(loss.stateDict())).toEqual(['weight']);
  });

  it('leaves nothing behind where forward throws', () => {
    const net = new MLP([3, 4, 2]);
    const x = randn([2, 5]);
    const before = memory().tensors;
    expect(() => net.forward(x)).toThrow(/linear/);
    setDebugChecks(true);
    scope(() => expect(() => crossEntropy(x, x.abs().add(1))).toThrow(/from 0 to 1/));
    setDebugChecks(false);
    expect(memory().tensors).toBe(before);
  });
});

describe('large tensors of first values', () => {
  it('need little memory beside themselves', () => {
    const shape = [8192, 1024];
    for (const fill of [init.uniform, init.normal, init.kaimingUniform, init.truncNormal]) {
      const x = zeros(shape);
      resetPeakMemory();
      const before = memory().bytes;
      fill(x);
      expect(memory().peakBytes - before).toBeLessThan(0.6 * x.storage.bytes);
      expect(memory().bytes - before).toBeLessThan(100);
      x.dispose();
    }
  });

  it('get the numbers of a single draw', () => {
    const size = 2 ** 19 + 3;
    const generator = new Generator(5);
    const x = init.normal(parameter(zeros([size])), 0, 1, { generator });
    const single = randn([size], { generator: new Generator(5) });
    expect(x.equal(single)).toBe(true);
    expect(generator.offset).toBe(Math.ceil(size / 4));
    expect(x.requiresGrad).toBe(true);
  });
});

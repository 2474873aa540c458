import { grad, noGrad } from '@dl/autograd';
import {
  assign,
  memory,
  ones,
  ReleasedError,
  randn,
  scope,
  steps,
  type Tensor,
  tensor,
  UsageError,
  ValueError,
  zeros,
} from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import {
  BatchNorm1d,
  buffer,
  functionalCall,
  Linear,
  Module,
  mseLoss,
  parameter,
  Sequential,
} from '../src/index';

describe('what forward puts into fields', () => {
  class Caching extends Module {
    mask: Tensor | null = null;
    last: Tensor | null = null;
    readonly cache: { keys: Tensor; values: Map<string, Tensor> }[] = [];

    forward(x: Tensor): Tensor {
      this.mask ??= ones(x.shape).sub(0.5);
      this.last = x.mul(this.mask);
      if (this.cache.length < 2) {
        this.cache.push({ keys: x.add(1), values: new Map([['v', x.add(2)]]) });
      }
      return this.last.mul(2);
    }
  }

  it('survives the call, alone and in lists of records', () => {
    const module = new Caching();
    const x = ones([3]);
    expect(module.forward(x).toArray()).toEqual([1, 1, 1]);
    expect(module.forward(x).toArray()).toEqual([1, 1, 1]);
    expect(module.mask?.toArray()).toEqual([0.5, 0.5, 0.5]);
    expect(module.last?.toArray()).toEqual([0.5, 0.5, 0.5]);
    expect(module.cache[1].keys.toArray()).toEqual([2, 2, 2]);
    expect(module.cache[1].values.get('v')?.toArray()).toEqual([3, 3, 3]);
  });

  it('survives scopes, loops and errors around it; a loop stays flat', () => {
    const module = new Caching();
    let early = 0;
    for (const i of steps(60)) {
      scope(() =>
        module
          .forward(ones([1000]))
          .sum()
          .item(),
      );
      if (i === 5) early = memory().bytes;
      if (i > 5) expect(memory().bytes).toBe(early);
    }
    expect(module.mask?.sum().item()).toBe(500);
    class Throws extends Caching {
      override forward(x: Tensor): Tensor {
        super.forward(x);
        throw new UsageError('Throws', 'always');
      }
    }
    const thrower = new Throws();
    expect(() => thrower.forward(ones([2]))).toThrow('always');
    expect(thrower.mask?.toArray()).toEqual([0.5, 0.5]);
  });

  it('keeps what the next layer of a chain could overwrite', () => {
    class Tap extends Module {
      seen: Tensor | null = null;
      forward(x: Tensor): Tensor {
        this.seen = x.add(1);
        return this.seen;
      }
    }
    const tap = new Tap();
    const net = new Sequential(tap, new Linear(4, 4), new Tap());
    noGrad(() => scope(() => net.forward(zeros([2, 4])).toArray()));
    expect(tap.seen?.sum().item()).toBe(8);
  });

  it('says where else a released tensor may come from', () => {
    let escaped: Tensor | undefined;
    class Leaky extends Module {
      forward(x: Tensor): Tensor {
        escaped = x.add(1);
        return escaped.mul(2);
      }
    }
    new Leaky().forward(ones([2]));
    expect(() => escaped?.toArray()).toThrow(ReleasedError);
    expect(() => escaped?.toArray()).toThrow("the module's forward");
  });

  it('a plain tensor in the place of a buffer is the buffer', () => {
    class Mean extends Module {
      mean = buffer(zeros([2]));
      forward(x: Tensor): Tensor {
        this.mean = this.mean.mul(0.5).add(x.mul(0.5));
        return x.sub(this.mean);
      }
    }
    const module = new Mean();
    module.forward(ones([2]));
    module.forward(ones([2]));
    expect(module.stateDict().mean.toArray()).toEqual([0.75, 0.75]);
  });
});

describe('replacing a parameter', () => {
  const layer = () => {
    const made = new Linear(2, 2);
    made.forward(ones([1, 2]));
    return made as { weight: Tensor | null } & Linear;
  };

  it('by a plain tensor is refused with the right calls', () => {
    const linear = layer();
    (linear as { weight: Tensor }).weight = randn([2, 2]);
    for (const use of [
      () => linear.forward(ones([1, 2])),
      () => linear.parameters(),
      () => new Sequential(linear).stateDict(),
    ]) {
      expect(use).toThrow(UsageError);
      expect(use).toThrow(/Linear: the field weight .*parameter\(x\).*assign.*functionalCall/s);
    }
  });

  it('by another parameter, or in place, is fine', () => {
    const linear = layer();
    const other = parameter(zeros([2, 2]));
    (linear as { weight: Tensor }).weight = other;
    linear.forward(ones([1, 2]));
    noGrad(() => assign(linear.weight as Tensor, ones([2, 2])));
    expect(linear.parameters()[0]).toBe(other);
    expect(other.toArray()).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });
});

describe('functionalCall', () => {
  it('runs with other tensors, some or all, and leaves the module as it was', () => {
    const net = new Sequential(new Linear(2, 2), new Linear(2, 1));
    const before = net.stateDict();
    const x = ones([1, 2]);
    const expected = net.forward(x).item();
    const weight = zeros([1, 2]);
    expect(functionalCall(net, { '1.weight': weight }, x).item()).toBe(before['1.bias'].item());
    expect(functionalCall(net, {}, x).item()).toBe(expected);
    expect(functionalCall(net, before, x).item()).toBe(expected);
    expect(Object.values(net.stateDict())).toEqual(Object.values(before));
    Object.entries(net.stateDict()).forEach(([name, y]) => {
      expect(y).toBe(before[name]);
    });
  });

  it('refuses unknown names; restores everything where forward throws', () => {
    const linear = new Linear(2, 2);
    const { weight } = linear;
    expect(() => functionalCall(linear, { wieght: weight }, ones([1, 2]))).toThrow(ValueError);
    expect(() => functionalCall(linear, { weight: ones([2, 3]) }, ones([1, 2]))).toThrow();
    expect(linear.weight).toBe(weight);
    expect(linear.parameters()).toContain(weight);
  });

  it('replaces a shared tensor under all its names, and only by one', () => {
    class Tied extends Module {
      readonly a = new Linear(2, 2, { bias: false });
      readonly b = new Linear(2, 2, { bias: false });
      constructor() {
        super();
        (this.b as { weight: Tensor }).weight = this.a.weight;
      }
      forward(x: Tensor): Tensor {
        return this.b.forward(this.a.forward(x));
      }
    }
    const net = new Tied();
    const two = tensor([
      [2, 0],
      [0, 2],
    ]);
    const x = ones([1, 2]);
    expect(functionalCall(net, { 'a.weight': two }, x).toArray()).toEqual([[4, 4]]);
    expect(functionalCall(net, { 'b.weight': two }, x).toArray()).toEqual([[4, 4]]);
    expect(() => functionalCall(net, { 'a.weight': two, 'b.weight': ones([2, 2]) }, x)).toThrow(
      'shared',
    );
    expect(net.a.weight).toBe(net.b.weight);
  });

  it('changes the buffers that it is given, not the module’s', () => {
    const norm = new BatchNorm1d(2);
    const runningMean = zeros([2]);
    const names = Object.keys(norm.stateDict());
    const name = names.find((key) => /running_?mean/i.test(key)) as string;
    functionalCall(
      norm,
      { [name]: runningMean },
      tensor([
        [1, 2],
        [3, 4],
      ]),
    );
    const means = runningMean.toArray<number[]>();
    expect(means[0]).toBeCloseTo(0.2, 6);
    expect(means[1]).toBeCloseTo(0.3, 6);
    expect(norm.stateDict()[name].toArray()).toEqual([0, 0]);
  });

  it('a step of learning inside is differentiated: MAML', () => {
    class Line extends Module {
      readonly w = parameter(tensor([1.5], { dtype: 'float64' }));
      forward(x: Tensor): Tensor {
        return x.mul(this.w);
      }
    }
    const line = new Line();
    const [x1, y1, x2, y2] = [2, 1, 3, 2].map((v) => tensor([v], { dtype: 'float64' }));
    type Named = Record<string, Tensor>;
    const inner = (p: Named) => mseLoss(functionalCall(line, p, x1), y1);
    const outer = (p: Named) => {
      const g = grad(inner)(p);
      return mseLoss(functionalCall(line, { w: p.w.sub(g.w.mul(0.05)) }, x2), y2);
    };
    const params: Named = Object.fromEntries(line.namedParameters());
    // L₁ = (2w − 1)², L₂ = (3w′ − 2)², w′ = w − 0.05·4(2w − 1), dw′/dw = 0.6.
    const learned = 1.5 - 0.05 * 4 * 2;
    expect(grad(outer)(params).w.item()).toBeCloseTo(6 * (3 * learned - 2) * 0.6, 12);
    const third = grad((p: Named) => grad(outer)(p).w.sum())(params);
    expect(third.w.item()).toBeCloseTo(18 * 0.6 * 0.6, 12);
    expect(line.w.toArray()).toEqual([1.5]);
    expect(line.w.grad).toBe(null);
  });
});

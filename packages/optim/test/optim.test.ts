import '@dl/autograd';
import { readFileSync } from 'node:fs';
import type { Tensor } from '@dl/tensor';
import { memory, randn, scope, sin, tensor } from '@dl/tensor';
import { backendFor } from '@dl/tensor/backend';
import { describe, expect, it, vi } from 'vitest';
import type { Optimizer, ParameterState } from '../src/index';
import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  ASGD,
  clipGradNorm,
  clipGradValue,
  LBFGS,
  NAdam,
  RAdam,
  RMSprop,
  Rprop,
  SGD,
} from '../src/index';

interface Case {
  name: string;
  options: Record<string, unknown> & { lr: number };
  path: number[][];
}

const file = new URL('./fixtures/trajectories.json', import.meta.url);
const { start, cases } = JSON.parse(readFileSync(file, 'utf8')) as {
  start: number[];
  cases: Case[];
};
const classes = {
  ...{ SGD, Adam, AdamW, Adamax, NAdam, RAdam, RMSprop, Adagrad, Adadelta },
  ...{ Rprop, ASGD, LBFGS },
};
type AnyOptimizer = Optimizer<{ lr: number }>;
const make = (name: string, params: Tensor[], options: Case['options']): AnyOptimizer =>
  new classes[name as 'SGD'](params, options) as unknown as AnyOptimizer;

const scale = tensor([1, 4, 0.5, 2], { dtype: 'float64' });
function loss(x: Tensor): Tensor {
  const product = x.select(0, 0).mul(x.select(0, 1)).mul(x.select(0, 2));
  return x.square().mul(scale).sum().add(sin(x).sum()).add(product.mul(0.1));
}

function leaf(values = start, dtype: 'float32' | 'float64' = 'float64'): Tensor {
  const x = tensor(values, { dtype });
  x.requiresGrad = true;
  return x;
}

function run(optimizer: AnyOptimizer, x: Tensor, steps: number): number[][] {
  return Array.from({ length: steps }, () => {
    optimizer.step(() => {
      optimizer.zeroGrad();
      const value = loss(x);
      value.backward();
      return value;
    });
    return Array.from(x.dataSync());
  });
}

describe('trajectories of PyTorch 1.13', () => {
  it.each(cases)('$name $options', ({ name, options, path }) => {
    const x = leaf();
    const ours = run(make(name, [x], options), x, path.length);
    ours.forEach((point, step) => {
      point.forEach((value, i) => {
        const exact = path[step][i];
        // PyTorch keeps NAdam's product of momenta and ASGD's rate in float32.
        const tolerance = name === 'ASGD' ? 1e-7 : name === 'NAdam' ? 1e-8 : 1e-9;
        expect(Math.abs(value - exact)).toBeLessThanOrEqual(
          tolerance * Math.max(1, Math.abs(exact)),
        );
      });
    });
  });
});

describe('other published forms', () => {
  it('classic momentum is v ← μv + ηg, also when the rate changes', () => {
    const x = leaf([1]);
    const optimizer = new SGD([x], { lr: 0.1, momentum: 0.5, form: 'classic' });
    let [p, v] = [1, 0];
    for (const lr of [0.1, 0.01, 0.2]) {
      optimizer.groups[0].options.lr = lr;
      optimizer.zeroGrad();
      x.square().sum().backward();
      optimizer.step();
      v = 0.5 * v + lr * 2 * p;
      p -= v;
      expect(x.item()).toBeCloseTo(p, 12);
    }
  });

  it('eps stands inside the root where it is asked to', () => {
    const x = leaf([1]);
    const optimizer = new RMSprop([x], { lr: 0.1, alpha: 0, eps: 3, epsPlace: 'inside' });
    x.square().sum().backward();
    optimizer.step();
    expect(x.item()).toBeCloseTo(1 - (0.1 * 2) / Math.sqrt(4 + 3), 12);
  });
});

describe('a step whose numbers change', () => {
  it.each(cases)('takes no memory for them: $name $options', ({ name, options }) => {
    const x = leaf();
    const optimizer = make(name, [x], options);
    run(optimizer, x, 3);
    const before = memory();
    const spy = vi.spyOn(backendFor('cpu'), 'allocate');
    for (let i = 0; i < 300; i++) {
      optimizer.groups[0].options.lr *= 0.999;
      optimizer.step(() => 0);
    }
    const lengths = spy.mock.calls.map(([, length]) => length);
    spy.mockRestore();
    // L-BFGS measures lengths, which are tensors of one element.
    if (name !== 'LBFGS') expect(lengths.filter((length) => length !== x.size)).toEqual([]);
    expect(memory().tensors - before.tensors).toBeLessThan(30);
  });
});

describe('groups and state', () => {
  it('gives each group its own options', () => {
    const [a, b, c] = [leaf([1]), leaf([1]), leaf([1])];
    const optimizer = new SGD([{ params: [a], lr: 1 }, { params: [b, c] }], { lr: 0.1 });
    a.add(b).sum().backward();
    optimizer.step();
    expect([a.item(), b.item(), c.item()]).toEqual([0, 0.9, 1]);
  });

  it.each(cases)(
    'continues $name $options to the same bits from a saved state',
    ({ name, options }) => {
      const x = leaf();
      const whole = make(name, [x], options);
      run(whole, x, 7);
      const y = leaf([...x.dataSync()]);
      const resumed = make(name, [y], options);
      const { state, options: saved } = whole.stateDict();
      const copied = Object.entries(state).map(([key, values]): [string, ParameterState] => [
        key,
        Object.fromEntries(
          Object.entries(values).map(([k, v]) => [k, typeof v === 'number' ? v : v.clone()]),
        ),
      ]);
      resumed.loadStateDict({ state: Object.fromEntries(copied), options: saved });
      expect(run(resumed, y, 5)).toEqual(run(whole, x, 5));
    },
  );

  it('refuses a state that does not fit and changes nothing', () => {
    const x = leaf([1, 2]);
    const optimizer = new Adam([['w', x]], { lr: 0.1 });
    const wrong = { state: { v: {}, w: { mean: tensor([1]) } }, options: [] };
    expect(() => optimizer.loadStateDict(wrong)).toThrow(
      /0 groups, not 1; no parameter v; w.mean has another shape/,
    );
    expect(optimizer.stateDict().state).toEqual({});
  });

  it('refuses bad options and parameters', () => {
    expect(() => new SGD([], { lr: 1 })).toThrow(/no parameters/);
    expect(() => new SGD([leaf()], { lr: -1 })).toThrow(/lr must be at least 0/);
    expect(() => new Adam([leaf()], { betas: [1, 0.9] })).toThrow(/beta1/);
    expect(() => new SGD([leaf()], { lr: 1, nesterov: true })).toThrow(/Nesterov/);
    const x = leaf();
    expect(() => new SGD([x, x], { lr: 1 })).toThrow(/given twice/);
  });

  it.each(Object.keys(classes))('%s holds its memory over 1,000 steps', (name) => {
    const x = leaf([1, 2, 3], 'float32');
    const optimizer = make(name, [x], { lr: 0.01 });
    const step = () =>
      optimizer.step(() => {
        optimizer.zeroGrad();
        const value = x.square().sum();
        value.backward();
        return value;
      });
    scope(() => void step());
    const before = memory();
    for (let i = 0; i < 1000; i++) scope(() => void step());
    expect([memory().bytes, memory().tensors]).toEqual([before.bytes, before.tensors]);
  });
});

describe('clipping', () => {
  it('scales all gradients to a common norm', () => {
    const [a, b] = [leaf([3]), leaf([4])];
    a.square().add(b.square()).mul(0.5).sum().backward();
    expect(clipGradNorm([a, b], 1).item()).toBeCloseTo(5, 12);
    expect(a.grad?.item()).toBeCloseTo(0.6, 5);
    expect(b.grad?.item()).toBeCloseTo(0.8, 5);
    expect(clipGradNorm([a, b], 10).item()).toBeCloseTo(1, 5);
    expect(a.grad?.item()).toBeCloseTo(0.6, 5);
  });

  it('cuts elements', () => {
    const x = leaf([3, -0.1]);
    x.square().sum().backward();
    clipGradValue([x], 1);
    expect(x.grad?.toArray()).toEqual([1, -0.2]);
  });
});

it('agrees on the WebAssembly and the reference device', () => {
  const start32 = randn([37]);
  for (const name of ['SGD', 'Adam', 'AdamW']) {
    const ends = (['cpu', 'reference'] as const).map((device) => {
      const x = start32.to(device).clone();
      x.requiresGrad = true;
      const optimizer = make(name, [x], {
        ...{ lr: 0.05, weightDecay: 0.1 },
        ...(name === 'SGD' && { momentum: 0.9 }),
      });
      for (let i = 0; i < 5; i++) {
        optimizer.zeroGrad();
        x.square().sum().backward();
        optimizer.step();
      }
      return x.dataSync();
    });
    ends[0].forEach((value, i) => {
      expect(value).toBeCloseTo(ends[1][i], 5);
    });
  }
});

it('refuses options of groups that an optimiser does not have', () => {
  const params = [tensor([0, 0])];
  const sgd = (options: object) => () => new SGD([{ params, ...options }], { lr: 1 });
  expect(sgd({ weight_decay: 0.1 })).toThrow(/did you mean weightDecay/);
  expect(sgd({ momemtum: 0.9 })).toThrow(/cannot have the option momemtum/);
  expect(sgd({ momentum: 'high' })).toThrow(/momentum of a group is not a number/);
  expect(() => new SGD([{ params: 3 as never }], { lr: 1 })).toThrow(/not iterable/);
  expect(sgd({ lr: 0.1, momentum: 0.9, maximize: true, initialLr: 1 })).not.toThrow();
});

// First: it chooses the heap that @dl/tensor makes when it is loaded.
import '@dl/testing/allocation-faults';
import { failEach } from '@dl/testing/allocation-faults';
import '@dl/autograd';
import {
  BatchNorm2d,
  Conv2d,
  CrossEntropyLoss,
  Dropout,
  Flatten,
  Linear,
  ReLU,
  Sequential,
} from '@dl/nn';
import type { DType, Tensor } from '@dl/tensor';
import { isTensor, manualSeed, memory, randn, scope, tensor } from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import type { ParameterState } from '../src/index';
import * as optim from '../src/index';

// Every allocation of a step fails once: tensors, gradients, state, and the scratch memory of kernels.

const held = () => {
  const { tensors, storages, bytes } = memory();
  return { tensors, storages, bytes };
};

describe('a training step whose memory runs out', () => {
  const criterion = new CrossEntropyLoss();
  const x = randn([5, 1, 6, 6]);
  const y = tensor(Int32Array.from([0, 1, 2, 3, 1]));

  function network() {
    manualSeed(3);
    return new Sequential(
      new Conv2d(1, 3, 3, { padding: 1 }),
      new BatchNorm2d(3),
      new ReLU(),
      new Flatten(),
      new Linear(3 * 36, 8),
      new Dropout(0.3),
      new Linear(8, 4),
    );
  }

  const learn = (model: Sequential, optimizer: optim.Adam) =>
    scope(() => {
      optimizer.zeroGrad();
      criterion.forward(model.forward(x), y).backward();
      optimizer.step();
    });
  const stateOf = (optimizer: optim.Adam): Tensor[] =>
    Object.values(optimizer.stateDict().state).flatMap((s) => Object.values(s).filter(isTensor));
  const expectFinite = (model: Sequential) => {
    for (const p of Object.values(model.stateDict())) {
      expect(p.dataSync().every(Number.isFinite)).toBe(true);
    }
  };

  it('leaves nothing behind, and the next step works', async () => {
    const model = network();
    const optimizer = new optim.Adam(model.namedParameters(), { lr: 0.01 });
    learn(model, optimizer);
    optimizer.zeroGrad();
    const before = held();
    const failures = await failEach(
      () => {},
      () => learn(model, optimizer),
      (at) => {
        optimizer.zeroGrad();
        expect(held(), `allocation ${at}`).toEqual(before);
        learn(model, optimizer);
        expectFinite(model);
        optimizer.zeroGrad();
      },
    );
    expect(failures).toBeGreaterThan(20);
  });

  it('leaves what the optimiser had set up by then, where it was the first', async () => {
    const model = network();
    let optimizer = new optim.Adam(model.namedParameters());
    const before = held();
    await failEach(
      () => {
        optimizer = new optim.Adam(model.namedParameters());
      },
      () => learn(model, optimizer),
      (at) => {
        optimizer.zeroGrad();
        const slots = stateOf(optimizer);
        expect(held().tensors - before.tensors, `allocation ${at}`).toBe(slots.length);
        learn(model, optimizer);
        expectFinite(model);
        optimizer.zeroGrad();
        for (const slot of stateOf(optimizer)) slot.dispose();
      },
    );
  });
});

describe('a parameter and its state change together or not at all, where memory runs out in step()', () => {
  type Any = new (parameters: Tensor[], options: object) => optim.Optimizer<{ lr: number }>;
  const options: Record<string, object> = {
    SGD: { lr: 0.1, momentum: 0.9, weightDecay: 0.1 },
    Adam: { amsgrad: true, maximize: true },
    RMSprop: { momentum: 0.9, centered: true },
    NAdam: { weightDecay: 0.1 },
    Adamax: { weightDecay: 0.1 },
    RAdam: { weightDecay: 0.1 },
    Adagrad: { weightDecay: 0.1, lrDecay: 0.1 },
  };
  const names = Object.keys(optim).filter((name) => {
    const { prototype } = (optim as unknown as Record<string, { prototype?: object }>)[name];
    return prototype instanceof optim.Optimizer && !['LBFGS', 'Newton'].includes(name);
  });
  const cases = names.flatMap((name) =>
    (['float32', 'float64'] as const).map((dtype) => ({ name, dtype })),
  );

  /** Two parameters after two steps, with gradients for the third. */
  function prepared(name: string, dtype: DType) {
    manualSeed(5);
    const parameters = [randn([4, 4], { dtype }), randn([4, 4], { dtype })];
    for (const p of parameters) p.requiresGrad = true;
    const Optimizer = (optim as unknown as Record<string, Any>)[name];
    const optimizer = new Optimizer(parameters, options[name] ?? {});
    for (let i = 0; i < 3; i++) {
      optimizer.zeroGrad();
      scope(() => parameters[0].mul(parameters[1]).square().sum().backward());
      if (i < 2) optimizer.step();
    }
    return { parameters, optimizer };
  }

  /** Each parameter with its state, as text. */
  function contents({ parameters, optimizer }: ReturnType<typeof prepared>): string[] {
    const { state } = optimizer.stateDict();
    const text = (v: Tensor | number) => (isTensor(v) ? [...v.dataSync()] : v);
    return parameters.map((p, i) => {
      const own: Readonly<ParameterState> = state[String(i)];
      const entries = Object.keys(own)
        .sort()
        .map((key) => [key, text(own[key])]);
      return JSON.stringify([text(p), entries]);
    });
  }

  it.each(cases)('$name in $dtype', async ({ name, dtype }) => {
    const before = contents(prepared(name, dtype));
    const done = prepared(name, dtype);
    done.optimizer.step();
    const after = contents(done);
    let now = done;
    await failEach(
      () => {
        now = prepared(name, dtype);
      },
      () => now.optimizer.step(),
      (at) => {
        contents(now).forEach((found, i) => {
          const states = found === before[i] ? 'old' : found === after[i] ? 'new' : 'torn';
          expect(states, `parameter ${i} after allocation ${at}`).not.toBe('torn');
        });
      },
    );
    expect(contents(now)).toEqual(after);
  });
});

describe('moving averages whose memory runs out', () => {
  it('exchange all weights or none', async () => {
    manualSeed(1);
    const parameters = [randn([8, 8]), randn([20]), randn([3, 3, 3], { dtype: 'float64' })];
    const ema = new optim.ExponentialMovingAverage(parameters, 0.5);
    for (const p of parameters) p.add_(1);
    const contents = () =>
      JSON.stringify([...parameters, ...ema.averages].map((x) => [...x.dataSync()]));
    const before = contents();
    const held = memory();
    const failures = await failEach(
      () => {},
      () => ema.swap(),
      () => expect(contents()).toBe(before),
    );
    expect(failures).toBe(2);
    expect(contents()).not.toBe(before);
    ema.swap();
    expect(contents()).toBe(before);
    expect(memory().tensors).toBe(held.tensors);
  });
});

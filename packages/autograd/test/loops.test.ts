import type { Tensor } from '@dl/tensor';
import {
  iterate,
  keep,
  memory,
  randn,
  softmaxCrossEntropy,
  steps,
  tensor,
  zeros,
} from '@dl/tensor';
import { sgdStep } from '@dl/tensor/internal';
import { afterEach, describe, expect, it } from 'vitest';
import { noGrad } from '../src/index';

// The loops that DESIGN.md names. Nobody writes `dispose`; bytes must be equal at step 100 and at the last.
const STEPS = 10_000;

class Weights {
  readonly list: Tensor[] = [];

  add(...shape: number[]): Tensor {
    const w = keep(randn(shape));
    w.requiresGrad = true;
    this.list.push(w);
    return w;
  }

  step(): void {
    noGrad(() => {
      for (const w of this.list) {
        const { grad } = w;
        if (!grad) continue;
        sgdStep(w, grad, undefined, {
          lr: 0.01,
          momentum: 0,
          dampening: 0,
          weightDecay: 0,
          nesterov: false,
          first: false,
        });
        grad.dispose();
        w.grad = null;
      }
    });
  }
}

class Flatness {
  private bytes = 0;
  private tensors = 0;

  check(step: number, last: number): void {
    if (step === 100) {
      this.bytes = memory().bytes;
      this.tensors = memory().tensors;
    }
    if (step === last) {
      expect(memory().bytes).toBe(this.bytes);
      expect(memory().tensors).toBe(this.tensors);
    }
  }
}

/** Endless batches; a new iterator each time it is walked, like a loader. */
const batches = (count: number) => ({
  *[Symbol.iterator](): Generator<[Tensor, Tensor], void, undefined> {
    for (let i = 0; i < count; i++) {
      yield [randn([4, 3]), tensor([0, 1, 1, 0], { dtype: 'int32' })];
    }
  },
});

describe('loops hold their memory', () => {
  const start = memory().tensors;
  afterEach(() => {
    expect(memory().tensors).toBeGreaterThanOrEqual(start);
  });

  it('a classifier', () => {
    const weights = new Weights();
    const w = weights.add(3, 2);
    const flat = new Flatness();
    let step = 0;
    for (const [x, y] of iterate(batches(STEPS))) {
      softmaxCrossEntropy(x.matmul(w), y).backward();
      weights.step();
      flat.check(++step, STEPS);
    }
  });

  it('truncated back-propagation through time carries its state', () => {
    const weights = new Weights();
    const w = weights.add(3, 3);
    const flat = new Flatness();
    let h = zeros([4, 3]);
    for (const step of steps(STEPS)) {
      h = h.detach().matmul(w).tanh();
      h.square().mean().backward();
      weights.step();
      flat.check(step + 1, STEPS);
    }
    expect(h.isReleased).toBe(false);
  });

  it('a GAN uses a fake twice', () => {
    const generator = new Weights();
    const critic = new Weights();
    const g = generator.add(2, 3);
    const d = critic.add(3, 1);
    const flat = new Flatness();
    let fake: Tensor | null = null;
    for (const step of steps(STEPS)) {
      const before: Tensor | null = fake;
      fake = randn([4, 2]).matmul(g).tanh();
      const real = randn([4, 3]);
      fake.detach().matmul(d).sum().sub(real.matmul(d).sum()).backward();
      critic.step();
      fake.matmul(d).mean().neg().backward();
      generator.step();
      for (const w of critic.list) {
        w.grad?.dispose();
        w.grad = null;
      }
      // One iteration of grace: the fake before can still be read.
      if (before) expect(before.isReleased).toBe(false);
      flat.check(step + 1, STEPS);
    }
  });

  it('a running mean updates itself', () => {
    const flat = new Flatness();
    let mean = zeros([3]);
    let step = 0;
    for (const [x] of iterate(batches(STEPS))) {
      mean = mean.mul(0.9).add(x.mean(0).mul(0.1));
      flat.check(++step, STEPS);
    }
    expect(mean.isReleased).toBe(false);
  });

  it('nested epochs: what an epoch ends with passes to the loop around', () => {
    const flat = new Flatness();
    const loader = batches(10);
    let last: Tensor | null = null;
    for (const epoch of steps(STEPS / 10)) {
      for (const [x] of iterate(loader)) last = x.sum();
      expect(last?.isReleased).toBe(false);
      flat.check(epoch + 1, STEPS / 10);
    }
    const loose = new Flatness();
    for (let epoch = 1; epoch <= 200; epoch++) {
      for (const [x] of iterate(loader)) last = x.sum();
      expect(Number.isFinite(last?.item())).toBe(true);
      loose.check(epoch, 200);
    }
  });

  it('interleaved asynchronous loops do not free each other', async () => {
    const weights = keep(randn([3, 2]));
    const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
    const work = async (count: number, pause: number): Promise<number> => {
      let total = 0;
      for (const [x] of iterate(batches(count))) {
        const a = x.matmul(weights);
        for (let i = 0; i < pause; i++) await turn();
        const own = zeros([2]).add(1);
        await turn();
        total += a.add(own).sum().item();
      }
      return total;
    };
    const results = await Promise.all([work(300, 0), work(60, 5), work(150, 1)]);
    for (const result of results) expect(Number.isFinite(result)).toBe(true);
  });

  it('a history without keep() says what to write', () => {
    const history: Tensor[] = [];
    const kept: Tensor[] = [];
    for (const [x] of iterate(batches(5))) {
      history.push(x.sum());
      kept.push(keep(x.mean()));
    }
    expect(() => history[0].item()).toThrow(/from sum was released[\s\S]*keep\(\)/);
    expect(kept.map((x) => Number.isFinite(x.item()))).toEqual([true, true, true, true, true]);
    for (const x of kept) x.dispose();
  });

  it('a loop left by break keeps one tail, freed by the next run', () => {
    const loader = batches(1000);
    const flat = new Flatness();
    for (let run = 1; run <= 300; run++) {
      let seen = 0;
      for (const [x] of iterate(loader)) {
        x.sum();
        if (++seen === 3) break;
      }
      flat.check(run, 300);
    }
  });

  it('an exception in a loop leaves nothing but its tail', () => {
    const loader = batches(10);
    const flat = new Flatness();
    for (let run = 1; run <= 200; run++) {
      expect(() => {
        for (const [x] of iterate(loader)) {
          x.sum();
          throw new Error('stop');
        }
      }).toThrow('stop');
      flat.check(run, 200);
    }
  });
});

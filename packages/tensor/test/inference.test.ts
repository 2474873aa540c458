import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  add,
  cat,
  conv2d,
  exp,
  inferenceScope,
  keep,
  linear,
  matmul,
  memory,
  mul,
  randn,
  relu,
  resetPeakMemory,
  scope,
  sub,
  type Tensor,
  tensor,
  zeros,
} from '../src/index';

const values = (x: Tensor) => Array.from(x.dataSync());
const close = (a: Tensor, b: Tensor) => {
  const [x, y] = [values(a), values(b)];
  expect(x.length).toBe(y.length);
  x.forEach((v, i) => {
    expect(v).toBeCloseTo(y[i], 4);
  });
};
/** Bytes that were held at most beside those before, in tensors of `bytes` each. */
function most(bytes: number, work: () => Tensor): number {
  resetPeakMemory();
  const before = memory().bytes;
  const result = work();
  const peak = memory().peakBytes - before;
  result.dispose();
  expect(memory().bytes).toBe(before);
  return peak / bytes;
}

describe('an inference scope', () => {
  it('holds one result of a chain of elementwise operations', () => {
    const x = randn([1000]);
    const work = () => exp(x.mul(2).sub(1).tanh()).add(x).sqrt();
    const expected = scope(work);
    expect(values(inferenceScope(work))).toEqual(values(expected));
    expect(most(4000, () => inferenceScope(work))).toBe(1);
    expect(most(4000, () => scope(work))).toBe(6);
  });

  it('frees what a product has read', () => {
    const [x, w] = [randn([10, 10]), randn([10, 10])];
    const work = () => matmul(matmul(matmul(matmul(x, w), w), w), w);
    const expected = scope(work);
    expect(values(inferenceScope(work))).toEqual(values(expected));
    expect(most(400, () => inferenceScope(work))).toBe(2);
  });

  it('makes the sum of a convolution where the other term lies', () => {
    const [x, w, b] = [randn([1, 4, 8, 8]), randn([4, 4, 3, 3]).mul(0.1), randn([4])];
    const block = (y: Tensor) => relu(conv2d(relu(conv2d(y, w, b, same)), w, b, same).add(y));
    const same = { padding: 1 };
    const chain = () => block(block(block(x)));
    close(inferenceScope(chain), scope(chain));
    // What the next block takes and what is between its convolutions.
    expect(most(x.storage.bytes, () => inferenceScope(chain))).toBe(2);
  });

  it('gives the same sum whether the other term is needed afterwards or not', () => {
    const [x, w] = [randn([1, 4, 8, 8]), randn([4, 4, 1, 1])];
    const sum = (y: Tensor) => add(conv2d(x, w), y);
    const alone = inferenceScope(() => sum(x.mul(2)));
    const [again, term] = inferenceScope(() => {
      const y = x.mul(2);
      return [sum(y), y];
    });
    expect(values(again)).toEqual(values(alone));
    expect(values(term)).toEqual(values(x.mul(2)));
  });

  it('leaves alone what is returned, kept, used again or looked at in another way', () => {
    const x = tensor([1, -2, 3, -4]);
    let held: Tensor | undefined;
    const result = inferenceScope(() => {
      const a = x.mul(2);
      const b = relu(a);
      held = keep(x.add(1));
      const c = held.neg();
      const view = b.reshape([2, 2]);
      const d = b.neg();
      return { a, c, view, d, twice: a.mul(a), sum: add(a, b) };
    });
    expect(values(result.a)).toEqual([2, -4, 6, -8]);
    expect(values(held as Tensor)).toEqual([2, -1, 4, -3]);
    expect(values(result.c)).toEqual([-2, 1, -4, 3]);
    expect(result.view.toArray()).toEqual([
      [2, 0],
      [6, 0],
    ]);
    expect(values(result.d)).toEqual([-2, -0, -6, -0]);
    expect(values(result.twice)).toEqual([4, 16, 36, 64]);
    expect(values(result.sum)).toEqual([4, -4, 12, -8]);
    expect(values(x)).toEqual([1, -2, 3, -4]);
  });

  it('runs what must come first before a change in place, and before a value is read', () => {
    const [x, y] = [tensor([1, 2]), tensor([1, 2])];
    const [before, after, item] = inferenceScope(() => {
      const first = x.mul(10);
      x.add_(1);
      const second = x.mul(10);
      y.square_();
      const third = y.add(first);
      return [first, second, third.sum().item()];
    });
    expect(values(before)).toEqual([10, 20]);
    expect(values(after)).toEqual([20, 30]);
    expect(item).toBe(35);
    const changed = inferenceScope(() => {
      const z = x.mul(2);
      const w = z.add(1);
      z.exp_().log_();
      return [w, z.lerp_(zeros([2]), 0.5)];
    });
    expect(values(changed[0])).toEqual([5, 7]);
    expect(values(changed[1]).map(Math.round)).toEqual([2, 3]);
  });

  it('leaves nothing behind after an error, which comes as it is', () => {
    const x = randn([2, 3]);
    let held: Tensor | undefined;
    const work = () => {
      held?.dispose();
      const y = x.mul(2);
      held = keep(y.add(1));
      return linear(y.add(2), zeros([4, 5]));
    };
    expect(() => inferenceScope(work)).toThrow(/linear/);
    const before = memory();
    expect(() => inferenceScope(work)).toThrow(/linear/);
    scope(() => close(held as Tensor, x.mul(2).add(1)));
    expect(memory()).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
    expect(() => inferenceScope(() => Promise.resolve(x))).toThrow(/promise/);
  });

  it('lets go of results that nobody reads', () => {
    const x = randn([8]);
    const before = memory().storages;
    const y = inferenceScope(() => {
      x.mul(2).add(1);
      conv2d(zeros([1, 1, 4, 4]), zeros([1, 1, 1, 1])).add(zeros([1, 1, 4, 4]));
      return x.neg();
    });
    y.dispose();
    expect(memory().storages).toBe(before);
  });

  it('gives what a scope gives, for any program', () => {
    type Op = readonly [kind: number, a: number, b: number, shown: boolean];
    const op = fc.tuple(fc.nat(9), fc.nat(), fc.nat(), fc.boolean());
    const start = randn([3, 3]);
    const run = (program: readonly Op[]) => () => {
      const made: Tensor[] = [start.clone()];
      const shown: Tensor[] = [];
      for (const [kind, i, j, show] of program) {
        const [a, b] = [made[i % made.length], made[j % made.length]];
        const makers: (() => Tensor)[] = [
          () => mul(a, b),
          () => sub(a, b),
          () => a.tanh(),
          () => relu(a),
          () => a.transpose(0, 1),
          () => matmul(a, b.tanh()),
          () => cat([a, b], 0).slice([[1, 4]]),
          () => scope(() => linear(a.tanh(), b.sigmoid())),
          () => add(a, b.sum([0]).tanh()),
          () => a.mul_(0.5),
        ];
        const y = makers[kind]();
        made.push(y);
        if (show) shown.push(y);
      }
      return shown.concat(made.slice(-1));
    };
    const all = (made: readonly Tensor[]) => {
      const lists = made.map(values);
      for (const x of made) x.dispose();
      return lists;
    };
    const before = memory().tensors;
    fc.assert(
      fc.property(fc.array(op, { minLength: 1, maxLength: 25 }), (program) => {
        expect(all(inferenceScope(run(program)))).toEqual(all(scope(run(program))));
        expect(memory().tensors).toBe(before);
      }),
    );
  });
});

import { readFileSync } from 'node:fs';
import { noGrad } from '@dl/autograd';
import { memory, ShapeError, tensor, zeros } from '@dl/tensor';
import { expectClose } from '@dl/testing';
import { describe, expect, it } from 'vitest';
import type { Optimizer } from '../src/index';
import { Adafactor, Muon, SparseAdam } from '../src/index';

type Nest = number | Nest[];
interface Case {
  readonly name: 'Adafactor' | 'Muon' | 'SparseAdam';
  readonly options: object;
  readonly start: Nest[];
  readonly gradients: readonly Nest[][];
  readonly path: readonly Nest[][];
}

const file = new URL('./fixtures/matrices.json', import.meta.url);
const cases: readonly Case[] = JSON.parse(readFileSync(file, 'utf8'));
const classes = { Adafactor, Muon, SparseAdam };
const float64 = { dtype: 'float64' } as const;

function leaf(values: Nest[]) {
  const x = tensor(values as number[], float64);
  x.requiresGrad = true;
  return x;
}

const make = ({ name, options }: Case, x: ReturnType<typeof leaf>) =>
  new classes[name]([x], options) as unknown as Optimizer<{ lr: number }>;

describe.each(cases)('$name $options', (sample) => {
  it('takes the steps of the reference', () => {
    const x = leaf(sample.start);
    const optimizer = make(sample, x);
    sample.gradients.forEach((gradient, i) => {
      x.grad = tensor(gradient as number[], float64);
      optimizer.step();
      expectClose(x, tensor(sample.path[i] as number[], float64), { rtol: 1e-9, atol: 1e-11 });
    });
  });

  it('goes on from a saved state to the same bits, and holds its memory', () => {
    const [x, y] = [leaf(sample.start), leaf(sample.start)];
    const [whole, resumed] = [make(sample, x), make(sample, y)];
    const step = (optimizer: typeof whole, z: typeof x, i: number) => {
      z.grad = tensor(sample.gradients[i] as number[], float64);
      optimizer.step();
      optimizer.zeroGrad();
    };
    for (const i of [0, 1, 2]) step(whole, x, i);
    noGrad(() => y.copy_(x));
    resumed.loadStateDict(whole.stateDict());
    const before = memory().bytes;
    for (const i of [3, 4]) {
      step(whole, x, i);
      step(resumed, y, i);
    }
    expect(y.toArray()).toEqual(x.toArray());
    expect(memory().bytes).toBe(before);
  });
});

it('Adafactor keeps a row and a column of a matrix', () => {
  const x = leaf([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const optimizer = new Adafactor([['w', x]]);
  x.grad = zeros([2, 3], float64).add(1);
  optimizer.step();
  const { state } = optimizer.stateDict();
  expect(state.w).toMatchObject({ rows: { shape: [2, 1] }, columns: { shape: [1, 3] } });
  const wrong = { ...optimizer.stateDict(), state: { w: { rows: zeros([2, 3]) } } };
  expect(() => optimizer.loadStateDict(wrong)).toThrow(/w.rows has another shape/);
});

it('refuses what makes no sense', () => {
  expect(() => new Muon([['bias', leaf([1, 2])]])).toThrow(ShapeError);
  expect(() => new Muon([leaf([[1]])], { nsSteps: 0 })).toThrow(/nsSteps/);
  expect(() => new Muon([leaf([[1]])], { adjustLrFn: 'keller' as 'original' })).toThrow(
    /adjustLrFn/,
  );
  expect(() => new Adafactor([leaf([1])], { beta2Decay: 0.8 })).toThrow(/beta2Decay/);
  expect(() => new SparseAdam([leaf([1])], { betas: [1, 0.9] })).toThrow(/beta1/);
});

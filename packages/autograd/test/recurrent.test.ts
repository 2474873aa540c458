import { readFileSync } from 'node:fs';
import type { RecurrentWeights, Tensor } from '@dl/tensor';
import { cat, gru, lstm, ones, randn, rnn, ShapeError, tensor, zeros } from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import { gradients, valueAndGrad } from '../src/index';

// Values and gradients of PyTorch 1.13, written by packages/autograd/test/fixtures/recurrent.py; then closed forms.

interface Data {
  shape: number[];
  data: number[];
}
interface Case {
  name: string;
  x: Data;
  first: Data[];
  weights: Data[];
  parameters: Data[];
  output: Data;
  last: Data[];
  gradients: Data[];
}
const file = new URL('./fixtures/recurrent.json', import.meta.url);
const cases = JSON.parse(readFileSync(file, 'utf8')) as Case[];

const from = ({ shape, data }: Data): Tensor =>
  tensor(Float64Array.from(data), { shape, dtype: 'float64' });

function expectClose(found: Tensor, expected: Tensor, tolerance = 1e-12): void {
  expect(found.shape).toEqual(expected.shape);
  if (found.size > 0) expect(found.sub(expected).abs().amax().item()).toBeLessThan(tolerance);
}

/** Output and last states by the name of a case. */
function apply(name: string, x: Tensor, first: Tensor[], [ih, hh, bi, bh]: Tensor[]): Tensor[] {
  const weights: RecurrentWeights = {
    weightIh: ih,
    weightHh: hh,
    ...(bi && { biasIh: bi, biasHh: bh }),
  };
  if (name.startsWith('lstm')) {
    const { output, hidden, cell } = lstm(x, weights, [first[0], first[1]]);
    return [output, hidden, cell];
  }
  const { output, hidden } = name.startsWith('gru')
    ? gru(x, weights, first[0])
    : rnn(x, weights, first[0], { nonlinearity: name.endsWith('relu') ? 'relu' : 'tanh' });
  return [output, hidden];
}

describe('sequences are those of PyTorch', () => {
  it.each(cases)('$name', ({ name, ...data }) => {
    const x = from(data.x);
    const leaves = [x, ...data.first.map(from), ...data.parameters.map(from)];
    for (const leaf of leaves) leaf.requiresGrad = true;
    const states = data.first.length;
    const results = apply(name, x, leaves.slice(1, 1 + states), leaves.slice(1 + states));
    [data.output, ...data.last].forEach((expected, i) => {
      expectClose(results[i], from(expected));
    });
    const weights = data.weights.map((w, i) => from(w).reshape(results[i].shape));
    const found = gradients(results, leaves, weights);
    data.gradients.forEach((expected, i) => {
      expectClose(found[i] as Tensor, from(expected), 1e-11);
    });
  });
});

const double = (...shape: number[]) => randn(shape, { dtype: 'float64' });

/** The sum of the last hidden states, and its gradients, over named parameters. */
function trained(f: (p: Record<string, Tensor>) => Tensor, parameters: Record<string, Tensor>) {
  return valueAndGrad(f)(parameters).gradient;
}

describe('back-propagation through time', () => {
  it('sums over all steps, for U, W and V of a plain network', () => {
    // s_t = tanh(U x_t + W s_(t−1)), o_t = V s_t, E = Σ_t ½‖o_t − y_t‖².
    const [time, inputs, hidden, outputs] = [5, 3, 4, 2];
    const x = double(time, 1, inputs);
    const y = double(time, 1, outputs);
    const p = { U: double(hidden, inputs), W: double(hidden, hidden), V: double(outputs, hidden) };
    const found = trained(({ U, W, V }) => {
      const { output } = rnn(x, { weightIh: U, weightHh: W });
      return output.matmul(V.T).sub(y).square().sum().mul(0.5);
    }, p);

    const { output } = rnn(x, { weightIh: p.U, weightHh: p.W });
    const s = (t: number) =>
      t < 0 ? zeros([hidden, 1], { dtype: 'float64' }) : output.select(0, t).T;
    const error = (t: number) => p.V.matmul(s(t)).sub(y.select(0, t).T);
    let [dU, dW, dV] = [p.U.mul(0), p.W.mul(0), p.V.mul(0)];
    for (let t = 0; t < time; t++) {
      dV = dV.add(error(t).matmul(s(t).T));
      // ∂E_t/∂W = Σ_(k ≤ t) δ_k s_(k−1)ᵀ, where δ_(k−1) = Wᵀ δ_k ⊙ (1 − s_(k−1)²).
      let delta = p.V.T.matmul(error(t)).mul(s(t).square().neg().add(1));
      for (let k = t; k >= 0; k--) {
        dW = dW.add(delta.matmul(s(k - 1).T));
        dU = dU.add(delta.matmul(x.select(0, k)));
        delta = p.W.T.matmul(delta).mul(
          s(k - 1)
            .square()
            .neg()
            .add(1),
        );
      }
    }
    expectClose(found.U, dU, 1e-10);
    expectClose(found.W, dW, 1e-10);
    expectClose(found.V, dV, 1e-10);
  });

  it('has the closed form of the LSTM', () => {
    const [time, hidden] = [4, 3];
    const x = double(time, 2, 2);
    const p = { weightIh: double(4 * hidden, 2), weightHh: double(4 * hidden, hidden) };
    const g = double(time, 2, hidden);
    const found = trained(
      ({ weightIh, weightHh }) => lstm(x, { weightIh, weightHh }).output.mul(g).sum(),
      p,
    );

    // Forward with everything kept, then δh_t and δc_t backwards through the four gates.
    const zero = zeros([2, hidden], { dtype: 'float64' });
    let [h, c] = [zero, zero];
    const kept = Array.from({ length: time }, (_, t) => {
      const sums = x.select(0, t).matmul(p.weightIh.T).add(h.matmul(p.weightHh.T));
      const [i, f, z, o] = sums.chunk(4, 1);
      const step = {
        before: h,
        cellBefore: c,
        i: i.sigmoid(),
        f: f.sigmoid(),
        z: z.tanh(),
        o: o.sigmoid(),
      };
      c = step.f.mul(c).add(step.i.mul(step.z));
      h = step.o.mul(c.tanh());
      return { ...step, c };
    });
    let [dIh, dHh, dh, dc] = [p.weightIh.mul(0), p.weightHh.mul(0), zero, zero];
    const slope = (s: Tensor) => s.mul(s.neg().add(1));
    for (let t = time - 1; t >= 0; t--) {
      const { before, cellBefore, i, f, z, o, c: cell } = kept[t];
      dh = dh.add(g.select(0, t));
      dc = dc.add(dh.mul(o).mul(cell.tanh().square().neg().add(1)));
      const di = dc.mul(z).mul(slope(i));
      const df = dc.mul(cellBefore).mul(slope(f));
      const dz = dc.mul(i).mul(z.square().neg().add(1));
      const dO = dh.mul(cell.tanh()).mul(slope(o));
      const all = [di, df, dz, dO];
      const rows = (other: Tensor) => cat(all.map((d) => d.T.matmul(other)));
      dIh = dIh.add(rows(x.select(0, t)));
      dHh = dHh.add(rows(before));
      const blocks = p.weightHh.chunk(4, 0);
      dh = all.map((d, n) => d.matmul(blocks[n])).reduce((a, b) => a.add(b));
      dc = dc.mul(f);
    }
    expectClose(found.weightIh, dIh, 1e-10);
    expectClose(found.weightHh, dHh, 1e-10);
  });

  it('has the closed form of the GRU with the reset gate before the product', () => {
    const hidden = 3;
    const x = double(1, 2, 2);
    const h0 = double(2, hidden);
    const p = { weightIh: double(3 * hidden, 2), weightHh: double(3 * hidden, hidden) };
    const g = double(2, hidden);
    const found = trained(
      ({ weightIh, weightHh }) =>
        gru(x, { weightIh, weightHh }, h0, { resetAfter: false }).hidden.mul(g).sum(),
      p,
    );
    const [Wr, Wz, Wn] = p.weightIh.chunk(3, 0);
    const [Ur, Uz, Un] = p.weightHh.chunk(3, 0);
    const step = x.select(0, 0);
    const r = step.matmul(Wr.T).add(h0.matmul(Ur.T)).sigmoid();
    const z = step.matmul(Wz.T).add(h0.matmul(Uz.T)).sigmoid();
    const n = step.matmul(Wn.T).add(r.mul(h0).matmul(Un.T)).tanh();
    const dn = g.mul(z.neg().add(1)).mul(n.square().neg().add(1));
    const dz = g.mul(h0.sub(n)).mul(z).mul(z.neg().add(1));
    const dr = dn.matmul(Un).mul(h0).mul(r).mul(r.neg().add(1));
    const [fr, fz, fn] = found.weightHh.chunk(3, 0);
    expectClose(fr, dr.T.matmul(h0), 1e-11);
    expectClose(fz, dz.T.matmul(h0), 1e-11);
    expectClose(fn, dn.T.matmul(r.mul(h0)), 1e-11);
    expectClose(found.weightIh.chunk(3, 0)[2], dn.T.matmul(step), 1e-11);
  });
});

describe('sizes', () => {
  it('start from zeros where no state is given, and have no steps where there is no input', () => {
    const weights = { weightIh: double(12, 2), weightHh: double(12, 3) };
    const x = double(3, 2, 2);
    const zero = zeros([2, 3], { dtype: 'float64' });
    expectClose(lstm(x, weights).output, lstm(x, weights, [zero, zero]).output);
    const none = lstm(double(0, 2, 2), weights, [zero.add(1), zero]);
    expect(none.output.shape).toEqual([0, 2, 3]);
    expectClose(none.hidden, zero.add(1));
  });

  it('are checked', () => {
    const weights = { weightIh: ones([3, 2]), weightHh: ones([3, 3]) };
    expect(() => rnn(ones([4, 2]), weights)).toThrow(ShapeError);
    expect(() => rnn(ones([4, 1, 2]), weights, ones([2, 3]))).toThrow(/states: \[N, H\]/);
    expect(() => lstm(ones([4, 1, 2]), weights)).toThrow(/4H/);
    expect(() => gru(ones([4, 1, 2]), { ...weights, biasHh: ones([3]) })).toThrow(ShapeError);
  });
});

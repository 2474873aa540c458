import type { Tensor } from '@dl/tensor';
import {
  eye,
  logSoftmax,
  oneHot,
  outer,
  randn,
  relu,
  sigmoid,
  softmax,
  softmaxCrossEntropy,
  tensor,
} from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import { grad, gradients, jacobian, valueAndGrad } from '../src/index';

// Textbook derivations, spelled out: softmax regression, back-propagation through a multilayer perceptron, and the
// Jacobians of matrix calculus. Recurrent networks are in recurrent.test.ts.

const double = (...shape: number[]) => randn(shape, { dtype: 'float64' });

function expectClose(found: Tensor, expected: Tensor, tolerance = 1e-10): void {
  expect(found.shape).toEqual(expected.shape);
  expect(found.sub(expected).abs().amax().item()).toBeLessThan(tolerance);
}

describe('softmax regression', () => {
  it('has the gradient −x(y − ŷ)ᵀ in its weights, summed over the examples', () => {
    const [x, W, b] = [double(5, 4), double(4, 3), double(3)];
    const ids = tensor([0, 2, 1, 1, 0], { dtype: 'int32' });
    const y = oneHot(ids, 3).cast('float64');
    const loss = (p: { W: Tensor; b: Tensor }) =>
      logSoftmax(x.matmul(p.W).add(p.b), 1).mul(y).sum().neg();
    const { gradient } = valueAndGrad(loss)({ W, b });
    const predicted = softmax(x.matmul(W).add(b), 1);
    // Σ_n −x_n (y_n − ŷ_n)ᵀ is one product of matrices.
    expectClose(gradient.W, x.T.matmul(y.sub(predicted)).neg());
    expectClose(gradient.b, y.sub(predicted).sum(0).neg());
    // The fused loss is the mean of the same.
    const fused = grad((w: Tensor) => softmaxCrossEntropy(x.matmul(w).add(b), ids))(W);
    expectClose(fused, gradient.W.div(5));
  });

  it('has ∂softmax = diag(p) − ppᵀ', () => {
    const z = double(6);
    const p = softmax(z);
    expectClose(
      jacobian((x: Tensor) => softmax(x), z),
      p.diag().sub(outer(p, p)),
    );
  });

  it('is logistic regression for two classes', () => {
    const z = double(7);
    const two = softmax(z.unsqueeze(1).mul(tensor([1, 0], { dtype: 'float64' })), 1);
    expectClose(two.select(1, 0), sigmoid(z));
    expectClose(jacobian(sigmoid, z), sigmoid(z).mul(sigmoid(z).neg().add(1)).diag());
  });
});

describe.each([1, 2, 3, 5])('back-propagation through %i layers', (depth) => {
  it('is its four equations (Nielsen 2015, chapter 2)', () => {
    const sizes = [4, 5, 3, 6, 2, 3].slice(0, depth + 1);
    const W = sizes.slice(1).map((n, l) => double(n, sizes[l]));
    const b = sizes.slice(1).map((n) => double(n, 1));
    const x = double(sizes[0], 1);
    const y = double(sizes[depth], 1);
    const slope = (z: Tensor) => sigmoid(z).mul(sigmoid(z).neg().add(1));

    // z^l = W^l a^(l−1) + b^l, a^l = σ(z^l), C = ½‖a^L − y‖².
    const forward = (p: { W: Tensor[]; b: Tensor[] }) => {
      const [a, z] = [[x], [x]];
      p.W.forEach((w, l) => {
        z.push(w.matmul(a[l]).add(p.b[l]));
        a.push(sigmoid(z[l + 1]));
      });
      return { a, z };
    };
    const { gradient } = valueAndGrad((p: { W: Tensor[]; b: Tensor[] }) =>
      (forward(p).a.at(-1) as Tensor).sub(y).square().sum().mul(0.5),
    )({ W, b });

    const { a, z } = forward({ W, b });
    // BP1: δ^L = ∇_a C ⊙ σ'(z^L).
    let delta = a[depth].sub(y).mul(slope(z[depth]));
    for (let l = depth; l >= 1; l--) {
      // BP3: ∂C/∂b^l = δ^l.  BP4: ∂C/∂W^l = δ^l (a^(l−1))ᵀ.
      expectClose(gradient.b[l - 1], delta);
      expectClose(gradient.W[l - 1], delta.matmul(a[l - 1].T));
      // BP2: δ^(l−1) = (W^l)ᵀ δ^l ⊙ σ'(z^(l−1)).
      delta = W[l - 1].T.matmul(delta).mul(slope(z[l - 1]));
    }
  });
});

describe('matrix calculus, where a Jacobian has the outputs as rows', () => {
  const [W, x, u] = [double(3, 4), double(4), double(3)];

  it('∂(Wx)/∂x = W, and ∂(xᵀW)/∂x = Wᵀ', () => {
    expectClose(
      jacobian((v: Tensor) => W.matmul(v), x),
      W,
    );
    expectClose(
      jacobian((v: Tensor) => v.matmul(W), u),
      W.T,
    );
  });

  it('∂x/∂x = I, and ∂f(x)/∂x = diag(f′(x)) for elementwise f', () => {
    expectClose(
      jacobian((v: Tensor) => v.mul(1), x),
      eye(4, 4, { dtype: 'float64' }),
    );
    expectClose(
      jacobian((v: Tensor) => v.exp(), x),
      x.exp().diag(),
    );
    expectClose(jacobian(relu, x), x.gt(0).cast('float64').diag());
  });

  it('∂(z W)/∂W in the shape of W is the outer product of input and error', () => {
    // J = uᵀ W x: ∂J/∂W = u xᵀ, ∂J/∂x = Wᵀ u, ∂J/∂u = W x; each in the shape of its variable.
    const { gradient } = valueAndGrad((p: { W: Tensor; x: Tensor; u: Tensor }) =>
      p.u.matmul(p.W).matmul(p.x),
    )({ W, x, u });
    expectClose(gradient.W, outer(u, x));
    expectClose(gradient.x, W.T.matmul(u));
    expectClose(gradient.u, W.matmul(x));
  });

  it('∂(uᵀh)/∂h = u, and quadratic forms have (A + Aᵀ)x', () => {
    const A = double(4, 4);
    expectClose(grad((v: Tensor) => v.matmul(A).matmul(v))(x), A.add(A.T).matmul(x));
    expectClose(grad((v: Tensor) => u.matmul(v))(double(3)), u);
  });

  it('chains: ∂s/∂b for s = uᵀ f(Wx + b) is u ⊙ f′(z)', () => {
    const b = double(3);
    const z = W.matmul(x).add(b);
    const slope = sigmoid(z).mul(sigmoid(z).neg().add(1));
    const found = grad((v: Tensor) => u.matmul(sigmoid(W.matmul(x).add(v))))(b);
    expectClose(found, u.mul(slope));
    // The product of the Jacobians of the parts, from the left.
    const parts = [jacobian((h: Tensor) => u.matmul(h), sigmoid(z)), jacobian(sigmoid, z)];
    expectClose(found, parts[0].matmul(parts[1]));
  });

  it('traces: ∂tr(AX)/∂X = Aᵀ, ∂‖X‖²/∂X = 2X', () => {
    const [A, X] = [double(3, 4), double(4, 3)];
    X.requiresGrad = true;
    const [g] = gradients([A.matmul(X).trace()], [X]);
    expectClose(g as Tensor, A.T);
    expectClose(grad((v: Tensor) => v.square().sum())(X.detach()), X.detach().mul(2));
  });
});

/** Our packages on tensors that do not lie row after row, along other axes than the last, in double precision, in single rows. */

import { Linear, ReLU, Sequential } from '@dl/nn';
import { Adam } from '@dl/optim';
import type { Tensor } from '@dl/tensor';
import { keep, maskedFill, ones, scatter, scatterAdd, tensor, topk, where } from '@dl/tensor';
import type { Task, Tasks } from '../workloads';
import { differentiated, fill, from, leaf, pure, training } from './dl-tasks';

const [BATCH, TIME, HEADS, SIZE] = [8, 128, 8, 64];

/** [batch, time, heads · size] as [batch, heads, time, size]. */
const toHeads = (x: Tensor): Tensor => x.reshape([BATCH, TIME, HEADS, SIZE]).transpose(1, 2);

const heads = (trains: boolean) => (): Task => {
  const make = trains ? leaf : from;
  const inputs = [1, 2, 3].map((seed) => make([BATCH, TIME, HEADS * SIZE], seed));
  const f = (): Tensor => {
    const [q, k, v] = inputs.map(toHeads);
    return q.matmul(k.transpose()).matmul(v).transpose(1, 2).reshape(inputs[0].shape);
  };
  return trains ? differentiated(inputs, f) : pure(inputs, f);
};

/** Row and column numbers of a matrix in an order that jumps about. */
const places = (n: number): Tensor =>
  keep(
    tensor(
      Int32Array.from({ length: n * n }, (_, i) => (i * 31 + (i >> 5)) % n),
      { shape: [n, n] },
    ),
  );

const square =
  (f: (x: Tensor) => Tensor, dtype: 'float32' | 'float64' = 'float32') =>
  (): Task => {
    const x = from([1000, 1000], 1, dtype);
    return pure([x], () => f(x));
  };

const positive = (f: (x: Tensor) => Tensor) => square((x) => f(x.abs()));

/** A function of a matrix and positions in it. */
const indexed = (f: (x: Tensor, index: Tensor) => Tensor) => (): Task => {
  const [x, index] = [from([1000, 1000], 1), places(1000)];
  return pure([x, index], () => f(x, index));
};

/** The policy gradient of an episode whose states come one at a time. */
function reinforce(): Task {
  const model = new Sequential(new Linear(4, 128), new ReLU(), new Linear(128, 2));
  fill(model.parameters());
  const states = Array.from({ length: 20 }, (_, i) => from([1, 4], i + 1));
  const loss = () => {
    const chances = states.map((state, i) =>
      model
        .forward(state)
        .logSoftmax(1)
        .narrow(1, i % 2, 1),
    );
    return chances
      .map((chance, i) => chance.mul(-(0.99 ** i)).sum())
      .reduce((total, x) => total.add(x));
  };
  const optimizer = new Adam(model.parameters(), { lr: 1e-5 });
  return training(model, loss, optimizer as never, { x: states[0] });
}

/** Tasks of odd layouts. */
export const layoutTasks: Tasks = {
  'attention products of heads': heads(false),
  'attention products of heads, gradients': heads(true),
  '2000 products of 16³': () => {
    const [a, b] = [from([2000, 16, 16], 1), from([2000, 16, 16], 2)];
    return pure([a, b], () => a.matmul(b));
  },
  'products of broadcast stacks': () => {
    const [a, b] = [from([16, 1, 64, 64], 1), from([8, 64, 64], 2)];
    return pure([a, b], () => a.matmul(b));
  },
  'causal mask over 64 heads': () => {
    const [x, mask] = [from([8, 8, 128, 128], 1), keep(ones([128, 128]).tril().eq(0))];
    return pure([x, mask], () => maskedFill(x, mask, -1e4));
  },
  'where over columns': () => {
    const [a, b] = [from([1000, 1000], 1), from([1000, 1], 2)];
    const mask = keep(from([1000, 1], 3).gt(0));
    return pure([a, b, mask], () => where(mask, a, b));
  },
  'clamp 10⁶': square((x) => x.clamp(-0.5, 0.5)),
  'transpose 1000²': square((x) => x.transpose().contiguous()),
  'channels last': () => {
    const x = from([8, 64, 56, 56], 1);
    return pure([x], () => x.permute([0, 2, 3, 1]).contiguous());
  },
  'relu, transposed 1000²': square((x) => x.transpose().relu()),
  'add, transposed 1000²': square((x) => x.add(x.transpose())),
  'add of channels, last': () => {
    const [x, b] = [from([100_000, 10], 1), from([10], 2)];
    return pure([x, b], () => x.add(b));
  },
  'sort 10⁶': () => {
    const x = from([1_000_000], 1);
    return pure([x], () => x.sort(0).values);
  },
  'sort of rows 1000²': square((x) => x.sort(1).values),
  'topk of rows 1000²': square((x) => topk(x, 10, 1).values),
  'cumsum of rows 1000²': square((x) => x.cumsum(1)),
  'cumsum of columns 1000²': square((x) => x.cumsum(0)),
  'cumprod of rows 1000²': square((x) => x.cumprod(1)),
  'argmax of rows 1000²': square((x) => x.argmax(1)),
  'argmax of columns 1000²': square((x) => x.argmax(0)),
  'maximum of columns 1000²': square((x) => x.amax(0)),
  'product of rows 1000²': square((x) => x.prod(1)),
  'variance of rows 1000²': square((x) => x.variance(1)),
  'variance of columns 1000²': square((x) => x.variance(0)),
  'gather of columns 1000²': indexed((x, index) => x.gather(0, index)),
  'scatter of columns 1000²': indexed((x, index) => scatter(x, 0, index, x)),
  'scatter sum of columns 1000²': indexed((x, index) => scatterAdd(x, 0, index, x)),
  'columns selected 1000²': () => {
    const x = from([1000, 1000], 1);
    const index = keep(tensor(Int32Array.from({ length: 1000 }, (_, i) => (i * 31) % 1000)));
    return pure([x, index], () => x.indexSelect(1, index));
  },
  'matmul 512³, float64': () => {
    const [a, b] = [from([512, 512], 1, 'float64'), from([512, 512], 2, 'float64')];
    return pure([a, b], () => a.matmul(b));
  },
  'add 10⁶, float64': square((x) => x.add(x), 'float64'),
  'sum 10⁶, float64': square((x) => x.sum(), 'float64'),
  'pow 10⁶': positive((x) => x.pow(1.7)),
  'log2 10⁶': positive((x) => x.add(1).log2()),
  'atan 10⁶': square((x) => x.atan()),
  'tan 10⁶': square((x) => x.tan()),
  'REINFORCE, single rows': reinforce,
};

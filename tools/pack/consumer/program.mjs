// What every runtime runs: a small network learns on one thread and on two. The last line says how many threads there were, and
// the losses; runtimes.mjs reads it. The work is shared among threads, and memory grows while the workers are there.
import { gradients } from '@dl/autograd';
import { Conv2d, CrossEntropyLoss, Flatten, Linear, ReLU, Sequential } from '@dl/nn';
import { Adam } from '@dl/optim';
import {
  getNumThreads,
  manualSeed,
  randint,
  randn,
  setNumThreads,
  steps,
  tensor,
} from '@dl/tensor';

/** The loss after some steps. */
function learn(threads) {
  setNumThreads(threads);
  manualSeed(0);
  const model = new Sequential(
    new Conv2d(1, 8, 5, { padding: 2 }),
    new ReLU(),
    new Conv2d(8, 8, 5, { stride: 2 }),
    new ReLU(),
    new Flatten(),
    new Linear(8 * 12 * 12, 10),
  );
  const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
  const criterion = new CrossEntropyLoss();
  const [x, y] = [randn([64, 1, 28, 28]), randint(0, 10, [64])];
  let last = Number.NaN;
  for (const _ of steps(8)) {
    optimizer.zeroGrad();
    const loss = criterion.forward(model.forward(x), y);
    loss.backward();
    optimizer.step();
    last = loss.item();
  }
  return last;
}

const x = tensor([3]);
x.requiresGrad = true;
const [slope] = gradients(x.square(), x);
const losses = [learn(1), learn(2)];
globalThis.dlResult = JSON.stringify({ slope: slope.item(), losses, threads: getNumThreads() });
console.log(`result: ${globalThis.dlResult}`);

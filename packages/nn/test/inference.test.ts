import { grad, noGrad } from '@dl/autograd';
import { memory, randn, relu, resetPeakMemory, type Tensor, tensor, zeros } from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import {
  BatchNorm2d,
  Conv2d,
  deepcopy,
  functionalCall,
  Linear,
  Module,
  ReLU,
  Sequential,
} from '../src/index';

const values = (x: Tensor) => Array.from(x.dataSync());
const close = (a: Tensor, b: Tensor) => {
  const [x, y] = [values(a), values(b)];
  expect(x.length).toBe(y.length);
  x.forEach((v, i) => {
    expect(v).toBeCloseTo(y[i], 4);
  });
};

/** The block of the paper, and nothing else. */
class Block extends Module {
  conv1 = new Conv2d(4, 4, 3, { padding: 1 });
  bn1 = new BatchNorm2d(4);
  conv2 = new Conv2d(4, 4, 3, { padding: 1 });
  bn2 = new BatchNorm2d(4);

  forward(x: Tensor): Tensor {
    const y = relu(this.bn1.forward(this.conv1.forward(x)));
    return relu(this.bn2.forward(this.conv2.forward(y)).add(x));
  }
}

const image = () => randn([2, 4, 6, 6]);

describe('inference', () => {
  it('of plain residual blocks holds three activations, however many there are', () => {
    const x = image();
    for (const count of [1, 4]) {
      const model = new Sequential(...Array.from({ length: count }, () => new Block())).eval();
      const expected = model.forward(x).detach();
      noGrad(() => model.forward(x)).dispose();
      const before = memory();
      resetPeakMemory();
      const y = noGrad(() => model.forward(x));
      expect((memory().peakBytes - before.bytes) / x.storage.bytes).toBe(count === 1 ? 2 : 3);
      close(y, expected);
      y.dispose();
      expect(memory()).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
    }
  });

  it('leaves what a module puts into a field, returns twice, or uses again', () => {
    class Odd extends Module {
      linear = new Linear(3, 3);
      seen: Tensor | null = null;
      list: Tensor[] = [];

      forward(x: Tensor): { y: Tensor; hidden: Tensor; again: Tensor; view: Tensor } {
        const hidden = this.linear.forward(x);
        this.seen = hidden.mul(2);
        this.list = [this.seen.neg()];
        const y = relu(this.seen.add(1)).exp();
        const other = hidden.tanh();
        return { y, hidden, again: other.mul(other).add(other), view: y.transpose(0, 1) };
      }
    }
    const odd = new Odd();
    const x = randn([2, 3]);
    const given = values(x);
    const recorded = odd.forward(x);
    const [seen, first] = [values(odd.seen as Tensor), values(odd.list[0])];
    const plain = noGrad(() => odd.forward(x));
    for (const name of ['y', 'hidden', 'again', 'view'] as const) {
      expect(values(plain[name])).toEqual(values(recorded[name]));
    }
    expect(values(odd.seen as Tensor)).toEqual(seen);
    expect(values(odd.list[0])).toEqual(first);
    expect(values(x)).toEqual(given);
    expect(values(relu(plain.hidden))).toEqual(values(relu(recorded.hidden)));
  });

  it('shows hooks what modules are given and give', () => {
    const model = new Sequential(new Linear(3, 3), new ReLU(), new Linear(3, 2));
    const x = randn([4, 3]);
    const record = () => {
      const shown: number[][] = [];
      const remove = [...model].flatMap((part) => [
        part.registerForwardPreHook((_, [input]) => {
          shown.push(values(input as Tensor));
          return undefined;
        }),
        part.registerForwardHook((_, __, output) => {
          shown.push(values(output as Tensor));
        }),
      ]);
      return { shown, stop: () => remove.forEach((stop) => void stop()) };
    };
    const one = record();
    model.forward(x);
    one.stop();
    const two = record();
    noGrad(() => model.forward(x));
    two.stop();
    expect(two.shown).toEqual(one.shown);
    const changed = noGrad(() => {
      model.at(0)?.registerForwardHook((_, __, output) => (output as Tensor).mul_(0));
      return model.forward(x);
    });
    close(
      changed,
      noGrad(() => model.at(2)?.forward(zeros([4, 3])) as Tensor),
    );
  });

  it('is the same in training behaviour, with other parameters and in a copy', () => {
    const [one, two] = [new Block(), new Block()];
    two.loadStateDict(one.stateDict());
    const x = image();
    close(
      noGrad(() => one.forward(x)),
      two.forward(x),
    );
    close(one.bn2.runningVar as Tensor, two.bn2.runningVar as Tensor);
    one.eval();
    two.eval();
    const expected = two.forward(x);
    close(
      noGrad(() => deepcopy(one).forward(x)),
      expected,
    );
    const others = Object.fromEntries(
      Object.entries(one.stateDict()).map(([name, p]) => [name, p.mul(0.5).detach()]),
    );
    close(
      noGrad(() => functionalCall(one, others, x)),
      functionalCall(one, others, x),
    );
    close(
      noGrad(() => one.forward(x)),
      expected,
    );
  });

  it('may read values, change them in place, and differentiate on the way', () => {
    class Force extends Module {
      linear = new Linear(2, 2);

      forward(x: Tensor): Tensor {
        const y = this.linear.forward(x);
        const scale = y.sum().item() > 0 ? 1 : -1;
        const z = y.mul(scale);
        const kept = z.tanh();
        z.add_(1);
        const slope = grad((v: Tensor) => v.mul(v).mul(y).sum())(z);
        return kept.add(z).add(slope);
      }
    }
    const force = new Force();
    const x = tensor([[1, -2]]);
    const y = noGrad(() => force.linear.forward(x));
    const z = y.mul(y.sum().item() > 0 ? 1 : -1);
    const expected = z.tanh().add(z.add(1)).add(z.add(1).mul(2).mul(y));
    close(
      noGrad(() => force.forward(x)),
      expected,
    );
  });
});

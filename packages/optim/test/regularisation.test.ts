import { Linear, l2Penalty } from '@dl/nn';
import { manualSeed, randn } from '@dl/tensor';
import { expect, it } from 'vitest';
import { AdamW, SGD } from '../src/index';

it('L2 in the loss is weight decay for SGD, and is not for Adam', () => {
  const ends = (decay: 'loss' | 'optimizer', adaptive: boolean) => {
    manualSeed(2);
    const model = new Linear(3, 1, { dtype: 'float64', bias: false });
    const x = randn([20, 3], { dtype: 'float64' });
    const y = randn([20, 1], { dtype: 'float64' });
    const setting = { lr: 0.05, weightDecay: decay === 'optimizer' ? 0.3 : 0 };
    const optimizer = adaptive
      ? new AdamW(model.parameters(), setting)
      : new SGD(model.parameters(), setting);
    for (let i = 0; i < 10; i++) {
      optimizer.zeroGrad();
      const loss = model.forward(x).sub(y).square().mean();
      const penalty = l2Penalty(model, 0.3);
      (decay === 'loss' ? loss.add(penalty) : loss).backward();
      optimizer.step();
    }
    return model.weight;
  };
  const [c, d] = [ends('loss', false), ends('optimizer', false)];
  expect(c.sub(d).abs().amax().item()).toBeLessThan(1e-12);
  const [a, b] = [ends('loss', true), ends('optimizer', true)];
  expect(a.sub(b).abs().amax().item()).toBeGreaterThan(1e-3);
});

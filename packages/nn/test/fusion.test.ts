import { randn, tensor, zeros } from '@dl/tensor';
import { expect, it } from 'vitest';
import {
  BatchNorm2d,
  Conv2d,
  drawModel,
  Flatten,
  fuseConvNorm,
  Linear,
  MaxPool2d,
  Sequential,
  summary,
} from '../src/index';

it('fuses a convolution and batch norm into one convolution', () => {
  for (const bias of [true, false]) {
    const conv = new Conv2d(3, 5, [3, 2], { stride: 2, padding: 1, bias, dtype: 'float64' });
    const norm = new BatchNorm2d(5, { dtype: 'float64' });
    const x = randn([2, 3, 7, 8], { dtype: 'float64' });
    // Statistics that are not those of the beginning.
    for (let i = 0; i < 3; i++) norm.forward(conv.forward(x));
    norm.eval();
    const expected = norm.forward(conv.forward(x)).dataSync();
    const found = fuseConvNorm(conv, norm).forward(x).dataSync();
    expected.forEach((v, i) => {
      expect(found[i]).toBeCloseTo(v, 12);
    });
  }
});

it('refuses what it cannot fuse', () => {
  const norm = new BatchNorm2d(2, { trackRunningStats: false });
  expect(() => fuseConvNorm(new Conv2d(1, 2, 3), norm)).toThrow(/running statistics/);
  const around = new Conv2d(1, 2, 3, { padding: 1, paddingMode: 'reflect' });
  expect(() => fuseConvNorm(around, new BatchNorm2d(2))).toThrow(/does not pad with zeros/);
});

it('draws a bar for each layer that works', () => {
  const model = new Sequential({
    conv: new Conv2d(1, 4, 3, { padding: 1 }),
    pool: new MaxPool2d(2),
    flat: new Flatten(),
    '<head>': new Linear(64, 3),
  });
  const svg = drawModel(summary(model, zeros([1, 1, 8, 8])), { title: 'a < b' });
  expect(svg.match(/<title>/g)?.length).toBe(3);
  expect(svg).toContain('a &lt; b');
  expect(svg).toContain('&lt;head&gt;: Linear');
  expect(svg).not.toMatch(/NaN|undefined/);
  expect(model.stateDict()['<head>.bias'].shape).toEqual([3]);
});

it('puts another module in a place of a chain', () => {
  const net = new Sequential(new Linear(2, 3), new Linear(3, 4));
  net.set(-1, new Linear(3, 7));
  expect(net.forward(tensor([[1, 2]])).shape).toEqual([1, 7]);
  expect(net.stateDict()['1.weight'].shape).toEqual([7, 3]);
  expect(() => net.set(2, new Linear(1, 1))).toThrow(/no module 2/);
});

import { noGrad } from '@dl/autograd';
import { BatchNorm2d, Conv2d, Sequential } from '@dl/nn';
import { keep, randn, type Tensor, tensor, zeros } from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import {
  BasicBlock,
  classify,
  createModel,
  DenseBlock,
  foldBatchNorm,
  GlobalAvgPool2d,
  GoogLeNet,
  Inception,
  LeNet,
  ninBlock,
  Residual,
  transitionBlock,
  vggBlock,
} from '../src/index';
import { fill, images } from './formula';

describe('blocks', () => {
  it('make the shapes of Dive into Deep Learning', () => {
    const x = zeros([1, 6, 8, 8]);
    expect(vggBlock(2, 6, 10).forward(x).shape).toEqual([1, 10, 4, 4]);
    expect(ninBlock(6, 9, 3, { padding: 1 }).forward(x).shape).toEqual([1, 9, 8, 8]);
    const inception = new Inception(6, { one: 2, three: [3, 4], five: [1, 5], pool: 6 });
    expect(inception.forward(x).shape).toEqual([1, 17, 8, 8]);
    expect(new Residual(6, 6).forward(x).shape).toEqual([1, 6, 8, 8]);
    const wide = new Residual(6, 12, { useConv1x1: true, stride: 2 });
    expect(wide.forward(x).shape).toEqual([1, 12, 4, 4]);
    expect(new DenseBlock(3, 6, 4).forward(x).shape).toEqual([1, 18, 8, 8]);
    expect(transitionBlock(6, 3).forward(x).shape).toEqual([1, 3, 4, 4]);
    const means = new GlobalAvgPool2d().forward(tensor([[[[1, 3]], [[5, 9]]]]));
    expect(means.toArray()).toEqual([[[[2]], [[7]]]]);
  });

  it('of residual networks leave the input alone where they are zero', () => {
    const block = new Residual(3, 3);
    for (const p of block.parameters()) p.requiresGrad = false;
    block.loadStateDict(
      Object.fromEntries(
        Object.entries(block.stateDict()).map(([name, x]) => [
          name,
          name.startsWith('bn') && name.endsWith('weight') ? x.mul(0) : x.clone(),
        ]),
      ),
    );
    const x = images(4).abs();
    expect(block.forward(x).toArray()).toEqual(x.toArray());
  });
});

describe('models', () => {
  it('refuse options that do not exist', () => {
    expect(() => createModel('resnet19' as never)).toThrow(/there is no model "resnet19"/);
    expect(() => createModel('nin', { variant: 'torchvision' })).toThrow(
      /no variant torchvision of nin/,
    );
    expect(() => createModel('resnet18', { classes: 0 })).toThrow(
      /classes must be a positive integer/,
    );
    expect(() => createModel('resnet18', { stem: 'large' as never })).toThrow(/no stem "large"/);
    expect(() => new LeNet({ imageSize: 8 })).toThrow(/too small/);
  });

  it('take images of other channels', () => {
    const model = createModel('densenet', { inChannels: 1, classes: 3, stem: 'small' });
    expect(model.forward(zeros([2, 1, 16, 16])).shape).toEqual([2, 3]);
    expect(
      new LeNet({ activation: 'relu', imageSize: 32 }).forward(zeros([1, 1, 32, 32])).shape,
    ).toEqual([1, 10]);
  });

  it('give auxiliary scores while they learn', () => {
    const model = new GoogLeNet({ classes: 4, stem: 'small' });
    const { aux1, aux2 } = model.forwardAll(zeros([2, 3, 32, 32]));
    expect([aux1?.shape, aux2?.shape]).toEqual([
      [2, 4],
      [2, 4],
    ]);
    model.eval();
    expect(model.forwardAll(zeros([1, 3, 32, 32])).aux1).toBeNull();
  });

  it('fold all batch norms behind convolutions', () => {
    const model = createModel('resnet18', { classes: 4, stem: 'small' });
    expect(foldBatchNorm(model)).toBe(20);
    expect(model.modules().some((module) => module instanceof BatchNorm2d)).toBe(false);
    expect(model.modules().filter((module) => module instanceof Conv2d).length).toBe(20);
    expect(foldBatchNorm(model)).toBe(0);
  });
});

describe('folded residual blocks', () => {
  const chain = () => {
    const blocks = [0, 1, 2].map(() => new BasicBlock(4, 4));
    const model = new Sequential(...blocks);
    foldBatchNorm(model);
    return { blocks, model };
  };
  const values = (x: Tensor) => Array.from(x.dataSync());

  it('leave what they are given alone, one by one and in a chain', () => {
    const { blocks, model } = chain();
    const x = randn([2, 4, 6, 6]);
    const before = values(x);
    const one = noGrad(() => blocks[0].forward(x));
    const kept = values(one);
    const stepwise = noGrad(() => blocks[2].forward(blocks[1].forward(one)));
    expect(values(x)).toEqual(before);
    expect(values(one)).toEqual(kept);
    const together = noGrad(() => model.forward(x));
    expect(values(together)).toEqual(values(stepwise));
    expect(values(x)).toEqual(before);
    // With gradients nothing is overwritten; the numbers agree to rounding.
    const recorded = values(model.forward(x));
    recorded.forEach((v, i) => {
      expect(v).toBeCloseTo(values(together)[i], 4);
    });
  });

  it('leave what a hook keeps', () => {
    const { blocks, model } = chain();
    const x = randn([1, 4, 6, 6]);
    const expected = values(noGrad(() => blocks[0].forward(x)));
    let seen: Tensor | null = null;
    blocks[0].registerForwardHook((_, __, output) => {
      seen = keep(output as Tensor);
    });
    noGrad(() => model.forward(x));
    expect(values(seen as unknown as Tensor)).toEqual(expected);
  });
});

describe('classify', () => {
  it('names the likeliest classes first, and leaves the model as it was', () => {
    const model = createModel('densenet', { classes: 6, stem: 'small' });
    fill(model);
    const image = {
      data: Float32Array.from({ length: 3 * 40 * 50 }, (_, i) => (i % 97) / 97),
      shape: [1, 3, 40, 50] as const,
    };
    const options = { resizeSize: 32, cropSize: 28, labels: 'abcdef'.split(''), topK: 3 };
    const guesses = classify(model, image, options);
    expect(guesses.length).toBe(3);
    expect(guesses[0].probability).toBeGreaterThanOrEqual(guesses[1].probability);
    expect(guesses[0].label).toBe('abcdef'[guesses[0].index]);
    expect(model.training).toBe(true);
    const all = classify(model, image, { ...options, topK: 99 });
    expect(all.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
    expect(() => classify(model, image, { ...options, labels: ['a'] })).toThrow(
      /one label for each/,
    );
    const two = { data: image.data, shape: [2, 3, 40, 25] as const };
    expect(() => classify(model, two)).toThrow(/one picture at a time/);
  });
});

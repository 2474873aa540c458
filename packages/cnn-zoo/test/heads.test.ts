import { Linear, ReLU, Sequential } from '@dl/nn';
import { manualSeed, randn } from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import { createModel } from '../src/index';

describe('another head', () => {
  it.each(['resnet18', 'googlenet'] as const)('fc of %s', (name) => {
    manualSeed(0);
    const model = createModel(name, { stem: 'small', classes: 7 }).eval();
    const before = new Set(model.parameters());
    model.fc = new Linear(model.fc.inFeatures, 3);
    expect(model.forward(randn([2, 3, 32, 32])).shape).toEqual([2, 3]);
    expect(model.parameters().filter((x) => !before.has(x))).toEqual([
      model.fc.weight,
      model.fc.bias,
    ]);
  });

  it('classifier of a DenseNet, by a chain', () => {
    const model = createModel('densenet', { stem: 'small', classes: 7 }).eval();
    const size = model.classifier.inFeatures;
    model.classifier = new Sequential(new Linear(size, 5), new ReLU(), new Linear(5, 2));
    expect(model.forward(randn([2, 3, 32, 32])).shape).toEqual([2, 2]);
    expect(Object.keys(model.stateDict())).toContain('classifier.2.bias');
  });

  it('of the GoogLeNet of Dive into Deep Learning', () => {
    const model = createModel('googlenet', { variant: 'd2l', stem: 'small', classes: 7 });
    expect(model.fc.outFeatures).toBe(7);
    model.fc = new Linear(model.fc.inFeatures, 4);
    expect(model.eval().forward(randn([1, 3, 32, 32])).shape).toEqual([1, 4]);
  });

  it('last layer of a chain of dense layers', () => {
    const model = createModel('alexnet', { stem: 'small', classes: 7, hidden: 16 }).eval();
    model.classifier.set(-1, new Linear(16, 2));
    expect(model.forward(randn([1, 3, 32, 32])).shape).toEqual([1, 2]);
  });
});

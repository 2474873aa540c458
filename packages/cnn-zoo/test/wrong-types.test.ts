import '@dl/autograd';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zeros } from '@dl/tensor';
import { wrongTypes } from '@dl/testing/wrong-types';
import { expect, it } from 'vitest';
import * as main from '../src/index';
import * as node from '../src/node/index';
import { signatures, types } from '../src/signatures';

const x = () => zeros([1, 3, 32, 32]);
const small = { stem: 'small', classes: 2, hidden: 4 } as const;
const model = () => new main.LeNet({ inChannels: 3, imageSize: 32, classes: 2 });
const images = () => ({ data: new Float32Array(3 * 32 * 32), shape: [1, 3, 32, 32] });

/** Calls that work. */
const valid = {
  AlexNet: () => [small],
  'AlexNet.forward': () => [x()],
  DenseNet: () => ['d2l', { stem: 'small', classes: 2 }],
  GoogLeNet: () => [{ stem: 'small', classes: 2 }],
  LeNet: () => [{ inChannels: 3, imageSize: 32, classes: 2 }],
  'LeNet.forward': () => [x()],
  MobileNetV2: () => [{ stem: 'small', classes: 2, widthMult: 0.25 }],
  NiN: () => [{ stem: 'small', classes: 2 }],
  ResNet: () => [18, { stem: 'small', classes: 2 }],
  SqueezeNet: () => ['1_1', { stem: 'small', classes: 2 }],
  VGG: () => [11, small],
  Inception: () => [3, { one: 1, three: [1, 1], five: [1, 1], pool: 1 }],
  InceptionNorm: () => [3, { one: 1, three: [1, 1], five: [1, 1], pool: 1 }],
  InvertedResidual: () => [4, 4, { stride: 1, expansion: 1 }],
  classify: () => [model(), images(), { resizeSize: 32, cropSize: 32, topK: 1 }],
  createModel: () => ['lenet'],
  foldBatchNorm: () => [model()],
  infer: () => [model(), x()],
  loadTorchvision: () => [model(), model().stateDict()],
};

it('answers arguments of wrong types with typed errors', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dl-wrong-types-'));
  const here = process.cwd();
  // What is written under a name like 'foo' lands there.
  process.chdir(folder);
  try {
    const report = await wrongTypes({ ...main, ...node }, signatures, types, {
      valid,
      // With default options they have millions of parameters.
      slow: [
        'AlexNet',
        'DenseNet',
        'GoogLeNet',
        'MobileNetV2',
        'NiN',
        'ResNet',
        'SqueezeNet',
        'VGG',
      ],
    });
    expect(report.calls).toBeGreaterThan(800);
    expect(report.raw).toEqual([]);
    expect(report.accepted).toEqual([]);
  } finally {
    process.chdir(here);
    rmSync(folder, { recursive: true });
  }
}, 120_000);

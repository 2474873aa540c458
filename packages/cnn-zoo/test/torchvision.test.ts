import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { noGrad } from '@dl/autograd';
import { encodeSafetensors, FormatError } from '@dl/io';
import { crossEntropy, Linear, type Module, StateDictError, summary } from '@dl/nn';
import { memory, resetPeakMemory, scope, type Tensor, tensor, zeros } from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import {
  createModel,
  foldBatchNorm,
  GoogLeNet,
  infer,
  loadTorchvision,
  type ModelName,
  preprocess,
} from '../src/index';
import { loadTorchvisionFile } from '../src/node/index';
import { fill, images } from './formula';

const fixture = (name: string) => new URL(`fixtures/${name}`, import.meta.url);
const expected = JSON.parse(readFileSync(fixture('torchvision.json'), 'utf8')) as {
  readonly classes: number;
  readonly models: Record<
    string,
    {
      size: number;
      parameters: number;
      multiplyAdds: number;
      names: number;
      digest: string;
      logits: number[];
    }
  >;
  readonly training: Record<string, { loss: number; norms: Record<string, number> }>;
  readonly d2l: Record<
    string,
    { size: number; parameters: number; multiplyAdds: number; logits: number[] }
  >;
  readonly preprocessed: readonly number[];
};
const { classes } = expected;

/** VGG-13 to 19 and ResNet-101 take seconds each; they run where DL_SLOW is set. */
const SLOW = /vgg1[369]|resnet101/;
const all = Object.entries(expected.models);
const now = process.env.DL_SLOW ? all : all.filter(([name]) => !SLOW.test(name));

function free(model: Module): void {
  for (const x of Object.values(model.stateDict())) x.dispose();
}

/** The greatest difference, as a share of the greatest number. */
function difference(found: ArrayLike<number>, want: readonly number[]): number {
  const scale = Math.max(...want.map(Math.abs));
  return want.reduce((worst, v, i) => Math.max(worst, Math.abs(found[i] - v)), 0) / scale;
}

describe.each(now)('%s', (name, sample) => {
  it('has the names, shapes, parameters and multiply-adds of torchvision', () => {
    const model = createModel(name as ModelName);
    const shapes = Object.entries(model.stateDict()).map(
      ([key, x]) => `${key}:${x.shape.join('x')}`,
    );
    expect(shapes.length).toBe(sample.names);
    expect(createHash('sha256').update(shapes.join(';')).digest('hex')).toBe(sample.digest);
    const report = scope(() => summary(model, zeros([1, 3, 224, 224])));
    expect(report.parameters).toBe(sample.parameters);
    expect(report.multiplyAdds).toBe(sample.multiplyAdds);
    free(model);
  });

  it('gives the logits of torchvision, and the same with batch norm folded', () => {
    const model = createModel(name as ModelName, { classes, hidden: 64 });
    fill(model);
    const x = images(sample.size);
    expect(difference(infer(model, x).dataSync(), sample.logits)).toBeLessThan(1e-4);
    const count = foldBatchNorm(model);
    expect(count > 0).toBe(/_bn|googlenet|resnet|densenet|mobilenet/.test(name));
    expect(difference(infer(model, x).dataSync(), sample.logits)).toBeLessThan(1e-4);
    free(model);
  });
});

describe.each(Object.entries(expected.d2l))('%s of Dive into Deep Learning', (name, sample) => {
  it('has the parameters, multiply-adds and scores of PyTorch', () => {
    const options = { classes, hidden: 64, inChannels: 3, variant: 'd2l' } as const;
    const model = createModel(name as ModelName, options);
    fill(model);
    const x = images(sample.size);
    const report = summary(model, x);
    expect([report.parameters, report.multiplyAdds]).toEqual([
      sample.parameters,
      sample.multiplyAdds,
    ]);
    expect(difference(infer(model, x).dataSync(), sample.logits)).toBeLessThan(1e-4);
    free(model);
  });
});

describe('training', () => {
  it.each(Object.entries(expected.training))('%s has the gradients of PyTorch', (name, sample) => {
    const model = createModel(name as ModelName, { classes });
    for (const module of model.modules()) if ('p' in module) Object.assign(module, { p: 0 });
    fill(model);
    const y = tensor(Int32Array.of(0, 1, 2, 3));
    const loss = scope(() => {
      const x = images(64, 4);
      if (!(model instanceof GoogLeNet)) return crossEntropy(model.forward(x), y);
      const { logits, aux1, aux2 } = model.forwardAll(x);
      const side = crossEntropy(aux1 as Tensor, y).add(crossEntropy(aux2 as Tensor, y));
      return crossEntropy(logits, y).add(side.mul(0.3));
    });
    expect(Math.abs(loss.item() / sample.loss - 1)).toBeLessThan(1e-4);
    loss.backward();
    const norms = Object.entries(sample.norms);
    const largest = Math.max(...norms.map(([, norm]) => norm));
    for (const [key, x] of model.namedParameters()) {
      const norm = Math.sqrt((x.grad as Tensor).square().sum().item());
      // Gradients that are 0 but for rounding have no digits to compare.
      const tolerance = 5e-3 * sample.norms[key] + 1e-6 * largest;
      expect(Math.abs(norm - sample.norms[key]), key).toBeLessThan(tolerance);
    }
    expect([...model.namedParameters()].length).toBe(norms.length);
    free(model);
  });
});

describe('loadTorchvision', () => {
  it('reads .pth and safetensors, by name or from the file', async () => {
    const path = fileURLToPath(fixture('head.pth'));
    const bytes = new Uint8Array(readFileSync(path));
    const heads = [1, 2, 3].map(() => new Linear(512, classes));
    await loadTorchvision(heads[0], bytes);
    await loadTorchvisionFile(heads[1], path);
    await loadTorchvision(heads[2], encodeSafetensors(heads[0].stateDict()));
    expect(heads[1].weight.toArray()).toEqual(heads[0].weight.toArray());
    expect(heads[2].stateDict().bias.toArray()).toEqual(heads[0].stateDict().bias.toArray());
    expect(heads[0].weight.dtype).toBe('float32');
  });

  it('lists everything that does not fit, and then changes nothing', async () => {
    const model = createModel('resnet18', { classes });
    const state = noGrad(() =>
      Object.fromEntries(Object.entries(model.stateDict()).map(([k, x]) => [k, x.clone()])),
    );
    const before = state['conv1.weight'].toArray();
    delete state['bn1.bias'];
    state['fc.weight'] = zeros([3, 512]);
    state['layer9.weight'] = zeros([1]);
    const error = await loadTorchvision(model, state).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(StateDictError);
    const { missing, unexpected, misshapen } = error as StateDictError;
    expect([missing, unexpected]).toEqual([['bn1.bias'], ['layer9.weight']]);
    expect(misshapen[0]).toContain('fc.weight [20, 512], not [3, 512]');
    expect(model.stateDict()['conv1.weight'].toArray()).toEqual(before);
    await expect(loadTorchvision(model, new Uint8Array(40))).rejects.toThrow(FormatError);
  });
});

it('prepares pictures as torchvision does', () => {
  const [height, width] = [60, 83];
  const data = new Float32Array(3 * height * width);
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const value = 127.5 + 80 * Math.sin(x / (3 + c)) * Math.cos(y / (4 + c));
        data[(c * height + y) * width + x] = Math.trunc(value) / 255;
      }
    }
  }
  const made = preprocess({ resizeSize: 32, cropSize: 28 })({ data, shape: [1, 3, height, width] });
  expect(made.shape).toEqual([1, 3, 28, 28]);
  expect(difference(made.data, expected.preprocessed)).toBeLessThan(1e-6);
});

it('holds little beside the weights while it infers', () => {
  const model = createModel('resnet50');
  foldBatchNorm(model);
  const x = images(224);
  const before = memory().bytes;
  infer(model, x).dispose();
  expect(memory().bytes).toBe(before);
  // The largest activations have 256 channels of 56 × 56 numbers.
  resetPeakMemory();
  infer(model, x).dispose();
  expect(memory().peakBytes - before).toBeLessThan(2 * 256 * 56 * 56 * 4);
  free(model);
});

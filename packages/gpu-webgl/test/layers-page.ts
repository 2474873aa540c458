/** Layers, losses and optimisers on `cpu` and on the GPU, with the same weights and the same random numbers. */

import '@dl/autograd';
import { noGrad } from '@dl/autograd';
import * as nn from '@dl/nn';
import type { Optimizer } from '@dl/optim';
import * as optim from '@dl/optim';
import type { Tensor } from '@dl/tensor';
import { isTensor, manualSeed, randn, scope } from '@dl/tensor';
import { registerWebGL } from '../src/index';
import type { LayerCase } from './layer-cases';
import { layerCases } from './layer-cases';
import { offer } from './offer';

/** Numbers by the names of what they are. */
type Numbers = Record<string, { readonly dtype: string; readonly values: number[] }>;

function take(found: Numbers, name: string, x: Tensor | null | undefined): void {
  if (x) found[name] = { dtype: x.dtype, values: Array.from(x.dataSync()) };
}

/** A twin on the device, which is a leaf where `x` is. */
function moved(x: unknown, device: string): unknown {
  if (!isTensor(x)) return x;
  const twin = noGrad(() => x.detach().to(device));
  return x.requiresGrad ? twin.requiresGrad_() : twin;
}

/** The outputs of a forward pass, by name. */
const outputsOf = (y: unknown): Record<string, Tensor> =>
  isTensor(y) ? { output: y } : (y as Record<string, Tensor>);

/** Outputs, gradients and state of one module on one device. */
function runLayer({ make, inputs, evaluating }: LayerCase, device: string): Numbers {
  const found: Numbers = {};
  manualSeed(1);
  const module = make().to(device).train(!evaluating);
  manualSeed(2);
  const given = inputs().map((x) => moved(x, device));
  const outputs = outputsOf((module.forward as (...x: unknown[]) => unknown)(...given));
  for (const [name, y] of Object.entries(outputs)) {
    take(found, name, y);
    if (y.requiresGrad)
      y.mul(moved(randn(y.shape), device) as Tensor)
        .sum()
        .backward();
  }
  given.forEach((x, i) => {
    if (isTensor(x)) take(found, `gradient of input ${i}`, x.grad);
  });
  for (const [name, p] of module.namedParameters()) take(found, `gradient of ${name}`, p.grad);
  for (const [name, x] of Object.entries(module.stateDict())) take(found, name, x);
  return found;
}

type AnyOptimizer = Optimizer<{ lr: number }>;
type Make = (parameters: Tensor[]) => AnyOptimizer;
type Constructor = new (parameters: Tensor[], options: object) => AnyOptimizer;

const classes = new Map(Object.entries(optim));
const make = (name: string, options: object): Make => {
  const Class = classes.get(name) as Constructor;
  return (parameters) => new Class(parameters, options);
};

/** Options to try, by the names of the classes. */
const optimizerCases: Readonly<Record<string, readonly object[]>> = {
  Adadelta: [{ lr: 0.5, weightDecay: 0.1 }],
  Adafactor: [{}],
  Adagrad: [{ lr: 0.1, lrDecay: 0.1 }],
  Adam: [{ lr: 0.1 }, { lr: 0.1, amsgrad: true, weightDecay: 0.1 }],
  AdamW: [{ lr: 0.1 }],
  Adamax: [{ lr: 0.1 }],
  ASGD: [{ lr: 0.05 }],
  LBFGS: [{ maxIter: 3 }, { maxIter: 3, lineSearch: 'strongWolfe' }],
  Muon: [{ lr: 0.05 }],
  NAdam: [{ lr: 0.1 }],
  RAdam: [{ lr: 0.1 }],
  RMSprop: [{ lr: 0.05 }, { lr: 0.05, centered: true, momentum: 0.5 }],
  Rprop: [{ lr: 0.05 }],
  SGD: [{ lr: 0.1 }, { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.1 }],
  SparseAdam: [{ lr: 0.1 }],
};

/** Parameters and state after three steps on one device. */
function runOptimizer(create: Make, device: string): Numbers {
  const found: Numbers = {};
  manualSeed(1);
  const model = new nn.Sequential(
    new nn.Linear(5, 7, { bias: false }),
    new nn.Tanh(),
    new nn.Linear(7, 3, { bias: false }),
  ).to(device);
  const x = randn([9, 5], { device: 'cpu' }).to(device);
  const optimizer = create(model.parameters());
  const average = new optim.ExponentialMovingAverage(model.parameters(), 0.5);
  for (let i = 0; i < 3; i++) {
    optimizer.step(() => {
      optimizer.zeroGrad();
      const loss = model
        .forward(x)
        .sub(x.narrow(1, 0, 3))
        .square()
        .mean();
      loss.backward();
      optim.clipGradNorm(model.parameters(), 0.5);
      optim.clipGradValue(model.parameters(), 0.1);
      return loss;
    });
    average.update();
  }
  for (const [name, p] of model.namedParameters()) take(found, name, p);
  average.swap();
  for (const [name, p] of model.namedParameters()) take(found, `average of ${name}`, p);
  return found;
}

/** What differs, in words. */
function differences(found: Numbers, expected: Numbers, tolerance: number): string[] {
  const names = Object.keys(expected);
  if (Object.keys(found).join() !== names.join()) return [`${Object.keys(found)}, not ${names}`];
  return names.flatMap((name) => {
    const [ours, theirs] = [found[name], expected[name]];
    if (ours.dtype !== theirs.dtype || ours.values.length !== theirs.values.length)
      return [`${name}: ${ours.dtype}[${ours.values.length}]`];
    const largest = Math.max(1, ...theirs.values.map(Math.abs));
    const allowed = theirs.dtype === 'float32' ? tolerance * largest : 0;
    const i = ours.values.findIndex((y, k) => !(Math.abs(y - theirs.values[k]) <= allowed));
    return i < 0 ? [] : [`${name}[${i}]: ${ours.values[i]}, not ${theirs.values[i]}`];
  });
}

/** Differences between the devices over the cases of one class; null where it has none. */
function compare<C>(
  cases: readonly C[] | undefined,
  run: (one: C, device: string) => Numbers,
): string[] | null {
  if (!cases) return null;
  return cases.flatMap((one, i) =>
    scope(() => {
      const [found, expected] = ['webgl', 'cpu'].map((device) => run(one, device));
      if (Object.keys(expected).length === 0) return [`case ${i} compares nothing`];
      return differences(found, expected, 1e-4).map((line) => `case ${i}, ${line}`);
    }),
  );
}

offer(
  {
    layer: (name: string) => compare(layerCases[name], runLayer),
    optimizer: (name: string) =>
      compare(
        optimizerCases[name]?.map((options) => make(name, options)),
        runOptimizer,
      ),
  },
  registerWebGL,
);

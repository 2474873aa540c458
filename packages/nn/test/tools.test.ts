import { noGrad } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import {
  Generator,
  manualSeed,
  memory,
  norm,
  ones,
  randn,
  ShapeError,
  scope,
  tensor,
  zeros,
} from '@dl/tensor';
import { expectClose } from '@dl/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  AdaptiveMaxPool2d,
  BatchNorm1d,
  Conv2d,
  ConvTranspose1d,
  ConvTranspose2d,
  deepcopy,
  Linear,
  MaxPool1d,
  MaxPool2d,
  MaxUnpool2d,
  Module,
  ParameterDict,
  ParameterList,
  parameter,
  ReLU,
  removeWeightNorm,
  Sequential,
  weightNorm,
} from '../src/index';

beforeEach(() => manualSeed(0));
const double = { rtol: 1e-12, atol: 1e-12 };

describe('deepcopy', () => {
  it('copies parameters, buffers and mode, and shares nothing', () => {
    const net = new Sequential(new Linear(3, 4), new BatchNorm1d(4), new ReLU()).eval();
    net.parameters()[0].requiresGrad = false;
    const copy = deepcopy(net);
    expect(copy).toBeInstanceOf(Sequential);
    expect(copy.at(1)).toBeInstanceOf(BatchNorm1d);
    expect(copy.modules().every((module) => !module.training)).toBe(true);
    const [state, copied] = [net.stateDict(), copy.stateDict()];
    expect(Object.keys(copied)).toEqual(Object.keys(state));
    for (const [name, x] of Object.entries(state)) {
      expect(copied[name].toArray()).toEqual(x.toArray());
      expect(copied[name].storage).not.toBe(x.storage);
    }
    expect(copy.parameters().map((x) => x.requiresGrad)).toEqual([false, true, true, true]);
    noGrad(() => net.parameters()[1].add_(1));
    const x = randn([2, 3]);
    expect(net.forward(x).toArray()).not.toEqual(copy.forward(x).toArray());
  });

  it('keeps what is shared shared, cycles, streams and lists', () => {
    class Tied extends Module {
      weight = parameter(ones([2]));
      same = this.weight;
      self: Tied | null = null;
      seeds = [new Generator(7), new Set([1])];
      numbers = Float32Array.of(1, 2);
      activation = Math.tanh;
      forward(x: Tensor): Tensor {
        return x.mul(this.weight).add(this.same);
      }
    }
    const model = new Tied();
    model.self = model;
    (model.seeds[0] as Generator).random();
    const copy = deepcopy(model);
    expect(copy.weight).toBe(copy.same);
    expect(copy.weight).not.toBe(model.weight);
    expect(copy.self).toBe(copy);
    expect(copy.activation).toBe(Math.tanh);
    expect(copy.numbers).toEqual(model.numbers);
    expect(copy.numbers).not.toBe(model.numbers);
    const streams = [model, copy].map(({ seeds }) => seeds[0] as Generator);
    expect(streams[0].random()).toBe(streams[1].random());
  });

  it('frees what is copied again and again', () => {
    const net = new Linear(20, 20);
    const before = memory();
    for (let i = 0; i < 5; i++) for (const x of deepcopy(net).parameters()) x.dispose();
    expect(memory()).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
  });
});

describe('lists and dictionaries of parameters', () => {
  class Mixture extends Module {
    scales = new ParameterList([ones([2]), ones([3])]);
    gains = new ParameterDict({ left: zeros([1]) });
    forward(x: Tensor): Tensor {
      return x;
    }
  }

  it('are found under their positions and names', () => {
    const model = new Mixture();
    model.scales.push(ones([4]));
    model.gains.set('right', zeros([2]));
    const names = ['scales.0', 'scales.1', 'scales.2', 'gains.left', 'gains.right'];
    expect(Array.from(model.namedParameters(), ([name]) => name)).toEqual(names);
    expect(model.scales.at(-1)?.shape).toEqual([4]);
    expect([...model.gains.keys()]).toEqual(['left', 'right']);
    expect(model.parameters().every((x) => x.requiresGrad)).toBe(true);
    model.to({ dtype: 'float64' });
    expect(model.scales.at(0)?.dtype).toBe('float64');
    expect(model.gains.get('right')?.dtype).toBe('float64');
    expect(() => model.gains.set('a.b', ones([1]))).toThrow(/no dots/);
    expect(() => (model.scales as Module & { forward(): void }).forward()).toThrow(/no forward/);
  });
});

describe('weightNorm', () => {
  it.each([0, 1, -1, null])('has the gradients of the paper, axis %o', (axis) => {
    const layer = new Linear(3, 4, { dtype: 'float64' });
    const weight = noGrad(() => layer.weight.clone());
    const x = randn([5, 3], { dtype: 'float64' });
    const before = noGrad(() => layer.forward(x));
    weightNorm(layer, 'weight', axis);
    expect(Object.keys(layer.stateDict())).toEqual(['bias', 'weight_g', 'weight_v']);
    expectClose(layer.forward(x), before, double);
    const fields = layer as unknown as Record<'weight_g' | 'weight_v', Tensor>;
    const [g, v] = noGrad(() => [fields.weight_g.mul_(2), fields.weight_v.mul_(3)]);
    layer.forward(x).square().sum().backward();

    const axes = axis === null ? undefined : [axis === 0 ? 1 : 0];
    const length = norm(v.detach(), 2, axes, { keepdim: axis !== null });
    const plain = weight.mul(2);
    plain.requiresGrad = true;
    x.matmul(plain.transpose())
      .add(layer.bias?.detach() as Tensor)
      .square()
      .sum()
      .backward();
    const dw = plain.grad as Tensor;
    const dg = dw
      .mul(v.detach())
      .div(length)
      .sum(axes, { keepdim: axis !== null });
    const dv = dw
      .mul(g.detach().div(length))
      .sub(v.detach().mul(g.detach().mul(dg).div(length.square())));
    expectClose(g.grad as Tensor, dg, { rtol: 1e-9, atol: 1e-9 });
    expectClose(v.grad as Tensor, dv, { rtol: 1e-9, atol: 1e-9 });
  });

  it('is taken back, copied, and refused where there is nothing', () => {
    const layer = weightNorm(new Conv2d(2, 3, 3));
    const x = randn([1, 2, 5, 5]);
    const copy = deepcopy(layer);
    noGrad(() => (layer as unknown as { weight_g: Tensor }).weight_g.mul_(2));
    const expected = noGrad(() => layer.forward(x));
    expect(copy.forward(x).toArray()).not.toEqual(expected.toArray());
    removeWeightNorm(layer);
    expect(Object.keys(layer.stateDict()).sort()).toEqual(['bias', 'weight']);
    expectClose(layer.forward(x), expected, { rtol: 1e-5, atol: 1e-5 });
    expect(() => removeWeightNorm(layer)).toThrow(/has no norm/);
    expect(() => weightNorm(new ReLU())).toThrow(/no parameter weight/);
    expect(() => weightNorm(new Linear(2, 2), 'weight', 2)).toThrow(/no axis 2/);
  });
});

describe('backward hooks', () => {
  it('see the gradients of inputs and outputs, and may replace those of the inputs', () => {
    const layer = new Linear(3, 2, { dtype: 'float64' });
    const x = randn([4, 3], { dtype: 'float64' });
    x.requiresGrad = true;
    const seen: (number[] | undefined)[][] = [];
    const remove = layer.registerFullBackwardHook((module, inputs, outputs) => {
      expect(module).toBe(layer);
      seen.push([...inputs, ...outputs].map((g) => g?.shape.slice()));
      return [inputs[0]?.mul(10)];
    });
    layer.forward(x).sum().backward();
    const hooked = x.grad;
    expect(seen).toEqual([
      [
        [4, 3],
        [4, 2],
      ],
    ]);
    x.grad = null;
    remove();
    layer.forward(x).sum().backward();
    expectClose(hooked as Tensor, (x.grad as unknown as Tensor).mul(10), double);
    expect(seen.length).toBe(1);
  });

  it('are called once a backward pass, also where no input wants a gradient', () => {
    const net = new Sequential(new Linear(3, 3), new ReLU(), new Linear(3, 2));
    const calls: string[] = [];
    for (const [name, module] of net.namedModules()) {
      module.registerFullBackwardHook((_, inputs) => {
        calls.push(`${name || 'net'}:${inputs.map((g) => (g ? 'yes' : 'no'))}`);
        return undefined;
      });
    }
    const y = net.forward(ones([2, 3])).sum();
    expect(calls).toEqual([]);
    y.backward(undefined, { retainGraph: true });
    expect(calls).toEqual(['net:no', '2:yes', '1:yes', '0:no']);
    y.backward();
    expect(calls.length).toBe(8);
  });

  it('pass several tensors, arrays and other values along', () => {
    class Joint extends Module {
      forward(
        { a, b }: { a: Tensor; b: Tensor },
        factor: number,
      ): { sum: Tensor; parts: Tensor[] } {
        return { sum: a.add(b).mul(factor), parts: [a.mul(2)] };
      }
    }
    const joint = new Joint();
    const [a, b] = [ones([2]), ones([2])];
    a.requiresGrad = true;
    let seen: (number[] | undefined)[] = [];
    joint.registerFullBackwardHook((_, inputs, outputs) => {
      seen = [...inputs, ...outputs].map((g) => g && (g.toArray() as number[]));
      return undefined;
    });
    const { sum, parts } = joint.forward({ a, b }, 3);
    sum.sum().add(parts[0].sum()).backward();
    expect(a.grad?.toArray()).toEqual([5, 5]);
    expect(seen).toEqual([[5, 5], undefined, [1, 1], [1, 1]]);
  });
});

it('loads what stands under a prefix', () => {
  const layer = new Linear(2, 1);
  const state = {
    'module.fc.weight': ones([1, 2]),
    'module.fc.bias': zeros([1]),
    'module.x': ones([9]),
  };
  layer.loadStateDict(state, { prefix: 'module.fc.' });
  expect(layer.weight.toArray()).toEqual([[1, 1]]);
  expect(() => layer.loadStateDict(state, { prefix: 'fc.' })).toThrow(/missing: weight, bias/);
});

describe('places of maxima', () => {
  it('are given where they are asked for, and undone', () => {
    const x = randn([1, 2, 6, 6]);
    const { values, indices } = new MaxPool2d(2, { returnIndices: true }).forward(x);
    expect(values.toArray()).toEqual(new MaxPool2d(2).forward(x).toArray());
    const back = new MaxUnpool2d(2).forward(values, indices);
    expectClose(back.sum(), values.sum(), { rtol: 1e-5, atol: 1e-5 });
    expect(back.ne(0).sum().item()).toBe(values.size);
    const line = new MaxPool1d(3, { returnIndices: true }).forward(tensor([[[1, 5, 2, 9, 0, 3]]]));
    expect([line.values.toArray(), line.indices.toArray()]).toEqual([[[[5, 9]]], [[[1, 3]]]]);
    const whole = new AdaptiveMaxPool2d(1, { returnIndices: true }).forward(x);
    expect(whole.values.shape).toEqual([1, 2, 1, 1]);
  });
});

describe('outputSize of transposed convolution', () => {
  it.each([7, 8])('chooses %i of the sizes that convolve to x', (size) => {
    const layer = new ConvTranspose2d(1, 2, 3, { stride: 2, padding: 1 });
    const x = randn([1, 1, 4, 4]);
    const y = layer.forward(x, [size, 7]);
    expect(y.shape).toEqual([1, 2, size, 7]);
    expectClose(
      scope(() => y.narrow(2, 0, 7)),
      layer.forward(x),
      { rtol: 1e-5, atol: 1e-5 },
    );
    const line = new ConvTranspose1d(1, 1, 3, { stride: 2, padding: 1 });
    expect(line.forward(randn([1, 1, 4]), size).shape).toEqual([1, 1, size]);
  });

  it('refuses others', () => {
    const layer = new ConvTranspose2d(1, 1, 3, { stride: 2 });
    expect(() => layer.forward(ones([1, 1, 4, 4]), [11, 9])).toThrow(ShapeError);
    expect(() => layer.forward(ones([1, 1, 4, 4]), [9, 8])).toThrow(/9 to 10/);
  });
});

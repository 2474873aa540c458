import type { DLError, Tensor } from '@dl/tensor';
import {
  conv2d,
  gather,
  indexSelect,
  linear,
  matmul,
  maxPool2d,
  memory,
  oneHot,
  ones,
  randn,
  scatterAdd,
  scope,
  softmaxCrossEntropy,
  tensor,
  where,
  zeros,
} from '@dl/tensor';
import { declarations, run } from '@dl/tensor/internal';
import { describe, expect, it } from 'vitest';
import { gradcheck } from '../src/index';

const ints = (...list: number[]) => tensor(Int32Array.from(list));
const x = ones([2, 3]);
const gone = ones([2, 3]);
gone.dispose();

/** What is done, the class of the error, and what it must say: operation, argument, expectation or what came. */
const cases: [name: string, act: () => unknown, kind: string, says: RegExp][] = [
  [
    'shapes that do not broadcast',
    () => x.add(ones([2])),
    'ShapeError',
    /add: shapes do not broadcast[\s\S]*\[2, 3\]/,
  ],
  [
    'matrices that do not fit',
    () => matmul(x, ones([2, 2])),
    'ShapeError',
    /matmul: inner sizes differ[\s\S]*expected b: \[3, n\]/,
  ],
  [
    'a scalar in a product',
    () => matmul(x, ones([])),
    'ShapeError',
    /matmul: an operand is a scalar/,
  ],
  [
    'weights of another size',
    () => linear(x, ones([4, 4])),
    'ShapeError',
    /linear: sizes do not fit[\s\S]*weight: \[out, in\]/,
  ],
  [
    'channels that do not fit',
    () => conv2d(ones([1, 3, 4, 4]), ones([2, 2, 1, 1])),
    'ShapeError',
    /conv2d: channels do not fit/,
  ],
  [
    'a kernel larger than the image',
    () => conv2d(ones([1, 1, 2, 2]), ones([1, 1, 3, 3])),
    'ShapeError',
    /conv2d: the kernel is larger/,
  ],
  [
    'a stride of 0',
    () => conv2d(ones([1, 1, 4, 4]), ones([1, 1, 3, 3]), undefined, { stride: 0 }),
    'ValueError',
    /conv2d: stride/,
  ],
  [
    'a window larger than the image',
    () => maxPool2d(ones([1, 1, 2, 2]), 3),
    'ShapeError',
    /maxPool2d: the window is larger/,
  ],
  [
    'an axis out of range',
    () => x.sum(2),
    'IndexError',
    /sum: axis 2 is out of range[\s\S]*-2 to 1/,
  ],
  ['an axis named twice', () => x.sum([0, -2]), 'IndexError', /sum: an axis is named twice/],
  [
    'the maximum of nothing',
    () => zeros([0]).amax(),
    'ShapeError',
    /amax: the maximum or minimum of nothing/,
  ],
  [
    'a reshape to another size',
    () => x.reshape([4, 2]),
    'ShapeError',
    /reshape: cannot hold 6 elements/,
  ],
  [
    'a view that needs a copy',
    () => x.transpose().view([6]),
    'ShapeError',
    /view: these elements do not lie in one piece/,
  ],
  [
    'axes that are no permutation',
    () => x.permute([0, 0]),
    'IndexError',
    /permute: axes must name every axis once/,
  ],
  ['a step of 0', () => x.slice([[0, 2, 0]]), 'ValueError', /slice: a step/],
  ['a row that is not there', () => x.select(0, 2), 'IndexError', /select: position 2/],
  [
    'an index out of range',
    () => gather(x, 1, ints(0, 3).reshape([2, 1])),
    'IndexError',
    /gather[\s\S]*3/,
  ],
  ['a negative index', () => indexSelect(x, 0, ints(-1)), 'IndexError', /indexSelect[\s\S]*-1/],
  [
    'an index out of range to add at',
    () => scatterAdd(x, 1, ints(0, 5).reshape([2, 1]), ones([2, 1])),
    'IndexError',
    /scatterAdd[\s\S]*5/,
  ],
  [
    'an index of another type',
    () => gather(x, 1, ones([2, 1])),
    'DTypeError',
    /gather: indices must be int32[\s\S]*cast/,
  ],
  [
    'a class id out of range',
    () => softmaxCrossEntropy(x, ints(0, 3)),
    'IndexError',
    /crossEntropy: class id 3[\s\S]*0 to 2/,
  ],
  [
    'NaN as a class id',
    () => softmaxCrossEntropy(x, tensor([0, Number.NaN])),
    'DTypeError',
    /crossEntropy: class ids must be int32/,
  ],
  [
    'a class that one-hot does not know',
    () => oneHot(ints(0, 4), 3),
    'ValueError',
    /oneHot: class id 4/,
  ],
  [
    'a condition that is none',
    () => where(x, x, x),
    'DTypeError',
    /where: the condition must be bool/,
  ],
  [
    'a softmax of integers',
    () => ints(1, 2).softmax(),
    'DTypeError',
    /softmax: x must be floating point/,
  ],
  [
    'the negative of bool',
    () => tensor([true]).neg(),
    'DTypeError',
    /neg: is not defined for bool/,
  ],
  [
    'a released tensor',
    () => gone.add(1),
    'ReleasedError',
    /add: the tensor from full was released[\s\S]*keep\(\)/,
  ],
  [
    'different devices',
    () => x.add(x.to('reference')),
    'DeviceError',
    /add: the inputs are on different devices: cpu, reference[\s\S]*x\.to/,
  ],
  [
    'a device that is not there',
    () => x.to('webgl'),
    'DeviceError',
    /"webgl" is not available[\s\S]*one of cpu, reference[\s\S]*packages of their own/,
  ],
  [
    'something that is no tensor',
    () => x.add('1' as unknown as Tensor),
    'ValueError',
    /add: an operand is neither a tensor nor a number/,
  ],
  [
    'ragged arrays',
    () => tensor([[1, 2], [3]]),
    'ShapeError',
    /tensor: the nested arrays are ragged/,
  ],
  [
    'a shape with a fraction',
    () => zeros([1.5]),
    'ShapeError',
    /full: a shape holds non-negative integers/,
  ],
  [
    'data that does not fill its shape',
    () => tensor(new Float32Array(3), { shape: [2, 2] }),
    'ShapeError',
    /tensor: 3 elements do not fill/,
  ],
  [
    'item of several',
    () => x.item(),
    'ShapeError',
    /item: the tensor does not have exactly one element/,
  ],
  [
    'a promise from a scope',
    () => scope(async () => x.add(1)),
    'UsageError',
    /scope: the function returned a promise/,
  ],
  [
    'backward without a graph',
    () => x.sum().backward(),
    'UsageError',
    /backward: nothing was recorded/,
  ],
  [
    'gradients of integers',
    () => Object.assign(ints(1), { requiresGrad: true }),
    'DTypeError',
    /only floating point tensors have gradients/,
  ],
  [
    'a gradcheck in float32',
    () => gradcheck((y) => y, [x]),
    'DTypeError',
    /gradcheck: inputs must be float64/,
  ],
];

describe('bad input gets a typed error and leaves nothing behind', () => {
  it.each(cases)('%s', (_, act, kind, says) => {
    const attempt = () =>
      scope(() => {
        try {
          act();
        } catch (error) {
          return error as DLError;
        }
        return null;
      });
    // The first time may fill the cache of constants.
    const error = attempt();
    const before = memory();
    attempt();
    expect(error?.name).toBe(kind);
    expect(error?.message).toMatch(says);
    expect(memory()).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
  });

  it('a tensor of another copy of the package', () => {
    const stranger = Object.create(null, {
      [Symbol.for('@dl/tensor.Tensor')]: { value: true },
      shape: { value: [2, 3] },
      dtype: { value: 'float32' },
    }) as Tensor;
    expect(() => run(declarations.neg, [stranger], {})).toThrow(/another copy of @dl\/tensor/);
  });

  it('an error in the middle of a graph does not spoil it', () => {
    const w = randn([3, 2]);
    w.requiresGrad = true;
    const h = x.matmul(w);
    expect(() => h.add(ones([5]))).toThrow();
    h.sum().backward();
    expect(w.grad?.toArray()).toEqual([
      [2, 2],
      [2, 2],
      [2, 2],
    ]);
  });
});

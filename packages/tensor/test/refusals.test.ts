import { describe, expect, it } from 'vitest';
import type { DLError } from '../src/index';
import {
  addmm,
  bitwiseAnd,
  cat,
  clamp,
  cross,
  diagonal,
  einsum,
  gather,
  index,
  kthvalue,
  matrixPower,
  max,
  memory,
  movedim,
  norm,
  ones,
  pad,
  polygamma,
  quantile,
  repeat,
  roll,
  scatter,
  scatterReduce,
  searchsorted,
  stack,
  tensor,
  tensordot,
  topk,
  unfoldAxis,
  zeros,
} from '../src/index';

const x = ones([2, 3]);
const ints = tensor([5, 0], { dtype: 'int32' });

/** Bad calls: what the message says, the class, the call. */
const refused: [string, string, () => unknown][] = [
  ['neither a minimum', 'ValueError', () => clamp(x)],
  ['pairs of integers', 'ValueError', () => pad(x, [1])],
  ['cannot be padded', 'ShapeError', () => pad(x, [3, 0], { mode: 'reflect' })],
  ['crops more', 'ShapeError', () => pad(x, [-2, -2])],
  ['name as many different axes', 'IndexError', () => movedim(x, [0, 0], [0, 1])],
  ['non-negative integer', 'ShapeError', () => repeat(x, [2])],
  ['as many shifts', 'ValueError', () => roll(x, [1, 2], [0])],
  ['no window', 'ShapeError', () => unfoldAxis(x, 1, 4)],
  ['axes must differ', 'IndexError', () => diagonal(x, 0, 0, -2)],
  ['fewer than two', 'ShapeError', () => diagonal(ones([3]))],
  ['out of range', 'ValueError', () => kthvalue(x, 4)],
  ['out of range', 'ValueError', () => topk(x, 4)],
  ['maximum or minimum of nothing', 'ShapeError', () => max(zeros([2, 0]), 1)],
  ['between 0 and 1', 'ValueError', () => quantile(x, 2)],
  ['integer from 0 to 1000', 'ValueError', () => polygamma(-1, x)],
  ['floating point', 'DTypeError', () => norm(ints)],
  ['not defined for floating', 'DTypeError', () => bitwiseAnd(x, 1)],
  ['out of range', 'IndexError', () => index(x, [ints])],
  ['more indices than axes', 'IndexError', () => index(x, [0, 0, 0])],
  ['out of range', 'IndexError', () => gather(x, 1, tensor([[3], [0]], { dtype: 'int32' }))],
  ['does not fit', 'ShapeError', () => scatter(x, 1, ints, 1)],
  ['does not fit', 'ShapeError', () => scatterReduce(x, 0, ints, ones([2]), 'prod')],
  ['rows of sorted', 'ShapeError', () => searchsorted(x, ones([3, 2]))],
  ['has the sizes', 'ShapeError', () => einsum('ij,jk->ik', x, ones([2, 2]))],
  ['does not have the axes', 'ShapeError', () => einsum('ijk->i', x)],
  ['not among the inputs', 'ValueError', () => einsum('ij->ik', x)],
  ['made of letters', 'ValueError', () => einsum('i1->i', x)],
  ['axes to contract', 'ShapeError', () => tensordot(x, x, 1)],
  ['must be square', 'ShapeError', () => matrixPower(x, 2)],
  ['three elements', 'ShapeError', () => cross(ones([2]), ones([2]))],
  ['do not have the axes', 'ShapeError', () => addmm(x, ones([3]), ones([3]))],
  ['shapes differ', 'ShapeError', () => stack([x, ones([3])])],
  ['scalars cannot be joined', 'ShapeError', () => cat([ones([]), ones([])])],
];

describe('bad input', () => {
  it.each(refused)('is refused: %s (%s)', (message, name, call) => {
    let found: DLError | null = null;
    try {
      call();
    } catch (error) {
      found = error as DLError;
    }
    expect(found?.message).toContain(message);
    expect(found?.name).toBe(name);
    expect(found?.message).toMatch(/^\w+: /);
  });

  it('leaves nothing allocated', () => {
    const inputs = [ones([2, 3]), ones([2, 2]), tensor([5, 0], { dtype: 'int32' })] as const;
    const before = memory().tensors;
    expect(() => einsum('ij,jk->ik', inputs[0], inputs[1])).toThrow();
    expect(() => index(inputs[0], [inputs[2]])).toThrow();
    expect(() => pad(inputs[0], [3, 0], { mode: 'reflect' })).toThrow();
    expect(() => cross(inputs[1], inputs[1])).toThrow();
    expect(memory().tensors).toBe(before);
  });
});

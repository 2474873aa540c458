import { wrongTypes } from '@dl/testing/wrong-types';
import { expect, it } from 'vitest';
import * as tensors from '../src/index';
import { signatures, types } from '../src/signatures';

const { arange, ones, tensor } = tensors;
const ids = () => tensor([1, 0, 1], { dtype: 'int32' });
const whole = () => [ids(), ids()];
const cell = (gates: number) => ({ weightIh: ones([gates, 2]), weightHh: ones([gates, 1]) });

/** Calls that work. */
const valid = {
  'Generator.setState': () => [{ seed: 1, offset: 0 }],
  addmv: () => [ones([2]), ones([2, 3]), ones([3])],
  affineGrid: () => [ones([1, 2, 3]), [1, 1, 2, 2]],
  bincount: () => [ids()],
  bincountAsync: () => [ids()],
  bitwiseAnd: whole,
  bitwiseNot: () => [ids()],
  bitwiseOr: whole,
  bitwiseXor: whole,
  blockDiag: () => [ones([1, 2])],
  broadcastTensors: () => [ones([1, 2])],
  cartesianProd: () => [ones([2])],
  chainMatmul: () => [ones([2, 2])],
  clamp: () => [ones([2]), 0, 1],
  convTranspose1d: () => [ones([1, 2, 4]), ones([2, 1, 3])],
  convTranspose2d: () => [ones([1, 2, 4, 4]), ones([2, 1, 3, 3])],
  diagonalScatter: () => [ones([2, 2]), ones([2])],
  einsum: () => ['ij->j', ones([2, 2])],
  fold: () => [ones([1, 4, 4]), 3, 2],
  gcd: whole,
  gridSample: () => [ones([1, 1, 2, 2]), ones([1, 2, 2, 2])],
  gru: () => [ones([3, 1, 2]), cell(3)],
  index: () => [ones([3]), [ids()]],
  indexAsync: () => [ones([3]), [ids()]],
  indexPut: () => [ones([3]), [ids()], 1],
  indexPutAsync: () => [ones([3]), [ids()], 1],
  interpolate: () => [ones([1, 1, 2, 2]), { size: 3 }],
  lcm: whole,
  leftShift: whole,
  lstm: () => [ones([3, 1, 2]), cell(4)],
  maskedFill: () => [ones([2]), tensor([true, false]), 1],
  maxUnpool1d: () => [ones([1, 1, 2]), arange(2).reshape([1, 1, 2]), 4],
  maxUnpool2d: () => [ones([1, 1, 1, 2]), arange(2).reshape([1, 1, 1, 2]), [2, 2]],
  mv: () => [ones([2, 3]), ones([3])],
  normalizeChannels: () => [ones([1, 2, 3, 3]), ones([2]), ones([2])],
  permute: () => [ones([2, 3]), [1, 0]],
  randint: () => [0, 5, [2]],
  repeatInterleave: () => [ones([2]), 2],
  rightShift: whole,
  rnn: () => [ones([3, 1, 2]), cell(1)],
  selectScatter: () => [ones([2, 2]), ones([2]), 0, 1],
  slice: () => [ones([3]), [[0, 2]]],
  sumToSize: () => [ones([2, 3]), [1, 3]],
  tensor: () => [[1, 2]],
  tensorSplit: () => [ones([4]), 2],
};

it('answers arguments of wrong types with typed errors', async () => {
  const report = await wrongTypes(tensors, signatures, types, { valid });
  expect(report.calls).toBeGreaterThan(14_000);
  expect(report.raw).toEqual([]);
  expect(report.accepted).toEqual([]);
}, 120_000);

it('refuses sizes for which there is no room', () => {
  const { OutOfMemoryError } = tensors;
  const x = ones([1, 1, 8]);
  expect(() => tensors.eye(2 ** 30)).toThrow(OutOfMemoryError);
  expect(() => tensors.zeros([2 ** 30, 2 ** 30])).toThrow(OutOfMemoryError);
  // More pieces than a call can have arguments.
  expect(tensors.adaptiveMaxPool1d(x, 200_000).shape).toEqual([1, 1, 200_000]);
});

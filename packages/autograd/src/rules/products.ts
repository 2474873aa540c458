/** Derivatives of matrix products, convolution and pooling. Each bilinear map's gradients are maps of the same family. */

import type { Tensor } from '@dl/tensor';
import { gather, matmul, narrow, reshape, scatterAdd, transpose, zeros } from '@dl/tensor';
import { declarations, run } from '@dl/tensor/internal';
import type { Rule, Rules } from './rule';
import { bilinear, linear } from './rule';

const maxPoolRule: Rule<'maxPool2d'> = {
  saves: 'outputs',
  vjp([g], { inputs: [x], outputs: [, indices] }) {
    if (!g) return [];
    const [n, c, h, w] = x.shape;
    const flat = [n, c, g.shape[2] * g.shape[3]];
    const plane = zeros([n, c, h * w], { dtype: g.dtype, device: g.device });
    return [reshape(scatterAdd(plane, 2, reshape(indices, flat), reshape(g, flat)), x.shape)];
  },
  jvp([t], { inputs: [x], outputs: [values, indices] }) {
    if (!t) return [];
    const [n, c, h, w] = x.shape;
    const flat = [n, c, values.shape[2] * values.shape[3]];
    const picked = gather(reshape(t, [n, c, h * w]), 2, reshape(indices, flat));
    return [reshape(picked, values.shape), undefined];
  },
};

/** The first rows and columns of y: a transposed convolution's padding may leave room for windows that it did not have. */
function cropTo(like: Tensor, y: Tensor): Tensor {
  const [, , rows, columns] = like.shape;
  if (y.shape[2] === rows && y.shape[3] === columns) return y;
  return narrow(narrow(y, 2, 0, rows), 3, 0, columns);
}

/** Rules of products and pooling. */
export const productRules = {
  matmul: bilinear(
    'matmul',
    (g, { inputs: [, b] }) => matmul(g, transpose(b)),
    (g, { inputs: [a] }) => matmul(transpose(a), g),
  ),
  conv2d: bilinear(
    'conv2d',
    (g, { inputs: [x, w], attributes }) =>
      run(declarations.conv2dInput, [g, w], {
        ...attributes,
        inputSize: [x.shape[2], x.shape[3]],
      })[0],
    (g, { inputs: [x, w], attributes }) =>
      run(declarations.conv2dWeight, [x, g], {
        ...attributes,
        kernelSize: [w.shape[2], w.shape[3]],
      })[0],
  ),
  conv2dInput: bilinear(
    'conv2dInput',
    (g, { inputs: [y, w], attributes }) =>
      cropTo(y, run(declarations.conv2d, [g, w], attributes)[0]),
    (g, { inputs: [y, w], attributes }) =>
      run(declarations.conv2dWeight, [g, y], {
        ...attributes,
        kernelSize: [w.shape[2], w.shape[3]],
      })[0],
  ),
  conv2dWeight: bilinear(
    'conv2dWeight',
    (g, { inputs: [x, y], attributes }) =>
      run(declarations.conv2dInput, [y, g], {
        ...attributes,
        inputSize: [x.shape[2], x.shape[3]],
      })[0],
    (g, { inputs: [x, y], attributes }) =>
      cropTo(y, run(declarations.conv2d, [x, g], attributes)[0]),
  ),
  maxPool2d: maxPoolRule,
  sumPool2d: linear(
    'sumPool2d',
    'nothing',
    (g, { inputs: [x], attributes }) =>
      run(declarations.sumPool2dInput, [g], {
        ...attributes,
        inputSize: [x.shape[2], x.shape[3]],
      })[0],
  ),
  sumPool2dInput: linear(
    'sumPool2dInput',
    'nothing',
    (g, { attributes }) => run(declarations.sumPool2d, [g], attributes)[0],
  ),
} satisfies { [K in keyof Rules]?: Rules[K] };

/** Every declaration by name, for tests and tools that go through the whole table. */

import {
  logSoftmaxOp,
  reluGradientOp,
  sigmoidGradientOp,
  softmaxOp,
  tanhGradientOp,
} from './declared/activation';
import { linearOp, matmulOp } from './declared/blas';
import { clampOp } from './declared/clamp';
import {
  conv2dInputOp,
  conv2dOp,
  conv2dWeightOp,
  convolutionOp,
  convolveIntoOp,
} from './declared/convolution';
import { assignOp, castOp, contiguousOp } from './declared/copy';
import { fullOp } from './declared/creation';
import { gatherOp, indexAddOp, indexSelectOp, scatterAddOp, scatterOp } from './declared/indexing';
import { crossEntropyOp } from './declared/loss';
import {
  aliasOp,
  concatOp,
  detachOp,
  diagonalOp,
  expandOp,
  padOp,
  permuteOp,
  reshapeOp,
  sliceOp,
} from './declared/movement';
import { batchNormOp, channelNormOp, layerNormOp } from './declared/normalization';
import { adagradStepOp, adamStepOp, rmspropStepOp, sgdStepOp } from './declared/optimizer';
import { elementwiseOps } from './declared/pointwise-table';
import { maxPool2dOp, sumPool2dInputOp, sumPool2dOp } from './declared/pooling';
import { dropoutOp, normalOp, uniformOp } from './declared/random';
import { gruOp, lstmOp, rnnOp } from './declared/recurrent';
import { reduceOps } from './declared/reduction';
import { scanOps } from './declared/scan';
import { sortOp } from './declared/sorting';
import type { Declaration, OpName } from './table';

/** The op table at run time: one declaration for every name, or this does not compile. */
export const declarations: { readonly [K in OpName]: Declaration<K> } = {
  ...elementwiseOps,
  ...reduceOps,
  ...scanOps,
  alias: aliasOp,
  detach: detachOp,
  permute: permuteOp,
  expand: expandOp,
  reshape: reshapeOp,
  slice: sliceOp,
  diagonal: diagonalOp,
  full: fullOp,
  uniform: uniformOp,
  normal: normalOp,
  contiguous: contiguousOp,
  cast: castOp,
  concat: concatOp,
  pad: padOp,
  gather: gatherOp,
  scatter: scatterOp,
  scatterAdd: scatterAddOp,
  indexSelect: indexSelectOp,
  indexAdd: indexAddOp,
  sort: sortOp,
  matmul: matmulOp,
  conv2d: conv2dOp,
  conv2dInput: conv2dInputOp,
  conv2dWeight: conv2dWeightOp,
  maxPool2d: maxPool2dOp,
  sumPool2d: sumPool2dOp,
  sumPool2dInput: sumPool2dInputOp,
  linear: linearOp,
  convolution: convolutionOp,
  clamp: clampOp,
  reluGradient: reluGradientOp,
  tanhGradient: tanhGradientOp,
  sigmoidGradient: sigmoidGradientOp,
  dropout: dropoutOp,
  softmax: softmaxOp,
  logSoftmax: logSoftmaxOp,
  crossEntropy: crossEntropyOp,
  batchNorm: batchNormOp,
  channelNorm: channelNormOp,
  layerNorm: layerNormOp,
  rnn: rnnOp,
  lstm: lstmOp,
  gru: gruOp,
  assign: assignOp,
  convolveInto: convolveIntoOp,
  sgdStep: sgdStepOp,
  rmspropStep: rmspropStepOp,
  adagradStep: adagradStepOp,
  adamStep: adamStepOp,
};
